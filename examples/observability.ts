/**
 * A network to look at in Grafana: seeds and peers, each a process with OpenTelemetry traces and
 * Prometheus metrics, under load. Now and then a peer is killed and comes back later, and a seed is
 * away for a while. `npm run observability` runs it until Ctrl-C; `-- --help` has the flags.
 *
 *     docker compose -f docker-compose.observability.yml up -d
 *     npm run observability
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, styleText } from 'node:util';
import type { NodeOrder } from './children/observed-node.ts';
import { ObservedProcess } from './support/observed-process.ts';
import { freePorts } from './support/ports.ts';

const help = `npm run observability -- [options]
  --peers <n>            peers, at least 3 (default 5); there are always 3 seeds
  --publish-every <s>    seconds between the messages of each peer (default 2)
  --kill-every <s>       seconds between two deaths of a peer; 0: none (default 45)
  --outage-every <s>     seconds between two outages of a seed; 0: none (default 120)
  --sample <share>       share of the traces that are recorded, 0 to 1 (default 1)
  --collector <url>      where OTLP is taken over HTTP (default http://127.0.0.1:4318)
  --metrics-host <host>  where metrics are served (default 127.0.0.1; Prometheus in Docker on Linux
                         needs an address that containers reach, like 172.17.0.1)
  --metrics-port <port>  of the first seed; the next seeds and then the peers have the ports that
                         follow (default 9464; 0: free ones)
  --for <s>              stop after so many seconds (default: at Ctrl-C)`;

const { values: flags } = parseArgs({
  options: {
    peers: { type: 'string', default: '5' },
    'publish-every': { type: 'string', default: '2' },
    'kill-every': { type: 'string', default: '45' },
    'outage-every': { type: 'string', default: '120' },
    sample: { type: 'string', default: '1' },
    collector: { type: 'string', default: 'http://127.0.0.1:4318' },
    'metrics-host': { type: 'string', default: '127.0.0.1' },
    'metrics-port': { type: 'string', default: '9464' },
    for: { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(help);
  process.exit(0);
}
const seedCount = 3;
const peerCount = number('peers', 3, 200);
const publishEveryMs = 1000 * number('publish-every', 0.01);
const killEveryMs = 1000 * number('kill-every', 0);
const outageEveryMs = 1000 * number('outage-every', 0);
const sample = number('sample', 0, 1);
const metricsPort = number('metrics-port', 0, 65_535 - seedCount - peerCount);
const runForMs = 1000 * number('for', 0);
const collector = collectorOf(flags.collector);
/** The longest that a timer can wait: 24 days. */
const longestMs = 2 ** 31 - 1;
/** How long a killed peer, or a stopped seed, stays away. */
const awayMs = 15_000;

const interrupt = new AbortController();
const { signal } = interrupt;
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());

const folder = await mkdtemp(join(tmpdir(), 'hearsay-'));
const ports = await freePorts(seedCount + peerCount);
const addresses = ports.map((port) => `127.0.0.1:${port}`);
const seedAddresses = addresses.slice(0, seedCount);
const processes = addresses.map(
  (listen, index) =>
    new ObservedProcess(orderFor(listen, index), (text) =>
      say(`${styleText('dim', listen)} ${text}`),
    ),
);
const seeds = processes.slice(0, seedCount);
const peers = processes.slice(seedCount);

try {
  await run();
} catch (error) {
  if (!signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  interrupt.abort();
  say('stopping');
  await Promise.all(processes.map((one) => one.stop()));
  await rm(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  void watchCollector();
  say(`${seedCount} seeds and ${peerCount} peers, each a process`);
  await Promise.all(seeds.map((seed) => seed.start()));
  await Promise.all(peers.map((peer) => peer.start()));
  for (const one of processes) say(`  ${one.order.role} ${one.order.listen}  ${one.metrics}`);
  say('every peer is registered and linked; Ctrl-C stops');
  const ends = pause(Math.min(runForMs, longestMs), undefined, { signal });
  const work = [
    every(killEveryMs, () => kill(peers)),
    every(outageEveryMs, () => outage(seeds)),
    every(10_000, async () => say(progress())),
  ];
  await Promise.race([ends, ...work]);
  say(progress());
}

/** A killed process says nothing to anybody: its neighbours find out, and the seeds decide. */
async function kill(among: readonly ObservedProcess[]): Promise<void> {
  const victim = oneOf(among);
  if (victim === undefined) return;
  say(styleText('yellow', `peer ${victim.order.listen} is killed`));
  await victim.kill();
  await pause(awayMs, undefined, { signal });
  say(`peer ${victim.order.listen} comes back, as a new incarnation`);
  await victim.start();
}

/** Two seeds of three are a quorum: registrations and deaths go on. */
async function outage(among: readonly ObservedProcess[]): Promise<void> {
  const away = oneOf(among);
  if (away === undefined) return;
  say(styleText('yellow', `seed ${away.order.listen} is stopped`));
  await away.stop();
  await pause(awayMs, undefined, { signal });
  say(`seed ${away.order.listen} comes back, and catches up`);
  await away.start();
}

/** Until it is interrupted; for ever silent with an interval of 0. */
async function every(intervalMs: number, work: () => Promise<void>): Promise<void> {
  if (intervalMs === 0) await pause(longestMs, undefined, { signal });
  for (;;) {
    await pause(intervalMs, undefined, { signal });
    await work();
  }
}

function oneOf(among: readonly ObservedProcess[]): ObservedProcess | undefined {
  const running = among.filter(({ isRunning }) => isRunning);
  return running[Math.floor(Math.random() * running.length)];
}

function orderFor(listen: string, index: number): NodeOrder {
  const port = metricsPort === 0 ? 0 : metricsPort + index;
  return {
    role: index < seedCount ? 'seed' : 'peer',
    listen,
    seeds: seedAddresses,
    folder: join(folder, String(index)),
    metricsAt: `${flags['metrics-host']}:${port}`,
    collector: collector.origin,
    sample,
    publishEveryMs,
  };
}

function progress(): string {
  const sum = (key: 'published' | 'received') =>
    peers.reduce((total, peer) => total + peer[key], 0);
  const living = peers.filter(({ isRunning }) => isRunning).length;
  return `${sum('published')} messages published, ${sum('received')} receipts; ${living} peers, ${seeds.filter(({ isRunning }) => isRunning).length} seeds`;
}

/** Says when the collector is there or not: once each time it changes. */
async function watchCollector(): Promise<void> {
  let wasThere: boolean | undefined;
  while (!signal.aborted) {
    const isThere = await answers(collector);
    if (isThere !== wasThere) {
      say(
        isThere
          ? `traces go to ${collector.origin}`
          : styleText(
              'yellow',
              `nothing listens at ${collector.origin}: the network runs all the same, its traces are lost`,
            ),
      );
    }
    wasThere = isThere;
    await pause(5_000, undefined, { signal }).catch(() => undefined);
  }
}

function answers({ hostname, port, protocol }: URL): Promise<boolean> {
  const standard = protocol === 'https:' ? 443 : 80;
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port || standard), timeout: 2_000 });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

function say(text: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

function number(name: keyof typeof flags, least: number, most = Number.POSITIVE_INFINITY): number {
  const text = String(flags[name]);
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  const range = most === Number.POSITIVE_INFINITY ? `${least} or more` : `from ${least} to ${most}`;
  return wrong(`--${name} ${text}: it must be a number, ${range}`);
}

function collectorOf(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  return wrong(`--collector ${text}: it must be a URL like http://127.0.0.1:4318`);
}

function wrong(problem: string): never {
  console.error(`${problem}\n\n${help}`);
  process.exit(2);
}
