/**
 * What telemetry costs: deliveries per second over TCP on loopback without any, with metrics, and
 * with metrics and traces of 1 % and of all messages. One network for each, side by side, in rounds
 * that take turns; each in a process of its own, so that none runs code that was compiled for
 * another, or pays for another's garbage. The processor's time is the figure to trust on a machine that has
 * other work, too. Spans are recorded by OpenTelemetry's SDK and thrown away in batches: what a
 * collector costs is not ours to measure.
 *
 *     node bench/telemetry.ts [rounds, default 99] [messages a round, default 250]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { TracerProvider as AnyTracerProvider } from '@opentelemetry/api';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { Registry } from 'prom-client';
import { GossipNode } from '../src/nodes/gossip-node.ts';
import { attachMetrics } from '../src/telemetry/metrics.ts';
import { attachTracing } from '../src/telemetry/tracing.ts';

const [rounds = 99, messagesPerRound = 250] = process.argv.slice(2).map(Number);
const size = 8;
/** Links that each node dials, to the nodes before it: the overlay is the same in each network. */
const dials = 3;
/** Messages under way at once: few enough to stay in the outboxes. */
const windowSize = 50;
const payload = new Uint8Array(200);

interface Mode {
  readonly name: string;
  readonly hasMetrics: boolean;
  /** Share of the messages that are traced; undefined: no tracing at all. */
  readonly share?: number;
}

const modes: readonly Mode[] = [
  { name: 'telemetry off', hasMetrics: false },
  { name: 'metrics', hasMetrics: true },
  { name: 'metrics, traces of 1 %', hasMetrics: true, share: 0.01 },
  { name: 'metrics, traces of 100 %', hasMetrics: true, share: 1 },
];

/** A round of one network, told by its process. */
interface Round {
  readonly perSecond: number;
  /** Of the processor, user and system, per delivery. */
  readonly cpuUs: number;
  readonly spans: number;
}

interface Network {
  readonly nodes: readonly GossipNode[];
  readonly counts: { deliveries: number; spans: number };
}

// A process of one network is told which, and then when to run a round.
const own = modes.find(({ name }) => name === process.env['HEARSAY_BENCH_NETWORK']);
if (own === undefined) await compare();
else await serveRounds(await start(own));

async function compare(): Promise<void> {
  const children = modes.map(({ name }) => ({
    name,
    rounds: [] as Round[],
    run: startProcess(name),
  }));
  // The first rounds are for the compiler.
  for (let n = 0; n < 2; n += 1) for (const child of children) await child.run();
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < children.length; turn += 1) {
      // Another one begins each round: whoever comes first may find a colder machine.
      const child = children[(round + turn) % children.length];
      child?.rounds.push(await child.run());
    }
  }
  const off = children[0]?.rounds ?? [];
  console.log(
    `${size} nodes that dial ${dials} each, ${rounds} rounds of ${messagesPerRound} messages of ${payload.length} bytes, Node ${process.version}`,
  );
  console.table(
    children.map(({ name, rounds: own }) => ({
      telemetry: name,
      'deliveries/s': Math.round(median(own.map((one) => one.perSecond))).toLocaleString('en'),
      'of off': percent(median(own.map((one, n) => one.perSecond / (off[n] ?? one).perSecond))),
      'processor µs a delivery': median(own.map((one) => one.cpuUs)).toFixed(1),
      'more than off': percent(median(own.map((one, n) => one.cpuUs / (off[n] ?? one).cpuUs)) - 1),
      spans: own.reduce((sum, one) => sum + one.spans, 0).toLocaleString('en'),
    })),
  );
  console.log('Medians of all rounds; shares are of the same round without telemetry.');
  process.exit();
}

function startProcess(name: string): () => Promise<Round> {
  const child = fork(import.meta.filename, process.argv.slice(2), {
    env: { ...process.env, HEARSAY_BENCH_NETWORK: name },
  });
  const ready = once(child, 'message');
  return async () => {
    await ready;
    const told = once(child, 'message');
    child.send('run');
    const [round] = await told;
    return round;
  };
}

async function serveRounds(network: Network): Promise<void> {
  process.send?.('ready');
  process.on('disconnect', () => process.exit());
  while (true) {
    await once(process, 'message');
    process.send?.(await run(network));
  }
}

async function start(mode: Mode): Promise<Network> {
  const counts = { deliveries: 0, spans: 0 };
  const registry = new Registry();
  const tracerProvider = mode.share === undefined ? undefined : providerOf(mode.share, counts);
  const nodes: GossipNode[] = [];
  for (let n = 0; n < size; n += 1) {
    const peers = nodes.slice(-dials).map(({ id }) => id);
    const node = new GossipNode({ listen: '127.0.0.1:0', peers });
    node.on('message:received', () => {
      counts.deliveries += 1;
    });
    if (mode.hasMetrics) attachMetrics(node, { registry });
    if (tracerProvider !== undefined) attachTracing(node, { tracerProvider });
    await node.start();
    nodes.push(node);
  }
  const linked = () => nodes.reduce((sum, node) => sum + node.neighbours().length, 0);
  const expected = 2 * ((size - dials) * dials + (dials * (dials - 1)) / 2);
  while (linked() < expected) await turn();
  return { nodes, counts };
}

function providerOf(share: number, counts: Network['counts']): AnyTracerProvider {
  const exporter: SpanExporter = {
    export: (spans, done) => {
      counts.spans += spans.length;
      done({ code: 0 });
    },
    shutdown: async () => undefined,
  };
  return new TracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    // Room for all: dropping spans would be cheaper than recording them.
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize: 1e6, scheduledDelayMillis: 100 }),
    ],
  });
}

async function run({ nodes, counts }: Network): Promise<Round> {
  const begun = performance.now();
  const cpuBegun = process.cpuUsage();
  const target = counts.deliveries + messagesPerRound * (size - 1);
  for (let sent = 0; sent < messagesPerRound; sent += windowSize) {
    const before = counts.deliveries;
    for (let n = 0; n < windowSize; n += 1) {
      await nodes[(sent + n) % size]?.publish(payload);
    }
    while (counts.deliveries < before + windowSize * (size - 1)) await turn();
  }
  if (counts.deliveries !== target) throw new Error('a delivery of another round was counted');
  const deliveries = messagesPerRound * (size - 1);
  const { user, system } = process.cpuUsage(cpuBegun);
  // Exported in batches, perhaps after the round: what came meanwhile is told with the next one.
  const { spans } = counts;
  counts.spans = 0;
  return {
    perSecond: (1000 * deliveries) / (performance.now() - begun),
    cpuUs: (user + system) / deliveries,
    spans,
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
