import { collectDefaultMetrics, Registry } from 'prom-client';
import {
  attachMetrics,
  attachTracing,
  type GossipNode,
  HearsayError,
  SeedNode,
  serveTelemetry,
  type TelemetryServer,
} from '../index.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import type { Output } from './output.ts';
import type * as tracesModule from './traces.ts';

/** How a node is watched from outside. */
export interface Watching {
  readonly role: 'seed' | 'peer';
  /** What others call it, as far as that is known before it starts. */
  readonly id: string;
  /** Where to serve its metrics. */
  readonly metrics?: string;
  /** Where to send its traces. */
  readonly traces?: string;
}

/**
 * Runs one node until a signal stops it, with its log, and with metrics and traces if asked to. The first SIGINT or SIGTERM ends it properly (a start that is under way, too), the second at
 * once.
 */
export async function runNode(
  node: GossipNode | SeedNode,
  output: Output,
  watching: Watching,
): Promise<number> {
  const interrupt = new AbortController();
  const { promise: stopped, resolve: onStopped } = Promise.withResolvers<number>();
  let exitCode: number = exitCodes.ok;
  node.observe((event) => {
    output.event(event);
    if (event.type === 'storage:failed') exitCode = exitCodes.storage;
    if (event.type === 'node:stopped') onStopped(exitCode);
  });

  const stop = () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
    void node.stop();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let telemetry: TelemetryServer | undefined;
  let traces: tracesModule.Traces | undefined;
  try {
    const { metrics: metricsAt, traces: tracesTo } = watching;
    if (tracesTo !== undefined) traces = await sendTraces(node, tracesTo, watching);
    if (metricsAt !== undefined) telemetry = await serveMetrics(node, metricsAt);
    await node.start({ signal: interrupt.signal });
    return await stopped;
  } catch (error) {
    if (interrupt.signal.aborted) return exitCodes.ok;
    process.stderr.write(`hearsay: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    await telemetry?.close();
    await traces?.close();
    output.close();
  }
}

/** Before the node starts, so that its registration can be watched. */
async function serveMetrics(node: GossipNode | SeedNode, listen: string): Promise<TelemetryServer> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  attachMetrics(node, { registry });
  const server = await serveTelemetry({ listen, registry, isReady: () => isReady(node) });
  process.stderr.write(`metrics: ${server.url}/metrics\n`);
  return server;
}

/** Before the node starts, so that its registration is traced. */
async function sendTraces(
  node: GossipNode | SeedNode,
  url: string,
  { role, id }: Watching,
): Promise<tracesModule.Traces> {
  const { openTraces } = await loadTraces();
  const onTrouble = (problem: string) => {
    const text = `cannot be sent to ${url} (${problem}); the node goes on, later ones are tried again`;
    process.stderr.write(`traces: ${text}\n`);
  };
  const traces = openTraces({ url, role, id: id.endsWith(':0') ? undefined : id, onTrouble });
  attachTracing(node, { tracerProvider: traces.tracerProvider });
  return traces;
}

/** Only now: without the flag nobody needs the SDK, nor the time that it takes to load. */
async function loadTraces(): Promise<typeof tracesModule> {
  try {
    return await import('./traces.ts');
  } catch (cause) {
    const packages = ['sdk-trace', 'resources', 'exporter-trace-otlp-http'];
    const install = packages.map((name) => `@opentelemetry/${name}`).join(' ');
    const text = `--traces needs OpenTelemetry's SDK: npm install ${install}`;
    throw new HearsayError('option-invalid', text, {}, { cause });
  }
}

/** A seed that votes; a peer that is registered and, where there are others, linked. */
function isReady(node: GossipNode | SeedNode): boolean {
  if (node.state !== 'running') return false;
  if (node instanceof SeedNode) return node.voting;
  const { neighbours, knownPeers } = node.statistics();
  return node.incarnation > 0 && (neighbours > 0 || knownPeers === 0);
}
