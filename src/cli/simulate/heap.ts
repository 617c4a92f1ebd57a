import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getHeapStatistics } from 'node:v8';
import type { Scenario } from '../../simulator/index.ts';
import { exitCodes } from '../exit-codes.ts';

/** JavaScript memory that a peer takes at most in a run without much going on: measured 5.2 kB, and a third more. */
const bytesPerPeer = 7_000;
/** All the rest. */
const bytesBesides = 512 * 2 ** 20;
const heapFlag = '--max-old-space-size';
/** Nearly all that such a run makes it keeps: to look for garbage before the heap is full finds none. */
const initialHeapFlag = '--initial-old-space-size';

/**
 * Node's heap has a limit that is set when a process begins, 4 GB at most unless it is told otherwise: too
 * little for a million peers. Undefined where it is enough, or the caller has set it; otherwise this very
 * command is run again with as much as the scenario needs, and its exit code is the answer.
 */
export async function runWithEnoughHeap({ topology }: Scenario): Promise<number | undefined> {
  const bytes = topology.peers * bytesPerPeer + bytesBesides;
  const isSet = [...process.execArgv, process.env['NODE_OPTIONS'] ?? '']
    .join(' ')
    .includes('max-old-space-size');
  if (isSet || getHeapStatistics().heap_size_limit >= bytes) return undefined;
  const size = Math.ceil(bytes / 2 ** 20);
  const flags = [`${heapFlag}=${size}`, `${initialHeapFlag}=${size}`];
  const args = [...process.execArgv, ...flags, ...process.argv.slice(1)];
  // In a process group of its own: a Ctrl-C reaches it once, from here, however it was sent.
  const child = spawn(process.execPath, args, { stdio: 'inherit', detached: true });
  const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGINT', passOn);
  process.on('SIGTERM', passOn);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? exitCodes.failed;
  } finally {
    process.off('SIGINT', passOn);
    process.off('SIGTERM', passOn);
  }
}
