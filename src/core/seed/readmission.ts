import type { SeedOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type {
  CopyRequest,
  CopyResult,
  KnownStores as KnownStoresMessage,
  PeerId,
  SeedId,
  SeedMessage,
} from '../messages.ts';
import type { Instant } from '../time.ts';
import { noBallot } from './ballot.ts';
import type { KnownStores, StoreNoted } from './known-stores.ts';
import { fromCopy, type Ledger } from './ledger.ts';
import type { Registers } from './registers.ts';
import { enumerated } from './sentence.ts';
import type { Standing } from './standing.ts';
import type { Disk } from './stored.ts';

/** Fires when a new store should have been admitted for some time. */
export interface ReadmissionTimer {
  readonly type: 'readmission:overdue';
}

/** Comes back when the end of a readmission is on disk. */
export interface AdmissionDurable {
  readonly type: 'admission-durable';
}

export interface ReadmissionDependencies {
  readonly effects: Effects<ReadmissionTimer>;
  readonly self: SeedId;
  readonly seeds: readonly SeedId[];
  readonly quorum: number;
  readonly admitted: boolean;
  readonly disk: Disk<AdmissionDurable>;
  readonly standing: Standing;
  readonly stores: KnownStores;
  readonly registers: Registers<unknown>;
  readonly ledger: Pick<Ledger<unknown>, 'learn'>;
  readonly linked: () => readonly SeedId[];
  readonly send: (seed: SeedId, message: SeedMessage) => void;
}

/** How far the copy of one other seed's store has come. */
interface Copy {
  /** The last PeerId copied. */
  after: PeerId;
  isComplete: boolean;
}

/**
 * Admits this seed's store to the vote. A store is admitted once for all; until then the seed
 * promises and accepts nothing, because a new store may be all that is left after a lost disk.
 *
 * - When another seed knows this one under another store, the disk was lost. The seed copies every
 *   register (highest promise, highest accepted value) from n − q + 1 others that vote: these
 *   include one member of every quorum that its lost disk was part of. known-stores.ts says why
 *   that is enough while proposals are under way.
 * - When n − q + 1 others that vote know no other store of this seed, it never voted: known-stores.ts
 *   again. It is new.
 * - When q − 1 others know no other store of this seed and hold no value at all, then together
 *   with this one they are a quorum in which nothing was ever decided: the cluster is new. Without
 *   this rule no cluster could begin. It does not wait for all seeds, so that 2 of 3 can begin while
 *   the third was never started; the price is that in this beginning, before every seed holds a
 *   first value, the loss of a disk may go unnoticed. Afterwards it takes the loss of a majority of
 *   the disks, and what a majority has lost nobody can restore.
 *
 * No deadlock at the beginning: while fewer than q seeds are admitted nothing can be accepted, so
 * that all hold no value, and any q that can talk to each other admit each other.
 */
export class Readmission {
  readonly #options: SeedOptions;
  readonly #with: ReadmissionDependencies;
  /** What each linked seed has said of itself and of this seed's store. */
  readonly #heard = new Map<SeedId, KnownStoresMessage>();
  readonly #copies = new Map<SeedId, Copy>();
  #state: 'waiting' | 'copying' | 'recording' | 'admitted' = 'waiting';
  /** Whether `seed:recovering` was emitted, which wants a `seed:readmitted`. */
  #isAnnounced = false;

  constructor(options: SeedOptions, dependencies: ReadmissionDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  start(): void {
    if (this.#with.admitted) {
      this.#state = 'admitted';
      this.#with.standing.recovering = '';
      return;
    }
    this.#with.standing.recovering = this.#whyWaiting();
    const afterMs = this.#options.seedDialIntervalMs * 3;
    this.#with.effects.schedule(afterMs, { type: 'readmission:overdue' });
  }

  seedUp(seed: SeedId, storeId: string): void {
    this.#heard.delete(seed);
    this.#with.stores.show(seed, storeId);
  }

  seedDown(seed: SeedId): void {
    this.#heard.delete(seed);
    if (this.#copies.get(seed)?.isComplete === false) this.#copies.delete(seed);
  }

  /** The other seed's store is noted on disk: only now may it hear, and copy, from this one. */
  onStoreNoted(noted: StoreNoted): void {
    this.#with.stores.onNoted(noted);
    if (this.#with.linked().includes(noted.seed)) this.#tell(noted.seed);
  }

  onKnownStores(seed: SeedId, message: KnownStoresMessage, now: Instant): void {
    this.#heard.set(seed, message);
    if (message.voting) this.#with.stores.trust(seed);
    this.#advance(now);
  }

  onCopyRequest(seed: SeedId, { after }: CopyRequest): void {
    if (!this.#with.standing.isVoting) return;
    const { registers, stores } = this.#with;
    const { registersPerFrameMax: max } = this.#options;
    const page = registers.page(after, max + 1);
    const more = page.length > max;
    const copied = page.slice(0, max);
    this.#with.send(seed, {
      type: 'COPY_RESULT',
      after,
      registers: after === '' ? [registers.floorState(), ...copied] : copied,
      stores: stores.all(),
      more,
    });
  }

  onCopyResult(seed: SeedId, result: CopyResult, now: Instant): void {
    const copy = this.#copies.get(seed);
    if (this.#state !== 'copying' || copy?.after !== result.after || copy.isComplete) return;
    this.#with.stores.copy(result.stores);
    for (const state of result.registers) this.#take(state, now);
    copy.after = result.registers.at(-1)?.peer ?? '';
    if (result.more && copy.after > result.after) {
      this.#with.send(seed, { type: 'COPY_REQUEST', after: copy.after });
      return;
    }
    copy.isComplete = true;
    if (this.#completed().length >= this.#othersNeeded()) this.#admit();
  }

  /** This seed's store is admitted, and that is on disk. */
  onDurable(): void {
    this.#state = 'admitted';
    this.#with.standing.recovering = '';
    for (const [seed, { voting }] of this.#heard) if (voting) this.#with.stores.trust(seed);
    for (const seed of this.#with.linked()) this.#tell(seed);
    if (!this.#isAnnounced) return;
    const copiedFrom = this.#completed();
    const { size: registers } = this.#with.registers;
    this.#with.effects.emit({ type: 'seed:readmitted', copiedFrom, registers });
  }

  onOverdue(): void {
    if (this.#state === 'waiting') this.#announce(0, this.#whyWaiting());
  }

  // -------------------------------------------------------------- steps

  #advance(now: Instant): void {
    if (this.#state === 'waiting') {
      const witness = this.#whoKnewAnother();
      if (witness !== undefined) this.#beginCopying(witness);
      else if (this.#isNew()) this.#admit();
      else this.#with.standing.recovering = this.#whyWaiting();
    }
    if (this.#state === 'copying') this.#copyFromVoting(now);
  }

  #isNew(): boolean {
    const { quorum } = this.#with;
    const heard = [...this.#heard.values()];
    const voting = heard.filter((message) => message.voting);
    const blank = heard.filter((message) => message.blank);
    const isBeginning = this.#with.registers.isBlank && blank.length >= quorum - 1;
    return voting.length >= this.#othersNeeded() || isBeginning;
  }

  #whoKnewAnother(): SeedId | undefined {
    const own = this.#with.stores.ownStoreId;
    for (const [seed, { yours }] of this.#heard) if (yours !== '' && yours !== own) return seed;
    return undefined;
  }

  #beginCopying(witness: SeedId): void {
    this.#state = 'copying';
    const needed = this.#othersNeeded();
    const reason =
      `the store of this seed is new, but ${witness} knew it under another one: it votes again when ` +
      `it has copied all registers from ${needed} of the seeds that vote. If too few seeds with their stores ` +
      'are left for that, the Peer List is lost: stop all seeds, remove their stores, start them again';
    this.#with.standing.recovering = reason;
    this.#announce(needed, reason);
  }

  #copyFromVoting(_now: Instant): void {
    for (const [seed, { voting }] of this.#heard) {
      if (!voting || this.#copies.has(seed)) continue;
      this.#copies.set(seed, { after: '', isComplete: false });
      this.#with.send(seed, { type: 'COPY_REQUEST', after: '' });
    }
  }

  #take(state: CopyResult['registers'][number], now: Instant): void {
    const { registers, ledger, seeds } = this.#with;
    const { peer, promised, committed } = state;
    if (seeds.includes(peer)) {
      registers.raiseFloor(promised.round);
      return;
    }
    registers.adopt(state);
    if (committed !== undefined) ledger.learn(peer, noBallot, committed, fromCopy, now);
  }

  #admit(): void {
    this.#state = 'recording';
    this.#with.disk.persist({ type: 'admitted' }, { type: 'admission-durable' });
  }

  #tell(seed: SeedId): void {
    const { stores, standing, registers } = this.#with;
    this.#with.send(seed, {
      type: 'KNOWN_STORES',
      yours: stores.trustedOf(seed),
      voting: standing.isVoting,
      blank: registers.isBlank,
    });
  }

  #announce(copiesNeeded: number, reason: string): void {
    this.#isAnnounced = true;
    this.#with.effects.emit({ type: 'seed:recovering', copiesNeeded, reason });
  }

  #completed(): SeedId[] {
    return [...this.#copies].filter(([, copy]) => copy.isComplete).map(([seed]) => seed);
  }

  /** n − q + 1: one of so many is in every quorum that this seed is part of. */
  #othersNeeded(): number {
    const { seeds, quorum } = this.#with;
    return seeds.length - quorum + 1;
  }

  #whyWaiting(): string {
    const needed = this.#othersNeeded();
    const heard = this.#heard.size === 0 ? 'none' : enumerated([...this.#heard.keys()]);
    return (
      `the store of this seed is new: it votes when ${needed} of the seeds that vote, or a whole quorum ` +
      `of new ones, have said that they knew no other; heard so far: ${heard}`
    );
  }
}
