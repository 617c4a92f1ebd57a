import { collectDefaultMetrics, Registry } from 'prom-client';
import {
  attachTracing,
  type GossipNode,
  HearsayError,
  parseAddress,
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

/** Where this process serves its telemetry, for the node that is about to be made. */
export interface NodeTelemetry {
  readonly registry: Registry;
  readonly host: string;
  readonly port: number;
}

/**
 * Runs one node until a signal stops it, with its log, and with metrics and traces if asked to. The
 * first SIGINT or SIGTERM ends it properly (a start that is under way, too), the second at once.
 */
export async function runNode(
  makeNode: (telemetry: NodeTelemetry | undefined) => GossipNode | SeedNode,
  output: Output,
  watching: Watching,
): Promise<number> {
  let telemetry: Telemetry | undefined;
  let traces: tracesModule.Traces | undefined;
  try {
    // Both before the node starts, so that its registration can be watched.
    if (watching.metrics !== undefined) telemetry = await serveNode(watching.metrics);
    const node = makeNode(telemetry);
    telemetry?.nodes.push(node);
    if (watching.traces !== undefined) traces = await sendTraces(node, watching.traces, watching);
    return await runUntilStopped(node, output);
  } catch (error) {
    process.stderr.write(`hearsay: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  } finally {
    await telemetry?.server.close();
    await traces?.close();
    output.close();
  }
}

async function runUntilStopped(node: GossipNode | SeedNode, output: Output): Promise<number> {
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
  try {
    await node.start({ signal: interrupt.signal });
    return await stopped;
  } catch (error) {
    if (interrupt.signal.aborted) return exitCodes.ok;
    throw error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

interface Telemetry extends NodeTelemetry {
  readonly server: TelemetryServer;
  readonly nodes: (GossipNode | SeedNode)[];
}

async function serveNode(listen: string): Promise<Telemetry> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const nodes: (GossipNode | SeedNode)[] = [];
  const server = await serveTelemetry({
    listen,
    registry,
    nodes: () => nodes,
    isReady: () => nodes.length > 0 && nodes.every(isReady),
  });
  process.stderr.write(`metrics: ${server.url}/metrics\n`);
  const host = parseAddress(listen, { portZero: true })?.host ?? listen;
  return { registry, host, port: server.port, server, nodes };
}

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
