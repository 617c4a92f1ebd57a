import type { Random } from '../../core/effects.ts';
import { randomStream } from '../engine/random.ts';

/** Draws of the shapes that scenarios are made of, from one stream. */
export class Dice {
  readonly #random: Random;

  constructor(seed: number, part: number) {
    this.#random = randomStream(seed, 'swarm', 'run', part);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** Uniform, both ends included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.#random() * (max - min + 1));
  }

  /** Uniform, in thousandths: numbers that people can read. */
  between(min: number, max: number): number {
    return rounded(min + this.#random() * (max - min));
  }

  /** Each order of magnitude as likely: most are small, a few large. `min` is above 0. */
  spread(min: number, max: number): number {
    return rounded(min * (max / min) ** this.#random());
  }

  /** The same of whole numbers. */
  wholeSpread(min: number, max: number): number {
    return Math.min(max, Math.max(min, Math.round(this.spread(min, max + 1) - 0.5)));
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.whole(0, items.length - 1)] as Item;
  }

  /** So many different numbers below `size`, in ascending order. */
  some(count: number, size: number): number[] {
    const left = Array.from({ length: size }, (_, number) => number);
    const taken = Array.from({ length: Math.min(count, size) }, () =>
      left.splice(this.whole(0, left.length - 1), 1),
    );
    return taken.flat().sort((one, other) => one - other);
  }

  /** What the work draws or, each time with this probability, nothing. */
  maybe<Value>(probability: number, draw: () => Value): Value | undefined {
    return this.chance(probability) ? draw() : undefined;
  }
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
