import type { Instant, Ms } from '../../core/time.ts';

/**
 * A node's clock that is wrong: its wall clock is `offsetMs` ahead, and everything on it runs at
 * `rate` times the right speed. A process keeps the rate it began with; the offset may jump.
 */
export class NodeClock {
  readonly #rate: number;
  #offsetMs: Ms;

  constructor({ offsetMs = 0, rate = 1 }: { readonly offsetMs?: Ms; readonly rate?: number }) {
    this.#offsetMs = offsetMs;
    this.#rate = rate;
  }

  jump(byMs: Ms): void {
    this.#offsetMs += byMs;
  }

  read({ monotonicMs, wallMs }: Instant): Instant {
    const drifted = monotonicMs * this.#rate;
    return { monotonicMs: drifted, wallMs: wallMs - monotonicMs + drifted + this.#offsetMs };
  }

  /** How long it really is until this clock has counted so much. */
  trueMs(ms: Ms): Ms {
    return ms / this.#rate;
  }
}
