import type { Ballot, SeedId } from '../messages.ts';

/** Below every ballot that a seed can propose. */
export const noBallot: Ballot = { round: 0, seed: '' };

/** Negative, zero or positive, as `one` is below, equal to or above `other`: by round, then by seed. */
export function compareBallots(one: Ballot, other: Ballot): number {
  if (one.round !== other.round) return one.round - other.round;
  if (one.seed === other.seed) return 0;
  return one.seed < other.seed ? -1 : 1;
}

export function isAbove(one: Ballot, other: Ballot): boolean {
  return compareBallots(one, other) > 0;
}

export function isSameBallot(one: Ballot, other: Ballot): boolean {
  return compareBallots(one, other) === 0;
}

export function higherBallot(one: Ballot, other: Ballot): Ballot {
  return isAbove(one, other) ? one : other;
}

/** The lowest ballot of this seed above `seen`. */
export function nextBallot(seen: Ballot, seed: SeedId): Ballot {
  return { round: seen.seed < seed ? seen.round : seen.round + 1, seed };
}
