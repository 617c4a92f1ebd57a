import type { SeedId, StoreView } from '../messages.ts';
import type { Disk } from './stored.ts';

/** Comes back when it is on disk under which store this seed knows another one. */
export interface StoreNoted {
  readonly type: 'store-noted';
  readonly seed: SeedId;
  readonly storeId: string;
}

interface KnownStore {
  /** The store whose votes count. */
  trusted: string;
  /** The store that the seed shows now; another one than `trusted` until it was readmitted. */
  shown: string;
  /** The last `shown` that is on disk. */
  noted: string;
}

export interface KnownStoresDependencies {
  readonly self: SeedId;
  readonly seeds: readonly SeedId[];
  /** The id of this seed's own store. */
  readonly storeId: string;
  readonly stored: ReadonlyMap<SeedId, string>;
  readonly disk: Disk<StoreNoted>;
}

/**
 * Under which store this seed knows each other seed: how a lost disk is noticed.
 *
 * What has to be ruled out: seed A votes, loses its disk, copies from a set C of others and votes
 * again, while some proposer still counts a vote that A gave from its lost disk. Therefore
 *
 * 1. PROPOSE and ACCEPT carry the stores of the seeds whose answers their proposer will count, and
 *    it counts only answers from those stores;
 * 2. an acceptor notes A's new store on disk before A may copy from it, and from then on says no to
 *    every PROPOSE and ACCEPT that would count A's old one;
 * 3. an acceptor that says yes notes the stores it did not know, together with its answer.
 *
 * C has n − q + 1 members, so it shares a seed X with the rest of any quorum that A's lost disk was
 * part of. X said yes there before it noted A's new store (2), so before A copied from it: what X
 * had promised or accepted at that ballot, A has copied. So A neither breaks a promise that was
 * counted nor lacks a value that was chosen with its help. And by (3) X knew of A's lost disk: a
 * seed of which n − q + 1 others know no other store was never part of any quorum.
 *
 * On disk a seed stands as `trusted`, or as `trusted shown` while the two differ.
 */
export class KnownStores {
  readonly #self: SeedId;
  readonly #seeds: readonly SeedId[];
  readonly #storeId: string;
  readonly #disk: Disk<StoreNoted>;
  readonly #known = new Map<SeedId, KnownStore>();

  constructor(dependencies: KnownStoresDependencies) {
    this.#self = dependencies.self;
    this.#seeds = dependencies.seeds;
    this.#storeId = dependencies.storeId;
    this.#disk = dependencies.disk;
    for (const [seed, text] of dependencies.stored) {
      const [trusted = '', shown = trusted] = text.split(' ');
      this.#known.set(seed, { trusted, shown, noted: shown });
    }
  }

  get ownStoreId(): string {
    return this.#storeId;
  }

  /** The store whose votes count here; empty when this seed has never known one. */
  trustedOf(seed: SeedId): string {
    return this.#known.get(seed)?.trusted ?? '';
  }

  /** The other end of a link has shown its store; StoreNoted follows when this is on disk. */
  show(seed: SeedId, storeId: string): void {
    const known = this.#known.get(seed);
    if (known === undefined) this.#known.set(seed, newlyKnown(storeId));
    else known.shown = storeId;
    this.#write(seed);
  }

  /** The seed says that the store it shows is readmitted: from now on its votes count. */
  trust(seed: SeedId): void {
    const known = this.#known.get(seed);
    if (known === undefined || known.trusted === known.shown) return;
    known.trusted = known.shown;
    known.noted = '';
    this.#write(seed);
  }

  onNoted({ seed, storeId }: StoreNoted): void {
    const known = this.#known.get(seed);
    if (known?.shown === storeId) known.noted = storeId;
  }

  /** Whether votes from the store that this seed shows count: it is trusted, and that is on disk. */
  isTrusted(seed: SeedId): boolean {
    const known = this.#known.get(seed);
    return known !== undefined && known.trusted === known.shown && known.noted === known.shown;
  }

  /** The stores of this seed and of `others`, for a proposal that will count their answers. */
  view(others: readonly SeedId[]): StoreView {
    const stores = others.map((seed) => [seed, this.trustedOf(seed)] as const);
    return [[this.#self, this.#storeId], ...stores];
  }

  /** The first seed of a proposer's view that this seed knows under another store. */
  contradicts(view: StoreView): SeedId | undefined {
    return view.find(([seed, storeId]) => {
      if (seed === this.#self) return storeId !== this.#storeId;
      const known = this.#known.get(seed);
      return known !== undefined && known.shown !== storeId;
    })?.[0];
  }

  /** Notes the stores of a view that this seed did not know; they reach the disk before any later write. */
  noteView(view: StoreView): void {
    for (const [seed, storeId] of this.#ofOthers(view)) {
      if (!this.#known.has(seed)) this.show(seed, storeId);
    }
  }

  /** All that this seed knows, for a seed that copies from it. */
  all(): StoreView {
    return Array.from(this.#known, ([seed, { trusted }]) => [seed, trusted] as const);
  }

  /**
   * Takes over what a seed knows that is copied from. A seed that it knows under another store is
   * trusted again once it says itself that it votes.
   */
  copy(view: StoreView): void {
    for (const [seed, storeId] of this.#ofOthers(view)) {
      const known = this.#known.get(seed);
      if (known === undefined) this.show(seed, storeId);
      else if (known.trusted === known.shown && known.trusted !== storeId) {
        known.trusted = storeId;
        this.#write(seed);
      }
    }
  }

  #ofOthers(view: StoreView): StoreView {
    return view.filter(([seed]) => seed !== this.#self && this.#seeds.includes(seed));
  }

  #write(seed: SeedId): void {
    const known = this.#known.get(seed);
    if (known === undefined) return;
    const { trusted, shown } = known;
    const storeId = trusted === shown ? trusted : `${trusted} ${shown}`;
    const token: StoreNoted = { type: 'store-noted', seed, storeId: shown };
    this.#disk.persist({ type: 'known-store', seed, storeId }, token);
  }
}

function newlyKnown(storeId: string): KnownStore {
  return { trusted: storeId, shown: storeId, noted: '' };
}
