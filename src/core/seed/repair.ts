import type { SeedOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type {
  Ballot,
  PeerId,
  RegisterDigests,
  RegisterRevisions,
  RegisterValue,
  RegisterValues,
  SeedId,
  SeedMessage,
} from '../messages.ts';
import { shuffled } from '../peer/chance.ts';
import type { Instant } from '../time.ts';
import type { Directory } from './directory.ts';
import { fromRepair, type Ledger } from './ledger.ts';
import type { Registers } from './registers.ts';

/** Fires when registers are to be compared with another seed's. */
export interface RepairTimer {
  readonly type: 'repair:due';
}

export interface RepairDependencies {
  readonly effects: Effects<RepairTimer>;
  readonly random: Random;
  readonly registers: Registers<unknown>;
  readonly directory: Directory;
  readonly ledger: Pick<Ledger<unknown>, 'learn'>;
  /** The other seeds that can be asked. */
  readonly linked: () => readonly SeedId[];
  readonly send: (seed: SeedId, message: SeedMessage) => void;
  /** Whether this is a tombstone that nobody needs to learn who does not know the peer. */
  readonly isOver: (value: RegisterValue, now: Instant) => boolean;
}

type Item = RegisterValues['values'][number];

/** Whole buckets are answered until they hold this many times a frame's registers: a revision is short. */
const revisionsPerValue = 10;

/** The periodic comparisons are spread over this share of their interval. */
const jitterShare = 0.5;

/**
 * Makes good what a seed has missed: two seeds compare digests of their registers by bucket, then
 * the revisions in buckets that differ, then exchange the committed values that either lacks. Only
 * committed values travel, so whatever order they arrive in, the newer revision is right.
 *
 * One frame holds a bounded number. Whoever learns from a full one compares again at once: a seed that was
 * away for long would otherwise be that many frames times `repairIntervalMs` behind. It ends, since each
 * comparison after the first stands for news; and a frame that is not full leaves nothing over but what
 * is just being committed, or was left out for the number of revisions: the next round goes on.
 */
export class Repair {
  readonly #options: SeedOptions;
  readonly #with: RepairDependencies;

  constructor(options: SeedOptions, dependencies: RepairDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  start(): void {
    this.#schedule();
  }

  onTimer(): void {
    this.#schedule();
    const linked = this.#with.linked();
    const seed = linked[Math.floor(this.#with.random() * linked.length)];
    if (seed !== undefined) this.compareWith(seed);
  }

  /** Step 1, to a seed that has just been linked or whose turn it is. */
  compareWith(seed: SeedId): void {
    const buckets = this.#with.directory.bucketDigests();
    this.#with.send(seed, { type: 'REGISTER_DIGESTS', buckets });
  }

  /** Step 2: what this seed holds in the buckets that differ. */
  onDigests(seed: SeedId, { buckets }: RegisterDigests): void {
    const own = this.#with.directory.bucketDigests();
    if (buckets.length !== own.length) return;
    const differing = [...own.keys()].filter((bucket) => own[bucket] !== buckets[bucket]);
    if (differing.length === 0) return;
    const { registersPerFrameMax } = this.#options;
    const byBucket = this.#revisionsIn(differing);
    const answered: number[] = [];
    const revisions: RegisterRevisions['revisions'][number][] = [];
    // In random order, so that a bucket which stays different cannot keep the others waiting.
    for (const bucket of shuffled(differing, this.#with.random)) {
      answered.push(bucket);
      revisions.push(...(byBucket.get(bucket) ?? []));
      if (revisions.length >= registersPerFrameMax * revisionsPerValue) break;
    }
    this.#with.send(seed, { type: 'REGISTER_REVISIONS', buckets: answered, revisions });
  }

  /** Step 3: the values that the other seed lacks, and a request for those that this one lacks. */
  onRevisions(seed: SeedId, { buckets, revisions }: RegisterRevisions, now: Instant): void {
    const { registers } = this.#with;
    const theirs = new Map(revisions);
    const isAsked = new Set(buckets);
    const max = this.#options.registersPerFrameMax;
    const want: PeerId[] = [];
    for (const [peer, revision] of theirs) {
      const own = registers.committed(peer)?.revision ?? 0;
      if (revision > own && want.length < max) want.push(peer);
    }
    const values: Item[] = [];
    for (const [peer, { committed, committedBallot }] of registers.entries()) {
      if (values.length >= max) break;
      if (committed === undefined || !isAsked.has(this.#with.directory.bucketOf(peer))) continue;
      const their = theirs.get(peer);
      if (their === undefined && this.#with.isOver(committed, now)) continue;
      if ((their ?? 0) < committed.revision) values.push([peer, committedBallot, committed]);
    }
    if (values.length === 0 && want.length === 0) return;
    this.#with.send(seed, { type: 'REGISTER_VALUES', values, want });
  }

  onValues(seed: SeedId, { values, want }: RegisterValues, now: Instant): void {
    let registers = 0;
    for (const [peer, ballot, value] of values) {
      if (this.#learn(peer, ballot, value, now)) registers += 1;
    }
    if (registers > 0) this.#with.effects.emit({ type: 'seed:repaired', from: seed, registers });
    const wanted = want.slice(0, this.#options.registersPerFrameMax).flatMap((peer): Item[] => {
      const { committed, committedBallot } = this.#with.registers.of(peer);
      return committed === undefined ? [] : [[peer, committedBallot, committed]];
    });
    if (wanted.length > 0) {
      this.#with.send(seed, { type: 'REGISTER_VALUES', values: wanted, want: [] });
    }
    const isFull = values.length >= this.#options.registersPerFrameMax;
    if (registers > 0 && isFull) this.compareWith(seed);
  }

  #learn(peer: PeerId, ballot: Ballot, value: RegisterValue, now: Instant): boolean {
    const isUnknown = !this.#with.registers.has(peer);
    // It was removed here, or will be before anybody asks for it.
    if (isUnknown && this.#with.isOver(value, now)) return false;
    return this.#with.ledger.learn(peer, ballot, value, fromRepair, now);
  }

  #revisionsIn(buckets: readonly number[]): Map<number, RegisterRevisions['revisions'][number][]> {
    const byBucket = new Map<number, RegisterRevisions['revisions'][number][]>(
      buckets.map((bucket) => [bucket, []]),
    );
    for (const [peer, { committed }] of this.#with.registers.entries()) {
      if (committed === undefined) continue;
      byBucket.get(this.#with.directory.bucketOf(peer))?.push([peer, committed.revision]);
    }
    return byBucket;
  }

  #schedule(): void {
    const { repairIntervalMs } = this.#options;
    const jitter = 1 + jitterShare * (this.#with.random() - 0.5);
    this.#with.effects.schedule(repairIntervalMs * jitter, { type: 'repair:due' });
  }
}
