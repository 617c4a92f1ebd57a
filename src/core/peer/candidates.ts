import type { OverlayOptions } from '../config.ts';
import type { Random } from '../effects.ts';
import type { PeerEntry, PeerId } from '../messages.ts';
import type { Instant } from '../time.ts';
import { attachmentExponent, drawByRank } from './attachment.ts';
import type { Dials } from './dials.ts';
import type { Membership } from './membership.ts';
import type { Neighbourhood } from './parts.ts';

export interface CandidatesDependencies {
  readonly membership: Pick<Membership, 'get' | 'ranked' | 'learn'>;
  readonly neighbourhood: Pick<Neighbourhood, 'linkTo'>;
  readonly dials: Pick<Dials, 'get' | 'isPaused'>;
  readonly random: Random;
}

const nobody: readonly PeerId[] = [];

/**
 * Whom to dial next: a known peer with which there is no link, none under way, and no pause to be
 * kept. Membership knows neither this peer itself nor incarnations that are over.
 */
export class Candidates {
  readonly #options: OverlayOptions;
  readonly #with: CandidatesDependencies;
  /** Named by full peers: tried before others. */
  #suggested = nobody;
  /** Peers of another component of the overlay; until one of them is a neighbour. */
  #offered = nobody;

  constructor(options: OverlayOptions, dependencies: CandidatesDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** One that a full peer named, or else one by rank. */
  next(now: Instant): PeerEntry | undefined {
    const suggested = this.#firstOf(this.#suggested, now);
    this.#suggested = nobody;
    return suggested ?? this.#draw((entry) => this.#isCandidate(entry.id, now));
  }

  /** One of those to bridge to, unless one of them is being dialled already. */
  nextOffered(now: Instant): PeerEntry | undefined {
    if (this.#offered.some((peer) => this.#with.dials.get(peer) !== undefined)) return undefined;
    return this.#firstOf(this.#offered, now);
  }

  /** Peers to bridge to. */
  offer(peers: readonly PeerEntry[]): void {
    this.#offered = peers.slice(0, this.#options.candidatesMax).map(({ id }) => id);
  }

  /** A neighbour: if the seeds offered it, the bridge stands. */
  linked(peer: PeerId): void {
    if (this.#offered.includes(peer)) this.#offered = nobody;
  }

  /** What a full peer named instead of itself. */
  suggest(peers: readonly PeerEntry[]): void {
    const taken = peers.slice(0, this.#options.candidatesMax);
    for (const entry of taken) this.#with.membership.learn(entry);
    this.#suggested = taken.map(({ id }) => id);
  }

  /** What to name instead of this peer to another one: a few, by rank. */
  forOther(asking: PeerId): PeerEntry[] {
    const named: PeerEntry[] = [];
    while (named.length < this.#options.candidatesMax) {
      const entry = this.#draw((other) => other.id !== asking && !named.includes(other));
      if (entry === undefined) break;
      named.push(entry);
    }
    return named;
  }

  #draw(isCandidate: (entry: PeerEntry) => boolean): PeerEntry | undefined {
    const { membership, random } = this.#with;
    const alpha = attachmentExponent(this.#options.degreeExponent);
    return drawByRank(membership.ranked(), alpha, random, isCandidate);
  }

  #firstOf(peers: readonly PeerId[], now: Instant): PeerEntry | undefined {
    for (const peer of peers) {
      const entry = this.#with.membership.get(peer);
      if (entry !== undefined && this.#isCandidate(peer, now)) return entry;
    }
    return undefined;
  }

  #isCandidate(peer: PeerId, now: Instant): boolean {
    const { neighbourhood, dials } = this.#with;
    if (neighbourhood.linkTo(peer) !== undefined || dials.get(peer) !== undefined) return false;
    return !dials.isPaused(peer, now);
  }
}
