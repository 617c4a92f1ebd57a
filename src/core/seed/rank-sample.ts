import type { Random } from '../effects.ts';

/**
 * `count` different ranks of 1…size in ascending order, each with a probability ∝ rank^(−2/3), which
 * is rank-based attachment for a degree exponent of 2.5, the peers' default: α = 1 / (exponent − 1)
 * (Fortunato, Flammini, Menczer 2006). The oldest, whose share would be more than one, are certain.
 *
 * The others are drawn one from each of as many strata of equal weight: as many draws as ranks, none
 * of them in vain, and they come in order. Under the continuous power law x^(−2/3) the weight between
 * two ranks is the difference of their cube roots.
 */
export function rankWeightedSample(size: number, count: number, random: Random): number[] {
  const wanted = Math.min(count, size);
  const certain = certainRanks(size, wanted);
  const ranks: number[] = [];
  for (let rank = 1; rank <= certain; rank += 1) ranks.push(rank);
  const strata = wanted - certain;
  const low = Math.cbrt(certain + 1);
  const weight = (Math.cbrt(size + 1) - low) / strata;
  let last = certain;
  for (let stratum = 0; stratum < strata; stratum += 1) {
    const root = low + (stratum + random()) * weight;
    // Two neighbouring strata can share a rank, and those that are still to come need room.
    const drawn = Math.max(last + 1, Math.floor(root * root * root));
    last = Math.min(drawn, size - (strata - 1 - stratum));
    ranks.push(last);
  }
  return ranks;
}

/** How many of the oldest ranks have at least as much weight as each of the strata behind them. */
function certainRanks(size: number, wanted: number): number {
  const end = Math.cbrt(size + 1);
  let certain = 0;
  while (certain < wanted) {
    const root = Math.cbrt(certain + 1);
    const share = (Math.cbrt(certain + 2) - root) * (wanted - certain);
    if (share < end - root) break;
    certain += 1;
  }
  return certain;
}
