import type { Message } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

/** Renewals are spread: the least share of an interval between two of them. Clocks may run fast. */
const leastShare = 0.875 * 0.98;

interface Lease {
  readonly generation: number;
  /** When it was last renewed in turn. */
  lastMs: Ms;
}

/**
 * A peer renews in its turn, besides when the link comes up, which is the first over this link, and when it wants
 * the whole Peer List, which names no digest.
 */
class Renewals implements Checker {
  readonly frameTypes = ['RENEW'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** By the peer's end of the link. */
  readonly #leases = new Map<number, Lease>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  frame(atMs: Ms, end: number, generation: number, from: number, to: number, message: Message) {
    if (message.type !== 'RENEW' || this.#about.isLiar(from)) return;
    const known = this.#leases.get(end);
    if (known?.generation !== generation) {
      this.#leases.set(end, { generation, lastMs: Number.NEGATIVE_INFINITY });
      return;
    }
    if (message.listed === undefined) return;
    const { lastMs } = known;
    known.lastMs = atMs;
    const { renewIntervalMs } = this.#about.world.peerOptions.registration;
    if (atMs - lastMs >= renewIntervalMs * leastShare) return;
    this.#accuse(
      [from, to],
      `${this.#about.name(from)} renewed its lease with ${this.#about.name(to)} ${Math.round(atMs - lastMs)} ms after the last time, and is to do so every ${renewIntervalMs} ms`,
    );
  }
}

export const renewals: CheckerKind = {
  name: 'renewals',
  promise:
    'a lease is renewed no more often than its interval says, whatever timers are left of earlier lives',
  start: (about, accuse) => new Renewals(about, accuse),
};
