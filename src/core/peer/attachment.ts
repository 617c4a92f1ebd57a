/**
 * The mathematics of the overlay's shape, after S. Fortunato, A. Flammini, F. Menczer: Scale-Free
 * Network Growth by Ranking, Physical Review Letters 96, 218701 (2006).
 *
 * Whoever joins draws how many links to dial from a power law, and whom to dial with a probability
 * proportional to rank^(−α), where rank counts from the oldest peer. The links that a peer is
 * dialled by then follow a power law with exponent 1 + 1/α, whatever part of the network a peer
 * happens to know: the order of age is enough, degrees need not be known.
 */
import type { OverlayOptions } from '../config.ts';
import type { Random } from '../effects.ts';
import type { PeerEntry } from '../messages.ts';

/** How many links a peer dials: from p(k) ∝ k^(−degreeExponent), k in [minDegree, maxOutDegree]. */
export function drawOutDegree(
  options: Pick<OverlayOptions, 'minDegree' | 'maxOutDegree' | 'degreeExponent'>,
  random: Random,
): number {
  const { minDegree, maxOutDegree, degreeExponent } = options;
  let total = 0;
  for (let degree = minDegree; degree <= maxOutDegree; degree += 1)
    total += degree ** -degreeExponent;
  let rest = random() * total;
  for (let degree = minDegree; degree < maxOutDegree; degree += 1) {
    rest -= degree ** -degreeExponent;
    if (rest < 0) return degree;
  }
  return maxOutDegree;
}

/** α of rank-based attachment, such that degrees get this exponent (in (2, 3.5]): in [0.4, 1). */
export function attachmentExponent(degreeExponent: number): number {
  return 1 / (degreeExponent - 1);
}

/** How much likelier, relative to rank 1, this rank is chosen. */
export function rankWeight(rank: number, alpha: number): number {
  return rank ** -alpha;
}

/** Rejected draws before all peers are looked at; beyond it nine tenths of the weight is excluded. */
const drawsMax = 8;

/**
 * Chooses one of the peers, which are in the order of their ranks, with probability ∝ rank^(−α);
 * undefined when none of them is a candidate. `alpha` in [0, 1). Takes the logarithm of the number
 * of peers, unless most of the weight is on peers that are no candidates.
 *
 * A rank is drawn, and the peer whose rank is nearest to it is chosen. So each known peer stands for
 * the unknown ones around it, and a list that is already a rank-weighted sample of a larger one
 * gives old peers their weight once, not twice.
 */
export function drawByRank(
  ranked: readonly PeerEntry[],
  alpha: number,
  random: Random,
  isCandidate: (entry: PeerEntry) => boolean,
): PeerEntry | undefined {
  const lastRank = ranked.at(-1)?.rank;
  if (lastRank === undefined) return undefined;
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const entry = nearest(ranked, drawRank(lastRank, alpha, random), random);
    if (entry !== undefined && isCandidate(entry)) return entry;
  }
  return drawFromAll(ranked.filter(isCandidate), alpha, random);
}

/**
 * From the density x^(−α) between ½ and lastRank + ½, by the inverse of its distribution function.
 * Rounded, that is rank^(−α) within 4 % for rank 1, and within 1 % for all others.
 */
function drawRank(lastRank: number, alpha: number, random: Random): number {
  const power = 1 - alpha;
  const low = 0.5 ** power;
  const high = (lastRank + 0.5) ** power;
  return (low + random() * (high - low)) ** (1 / power);
}

/** Ranks that came at different times may be equal: such peers share what their rank is chosen. */
function nearest(
  ranked: readonly PeerEntry[],
  target: number,
  random: Random,
): PeerEntry | undefined {
  // Ranks are nearly evenly spread in a list that is whole or a fair sample: the place is nearly known.
  const lastRank = ranked.at(-1)?.rank ?? 1;
  const guess = Math.floor((target / lastRank) * ranked.length);
  const above = firstFrom(ranked, target, guess);
  const lower = ranked[above - 1]?.rank ?? Number.NEGATIVE_INFINITY;
  const higher = ranked[above]?.rank ?? Number.POSITIVE_INFINITY;
  const rank = target - lower < higher - target ? lower : higher;
  const start = firstFrom(ranked, rank, above);
  const end = firstFrom(ranked, rank + 0.5, above);
  return ranked[start + Math.floor(random() * (end - start))];
}

/**
 * The index of the first entry of at least this rank. The search goes out from `guess` in steps that
 * double, then in between: it takes the logarithm of how wrong the guess was, and of a long list reads
 * only what lies beside it.
 */
function firstFrom(ranked: readonly PeerEntry[], rank: number, guess: number): number {
  let low = Math.max(0, Math.min(guess, ranked.length));
  let high = low;
  for (let step = 1; low > 0 && (ranked[low - 1]?.rank ?? 0) >= rank; step *= 2) {
    high = low - 1;
    low = Math.max(0, low - step);
  }
  for (let step = 1; high < ranked.length && (ranked[high]?.rank ?? 0) < rank; step *= 2) {
    low = high + 1;
    high = Math.min(ranked.length, high + step);
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranked[middle]?.rank ?? 0) < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Few candidates are left, or few were known at all: each one's own weight is right for them. */
function drawFromAll(
  candidates: readonly PeerEntry[],
  alpha: number,
  random: Random,
): PeerEntry | undefined {
  let total = 0;
  for (const { rank } of candidates) total += rankWeight(rank, alpha);
  let rest = random() * total;
  for (const entry of candidates) {
    rest -= rankWeight(entry.rank, alpha);
    if (rest < 0) return entry;
  }
  return candidates.at(-1);
}
