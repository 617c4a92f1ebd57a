import { collectDefaultMetrics, Registry } from 'prom-client';
import {
  attachMetrics,
  type GossipNode,
  SeedNode,
  serveTelemetry,
  type TelemetryServer,
} from '../index.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import type { Output } from './output.ts';

/**
 * Runs one node until a signal stops it, with its log, and its metrics at an address if there is
 * one. The first SIGINT or SIGTERM ends it properly (a start that is under way, too), the second at
 * once.
 */
export async function runNode(
  node: GossipNode | SeedNode,
  output: Output,
  metricsAt: string | undefined,
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
  try {
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

/** A seed that votes; a peer that is registered and, where there are others, linked. */
function isReady(node: GossipNode | SeedNode): boolean {
  if (node.state !== 'running') return false;
  if (node instanceof SeedNode) return node.voting;
  const { neighbours, knownPeers } = node.statistics();
  return node.incarnation > 0 && (neighbours > 0 || knownPeers === 0);
}
