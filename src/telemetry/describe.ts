import type {
  Committed,
  DecisionDomain,
  NodeEvent,
  Proposed,
  Rejected,
  Voted,
} from '../core/events.ts';
import type { Ballot, GossipMessage } from '../core/messages.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** An event in words. docs/PROTOCOL.md lists the sentences: people search log files for them. */
export interface Description {
  readonly level: LogLevel;
  readonly text: string;
}

type Describer<Event> = (event: Event) => string;
type Entry<Event> = readonly [level: LogLevel, text: Describer<Event>];
type Book = {
  readonly [Type in NodeEvent['type']]: Entry<Extract<NodeEvent, { readonly type: Type }>>;
};

/** One sentence for any event, on one line, without its time and node. */
export function describeEvent(event: NodeEvent): Description {
  // Each entry takes the event of its own key, which the compiler cannot follow through the union.
  const [level, text] = book[event.type] as Entry<NodeEvent>;
  return { level, text: onOneLine(text(event)) };
}

/** Reasons and names come from other nodes, too: none of them may begin a line of its own. */
function onOneLine(text: string): string {
  return text.replaceAll(
    /\p{Cc}|\u2028|\u2029/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const shownCharsMax = 200;

/** The payload on one line, in quotes, with everything escaped that could break or fake a line. */
function shown(message: GossipMessage): string {
  if (message.contentType === 'bytes') return `<${message.payload.byteLength} bytes>`;
  const text = new TextDecoder().decode(message.payload.subarray(0, 4 * shownCharsMax));
  const short = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
  return JSON.stringify(short);
}

function time(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

const life = (event: { readonly peer: string; readonly incarnation: number }): string =>
  `${event.peer} (incarnation ${event.incarnation})`;
const list = (items: readonly string[]): string =>
  items.length === 0 ? 'nobody' : items.join(', ');
const ballot = ({ round, seed }: Ballot): string => `${round}@${seed}`;
const share = (votes: { yes: number; quorum: number; seeds: number }): string =>
  `${votes.yes} of ${votes.seeds} votes, ${votes.quorum} needed`;
const ms = (value: number): string => `${Math.round(value)} ms`;

const proposed =
  <Domain extends DecisionDomain>(word: string): Describer<Proposed<Domain>> =>
  (event) => {
    const about = event.incarnation === 0 ? event.peer : life(event);
    const why = event.evidence === '' ? '' : `: ${event.evidence}`;
    return `Proposing ${word} of ${about}, ballot ${ballot(event.ballot)}${why}`;
  };

const voted =
  <Domain extends DecisionDomain>(word: string): Describer<Voted<Domain>> =>
  (event) => {
    const vote = event.verdict === 'ok' ? event.answer : `no (${event.verdict})`;
    const why = event.reason === '' ? '' : `: ${event.reason}`;
    return `Vote of seed ${event.seed} on ${word} of ${event.peer}, ballot ${ballot(event.ballot)}: ${vote}${why}`;
  };

const committed =
  <Domain extends DecisionDomain>(word: string): Describer<Committed<Domain>> =>
  (event) => {
    const what = `${word} of ${life(event)}`;
    if (event.votes !== null) return `Consensus: ${what} committed with ${share(event.votes)}`;
    const how = event.via === 'repair' ? 'learned by repair' : 'commit';
    return `From seed ${event.proposer}: ${what}, ${how}`;
  };

const rejected =
  <Domain extends DecisionDomain>(word: string): Describer<Rejected<Domain>> =>
  (event) =>
    `No consensus on ${word} of ${event.peer} (${event.code}), ${share(event.votes)}: ${event.reason}`;

const book: Book = {
  'node:started': ['info', (e) => `Started as ${e.role} ${e.id}`],
  'node:stopped': ['info', (e) => `Stopped: ${e.reason}`],
  'link:refused': [
    'debug',
    (e) => `No link (${e.purpose}) to ${e.address}, ${e.code}: ${e.reason}`,
  ],
  'link:rejected': ['debug', (e) => `Refused ${e.from} (${e.purpose}), ${e.code}: ${e.reason}`],
  'link:violated': [
    'warn',
    (e) => `Closed the link to ${e.from || 'a stranger'}, which broke the protocol: ${e.reason}`,
  ],

  'peer:registering': [
    'info',
    (e) => `Registering with ${e.quorum} of the seeds ${list(e.seeds)}, attempt ${e.attempt}`,
  ],
  'seed:registered': [
    'info',
    (e) =>
      `Seed ${e.seed} registered us with incarnation ${e.incarnation} (${e.registered} of ${e.quorum} needed)`,
  ],
  'seed:registration-failed': [
    'warn',
    (e) => `Seed ${e.seed} did not register us, ${e.code}: ${e.reason}`,
  ],
  'peer:registered': [
    'info',
    (e) => `Registered with a quorum as ${life(e)} by ${list(e.seeds)} in ${ms(e.durationMs)}`,
  ],
  'peer:registration-failed': [
    'warn',
    (e) =>
      `No quorum: ${e.registered} of ${e.quorum} seeds needed have registered us; ` +
      `trying again in ${ms(e.retryInMs)}. ${e.answers.map((a) => `${a.seed}: ${a.reason}`).join('; ')}`,
  ],
  'peer-list:received': [
    'debug',
    (e) =>
      `${e.first ? 'Peer List' : 'Peer List again'} from seed ${e.seed}: ` +
      `${e.total} peers: ${list(e.peers.map((peer) => peer.id))}`,
  ],
  'peer-list:updated': [
    'debug',
    (e) =>
      `Peer List of seed ${e.seed}: ${e.total} peers, new: ${list(e.joined.map((peer) => peer.id))}; ` +
      `gone: ${list(e.gone.map((peer) => `${peer.id} (${peer.status})`))}`,
  ],
  'peer:joined': ['debug', (e) => `Learned of peer ${life(e)}`],
  'peer:left': ['info', (e) => `Peer ${life(e)} has left`],

  'link:up': ['info', (e) => `Link to ${life(e)} is up (${e.direction}), degree ${e.degree}`],
  'link:down': [
    'info',
    (e) => `Link to ${life(e)} is down, degree ${e.degree}, ${e.cause}: ${e.reason}`,
  ],
  'overlay:isolated': ['warn', (e) => `No neighbour left; ${e.known} peers are known`],
  'overlay:bridge-offered': ['info', (e) => `The seeds ask us to link with ${list(e.candidates)}`],

  'message:published': [
    'info',
    (e) =>
      `Own message ${shown(e.message)} number ${e.message.sequence} sent to ${e.links} neighbours at ${time(e.message.timestampMs)}, id ${e.message.id}`,
  ],
  'message:received': [
    'info',
    (e) =>
      `New message ${shown(e.message)} number ${e.message.sequence} of ${e.message.origin}, from ${e.from}, published ${time(e.message.timestampMs)}, ${e.hops} hops, ${ms(e.latencyMs)}, id ${e.message.id}`,
  ],
  'message:duplicate': ['debug', (e) => `Duplicate from ${e.from}, id ${e.id}`],
  'message:dropped': [
    'warn',
    (e) => `Dropped ${e.frames} messages (${e.bytes} bytes), ${e.cause}, peer ${e.peer}`,
  ],
  'message:gap': [
    'warn',
    (e) => `${e.ids.length} messages are lost: no neighbour has them any more`,
  ],
  'message:evicted': ['debug', (e) => `Forgot ${e.count} ${e.what}s of messages, bound ${e.bound}`],

  'peer:silent': [
    'info',
    (e) => `Neighbour ${life(e)} may be dead (${e.trigger}), silent for ${ms(e.silentMs)}: probing`,
  ],
  'peer:probed': ['info', (e) => `Probe of ${life(e)} by ${e.by}: ${e.outcome}`],
  'peer:suspected': [
    'warn',
    (e) =>
      `Suspecting ${life(e)}, silent for ${ms(e.silentMs)}; failed probes: ${list(e.failedProbes)}; SUSPECT_NOTICE sent`,
  ],
  'peer:suspicion-heard': ['info', (e) => `SUSPECT_NOTICE of ${e.by} about ${life(e)}`],
  'peer:suspicion-cleared': [
    'info',
    (e) => `No longer suspecting ${life(e)} (${e.cause}), suspected for ${ms(e.suspectedForMs)}`,
  ],
  'peer:corroborated': [
    'warn',
    (e) =>
      `Peer-level consensus: ${life(e)} is dead, agreed by ${list(e.corroborators)} (${e.corroborators.length} of ${e.needed} needed)`,
  ],
  'peer:reported': ['warn', (e) => `${e.text} reported to seed ${e.seed}`],
  'peer:report-rejected': [
    'warn',
    (e) =>
      `Seed ${e.seed || '(none)'} did not confirm the death of ${life(e)}, ${e.code}: ${e.reason}` +
      (e.retryInMs === null ? '' : `; reporting again in ${ms(e.retryInMs)}`),
  ],
  'peer:confirmed-dead': [
    'warn',
    (e) => `DEAD_CONFIRMED: ${life(e)} is removed${e.seed === '' ? '' : `, seed ${e.seed}`}`,
  ],
  'self:refuted': ['warn', (e) => `${e.by} suspects us; refuted with number ${e.refutation}`],
  'self:declared-dead': [
    'warn',
    (e) => `Our incarnation ${e.incarnation} was declared dead, says ${e.from}`,
  ],
  'self:left': [
    'info',
    (e) => (e.committed ? 'Left the network' : `Left without a word to the seeds: ${e.reason}`),
  ],
  'self:health-changed': ['debug', (e) => `Local health score is ${e.score} (${e.cause})`],

  'registration:proposed': ['info', proposed('registration')],
  'registration:vote': ['info', voted('registration')],
  'registration:committed': ['info', committed('registration')],
  'registration:rejected': ['warn', rejected('registration')],
  'leave:proposed': ['info', proposed('leave')],
  'leave:vote': ['info', voted('leave')],
  'leave:committed': ['info', committed('leave')],
  'leave:rejected': ['warn', rejected('leave')],
  'death:proposed': ['info', proposed('removal')],
  'death:vote': ['info', voted('removal')],
  'death:committed': ['info', committed('removal')],
  'death:rejected': ['warn', rejected('removal')],
  'register:conflict': [
    'info',
    (e) => `Ballot ${ballot(e.ballot)} for ${e.peer} lost to ${ballot(e.promised)}: trying again`,
  ],
  'death:reported': [
    'warn',
    (e) => `${e.text} reported by ${e.reporter}, corroborated by ${list(e.corroborators)}`,
  ],

  'seed:up': [
    'info',
    (e) => `Seed ${e.seed} is linked: ${e.reachable} reachable, quorum ${e.quorum}`,
  ],
  'seed:down': [
    'warn',
    (e) => `Seed ${e.seed} is gone: ${e.reachable} reachable, quorum ${e.quorum}: ${e.reason}`,
  ],
  'seed:list-mismatch': [
    'error',
    (e) =>
      `Seed ${e.seed} has another seed list; only here: ${list(e.onlyHere)}; only there: ${list(e.onlyThere)}`,
  ],
  'seed:repaired': ['info', (e) => `Repair: ${e.registers} registers from seed ${e.from}`],
  'seed:recovering': [
    'warn',
    (e) =>
      e.copiesNeeded === 0
        ? `Not voting yet: ${e.reason}`
        : `Not voting before readmission by ${e.copiesNeeded} seeds: ${e.reason}`,
  ],
  'seed:readmitted': [
    'info',
    (e) => `Readmitted: voting, with ${e.registers} registers from ${list(e.copiedFrom)}`,
  ],
  'lease:lapsed': ['info', (e) => `No word from ${life(e)} for ${ms(e.sinceMs)}: probing`],
  'removals:paused': [
    'error',
    (e) =>
      `Removals paused: ${e.reported} of ${e.listSize} peers reported dead within ${ms(e.windowMs)}`,
  ],
  'removals:resumed': ['info', (e) => `Removals go on (${e.cause})`],
  'tombstones:removed': ['debug', (e) => `${e.count} tombstones removed`],
  'overlay:components-seen': [
    'info',
    (e) =>
      `The overlay of ${e.peers} peers has ${e.components} components, the smallest ${e.smallest}`,
  ],
  'peer-list:changed': [
    'info',
    (e) => `Peer List: ${life(e)} is ${e.status}, ${e.size} peers, digest ${e.digest.slice(0, 8)}`,
  ],
  'storage:committed': ['debug', (e) => `${e.writes} writes durable in ${ms(e.durationMs)}`],
  'storage:failed': ['error', (e) => `The disk failed, this seed stops voting: ${e.reason}`],
};
