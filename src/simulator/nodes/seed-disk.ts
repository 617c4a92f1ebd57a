import type { Random } from '../../core/effects.ts';
import type { AcceptorState, PeerId, SeedId } from '../../core/messages.ts';
import type { PersistToken } from '../../core/seed/io.ts';
import type { Disk, StorageWrite, StoredState } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { msOf, type Tick, ticksOf } from '../engine/ticks.ts';
import type { TimeWheel } from '../engine/time-wheel.ts';

/** What becomes of a transaction that a crash interrupts. */
export type DiskCrash =
  /** Nothing of it is on disk. */
  | 'lost'
  /** All of it is on disk, though nobody was told. */
  | 'kept'
  /** The disk has half of it, which the store's checksums show: it is rolled back, as `lost`. */
  | 'torn';

/** The process that a disk serves. */
export interface DiskUser {
  readonly index: number;
  readonly life: number;
  persisted(tokens: readonly PersistToken[], writes: number, durationMs: Ms): void;
  failed(reason: string): void;
}

export interface SeedDiskDependencies {
  readonly wheel: TimeWheel;
  readonly random: Random;
  readonly onDurable: (write: StorageWrite) => void;
}

export interface SeedDiskOptions {
  /** How long a transaction takes, uniformly between. */
  readonly minMs: Ms;
  readonly maxMs: Ms;
}

interface Batch {
  readonly writes: StorageWrite[];
  readonly tokens: PersistToken[];
}

/**
 * A seed's disk. As in the live runtime (runtime/disk.ts) all writes of one turn go in one transaction,
 * whole or not at all, one transaction after the other; a failed one is the last.
 */
export class SeedDisk implements Disk<PersistToken> {
  readonly #options: SeedDiskOptions;
  readonly #with: SeedDiskDependencies;
  #storeId: string;
  readonly #registers = new Map<PeerId, AcceptorState>();
  readonly #knownStores = new Map<SeedId, string>();
  #isAdmitted = false;
  #user: DiskUser | undefined;
  #next: Batch = { writes: [], tokens: [] };
  #writing: Batch | undefined;
  #isPlanned = false;
  #begunAt: Tick = 0;
  /** When the transaction that is being written is done; an earlier step was planned before that changed. */
  #dueAt: Tick = 0;
  /** Why the next transaction fails. */
  #fault: string | undefined;
  #slownessFactor = 1;

  constructor(storeId: string, options: SeedDiskOptions, dependencies: SeedDiskDependencies) {
    this.#storeId = storeId;
    this.#options = options;
    this.#with = dependencies;
  }

  // -------------------------------------------------------------- for the process

  get storeId(): string {
    return this.#storeId;
  }

  attach(user: DiskUser): void {
    this.#user = user;
  }

  stored(): StoredState {
    return {
      storeId: this.#storeId,
      admitted: this.#isAdmitted,
      registers: [...this.#registers.values()],
      knownStores: new Map(this.#knownStores),
    };
  }

  persist(write: StorageWrite, token?: PersistToken): void {
    if (this.#user === undefined) return;
    this.#next.writes.push(snapshot(write));
    if (token !== undefined) this.#next.tokens.push(token);
    this.#plan();
  }

  // -------------------------------------------------------------- for the world

  /** Its turn in the queue has come: the writes of a turn are complete, or a transaction is done. */
  step(): void {
    if (this.#writing !== undefined) {
      if (this.#with.wheel.now >= this.#dueAt) this.#finish();
    } else if (this.#isPlanned) this.#begin();
  }

  /** The process is gone, and with it what was not being written. */
  crash(how: DiskCrash): void {
    if (how === 'kept' && this.#writing !== undefined) this.#apply(this.#writing);
    this.#user = undefined;
    this.#next = { writes: [], tokens: [] };
    this.#writing = undefined;
    this.#isPlanned = false;
  }

  /** The next transaction fails with this reason, as EIO and ENOSPC do; undefined heals the disk. */
  fail(reason: string | undefined): void {
    this.#fault = reason;
  }

  /** How many times as long as usual it takes, for what is left of a transaction, too. */
  slow(factor: number): void {
    const change = factor / this.#slownessFactor;
    this.#slownessFactor = factor;
    if (this.#writing === undefined) return;
    const { wheel } = this.#with;
    this.#finishAt(wheel.now + Math.ceil((this.#dueAt - wheel.now) * change));
  }

  /** Another, empty disk in its place. Only while no process runs. */
  replace(storeId: string): void {
    this.#storeId = storeId;
    this.#registers.clear();
    this.#knownStores.clear();
    this.#isAdmitted = false;
    this.#fault = undefined;
  }

  // -------------------------------------------------------------- transactions

  #plan(): void {
    const { wheel } = this.#with;
    if (this.#isPlanned || this.#writing !== undefined || this.#user === undefined) return;
    this.#isPlanned = true;
    wheel.add(wheel.now, eventKinds.disk, this.#user.index, this.#user.life, undefined);
  }

  #begin(): void {
    const { wheel, random } = this.#with;
    if (this.#user === undefined) return;
    this.#isPlanned = false;
    this.#writing = this.#next;
    this.#next = { writes: [], tokens: [] };
    this.#begunAt = wheel.now;
    const { minMs, maxMs } = this.#options;
    const tookMs = (minMs + random() * (maxMs - minMs)) * this.#slownessFactor;
    this.#finishAt(wheel.now + Math.max(1, ticksOf(tookMs)));
  }

  #finishAt(at: Tick): void {
    if (this.#user === undefined) return;
    this.#dueAt = at;
    this.#with.wheel.add(at, eventKinds.disk, this.#user.index, this.#user.life, undefined);
  }

  #finish(): void {
    const user = this.#user;
    const batch = this.#writing;
    if (user === undefined || batch === undefined) return;
    if (this.#fault !== undefined) {
      // What waited behind it goes with its process: the next one must not find it written, nor answer for it.
      this.crash('lost');
      user.failed(this.#fault);
      return;
    }
    this.#writing = undefined;
    this.#apply(batch);
    if (this.#next.writes.length > 0) this.#plan();
    user.persisted(batch.tokens, batch.writes.length, msOf(this.#with.wheel.now - this.#begunAt));
  }

  #apply({ writes }: Batch): void {
    for (const write of writes) {
      switch (write.type) {
        case 'register':
          this.#registers.set(write.state.peer, write.state);
          break;
        case 'remove-register':
          this.#registers.delete(write.peer);
          break;
        case 'known-store':
          this.#knownStores.set(write.seed, write.storeId);
          break;
        case 'admitted':
          this.#isAdmitted = true;
          break;
      }
      this.#with.onDurable(write);
    }
  }
}

/** What is on its way to the disk does not change with the memory it came from. */
function snapshot(write: StorageWrite): StorageWrite {
  return write.type === 'register' ? { type: 'register', state: { ...write.state } } : write;
}
