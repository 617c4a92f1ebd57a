/**
 * One node of examples/observability.ts in a process of its own: traced by OpenTelemetry's SDK for
 * Node, with its metrics at an address for Prometheus. What a service does that embeds Hearsay.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { startNodeSdk } from '@opentelemetry/sdk-node';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import {
  attachTracing,
  describeEvent,
  type NodeEvent,
  PeerNode,
  SeedNode,
  serveTelemetry,
  sqliteStorage,
} from 'hearsay';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** What the parent process asks for, as JSON in the first argument. */
export interface NodeOrder {
  readonly role: 'seed' | 'peer';
  readonly listen: string;
  readonly seeds: readonly string[];
  /** Where a seed keeps its registers. */
  readonly folder: string;
  readonly metricsAt: string;
  /** Where OTLP is taken. */
  readonly collector: string;
  /** Share of the traces that are recorded. */
  readonly sample: number;
  /** Of a peer's messages. */
  readonly publishEveryMs: number;
}

/** What the parent process hears. */
export type NodeReport =
  | { readonly type: 'ready'; readonly metrics: string }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'told'; readonly event: NodeEvent['type']; readonly text: string }
  | { readonly type: 'counts'; readonly published: number; readonly received: number };

/** What is worth a line in the parent's terminal. */
const worthTelling: ReadonlySet<NodeEvent['type']> = new Set([
  'peer:suspected',
  'peer:corroborated',
  'peer:confirmed-dead',
  'death:committed',
  'seed:down',
  'seed:up',
] as const);

const order = JSON.parse(process.argv[2] ?? '{}') as NodeOrder;
const report = (words: NodeReport) => process.send?.(words);

const exporter = new OTLPTraceExporter({
  url: `${order.collector}/v1/traces`,
  timeoutMillis: 2_000,
});
const sdk = startNodeSdk({
  // Whether the collector is there is the parent's to say, once for all.
  logLevel: 'none',
  resourceAttributes: {
    'service.name': `hearsay-${order.role}`,
    'service.instance.id': order.listen,
  },
  sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(order.sample) }),
  spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
});

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const nodes: (PeerNode | SeedNode)[] = [];
const telemetry = await serveTelemetry({
  listen: order.metricsAt,
  registry,
  nodes: () => nodes,
}).catch(fail);
const { listen, seeds } = order;
const metrics = { registry };
const node =
  order.role === 'seed'
    ? new SeedNode({ listen, seeds, metrics, storage: sqliteStorage(order.folder) })
    : new PeerNode({
        listen,
        seeds,
        metrics,
        // So that the seeds can tell Prometheus where to look.
        metricsPort: telemetry.port,
        registrationTimeoutMs: 120_000,
      });
nodes.push(node);
attachTracing(node);

let published = 0;
let received = 0;
node.observe((event: NodeEvent) => {
  if (event.type === 'message:published') published += 1;
  if (event.type === 'message:received') received += 1;
  if (!worthTelling.has(event.type)) return;
  report({ type: 'told', event: event.type, text: describeEvent(event).text });
});

const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
process.on('message', () => stop());
// Without the parent nobody would ever end this process.
process.on('disconnect', () => stop());
// Ctrl-C goes to all processes of a terminal; the parent says when to stop.
process.on('SIGINT', () => undefined);

const timers: NodeJS.Timeout[] = [];
try {
  await node.start();
  report({ type: 'ready', metrics: `${telemetry.url}/metrics` });
  timers.push(setInterval(() => report({ type: 'counts', published, received }), 1_000));
  if (node instanceof PeerNode) {
    const publish = () => void node.publish({ number: published + 1 }, { topic: 'load' });
    timers.push(setInterval(publish, order.publishEveryMs));
  }
  await stopped;
  for (const timer of timers) clearInterval(timer);
  await node.stop();
  await telemetry.close();
} catch (error) {
  tellFailure(error);
}
// A collector that is away is no reason to fail, nor to wait.
await Promise.race([sdk.shutdown().catch(() => undefined), setTimeoutOf(3_000)]);
process.exit();

function tellFailure(error: unknown): void {
  report({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
}

function fail(error: unknown): never {
  tellFailure(error);
  process.exit(1);
}

function setTimeoutOf(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
