import type { Message } from '../../core/messages.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

class Readmission implements Checker {
  readonly frameTypes = ['COMMIT', 'COPY_RESULT'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** The stores that were part of a decision, by seed. */
  readonly #counted = new Map<number, Set<string>>();
  /** From whom each seed's present process was given everything. */
  readonly #copiedFrom = new Map<number, Set<number>>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  /** What a process has copied may reach the disk when its host has lost power already. */
  life(_atMs: Ms, node: number, change: LifeChange): void {
    if (change === 'started') this.#copiedFrom.delete(node);
  }

  frame(_at: Ms, _end: number, _generation: number, from: number, to: number, message: Message) {
    if (!this.#about.world.isSeed(from)) return;
    if (message.type === 'COMMIT') {
      const acceptance = this.#about.disks.acceptanceAt(message.peer, message.ballot);
      for (const [seed, store] of acceptance?.stores ?? []) setOf(this.#counted, seed).add(store);
    } else if (message.type === 'COPY_RESULT' && !message.more) {
      setOf(this.#copiedFrom, to).add(from);
    }
  }

  durable(_atMs: Ms, seed: number, write: StorageWrite): void {
    if (write.type !== 'admitted') return;
    const { disks } = this.#about;
    const store = disks.storeOf(seed);
    const lost = [...setOf(this.#counted, seed)].filter((id) => id !== store?.id);
    if (lost.length === 0) return;
    const needed = disks.copiesNeeded;
    const copied = setOf(this.#copiedFrom, seed).size;
    // With too few stores left to copy from, the seeds have to begin anew.
    if (copied >= needed || disks.sound - 1 < needed) return;
    this.#accuse(
      [seed],
      `${this.#about.name(seed)} lost a store whose votes had counted, and votes again after it has copied from ${copied} of the ${needed} seeds that it needs`,
    );
  }
}

function setOf<Item>(sets: Map<number, Set<Item>>, key: number): Set<Item> {
  const known = sets.get(key);
  if (known !== undefined) return known;
  const set = new Set<Item>();
  sets.set(key, set);
  return set;
}

export const readmission: CheckerKind = {
  name: 'readmission',
  promise:
    'a seed whose store was lost is admitted again only after it has copied from one of every quorum that the lost store may have been part of',
  start: (about, accuse) => new Readmission(about, accuse),
};
