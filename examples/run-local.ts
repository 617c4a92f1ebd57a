/**
 * A whole network in one process, over real TCP: seeds on disk, peers that gossip until every
 * message has reached every peer, one that dies without a word, a seed that dies too, and a
 * newcomer that the remaining quorum still registers. `npm start` runs it; `-- --help` has flags.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { describeEvent, type NodeEvent, PeerNode, SeedNode, sqliteStorage } from 'hearsay';
import { Convergence, convergenceTable } from './support/convergence.ts';
import { freePorts } from './support/ports.ts';
import { until } from './support/waiting.ts';

const help = `npm start -- [options]
  --seeds <n>       seeds, at least 3 (default 3)
  --peers <n>       peers, at least 4 (default 12)
  --messages <n>    messages of each peer (default 2)
  --time-scale <n>  how many times faster than the classroom's clock (default 10)`;

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    peers: { type: 'string', default: '12' },
    messages: { type: 'string', default: '2' },
    'time-scale': { type: 'string', default: '10' },
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

const seeds: SeedNode[] = [];
const peers: PeerNode[] = [];
const convergence = new Convergence();
const folder = await mkdtemp(join(tmpdir(), 'hearsay-'));
try {
  process.exitCode = await run();
} catch (error) {
  console.error(signal.aborted ? '\ninterrupted: stopping' : error);
  process.exitCode = signal.aborted ? 130 : 1;
} finally {
  await Promise.all(peers.map((peer) => peer.stop({ timeoutMs: 1000 })));
  await Promise.all(seeds.map((seed) => seed.stop()));
  await rm(folder, { recursive: true, force: true });
}

async function run(): Promise<number> {
  const addresses = (await freePorts(seedCount)).map((port) => `127.0.0.1:${port}`);

  title(`${seedCount} seeds, with their registers on disk`);
  for (const address of addresses) await startSeed(address, addresses);
  await until('the seeds to find each other', () => seeds.every(isVoting), { signal });

  title(
    `${peerCount} peers register, each with a quorum of ${Math.floor(seedCount / 2) + 1} seeds`,
  );
  for (let n = 0; n < peerCount; n += 1) {
    const peer = await startPeer(addresses);
    console.log(`  ${peer.id} registered, neighbours so far: ${peer.neighbours().length}`);
  }

  title(`gossip: ${messageCount} messages of each peer`);
  await messagesReachEverybody(peerCount * messageCount);
  const before = convergence.rows();
  console.log(`  ${before.length} messages reached all ${peerCount} peers`);

  const confirmed = await onePeerDies();
  const registered = await aSeedDiesAndAPeerComes(addresses);

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
  const victim = peers.splice(Math.floor(peers.length / 2), 1)[0];
  if (victim === undefined) return false;
  const { id } = victim;
  title(`${id} is killed without a goodbye`);
  const about = (event: NodeEvent) =>
    'peer' in event && event.peer === id && deathStory.has(event.type);
  const removedAt = new Set<string>();
  for (const node of [...peers, ...seeds]) {
    node.observe((event: NodeEvent) => {
      if (about(event)) tell(node.id, event);
      if (event.type === 'peer:confirmed-dead' && event.peer === id) removedAt.add(node.id);
    });
  }
  await victim.kill();
  convergence.forget(id);
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

async function aSeedDiesAndAPeerComes(addresses: readonly string[]): Promise<boolean> {
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
  const newcomer = await startPeer(addresses);
  for (const end of stop) end();
  console.log(
    `  ${newcomer.id} registered, incarnation ${newcomer.incarnation}, neighbours so far: ${newcomer.neighbours().length}`,
  );
  const expected = convergence.messages + messageCount;
  await messagesReachEverybody(expected, convergence.messages);
  return newcomer.incarnation > 0;
}

async function startSeed(listen: string, all: readonly string[]): Promise<void> {
  const storage = sqliteStorage(join(folder, listen.replace(':', '-')));
  const seed = new SeedNode({ listen, seeds: all, storage });
  seeds.push(seed);
  await seed.start({ signal });
  console.log(`  ${seed.id} listens`);
}

async function startPeer(all: readonly string[]): Promise<PeerNode> {
  const peer = new PeerNode({
    listen: '127.0.0.1:0',
    seeds: all,
    profile: 'classroom',
    automaticGossip: { intervalMs: 5_000 / timeScale, count: messageCount },
    options: {
      registration: { renewIntervalMs: 10_000 / timeScale },
      failureDetection: {
        pingIntervalMs: 5_000 / timeScale,
        silenceMs: 15_000 / timeScale,
        suspicionRepeatMs: 5_000 / timeScale,
      },
    },
  });
  convergence.watch(peer);
  peers.push(peer);
  await peer.start({ signal });
  return peer;
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

function isVoting(seed: SeedNode): boolean {
  return seed.voting && seed.reachableSeeds().length === seedCount;
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
