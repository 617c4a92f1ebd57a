import type { Random } from '../../src/core/effects.ts';
import type { PeerEntry, PeerId } from '../../src/core/messages.ts';

/** The Peer List of seeds that never fail: registrations in order, and samples of it by rank. */
export class PeerDirectory {
  #entries: PeerEntry[] = [];
  readonly #random: Random;
  readonly #limit: number;
  readonly #alpha: number;
  /** Where in the running sum of rank^(−alpha) each rank's share ends. */
  #sums: number[] = [];

  constructor(options: { limit: number; alpha: number; random: Random }) {
    this.#limit = options.limit;
    this.#alpha = options.alpha;
    this.#random = options.random;
  }

  register(id: PeerId): void {
    const rank = this.#entries.length + 1;
    this.#entries.push({ id, incarnation: 1, rank });
    this.#sums.push((this.#sums.at(-1) ?? 0) + rank ** -this.#alpha);
  }

  /** A confirmed death, or a leave: the younger ones move up. */
  remove(id: PeerId): void {
    const others = this.#entries.filter((entry) => entry.id !== id);
    this.#entries = [];
    this.#sums = [];
    for (const other of others) this.register(other.id);
  }

  /** All entries, or as many as the limit allows: without repetition, in proportion to rank^(−alpha). */
  list(): readonly PeerEntry[] {
    if (this.#entries.length <= this.#limit) return [...this.#entries];
    const sample = new Set<PeerEntry>();
    while (sample.size < this.#limit) {
      const entry = this.#entries[this.#drawIndex()];
      if (entry !== undefined) sample.add(entry);
    }
    return [...sample];
  }

  #drawIndex(): number {
    const target = this.#random() * (this.#sums.at(-1) ?? 0);
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sums[middle] ?? 0) <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
