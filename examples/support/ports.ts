import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * No system gives these to outgoing connections or to a listener on port 0 by itself (Linux starts at 32768, others
 * at 49152, RFC 6335 section 6): a port that is free stays free until its node listens.
 */
const lowest = 20_000;
const highest = 32_767;

/** Loopback ports that are free now: seeds must know each other's addresses before they start. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(lowest, highest + 1);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
