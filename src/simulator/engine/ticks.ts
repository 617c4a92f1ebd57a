import type { Ms } from '../../core/time.ts';

/**
 * The simulator's clock ticks 64 times a millisecond. A power of two, so that every tick is an exact
 * number of milliseconds and no run depends on how a machine rounds; short enough for the fastest
 * LAN, whose frames travel for some 100 µs.
 */
export const ticksPerMs = 64;

/** A virtual time in ticks since the start of the run: a whole number below 2^36, which is 12 days. */
export type Tick = number;

/** The tick at which something `ms` away has certainly passed. */
export function ticksOf(ms: Ms): Tick {
  return Math.ceil(ms * ticksPerMs);
}

export function msOf(tick: Tick): Ms {
  return tick / ticksPerMs;
}
