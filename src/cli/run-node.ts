import type { GossipNode, SeedNode } from '../index.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import type { Output } from './output.ts';

/**
 * Runs one node until a signal stops it, with its log. The first SIGINT or SIGTERM ends it
 * properly (a start that is under way, too), the second at once.
 */
export async function runNode(node: GossipNode | SeedNode, output: Output): Promise<number> {
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
    process.stderr.write(`hearsay: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    output.close();
  }
}
