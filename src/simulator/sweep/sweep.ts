import type { SimulationResult } from '../simulate.ts';
import { moduleBeside, onThreads } from '../workers/threads.ts';
import type { SweepMeasures } from './measures.ts';
import type { PlannedRun } from './plan.ts';

/** A line of runs.jsonl. */
export interface SweepRun extends Pick<PlannedRun, 'run' | 'parameters' | 'repeat' | 'seed'> {
  readonly ended: SimulationResult['ended'] | { readonly failed: string };
  /** Null when the run failed. */
  readonly measures: SweepMeasures | null;
}

export interface SweepOptions {
  /** Runs at once, each on a thread of its own. */
  readonly threads: number;
  /** Aborting it ends the sweep; runs that are not done by then are lost. */
  readonly signal?: AbortSignal;
}

/**
 * Does the runs of a sweep (see planSweep, runsOf, shardOf) on worker threads, and yields each as soon as it
 * is done. What comes out depends on the runs alone, the order of it on the machine. A run that fails is a
 * result that says so; the others go on.
 */
export async function* sweep(
  runs: readonly PlannedRun[],
  options: SweepOptions,
): AsyncGenerator<SweepRun, void> {
  const worker = moduleBeside(import.meta.url, 'run-worker');
  for await (const outcome of onThreads<PlannedRun, Pick<SweepRun, 'ended' | 'measures'>>(
    worker,
    runs,
    options,
  )) {
    const { run, parameters, repeat, seed } = outcome.task;
    const result =
      'result' in outcome
        ? outcome.result
        : { ended: { failed: outcome.error.message }, measures: null };
    yield { run, parameters, repeat, seed, ...result };
  }
}
