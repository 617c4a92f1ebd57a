/** A duration or a monotonic time in milliseconds; fractions are allowed. */
export type Ms = number;

/**
 * The present, as the runtime (or the simulator) knows it.
 *
 * Protocol decisions use `monotonicMs` only. `wallMs` is shown to people and written into
 * messages; a jump of the wall clock changes nothing else.
 */
export interface Instant {
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonicMs: Ms;
  /** Milliseconds since 1970-01-01 UTC by this machine's clock; may jump. */
  readonly wallMs: Ms;
}

/**
 * The monotonic time without its fraction, for what is kept many times over: the engine keeps a fraction
 * in a place of its own, which costs as much to reach as all else that a frame writes.
 */
export function wholeMs({ monotonicMs }: Instant): Ms {
  return Math.floor(monotonicMs);
}
