import { randomFillSync } from 'node:crypto';
import type { Random } from '../core/effects.ts';

const drawsPerFill = 256;

/**
 * Uniform numbers in [0, 1) with 53 bits each from the operating system's generator: sessions and
 * challenges must not be guessable. Drawn in batches; a draw costs about as much as Math.random.
 */
export function systemRandom(): Random {
  const words = new Uint32Array(2 * drawsPerFill);
  let next = words.length;
  return () => {
    if (next >= words.length) {
      randomFillSync(words);
      next = 0;
    }
    const high = (words[next] ?? 0) >>> 5;
    const low = (words[next + 1] ?? 0) >>> 6;
    next += 2;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
}
