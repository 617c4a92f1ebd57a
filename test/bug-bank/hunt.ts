import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Violation } from '../../src/simulator/checkers/checker.ts';
import type { Bug } from './bug.ts';

/** What a hunter is to do; a core without a bug is its own control. */
export interface Hunt {
  readonly bug: Bug['name'] | undefined;
  readonly from: number;
  readonly seeds: number;
}

/** One seed that was run. */
export interface Tried {
  readonly seed: number;
  readonly events: number;
  readonly violation?: Violation;
}

/** The scenario in which a bug showed itself. */
export interface Find {
  readonly seed: number;
  readonly violation: Violation;
}

export interface Catch {
  readonly find: Find | undefined;
  readonly seedsRun: number;
  readonly ms: number;
  /** Seeds at which the core fails without any bug: they prove nothing about it. */
  readonly unsound: readonly Find[];
}

export interface HuntOptions {
  readonly from?: number;
  readonly seeds: number;
  readonly onTried?: (tried: Tried) => void;
}

/**
 * The first seed of the swarm at which this bug breaks a promise that is kept without it: the same
 * scenario has to pass with the core as it is.
 */
export async function hunt(
  bug: Bug['name'],
  { from = 1, seeds, onTried }: HuntOptions,
): Promise<Catch> {
  const begunMs = performance.now();
  const unsound: Find[] = [];
  const end = from + seeds;
  let next = from;
  let find: Find | undefined;
  while (next < end && find === undefined) {
    const suspect = await firstFailure({ bug, from: next, seeds: end - next }, onTried);
    next = suspect === undefined ? end : suspect.seed + 1;
    if (suspect === undefined) break;
    const control = await firstFailure({ bug: undefined, from: suspect.seed, seeds: 1 });
    if (control === undefined) find = suspect;
    else unsound.push(control);
  }
  return { find, seedsRun: next - from, ms: performance.now() - begunMs, unsound };
}

/** Runs seeds in a thread of its own until a promise is broken; undefined when none was. */
export async function firstFailure(
  workerData: Hunt,
  onTried?: (tried: Tried) => void,
): Promise<Find | undefined> {
  const hunter = new Worker(new URL('./children/hunter.ts', import.meta.url), {
    workerData,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  // An error of the thread rejects this loop; that it exits ends it.
  for await (const [tried] of on(hunter, 'message', { close: ['exit'] }) as AsyncIterable<
    [Tried]
  >) {
    onTried?.(tried);
    const { seed, violation } = tried;
    if (violation !== undefined) {
      await hunter.terminate();
      return { seed, violation };
    }
  }
  return undefined;
}
