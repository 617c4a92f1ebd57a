import type { Ms } from '../../core/time.ts';
import type { Fault } from '../scenario/scenario.ts';
import type { TrialResult } from './trial.ts';

/** What many runs were, together. */
export class Census {
  trials = 0;
  virtualMs: Ms = 0;
  /** Inputs that machines were given. */
  events = 0;
  readonly #faults = new Map<Fault['kind'], number>();

  add({ virtualMs, events, faults }: TrialResult): void {
    this.trials += 1;
    this.virtualMs += virtualMs;
    this.events += events;
    for (const [kind, times] of Object.entries(faults) as [Fault['kind'], number][]) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + times);
    }
  }

  /** How often each kind of fault hit a node, or the network, the most frequent first. */
  get faults(): readonly (readonly [Fault['kind'], number])[] {
    return [...this.#faults].sort(([, one], [, other]) => other - one);
  }
}
