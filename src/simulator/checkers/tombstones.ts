import type { Message, PeerId, RegisterValue } from '../../core/messages.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { seedNodes } from './sampling.ts';

class Tombstones implements Checker {
  readonly frameTypes = ['TOMBSTONES_OVER'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** What each seed's disk held of each register last, as long as it held something. */
  readonly #held = new Map<string, RegisterValue>();
  /** By seed that was told: who has said of which tombstones, by peer and revision, that they are over. */
  readonly #words = new Map<number, Map<string, Set<number>>>();
  /** By how much wall clocks may differ from each other. */
  #clocksApartMs: Ms = 0;

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin({ scenario: { topology, faults = [], durationMs } }: World): void {
    const { offsetMaxMs = 0, driftMax = 0 } = topology.clocks ?? {};
    this.#clocksApartMs = 2 * (offsetMaxMs + driftMax * durationMs);
    for (const fault of faults) {
      if (fault.kind === 'clock-jump') this.#clocksApartMs += Math.abs(fault.byMs);
    }
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#words.delete(node);
  }

  frame(_at: Ms, _end: number, _generation: number, from: number, to: number, message: Message) {
    if (message.type !== 'TOMBSTONES_OVER') return;
    const words = this.#words.get(to) ?? new Map<string, Set<number>>();
    this.#words.set(to, words);
    for (const [peer, revision] of message.tombstones) {
      const key = `${peer} ${revision}`;
      words.set(key, (words.get(key) ?? new Set()).add(from));
    }
  }

  durable(atMs: Ms, seed: number, write: StorageWrite): void {
    if (write.type === 'remove-register') this.#onRemoved(seed, write.peer, atMs);
    else if (write.type === 'register') {
      const { peer, committed } = write.state;
      if (committed !== undefined) this.#held.set(`${seed} ${peer}`, committed);
    }
  }

  #onRemoved(seed: number, peer: PeerId, atMs: Ms): void {
    const key = `${seed} ${peer}`;
    const removed = this.#held.get(key);
    this.#held.delete(key);
    if (removed === undefined) return;
    const who = this.#about.name(seed);
    const { world } = this.#about;
    if (removed.status === 'alive') {
      this.#accuse([seed], `${who} removed the register of ${peer}, which is alive`);
      return;
    }
    const ageMs = world.epochMs + atMs + this.#clocksApartMs - removed.changedAtMs;
    if (ageMs < world.seedOptions.tombstoneRetentionMs) {
      this.#accuse([seed], `${who} removed the tombstone of ${peer} before its retention was over`);
    }
    for (const other of seedNodes(world)) {
      if (other === seed) continue;
      const tombstone = `${who} removed the tombstone of ${peer}, revision ${removed.revision},`;
      const whom = this.#about.name(other);
      if (!this.#knows(other, peer, removed.revision)) {
        this.#accuse([seed, other], `${tombstone} which ${whom} does not hold`);
      } else if (!this.#words.get(seed)?.get(`${peer} ${removed.revision}`)?.has(other)) {
        this.#accuse([seed, other], `${tombstone} before ${whom} had said that it may go`);
      }
    }
  }

  /** It holds this revision or a later one, or has raised its floor above it. */
  #knows(seed: number, peer: PeerId, revision: number): boolean {
    const { disks, world } = this.#about;
    const committed = disks.stateOf(seed, peer)?.committed?.revision ?? 0;
    const floor = disks.stateOf(seed, world.idOf(seed))?.promised.round ?? 1;
    return committed >= revision || floor > revision;
  }
}

export const tombstones: CheckerKind = {
  name: 'tombstones',
  promise:
    'a register is removed only when it is a tombstone, its retention is over, and every seed knows of it and has said so',
  start: (about, accuse) => new Tombstones(about, accuse),
};
