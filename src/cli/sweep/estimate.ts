import { type PlannedRun, weightOf } from '../../simulator/index.ts';

/** How long a sweep will still take, by what it has taken: runs of larger networks take longer. */
export class Estimate {
  readonly #runs: number;
  readonly #weights: ReadonlyMap<number, number>;
  readonly #weight: number;
  #done = 0;
  #weightDone = 0;

  constructor(runs: readonly PlannedRun[]) {
    this.#runs = runs.length;
    this.#weights = new Map(runs.map((run) => [run.run, weightOf(run)]));
    this.#weight = runs.reduce((sum, run) => sum + weightOf(run), 0);
  }

  done(run: number): void {
    this.#done += 1;
    this.#weightDone += this.#weights.get(run) ?? 0;
  }

  text(elapsedMs: number): string {
    const runs = `${this.#done} of ${this.#runs} runs`;
    if (this.#weightDone === 0) return `${runs}, begun ${span(elapsedMs)} ago`;
    const share = this.#weightDone / this.#weight;
    const left = (elapsedMs * (1 - share)) / share;
    return `${runs} (${Math.floor(100 * share)} % of the work), ${span(left)} left`;
  }
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
