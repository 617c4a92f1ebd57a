import type { Instant, Ms } from '../core/time.ts';

/** Time, as a runtime sees it. `systemClock` is the real one; tests bring a virtual one. */
export interface Clock {
  now(): Instant;
  /**
   * Calls `run` once, at the earliest after `afterMs`; `lateMs` says how much later it was. The
   * answer cancels it: for stopping a node, not for the protocol, which ignores stale timers.
   */
  setTimer(afterMs: Ms, run: (lateMs: Ms) => void): () => void;
  /** Calls `run` once, at the end of this turn: what is to be done once for all of a turn's inputs. */
  endOfTurn(run: () => void): void;
}

/**
 * A timer later than this was held up by a stalled event loop. What the other side sent in the
 * meantime then still waits in the sockets, because Node runs timers before reads: judged now, a
 * neighbour would seem silent that is not.
 */
const stallMs = 50;

/** performance.now, Date.now, setTimeout and setImmediate. */
export const systemClock: Clock = {
  now: () => ({ monotonicMs: performance.now(), wallMs: Date.now() }),

  setTimer(afterMs, run) {
    const due = performance.now() + afterMs;
    let cancelled = false;
    const fire = () => {
      const lateMs = Math.max(0, performance.now() - due);
      if (lateMs < stallMs) run(lateMs);
      else afterPendingReads(() => cancelled || run(lateMs));
    };
    const handle = setTimeout(fire, afterMs);
    return () => {
      cancelled = true;
      clearTimeout(handle);
    };
  },

  endOfTurn(run) {
    setImmediate(run);
  },
};

/** One setImmediate comes right after the poll phase under way; only the second sees a whole one. */
function afterPendingReads(run: () => void): void {
  setImmediate(() => setImmediate(run));
}
