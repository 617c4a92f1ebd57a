import type { Violation } from '../checkers/checker.ts';
import { moduleBeside, onThreads } from '../workers/threads.ts';
import { Census } from './census.ts';
import { failed, type TrialResult } from './trial.ts';

/** A seed whose scenario breaks a promise. */
export interface Finding {
  readonly seed: number;
  readonly violation: Violation;
}

export interface HuntOptions {
  /** The numbers to draw scenarios from. */
  readonly seeds: Iterable<number>;
  readonly threads: number;
  /** Goes on after a finding. Default: the first one ends the hunt. */
  readonly keepsGoing?: boolean;
  /** Aborting it ends the hunt with what was found until then. */
  readonly signal?: AbortSignal;
  /** Called after each run. */
  readonly onProgress?: (census: Census, findings: readonly Finding[]) => void;
  /** What a thread runs for each seed, as trial-worker.ts does. Default: trial-worker.ts. */
  readonly module?: URL;
}

export interface Hunt {
  readonly census: Census;
  readonly findings: readonly Finding[];
}

/** Runs the scenarios of many seeds on many threads, and looks for broken promises. */
export async function hunt(options: HuntOptions): Promise<Hunt> {
  const { seeds, threads, keepsGoing = false, signal, onProgress } = options;
  const module = options.module ?? moduleBeside(import.meta.url, 'trial-worker');
  const census = new Census();
  const findings: Finding[] = [];
  const outcomes = onThreads<number, TrialResult>(module, seeds, {
    threads,
    ...(signal && { signal }),
  });
  for await (const outcome of outcomes) {
    const result = 'result' in outcome ? outcome.result : failed(outcome.error);
    census.add(result);
    const { violation } = result;
    if (violation !== undefined) findings.push({ seed: outcome.task, violation });
    onProgress?.(census, findings);
    if (violation !== undefined && !keepsGoing) break;
  }
  return { census, findings };
}
