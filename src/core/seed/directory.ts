import type { Random } from '../effects.ts';
import type { DigestText, PeerEntry, PeerId, PeerListChanges, RegisterValue } from '../messages.ts';
import { ListHistory } from './list-history.ts';
import { rankWeightedSample } from './rank-sample.ts';
import { XorDigest } from './xor-digest.ts';

export interface DirectoryOptions {
  readonly repairBuckets: number;
  readonly peerListLimit: number;
  readonly listChangesMax: number;
}

interface Member {
  readonly id: PeerId;
  readonly incarnation: number;
  readonly registeredAtMs: number;
}

/**
 * What the committed values add up to: the Peer List in order of registration with its digest, the
 * tombstones, and a digest of each bucket of registers, by which seeds find what to repair. All of
 * it is kept up to date with every change, so that asking is cheap.
 */
export class Directory {
  readonly #options: DirectoryOptions;
  /** The living, oldest registration first. */
  readonly #members: Member[] = [];
  /** What is told of each, from the oldest on as far as it was made: all Peer Lists share it. */
  readonly #entries: PeerEntry[] = [];
  readonly #tombstones = new Set<PeerId>();
  readonly #listDigest: XorDigest;
  readonly #history: ListHistory;
  readonly #buckets: readonly XorDigest[];

  constructor(options: DirectoryOptions, dependencies: { readonly digest: DigestText }) {
    this.#options = options;
    const { digest } = dependencies;
    this.#listDigest = new XorDigest(digest);
    this.#history = new ListHistory(options);
    const { repairBuckets: length } = options;
    this.#buckets = Array.from({ length }, () => new XorDigest(digest));
  }

  /** Number of the living. */
  get size(): number {
    return this.#members.length;
  }

  /** Equal digests mean equal Peer Lists. */
  get digest(): string {
    return this.#listDigest.text;
  }

  /** Peers whose register holds `dead` or `left`. */
  get tombstones(): ReadonlySet<PeerId> {
    return this.#tombstones;
  }

  /** A register's committed value was replaced; undefined where there is none. */
  replace(peer: PeerId, before: RegisterValue | undefined, after: RegisterValue | undefined): void {
    const { digest } = this;
    if (before !== undefined) this.#remove(peer, before);
    if (after !== undefined) this.#add(peer, after);
    if (after !== undefined && digest !== this.digest) this.#note(digest, peer, after);
  }

  /** A register's value from the store, in no order of time: the lists on the way were never anybody's. */
  restore(peer: PeerId, value: RegisterValue): void {
    this.#add(peer, value);
  }

  /** What has happened to the Peer List since it had this digest; undefined when that is too long ago. */
  changesSince(digest: string): PeerListChanges | undefined {
    return this.#history.since(digest);
  }

  /** The whole Peer List, oldest registration first. */
  *entries(): Generator<PeerEntry> {
    for (let rank = 1; rank <= this.size; rank += 1) yield this.#entry(rank);
  }

  /** At most `limit` entries: the whole list, or a rank-weighted sample of it. */
  sample(limit: number, random: Random): PeerEntry[] {
    const count = Math.min(limit, this.#options.peerListLimit);
    if (count >= this.size) return [...this.entries()];
    return rankWeightedSample(this.size, count, random).map((rank) => this.#entry(rank));
  }

  /** The entry of a living peer. */
  entryOf(peer: PeerId, value: RegisterValue): PeerEntry {
    return this.#entry(this.#place(peer, value.registeredAtMs) + 1);
  }

  bucketDigests(): string[] {
    return this.#buckets.map((bucket) => bucket.text);
  }

  /** FNV-1a of the PeerId: every seed must find the same bucket. */
  bucketOf(peer: PeerId): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < peer.length; i += 1) {
      hash = Math.imul(hash ^ peer.charCodeAt(i), 0x01000193);
    }
    return (hash >>> 0) % this.#buckets.length;
  }

  #add(peer: PeerId, value: RegisterValue): void {
    const { incarnation, registeredAtMs } = value;
    if (value.status === 'alive') {
      const at = this.#place(peer, registeredAtMs);
      this.#members.splice(at, 0, { id: peer, incarnation, registeredAtMs });
      this.#ranksChanged(at);
    } else this.#tombstones.add(peer);
    this.#toggle(peer, value);
  }

  #remove(peer: PeerId, value: RegisterValue): void {
    if (value.status === 'alive') {
      const at = this.#place(peer, value.registeredAtMs);
      this.#members.splice(at, 1);
      this.#ranksChanged(at);
    } else this.#tombstones.delete(peer);
    this.#toggle(peer, value);
  }

  #note(before: string, id: PeerId, { status, incarnation, registeredAtMs }: RegisterValue): void {
    if (status === 'alive') {
      const rank = this.#place(id, registeredAtMs) + 1;
      this.#history.note(before, { joined: { id, incarnation, rank } });
    } else this.#history.note(before, { gone: { id, incarnation, status } });
  }

  #toggle(peer: PeerId, value: RegisterValue): void {
    // A revision stands for the whole value: no two seeds commit different ones.
    this.#buckets[this.bucketOf(peer)]?.toggle(`${peer}|${value.revision}`);
    if (value.status === 'alive') this.#listDigest.toggle(`${peer}|${value.incarnation}|alive`);
  }

  /** Where this peer stands in the order of registration, or would stand: a binary search. */
  #place(peer: PeerId, registeredAtMs: number): number {
    let from = 0;
    let to = this.#members.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const member = this.#members[middle];
      const isBefore =
        member !== undefined &&
        (member.registeredAtMs < registeredAtMs ||
          (member.registeredAtMs === registeredAtMs && member.id < peer));
      if (isBefore) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Whoever stands at this index or behind it has another rank. */
  #ranksChanged(from: number): void {
    if (from < this.#entries.length) this.#entries.length = from;
  }

  #entry(rank: number): PeerEntry {
    for (let at = this.#entries.length; at < rank; at += 1) {
      const { id, incarnation } = this.#members[at] ?? { id: '', incarnation: 0 };
      this.#entries.push({ id, incarnation, rank: at + 1 });
    }
    return this.#entries[rank - 1] ?? { id: '', incarnation: 0, rank };
  }
}
