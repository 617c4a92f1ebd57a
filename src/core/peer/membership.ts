import type { FailureDetectionOptions, OverlayOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type { StandingLink } from '../link/link.ts';
import type { Incarnation, PeerEntry, PeerId } from '../messages.ts';
import { dropOldest } from './bounded.ts';
import type { Self } from './self.ts';

export interface MembershipOptions {
  readonly overlay: Pick<OverlayOptions, 'knownPeersMax'>;
  /** As many peers' incarnations are remembered as over as suspicions and confirmations are. */
  readonly failureDetection: Pick<FailureDetectionOptions, 'memoryMax'>;
}

export interface MembershipDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly self: Self;
  /** Peers that must not be forgotten to make room for others. Default: none. */
  isNeighbour?(peer: PeerId): boolean;
}

/**
 * - `new`, `newer`: it was unknown, or known as an older incarnation
 * - `known`: nothing new but, perhaps, its rank (also: this peer itself)
 * - `buried`: that incarnation is over, and was not learned again
 */
export type Learned = 'new' | 'newer' | 'known' | 'buried';

const none: readonly never[] = [];

/**
 * The peers that this peer knows of, and the incarnations that it knows to be over.
 *
 * An entry of incarnation 0 is an address alone, as a GossipNode is given them; the first link
 * tells the rest. A rank of 0 is an unknown one: HELLO carries none, and whoever greets an
 * established peer is most often new, so its place is the end.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #with: MembershipDependencies;
  /** In the order in which the entries were last heard of (see #isOrderKept): the first is the first to be forgotten. */
  #entries: Map<PeerId, PeerEntry> | undefined;
  /** The links whose other ends `#entries` is made of when somebody asks first; of peers that resume most are never asked. */
  #resumed: readonly StandingLink[] = none;
  /** Of each peer the highest incarnation that is over. Most peers never need it. */
  #buried: Map<PeerId, Incarnation> | undefined;
  /** `#known` by rank, from when somebody asks until the next change. */
  #ranked: readonly PeerEntry[] | undefined;
  /** The highest rank of `#known`; undefined when it is to be looked for again. */
  #lastRank: number | undefined = 0;

  constructor(options: MembershipOptions, dependencies: MembershipDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** Before anything is learned or asked: this peer knew the other ends of these links. Announces nobody. */
  resume(links: readonly StandingLink[]): void {
    this.#resumed = links;
    this.#lastRank = undefined;
  }

  /** How many peers are known, this one not counted. */
  get size(): number {
    return this.#known.size;
  }

  get(peer: PeerId): PeerEntry | undefined {
    return this.#known.get(peer);
  }

  /** Whether this incarnation is known to have died, left or been replaced. */
  isOver(peer: PeerId, incarnation: Incarnation): boolean {
    return this.isBuried(peer, incarnation) || incarnation < this.#knownIncarnation(peer);
  }

  /** Whether this incarnation is known to have died or left. */
  isBuried(peer: PeerId, incarnation: Incarnation): boolean {
    return incarnation <= (this.#buried?.get(peer) ?? -1);
  }

  /** The known peers, oldest in the network first. Good until the next change of the membership. */
  ranked(): readonly PeerEntry[] {
    this.#ranked ??= [...this.#known.values()].sort((a, b) => a.rank - b.rank);
    return this.#ranked;
  }

  learn(entry: PeerEntry): Learned {
    const { id, incarnation } = entry;
    const before = this.#known.get(id);
    // As most entries of most Peer Lists: seeds tell the same of a peer until its rank changes.
    if (before === entry && !this.#isOrderKept) return 'known';
    if (id === this.#with.self.id) return 'known';
    if (this.isBuried(id, incarnation)) return 'buried';
    const isNews = before === undefined || incarnation > before.incarnation;
    if (isNews || incarnation === before.incarnation) this.#store(entry, before);
    if (!isNews) return 'known';
    // An address alone is no member yet: it is announced with its incarnation.
    if (incarnation > 0) this.#with.effects.emit({ type: 'peer:joined', peer: id, incarnation });
    return before === undefined ? 'new' : 'newer';
  }

  learnAll(entries: Iterable<PeerEntry>): void {
    for (const entry of entries) this.learn(entry);
  }

  /** Forgets all but these; whoever is alive after all may be learned of again. */
  forgetOthers(listed: readonly PeerEntry[]): void {
    if (this.#known.size === 0) return;
    const stay = new Set(listed.map(({ id }) => id));
    for (const entry of [...this.#known.values()]) {
      if (!stay.has(entry.id)) this.#forget(entry);
    }
  }

  /**
   * This incarnation is over, and is not learned again. True the first time, when `peer:left` is
   * emitted; a confirmed death is failure detection's to announce.
   */
  bury(peer: PeerId, incarnation: Incarnation, cause: 'dead' | 'left'): boolean {
    this.#buried ??= new Map();
    const buried = this.#buried.get(peer);
    if (buried !== undefined) {
      if (incarnation <= buried) return false;
      this.#buried.delete(peer);
    }
    this.#buried.set(peer, incarnation);
    dropOldest(this.#buried, this.#options.failureDetection.memoryMax);
    const known = this.#known.get(peer);
    if (known !== undefined && known.incarnation <= incarnation) this.#forget(known);
    if (cause === 'left') this.#with.effects.emit({ type: 'peer:left', peer, incarnation });
    return true;
  }

  get #known(): Map<PeerId, PeerEntry> {
    this.#entries ??= new Map(this.#resumed.map(({ remote }) => [remote.id, remote]));
    this.#resumed = none;
    return this.#entries;
  }

  #knownIncarnation(peer: PeerId): Incarnation {
    return this.#known.get(peer)?.incarnation ?? 0;
  }

  #store(entry: PeerEntry, before: PeerEntry | undefined): void {
    const rank = this.#rankOf(entry, before);
    const isUnchanged = before?.incarnation === entry.incarnation && before.rank === rank;
    const { id, incarnation } = entry;
    if (isUnchanged) {
      if (this.#isOrderKept) {
        this.#known.delete(id);
        this.#known.set(id, before);
      }
      return;
    }
    // Heard of just now: to the end of those to be forgotten.
    if (before !== undefined) this.#known.delete(id);
    // An entry that says all is kept as it is: those of one Peer List may be many peers'.
    this.#known.set(id, entry.rank === rank ? entry : { id, incarnation, rank });
    this.#ranked = undefined;
    if (before?.rank === this.#lastRank) this.#lastRank = undefined;
    if (this.#lastRank !== undefined) this.#lastRank = Math.max(this.#lastRank, rank);
    this.#makeRoom();
  }

  #rankOf(entry: PeerEntry, before: PeerEntry | undefined): number {
    if (entry.rank > 0) return entry.rank;
    // A greeting tells the incarnation of an address; that it came back is a new life, at the end.
    const isSameLife = before?.incarnation === entry.incarnation || before?.incarnation === 0;
    return isSameLife ? before.rank : this.#highestRank() + 1;
  }

  /**
   * Whether it matters who was heard of last. While there is plenty of room nobody will be forgotten
   * soon, and to note for a thousand peers of each Peer List that they were named again is most of
   * what a renewal costs; before the room is full, all that are still named have been named again.
   */
  get #isOrderKept(): boolean {
    return 2 * this.#known.size >= this.#options.overlay.knownPeersMax;
  }

  /**
   * Forgets those that nobody has mentioned for longest. To forget the youngest instead would keep
   * every large network's peers to the same few thousand oldest, which have no room for all; a
   * fresh Peer List is a fair sample of its own and replaces an old one.
   */
  #makeRoom(): void {
    const { knownPeersMax } = this.#options.overlay;
    if (this.#known.size <= knownPeersMax) return;
    for (const entry of this.#known.values()) {
      if (this.#with.isNeighbour?.(entry.id)) continue;
      this.#forget(entry);
      if (this.#known.size <= knownPeersMax) return;
    }
  }

  #highestRank(): number {
    if (this.#lastRank === undefined) {
      this.#lastRank = 0;
      for (const { rank } of this.#known.values()) {
        this.#lastRank = Math.max(this.#lastRank, rank);
      }
    }
    return this.#lastRank;
  }

  #forget(entry: PeerEntry): void {
    this.#known.delete(entry.id);
    this.#ranked = undefined;
    if (entry.rank === this.#lastRank) this.#lastRank = undefined;
  }
}
