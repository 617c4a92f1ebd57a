/**
 * What telemetry costs: deliveries per second over TCP on loopback without any, with metrics, and
 * with metrics and traces of 1 % and of all messages. One network for each, side by side in one
 * process, in rounds that take turns. Spans are recorded by OpenTelemetry's SDK and thrown away in
 * batches: what a collector costs is not ours to measure.
 *
 *     node bench/telemetry.ts [rounds, default 9] [messages a round, default 1000]
 */
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

const rounds = Number(process.argv[2] ?? 9);
const messagesPerRound = Number(process.argv[3] ?? 1_000);
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

interface Network {
  readonly mode: Mode;
  readonly nodes: readonly GossipNode[];
  readonly counts: { deliveries: number; spans: number };
  readonly perSecond: number[];
}

const networks: Network[] = [];
for (const mode of modes) networks.push(await start(mode));
// The first round is for the compiler.
for (const network of networks) await run(network);
for (const network of networks) network.perSecond.splice(0);
for (let round = 0; round < rounds; round += 1) {
  for (let turn = 0; turn < networks.length; turn += 1) {
    // Another one begins each round: whoever comes first may find a colder machine.
    await run(networks[(round + turn) % networks.length] as Network);
  }
}

const off = networks[0]?.perSecond ?? [];
console.log(
  `${size} nodes that dial ${dials} each, ${rounds} rounds of ${messagesPerRound} messages of ${payload.length} bytes, Node ${process.version}`,
);
console.table(
  networks.map(({ mode, perSecond, counts }) => ({
    telemetry: mode.name,
    'deliveries/s (median)': Math.round(median(perSecond)).toLocaleString('en'),
    'of off, same round (median)': percent(
      median(perSecond.map((value, round) => value / (off[round] ?? value))),
    ),
    'µs a delivery': (1e6 / median(perSecond)).toFixed(1),
    spans: counts.spans.toLocaleString('en'),
  })),
);
await Promise.all(networks.flatMap(({ nodes }) => nodes.map((node) => node.kill())));
process.exit();

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
  return { mode, nodes, counts, perSecond: [] };
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

async function run({ nodes, counts, perSecond }: Network): Promise<void> {
  const begun = performance.now();
  const target = counts.deliveries + messagesPerRound * (size - 1);
  for (let sent = 0; sent < messagesPerRound; sent += windowSize) {
    const before = counts.deliveries;
    for (let n = 0; n < windowSize; n += 1) {
      await nodes[(sent + n) % size]?.publish(payload);
    }
    while (counts.deliveries < before + windowSize * (size - 1)) await turn();
  }
  if (counts.deliveries !== target) throw new Error('a delivery of another round was counted');
  const seconds = (performance.now() - begun) / 1000;
  perSecond.push((messagesPerRound * (size - 1)) / seconds);
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
