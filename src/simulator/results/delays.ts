import type { Ms } from '../../core/time.ts';
import { ticksPerMs } from '../engine/ticks.ts';

/** Ticks below this are counted one by one; of longer durations 9 binary digits: to 0.4 %. */
const exactBelow = 512;
const ticksMax = 2 ** 31 - 1;

/** A few numbers that say how long something took. */
export interface DelaySummary {
  readonly count: number;
  readonly minMs: Ms;
  readonly meanMs: Ms;
  readonly p50Ms: Ms;
  readonly p90Ms: Ms;
  readonly p99Ms: Ms;
  readonly maxMs: Ms;
}

/**
 * How long things took, in bounded memory however many there are: counts by duration, exact up to
 * 8 ms, to 0.4 % beyond. The shortest, the longest and the mean are exact.
 */
export class Delays {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): Ms {
    return this.#max / ticksPerMs;
  }

  add(ms: Ms): void {
    const ticks = Math.min(Math.max(0, Math.round(ms * ticksPerMs)), ticksMax);
    const bin = binOf(ticks);
    this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + 1);
    this.#count += 1;
    this.#sum += ticks;
    if (ticks < this.#min) this.#min = ticks;
    if (ticks > this.#max) this.#max = ticks;
  }

  /** By duration: how many took so long. */
  entries(): { readonly ms: Ms; readonly count: number }[] {
    return [...this.#counts]
      .sort(([one], [other]) => one - other)
      .map(([bin, count]) => ({ ms: this.#msOf(bin), count }));
  }

  /** The time within which this many were through; null when there are fewer. */
  timeOf(count: number): Ms | null {
    if (count > this.#count) return null;
    if (count <= 0) return 0;
    let seen = 0;
    for (const entry of this.entries()) {
      seen += entry.count;
      if (seen >= count) return entry.ms;
    }
    return null;
  }

  summary(): DelaySummary | null {
    if (this.#count === 0) return null;
    const quantile = (share: number) => this.timeOf(Math.ceil(share * this.#count)) ?? 0;
    return {
      count: this.#count,
      minMs: this.#min / ticksPerMs,
      meanMs: this.#sum / this.#count / ticksPerMs,
      p50Ms: quantile(0.5),
      p90Ms: quantile(0.9),
      p99Ms: quantile(0.99),
      maxMs: this.maxMs,
    };
  }

  /** Of the durations in a bin the longest, but none longer than any that there was. */
  #msOf(bin: number): Ms {
    return Math.min(lastTickOf(bin), this.#max) / ticksPerMs;
  }
}

function binOf(ticks: number): number {
  if (ticks < exactBelow) return ticks;
  const shift = 23 - Math.clz32(ticks);
  return shift * (exactBelow / 2) + (ticks >>> shift);
}

function lastTickOf(bin: number): number {
  if (bin < exactBelow) return bin;
  const shift = Math.floor(bin / (exactBelow / 2)) - 1;
  const digits = bin - shift * (exactBelow / 2);
  return (digits + 1) * 2 ** shift - 1;
}
