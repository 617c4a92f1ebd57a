import type { Ms } from '../../src/core/time.ts';

interface Due {
  readonly at: Ms;
  readonly run: () => void;
}

/** The least virtual clock that a memory network needs: a list, sorted when it is looked at. */
export class VirtualTime {
  now: Ms = 0;
  readonly #due: Due[] = [];

  readonly schedule = (after: Ms, run: () => void): void => {
    this.#due.push({ at: this.now + after, run });
  };

  /** Runs everything that is due up to `time`, in the order of time, then of scheduling. */
  runUntil(time: Ms): void {
    for (;;) {
      this.#due.sort((a, b) => a.at - b.at);
      const [next] = this.#due;
      if (next === undefined || next.at > time) break;
      this.#due.shift();
      this.now = next.at;
      next.run();
    }
    if (time !== Number.POSITIVE_INFINITY) this.now = time;
  }

  runAll(): void {
    this.runUntil(Number.POSITIVE_INFINITY);
  }
}
