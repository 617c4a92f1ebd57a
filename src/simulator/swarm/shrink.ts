import { HearsayError } from '../../core/errors.ts';
import type { Violation } from '../checkers/checker.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { isFair } from './fairness.ts';
import { endingAt, reductions } from './reductions.ts';
import { runTrial, type Watch } from './trial.ts';

export interface ShrinkOptions {
  /** As in the run that failed. Default: every checker. */
  readonly watch?: Watch;
  /** Runs at most. */
  readonly trialsMax: number;
  /** Aborting it ends the search with the smallest that was found. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (trials: number, smallest: Scenario) => void;
}

export interface Shrunk {
  readonly scenario: Scenario;
  readonly violation: Violation;
  readonly trials: number;
}

/**
 * Looks for a smaller scenario in which the same checker finds something: greedily, each reduction as
 * often as it helps, until none does.
 */
export async function shrink(
  failing: Scenario,
  violation: Violation,
  options: ShrinkOptions,
): Promise<Shrunk> {
  const search = new Search(failing, violation, options);
  let isSmaller = true;
  while (isSmaller && !search.isOver) {
    isSmaller = false;
    for (const reduction of reductions) {
      while (await search.tryAll(reduction(search.scenario))) isSmaller = true;
    }
  }
  return { scenario: search.scenario, violation: search.violation, trials: search.trials };
}

class Search {
  scenario: Scenario;
  violation: Violation;
  trials = 0;
  readonly #options: ShrinkOptions;
  /** What was tried in vain, so that the last round, in which nothing helps, costs little. */
  readonly #futile = new Set<string>();

  constructor(scenario: Scenario, violation: Violation, options: ShrinkOptions) {
    this.scenario = scenario;
    this.violation = violation;
    this.#options = options;
  }

  get isOver(): boolean {
    const { signal, trialsMax } = this.#options;
    return this.trials >= trialsMax || signal?.aborted === true;
  }

  /** Takes the first candidate that still fails. */
  async tryAll(candidates: Iterable<Scenario>): Promise<boolean> {
    for (const candidate of candidates) {
      if (this.isOver) return false;
      if (await this.#try(candidate)) return true;
    }
    return false;
  }

  async #try(candidate: Scenario): Promise<boolean> {
    const text = JSON.stringify(candidate);
    if (this.#futile.has(text) || text === JSON.stringify(this.scenario)) return false;
    this.#futile.add(text);
    if (!isFair(candidate)) return false;
    this.trials += 1;
    const { watch, signal, onProgress } = this.#options;
    onProgress?.(this.trials, this.scenario);
    const found = await violationOf(candidate, {
      ...(watch && { watch }),
      ...(signal && { signal }),
    });
    if (found?.checker !== this.violation.checker) return false;
    this.violation = found;
    // Nothing that comes later has a part in it.
    const endMs = Math.min(candidate.durationMs, Math.ceil(found.atMs) + 1);
    this.scenario = endingAt(candidate, endMs);
    return true;
  }
}

async function violationOf(
  candidate: Scenario,
  options: Parameters<typeof runTrial>[1],
): Promise<Violation | undefined> {
  try {
    return (await runTrial(candidate, options)).violation;
  } catch (error) {
    // The reduction made no sense of it.
    if (error instanceof HearsayError && error.code === 'scenario-invalid') return undefined;
    throw error;
  }
}
