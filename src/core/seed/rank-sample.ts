import type { Random } from '../effects.ts';

/**
 * α of rank-based attachment for a degree exponent of 2.5, the peers' default: a rank is drawn with
 * probability ∝ rank^(−α), α = 1 / (exponent − 1) (Fortunato, Flammini, Menczer 2006).
 */
const alpha = 1 / (2.5 - 1);

/** Draws that may hit a rank twice, for each one wanted, before the rest is filled up in order. */
const drawsPerRankMax = 4;

/**
 * `count` different ranks of 1…size in ascending order, drawn with probability ∝ rank^(−α); drawing
 * again what was drawn before makes it a draw without replacement. When the oldest ranks are nearly
 * exhausted, what is missing is filled up with the oldest that are left: the likeliest ones.
 */
export function rankWeightedSample(size: number, count: number, random: Random): number[] {
  const ranks = new Set<number>();
  for (let draw = 0; draw < count * drawsPerRankMax && ranks.size < count; draw += 1) {
    ranks.add(drawRank(size, random));
  }
  for (let rank = 1; ranks.size < Math.min(count, size); rank += 1) ranks.add(rank);
  return [...ranks].sort((one, other) => one - other);
}

/** Inverts the distribution function of the continuous power law on [1, size + 1). */
function drawRank(size: number, random: Random): number {
  const exponent = 1 - alpha;
  const rank = (1 + random() * ((size + 1) ** exponent - 1)) ** (1 / exponent);
  return Math.min(size, Math.floor(rank));
}
