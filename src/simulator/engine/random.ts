import type { Random } from '../../core/effects.ts';

/**
 * What a run draws for. Each purpose of each node has a stream of its own, so that one node more,
 * or one draw more for the network, changes nothing for the others.
 */
export const purposes = {
  protocol: 1,
  network: 2,
  disk: 3,
  load: 4,
  fault: 5,
  topology: 6,
  adversary: 7,
  clock: 8,
  swarm: 9,
} as const;

export type Purpose = keyof typeof purposes;

/** What a stream belongs to: seeds and peers are numbered separately, so that one more of these does not shift those. */
export type StreamOwner = 'run' | 'seed' | 'peer';

const owners = { run: 0, seed: 1, peer: 2 } as const satisfies Record<StreamOwner, number>;

/**
 * Uniform numbers in [0, 1), determined by the run's seed, the purpose, and whose they are:
 * SplitMix (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014) with 32-bit
 * words, each stream with a start and an odd step of its own.
 */
export function randomStream(
  seed: number,
  purpose: Purpose,
  owner: StreamOwner = 'run',
  number = 0,
): Random {
  const base = mixed(
    seedWord(seed) ^ Math.imul(purposes[purpose] + 16 * owners[owner], 0x9e3779b9),
  );
  // Both are one-to-one in `number`: no two streams of one kind are the same.
  let state = mixed(base + number);
  const step = mixed((base ^ 0x5bf03635) + Math.imul(number, 0x632be59b)) | 1;
  return () => {
    state = (state + step) | 0;
    return (mixed(state) >>> 0) / 2 ** 32;
  };
}

/** All of a number's 53 bits count. */
function seedWord(seed: number): number {
  return mixed(seed | 0) ^ mixed(Math.floor(seed / 2 ** 32) + 0x7f4a7c15);
}

function mixed(word: number): number {
  let bits = word | 0;
  bits ^= bits >>> 16;
  bits = Math.imul(bits, 0x21f0aaad);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x735a2d97);
  return bits ^ (bits >>> 15);
}
