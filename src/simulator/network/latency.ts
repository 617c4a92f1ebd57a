import type { Random } from '../../core/effects.ts';
import type { Ms } from '../../core/time.ts';
import { type Tick, ticksOf } from '../engine/ticks.ts';
import type { Latency } from './model.ts';
import { oneWayMs } from './regions.ts';

/** Draws how long one frame travels, in whole ticks, at least one. */
export type LatencySampler = (from: number, to: number, random: Random) => Tick;

export function latencySampler(latency: Latency): LatencySampler {
  switch (latency.kind) {
    case 'constant': {
      const ticks = atLeastOne(latency.ms);
      return () => ticks;
    }
    case 'uniform': {
      const min = atLeastOne(latency.minMs);
      const span = atLeastOne(latency.maxMs) - min + 1;
      return (_from, _to, random) => min + Math.floor(random() * span);
    }
    case 'log-normal': {
      const table = logNormalTable(latency.medianMs, latency.p99Ms / latency.medianMs, atLeastOne);
      return (_from, _to, random) => table[Math.floor(random() * table.length)] as number;
    }
    case 'regions': {
      const { regions, jitter = 0.1 } = latency;
      const factors = logNormalTable(1, 1 + jitter, (factor) => Math.round(factor * 1e6) / 1e6);
      const bases = regions.map((one) => regions.map((other) => oneWayMs(one, other)));
      return (from, to, random) => {
        const base = bases[from % regions.length]?.[to % regions.length] ?? 0;
        return atLeastOne(base * (factors[Math.floor(random() * factors.length)] as number));
      };
    }
  }
}

function atLeastOne(ms: Ms): Tick {
  return Math.max(1, ticksOf(ms));
}

const quantiles = 4096;

/**
 * The quantiles of a log-normal distribution. Exponentials differ between machines in their last
 * bits; what they become here is rounded (`round`), so that a run does not.
 */
function logNormalTable(median: number, p99: number, round: (value: number) => number): number[] {
  const sigma = Math.log(p99) / normalQuantile(0.99);
  return Array.from({ length: quantiles }, (_, index) =>
    round(median * Math.exp(sigma * normalQuantile((index + 0.5) / quantiles))),
  );
}

/**
 * The quantile function of the standard normal distribution, within 4.5e-4 (Abramowitz, Stegun:
 * Handbook of Mathematical Functions, 1964, 26.2.23).
 */
function normalQuantile(share: number): number {
  if (share > 0.5) return -normalQuantile(1 - share);
  const t = Math.sqrt(-2 * Math.log(share));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return above / below - t;
}
