import type {
  Committed,
  DecisionDomain,
  MessageReceived,
  NodeEvent,
  Rejected,
  Voted,
} from '../../core/events.ts';
import type { MessageId } from '../../core/messages.ts';
import { isSampled } from '../../core/trace-context.ts';
import { digestNumber } from './digest-number.ts';
import type { Exemplar } from './family.ts';
import type { NodeMetrics } from './node-metrics.ts';

type Recorder = {
  readonly [Type in NodeEvent['type']]: (
    event: Extract<NodeEvent, { readonly type: Type }>,
  ) => void;
};

const seconds = (ms: number): number => ms / 1000;

/**
 * What each event means for the metrics of its node. The type asks for every event there is: a new
 * one without a decision here does not compile.
 */
export function recorderOf(
  metrics: NodeMetrics,
  traceparentOf: (id: MessageId) => string | undefined,
): Recorder {
  const { add, set, observe } = metrics;
  /** Incarnations that this node suspects: only these end with an outcome. */
  const suspected = new Map<string, number>();
  const first = metrics.counter('received', { result: 'first' });
  const firstBytes = metrics.counter('receivedBytes', { result: 'first' });
  const duplicate = metrics.counter('received', { result: 'duplicate' });
  const duplicateBytes = metrics.counter('receivedBytes', { result: 'duplicate' });
  const crossings = metrics.counter('crossings', {});
  const hops = metrics.histogram('hops', {});
  const latency = metrics.histogram('latency', {});

  const vote = (domain: DecisionDomain) => (event: Voted) => {
    const word = event.verdict === 'ok' ? event.answer : event.verdict;
    add(event.seed === metrics.id ? 'votesCast' : 'votesReceived', { domain, vote: word });
  };
  const decisions = <Domain extends DecisionDomain>(domain: Domain) =>
    ({
      [`${domain}:proposed`]: () => add('proposals', { domain }),
      [`${domain}:vote`]: vote(domain),
      [`${domain}:committed`]: ({ via, durationMs }: Committed) => {
        add('decisions', { domain, via });
        if (durationMs !== null) observe('consensusDuration', seconds(durationMs), { domain });
      },
      [`${domain}:rejected`]: ({ code }: Rejected) => {
        add('rejections', { domain, code });
        if (code === 'no-quorum') add('quorumMisses', { domain });
      },
    }) as Pick<Recorder, `${Domain}:${'proposed' | 'vote' | 'committed' | 'rejected'}`>;

  return {
    'node:started': ({ id }) => metrics.started(id),
    'node:stopped': () => undefined,
    'link:refused': ({ purpose, code }) => add('linksRefused', { purpose, code }),
    'link:rejected': ({ purpose, code }) => add('linksRejected', { purpose, code }),
    'link:violated': () => add('violations'),

    'peer:registering': () => add('registrationAttempts'),
    'seed:registered': () => add('seedAnswers', { outcome: 'ok' }),
    'seed:registration-failed': ({ code }) => add('seedAnswers', { outcome: code }),
    'peer:registered': ({ durationMs }) => {
      add('registrations', { outcome: 'quorum' });
      observe('registrationDuration', seconds(durationMs));
    },
    'peer:registration-failed': () => add('registrations', { outcome: 'no-quorum' }),
    'peer-list:received': ({ total, digest }) => {
      add('peerListsReceived');
      set('peerListSize', total);
      set('peerListDigest', digestNumber(digest));
    },
    'peer-list:updated': ({ total, digest }) => {
      set('peerListSize', total);
      set('peerListDigest', digestNumber(digest));
    },
    'peer:joined': () => add('joined'),
    'peer:left': () => add('left'),

    'link:up': ({ direction }) => add('linksUp', { direction }),
    'link:down': ({ cause }) => add('linksDown', { cause }),
    'overlay:isolated': () => add('isolated'),
    'overlay:bridge-offered': () => add('bridges'),

    'message:published': () => add('published'),
    'message:received': (event) => {
      first.value += 1;
      firstBytes.value += event.bytes;
      hops.observe(event.hops);
      const latencyS = seconds(Math.max(0, event.latencyMs));
      latency.observe(latencyS, exemplarOf(event, latencyS, traceparentOf));
      if (event.recovered) add('recovered');
    },
    'message:duplicate': ({ bytes, crossing }) => {
      duplicate.value += 1;
      duplicateBytes.value += bytes;
      if (crossing) crossings.value += 1;
    },
    'message:dropped': ({ cause, frames }) => add('dropped', { cause }, frames),
    'message:gap': ({ ids }) => add('gaps', {}, ids.length),
    'message:evicted': ({ what, bound, count }) => add('evicted', { what, bound }, count),

    'peer:silent': ({ trigger }) => add('silences', { trigger }),
    'peer:probed': ({ outcome }) => add('probes', { outcome }),
    'peer:suspected': ({ peer, incarnation }) => {
      suspected.set(peer, incarnation);
      add('suspicions');
    },
    'peer:suspicion-heard': () => add('noticesHeard'),
    'peer:suspicion-cleared': ({ peer, cause }) => {
      suspected.delete(peer);
      add('suspicionsEnded', { outcome: cause });
    },
    'peer:corroborated': () => add('corroborated'),
    'peer:reported': () => add('reported'),
    'peer:report-rejected': ({ code }) => add('reportsRejected', { code }),
    'peer:confirmed-dead': ({ peer, incarnation, silentMs }) => {
      add('confirmedDead');
      if (silentMs !== null) observe('detection', seconds(silentMs));
      if (suspected.get(peer) !== incarnation) return;
      suspected.delete(peer);
      add('suspicionsEnded', { outcome: 'confirmed' });
    },
    'self:refuted': () => add('refuted'),
    'self:declared-dead': () => add('declaredDead'),
    'self:left': ({ committed }) => add('leaves', { outcome: committed ? 'committed' : 'untold' }),
    'self:health-changed': ({ score }) => set('localHealth', score),

    ...decisions('registration'),
    ...decisions('leave'),
    ...decisions('death'),
    'register:conflict': () => add('conflicts'),
    'death:reported': () => add('deathsReported'),

    'seed:up': () => undefined,
    'seed:down': () => add('seedLinksLost'),
    'seed:list-mismatch': () => add('listMismatches'),
    'seed:repaired': ({ registers }) => add('repaired', {}, registers),
    'seed:recovering': () => add('recoveries'),
    'seed:readmitted': () => add('readmissions'),
    'lease:lapsed': () => add('leasesLapsed'),
    'removals:paused': () => set('removalsPaused', 1),
    'removals:resumed': () => set('removalsPaused', 0),
    'tombstones:removed': ({ count }) => add('tombstonesRemoved', {}, count),
    'overlay:components-seen': ({ components }) => set('components', components),
    // A seed's own list is read at the scrape: after a restart it is there before anything changes.
    'peer-list:changed': () => undefined,
    'storage:committed': ({ writes, durationMs }) => {
      add('storeWrites', {}, writes);
      observe('storeCommit', seconds(durationMs));
    },
    'storage:failed': () => add('storeFailures'),
  };
}

/** The delivery's own span; where this node has none, the hop before, whose trace it is too. */
function exemplarOf(
  { message, traceparent: came }: MessageReceived,
  value: number,
  traceparentOf: (id: MessageId) => string | undefined,
): Exemplar | undefined {
  // Where the origin did not sample it, there is no trace to be led to.
  if (came === undefined || !isSampled(came)) return undefined;
  const traceparent = traceparentOf(message.id) ?? came;
  const [, trace_id = '', span_id = ''] = traceparent.split('-');
  const timestamp = seconds(message.timestampMs) + value;
  return { labelSet: { trace_id, span_id }, value, timestamp };
}
