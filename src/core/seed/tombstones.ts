import type { SeedOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type { PeerId, RegisterValue, SeedId, TombstonesOver } from '../messages.ts';
import type { Instant } from '../time.ts';
import type { Directory } from './directory.ts';
import type { Registers } from './registers.ts';
import type { Standing } from './standing.ts';

/** Fires when tombstones are to be looked through. */
export interface TombstonesTimer {
  readonly type: 'tombstones:look';
}

/** Comes back when the floor that these words rely on is on disk. */
export interface WordsDurable {
  readonly type: 'words-durable';
  /** Whom to tell; undefined for all. */
  readonly to: SeedId | undefined;
  readonly words: TombstonesOver;
}

export interface TombstonesDependencies {
  readonly effects: Effects<TombstonesTimer>;
  readonly random: Random;
  readonly self: SeedId;
  readonly seeds: readonly SeedId[];
  readonly standing: Standing;
  readonly registers: Registers<WordsDurable>;
  readonly directory: Directory;
  readonly linked: () => readonly SeedId[];
  readonly send: (seed: SeedId, words: TombstonesOver) => void;
}

/** The seeds that have said that this revision is over, for as long as they stay linked. */
interface Words {
  readonly revision: number;
  readonly seeds: Set<SeedId>;
}

/**
 * Removes the registers of peers that are long gone: never by time alone, but when every seed of
 * the list has said that it holds the tombstone and that its retention is over.
 *
 * Why nothing comes back to life. Saying so, a seed first raises its floor above the tombstone's
 * revision, incarnation and promise, on disk. From then on, if it proposes for a peer of which
 * nothing is left, the new value gets a higher incarnation and revision than the tombstone had; and
 * its acceptor, when it has removed the register, still refuses every ballot that it had promised
 * not to accept. What removal forgets is only the accepted tombstone itself, and all that its value
 * was good for, the floor of every possible proposer takes over. Since all seeds have said it, it
 * does not matter who removes it first or who proposes next. This follows the deletion of Rystsov
 * 2018 (section 3.1), with the floor in place of the proposers' ages.
 *
 * A seed that holds nothing of a peer, because it has removed the tombstone already or never knew
 * the peer, says the same once its floor is high enough, so that the others can finish.
 */
export class Tombstones {
  readonly #options: SeedOptions;
  readonly #with: TombstonesDependencies;
  readonly #words = new Map<PeerId, Words>();

  constructor(options: SeedOptions, dependencies: TombstonesDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  start(): void {
    this.#schedule();
  }

  /** Whether the retention of a tombstone has ended. */
  isOver(value: RegisterValue, now: Instant): boolean {
    const ageMs = now.wallMs - value.changedAtMs;
    return value.status !== 'alive' && ageMs >= this.#options.tombstoneRetentionMs;
  }

  onTimer(now: Instant): void {
    this.#schedule();
    const { standing, linked, seeds } = this.#with;
    // As long as a seed is away, nothing can be removed, and nothing need be said.
    if (!standing.isVoting || linked().length + 1 < seeds.length) return;
    const over = this.#over(now);
    if (over.length > 0) this.#say(over, undefined, false);
  }

  onWords(from: SeedId, { tombstones, isAnswer }: TombstonesOver, now: Instant): void {
    if (!this.#with.standing.isVoting) return;
    const absent: TombstonesOver['tombstones'][number][] = [];
    for (const [peer, revision] of tombstones) {
      if (this.#with.registers.has(peer)) this.#note(peer, revision, from);
      else absent.push([peer, revision]);
    }
    if (absent.length > 0 && !isAnswer) this.#say(absent, from, true);
    this.#remove(tombstones, now);
  }

  onDurable({ to, words }: WordsDurable, now: Instant): void {
    for (const seed of to === undefined ? this.#with.linked() : [to]) this.#with.send(seed, words);
    if (words.isAnswer) return;
    for (const [peer, revision] of words.tombstones) this.#note(peer, revision, this.#with.self);
    this.#remove(words.tombstones, now);
  }

  /** A seed that comes back may have lost what it had said. */
  seedDown(seed: SeedId): void {
    for (const { seeds } of this.#words.values()) seeds.delete(seed);
  }

  /** The register has got another value. */
  forget(peer: PeerId): void {
    this.#words.delete(peer);
  }

  #over(now: Instant): TombstonesOver['tombstones'][number][] {
    const over: TombstonesOver['tombstones'][number][] = [];
    for (const peer of this.#with.directory.tombstones) {
      const tombstone = this.#removable(peer, now);
      if (tombstone !== undefined) over.push([peer, tombstone.revision]);
    }
    const { registersPerFrameMax } = this.#options;
    const excess = Math.max(0, over.length - registersPerFrameMax);
    // Begins anywhere, so that some which cannot go do not keep the others.
    const from = Math.floor(this.#with.random() * (excess + 1));
    return over.slice(from, from + registersPerFrameMax);
  }

  /** Its tombstone, when that is over and nothing newer may be about to be chosen. */
  #removable(peer: PeerId, now: Instant): RegisterValue | undefined {
    const { committed, accepted } = this.#with.registers.of(peer);
    if (committed === undefined || !this.isOver(committed, now)) return undefined;
    const isNewest = accepted === undefined || accepted.revision <= committed.revision;
    return isNewest ? committed : undefined;
  }

  #say(tombstones: TombstonesOver['tombstones'], to: SeedId | undefined, isAnswer: boolean): void {
    const { registers } = this.#with;
    const rounds = tombstones.map(([peer]) =>
      registers.has(peer) ? registers.of(peer).promised.round : 0,
    );
    const revisions = tombstones.map(([, revision]) => revision);
    const words: TombstonesOver = { type: 'TOMBSTONES_OVER', isAnswer, tombstones };
    const floor = Math.max(...rounds, ...revisions) + 1;
    registers.raiseFloor(floor, { type: 'words-durable', to, words });
  }

  #note(peer: PeerId, revision: number, seed: SeedId): void {
    if (this.#with.registers.committed(peer)?.revision !== revision) return;
    const words = this.#words.get(peer);
    if (words?.revision === revision) words.seeds.add(seed);
    else this.#words.set(peer, { revision, seeds: new Set([seed]) });
  }

  #remove(tombstones: TombstonesOver['tombstones'], now: Instant): void {
    let count = 0;
    for (const [peer] of tombstones) {
      if (this.#words.get(peer)?.seeds.size !== this.#with.seeds.length) continue;
      const tombstone = this.#removable(peer, now);
      if (tombstone === undefined) continue;
      const { registers, directory } = this.#with;
      // The promise may have risen since this seed said its word.
      registers.raiseFloor(registers.of(peer).promised.round + 1);
      registers.forget(peer);
      directory.replace(peer, tombstone, undefined);
      this.#words.delete(peer);
      count += 1;
    }
    if (count > 0) this.#with.effects.emit({ type: 'tombstones:removed', count });
  }

  #schedule(): void {
    this.#with.effects.schedule(this.#options.repairIntervalMs, { type: 'tombstones:look' });
  }
}
