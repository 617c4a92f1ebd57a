import type { SeedId } from '../messages.ts';

export type Answer = 'yes' | 'conflict' | 'no';

/**
 * - `open`: a quorum is still possible
 * - `won`: a quorum said yes
 * - `outbid`: it would be possible if those who promised a higher ballot said yes to a higher one
 * - `lost`: too many said no, or are gone
 */
export type TallyState = 'open' | 'won' | 'outbid' | 'lost';

/** Counts the answers of one half of a round: the promises, or the acceptances. */
export class Tally {
  readonly #quorum: number;
  readonly #open: Set<SeedId>;
  readonly #answers: Record<Answer, SeedId[]> = { yes: [], conflict: [], no: [] };

  constructor(quorum: number, voters: Iterable<SeedId>) {
    this.#quorum = quorum;
    this.#open = new Set(voters);
  }

  get yes(): readonly SeedId[] {
    return this.#answers.yes;
  }

  get state(): TallyState {
    const { yes, conflict } = this.#answers;
    const possible = yes.length + this.#open.size;
    if (yes.length >= this.#quorum) return 'won';
    if (possible >= this.#quorum) return 'open';
    return possible + conflict.length >= this.#quorum ? 'outbid' : 'lost';
  }

  /** Returns false, and counts nothing, unless this seed's answer was still to come. */
  count(seed: SeedId, answer: Answer): boolean {
    if (!this.#open.delete(seed)) return false;
    this.#answers[answer].push(seed);
    return true;
  }

  /** This seed's answer will not come. Returns whether that was still to come. */
  giveUp(seed: SeedId): boolean {
    return this.#open.delete(seed);
  }
}
