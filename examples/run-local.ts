/**
 * A whole network in one process, over real TCP: seeds on disk, peers that gossip until every
 * message has reached every peer, one that dies without a word, a seed that dies too, and a
 * newcomer that the remaining quorum still registers. `npm start` runs it; `-- --help` has flags.
 */
import { parseArgs, styleText } from 'node:util';
import { describeEvent, type NodeEvent, PeerNode } from 'hearsay';
import { Convergence, convergenceTable } from './support/convergence.ts';
import { LocalNetwork } from './support/local-network.ts';
import { until } from './support/waiting.ts';
import { Watch } from './support/watching.ts';

const help = `npm start -- [options]
  --seeds <n>       seeds, at least 3 (default 3)
  --peers <n>       peers, at least 4 (default 12)
  --messages <n>    messages of each peer (default 2)
  --time-scale <n>  how many times faster than the classroom's clock (default 10)
  --watch           no story: serve the observatory, a page with buttons, until Ctrl-C
  --port <n>        where to serve it (default: any free port)`;

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    peers: { type: 'string', default: '12' },
    messages: { type: 'string', default: '2' },
    'time-scale': { type: 'string', default: '10' },
    watch: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(help);
  process.exit(0);
}
const seedCount = atLeast(3, flags.seeds, '--seeds');
const peerCount = atLeast(4, flags.peers, '--peers');
const messageCount = atLeast(1, flags.messages, '--messages');
const timeScale = atLeast(1, flags['time-scale'], '--time-scale');
const port = atLeast(0, flags.port, '--port');

/** What the death of a peer looks like from suspicion to the removal. */
const deathStory: ReadonlySet<NodeEvent['type']> = new Set([
  'peer:silent',
  'peer:suspected',
  'peer:corroborated',
  'peer:reported',
  'death:proposed',
  'death:vote',
  'death:committed',
  'peer:confirmed-dead',
] as const);

const interrupt = new AbortController();
const { signal } = interrupt;
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());

const convergence = new Convergence();
const watch = new Watch();
const network = await LocalNetwork.create({
  seedCount,
  messageCount,
  timeScale,
  signal,
  onNode: (node) => {
    if (node instanceof PeerNode) convergence.watch(node);
    if (flags.watch) watch.add(node);
  },
});
const { seeds, peers } = network;
try {
  if (flags.watch) await watch.open(network, { port, signal, begin });
  else process.exitCode = await story();
} catch (error) {
  console.error(signal.aborted ? '\ninterrupted: stopping' : error);
  process.exitCode = signal.aborted ? 130 : 1;
} finally {
  await network[Symbol.asyncDispose]();
}

/** Seeds, peers, and messages that reach everybody. */
async function begin(): Promise<void> {
  title(`${seedCount} seeds, with their registers on disk`);
  await network.startSeeds((seed) => console.log(`  ${seed.id} listens`));

  title(
    `${peerCount} peers register, each with a quorum of ${Math.floor(seedCount / 2) + 1} seeds`,
  );
  for (let n = 0; n < peerCount; n += 1) {
    const peer = await network.startPeer();
    console.log(`  ${peer.id} registered, neighbours so far: ${peer.neighbours().length}`);
  }

  title(`gossip: ${messageCount} messages of each peer`);
  await messagesReachEverybody(peerCount * messageCount);
  console.log(`  ${convergence.messages} messages reached all ${peerCount} peers`);
}

async function story(): Promise<number> {
  await begin();
  const before = convergence.rows();
  const confirmed = await onePeerDies();
  const registered = await aSeedDiesAndAPeerComes();

  title('convergence');
  const rows = [...before, ...convergence.rows().slice(before.length)];
  console.log(convergenceTable(rows));
  const complete = rows.every(({ coverage }) => coverage === 1);
  console.log(
    `\n${rows.length} messages, coverage ${complete ? '100 %' : 'INCOMPLETE'}; ` +
      `death ${confirmed ? 'confirmed' : 'NOT CONFIRMED'}; newcomer ${registered ? 'registered' : 'NOT REGISTERED'}`,
  );
  return complete && confirmed && registered ? 0 : 1;
}

/** A killed process says no goodbye: its neighbours find out, agree, and the seeds decide. */
async function onePeerDies(): Promise<boolean> {
  const victim = peers[Math.floor(peers.length / 2)];
  if (victim === undefined) return false;
  const { id } = victim;
  title(`${id} is killed without a goodbye`);
  const about = (event: NodeEvent) =>
    'peer' in event && event.peer === id && deathStory.has(event.type);
  const removedAt = new Set<string>();
  for (const node of [...peers, ...seeds]) {
    if (node === victim) continue;
    node.observe((event: NodeEvent) => {
      if (about(event)) tell(node.id, event);
      if (event.type === 'peer:confirmed-dead' && event.peer === id) removedAt.add(node.id);
    });
  }
  await network.killPeer(victim);
  const seedsForgot = () =>
    seeds.filter((seed) => !seed.peerList().some((peer) => peer.id === id)).length;
  await until(
    'every peer and every seed to hear DEAD_CONFIRMED',
    () => removedAt.size === peers.length && seedsForgot() === seeds.length,
    {
      signal,
      progress: () =>
        `${removedAt.size} of ${peers.length} peers, ${seedsForgot()} of ${seeds.length} seeds`,
    },
  );
  console.log(
    `  removed at all ${peers.length} living peers and from all ${seeds.length} Peer Lists`,
  );
  return true;
}

async function aSeedDiesAndAPeerComes(): Promise<boolean> {
  const dead = seeds.pop();
  if (dead === undefined) return false;
  title(`seed ${dead.id} is killed; a newcomer registers with the remaining ${seeds.length}`);
  await dead.kill();
  const stop = seeds.map((seed) =>
    seed.observe((event: NodeEvent) => {
      if (event.type === 'registration:committed' || event.type === 'registration:proposed') {
        tell(seed.id, event);
      }
    }),
  );
  const newcomer = await network.startPeer();
  for (const end of stop) end();
  console.log(
    `  ${newcomer.id} registered, incarnation ${newcomer.incarnation}, neighbours so far: ${newcomer.neighbours().length}`,
  );
  const expected = convergence.messages + messageCount;
  await messagesReachEverybody(expected, convergence.messages);
  return newcomer.incarnation > 0;
}

/** All `expected` messages are published and those from number `from` on are everywhere. */
async function messagesReachEverybody(expected: number, from = 0): Promise<void> {
  const missing = () =>
    convergence
      .rows()
      .slice(from)
      .filter(({ coverage }) => coverage < 1).length;
  await until(
    'every message to reach every peer',
    () => convergence.messages >= expected && missing() === 0,
    {
      signal,
      progress: () =>
        `${convergence.messages} of ${expected} published, ${missing()} still spreading`,
    },
  );
}

function tell(node: string, event: NodeEvent): void {
  const { level, text } = describeEvent(event);
  console.log(`  ${styleText('dim', node)} ${level === 'warn' ? styleText('yellow', text) : text}`);
}

function title(text: string): void {
  console.log(`\n${styleText('bold', `● ${text}`)}`);
}

function atLeast(least: number, text: string, flag: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= least) return value;
  console.error(`${flag} ${text}: it must be a number, ${least} or more\n\n${help}`);
  process.exit(2);
}
