import type { OverlayOptions } from '../config.ts';
import type { Random } from '../effects.ts';
import type { PeerEntry, PeerId, SeedId } from '../messages.ts';
import type { Instant } from '../time.ts';
import { attachmentExponent, drawByRank } from './attachment.ts';
import type { Dials } from './dials.ts';
import type { Membership } from './membership.ts';
import type { Neighbourhood } from './parts.ts';
import type { Self } from './self.ts';

export interface CandidatesDependencies {
  readonly membership: Pick<Membership, 'get' | 'isOver' | 'ranked' | 'learn'>;
  readonly self: Self;
  /** Whose Peer Lists say who is in the network; without any, other peers do. */
  readonly seeds: readonly SeedId[];
  readonly neighbourhood: Pick<Neighbourhood, 'linkTo'>;
  readonly dials: Pick<Dials, 'get' | 'isPaused'>;
  readonly random: Random;
}

const none: readonly never[] = [];
const nobody: readonly PeerId[] = none;

/**
 * Whom to dial next: a known peer with which there is no link, none under way, and no pause to be
 * kept. Membership knows neither this peer itself nor incarnations that are over.
 */
export class Candidates {
  readonly #options: OverlayOptions;
  readonly #with: CandidatesDependencies;
  /** Named by full peers: tried before others. */
  #suggested: readonly PeerEntry[] = none;
  /** Peers of another component of the overlay; until one of them is a neighbour. */
  #offered = nobody;

  constructor(options: OverlayOptions, dependencies: CandidatesDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** One that a full peer named, or else one by rank. */
  next(now: Instant): PeerEntry | undefined {
    const suggested = this.#suggested.find((entry) => this.#isCandidate(entry.id, now));
    this.#suggested = none;
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

  /**
   * What a full peer named instead of itself. It may not have heard of the latest deaths, and seeds tell of each death
   * once: whoever were learned of after it would be taken for alive from then on. So where there are seeds, nobody
   * is learned of here before a link shows that it lives.
   */
  suggest(peers: readonly PeerEntry[]): void {
    const { membership, seeds, self } = this.#with;
    const taken = peers.slice(0, this.#options.candidatesMax);
    if (seeds.length === 0) for (const entry of taken) membership.learn(entry);
    this.#suggested = taken.filter(
      ({ id, incarnation }) => id !== self.id && !membership.isOver(id, incarnation),
    );
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
