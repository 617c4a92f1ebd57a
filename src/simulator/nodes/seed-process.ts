import type { SeedOptions } from '../../core/config.ts';
import type { LinkInput, Random, TimerFired } from '../../core/effects.ts';
import type { NodeEvent } from '../../core/events.ts';
import type { SeedId } from '../../core/messages.ts';
import type { PersistToken, SeedInput, SeedTimer } from '../../core/seed/io.ts';
import { Seed } from '../../core/seed/seed.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import { digestText } from '../engine/digests.ts';
import type { NodeClock } from './node-clock.ts';
import { NodeProcess, type Surroundings } from './process.ts';
import type { SeedDisk } from './seed-disk.ts';

export interface SeedNode {
  readonly index: number;
  readonly life: number;
  readonly id: SeedId;
  readonly seeds: readonly SeedId[];
  readonly clusterId: string;
  readonly options: SeedOptions;
  readonly disk: SeedDisk;
  readonly random: Random;
  readonly networkRandom: Random;
  readonly clock: NodeClock | undefined;
}

/** One life of a seed, on a disk that outlives it. */
export class SeedProcess extends NodeProcess<SeedTimer, Seed> {
  readonly #disk: SeedDisk;

  constructor(world: Surroundings, node: SeedNode) {
    super(world, node);
    const { id, seeds, clusterId, options, disk, random } = node;
    this.#disk = disk;
    disk.attach({
      index: node.index,
      life: node.life,
      persisted: (tokens, writes, durationMs) => this.#onPersisted(tokens, writes, durationMs),
      failed: (reason) => this.command({ type: 'storage-failed', reason }),
    });
    this.machine = new Seed(options, {
      identity: { id, seeds, clusterId },
      stored: disk.stored(),
      effects: this,
      random,
      digest: digestText,
    });
  }

  get seed(): Seed {
    return this.machine;
  }

  persist(write: StorageWrite, token?: PersistToken): void {
    this.#disk.persist(write, token);
  }

  override emit(event: NodeEvent): void {
    // As the live node does: a seed that cannot write stops once it has said so.
    if (event.type === 'storage:failed') this.world.ending(this, 'failed');
    super.emit(event);
  }

  command(input: Exclude<SeedInput, LinkInput | TimerFired<SeedTimer>>): void {
    this.enter(input, (now) => this.seed.handle(input, now));
  }

  #onPersisted(tokens: readonly PersistToken[], writes: number, durationMs: Ms): void {
    this.emit({ type: 'storage:committed', writes, durationMs });
    for (const token of tokens) this.command({ type: 'persisted', token });
    this.handOut();
  }
}
