import type { PeerId, RegisterValue } from '../../core/messages.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { seedNodes } from './sampling.ts';

class Tombstones implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** What each seed's disk held of each register last, as long as it held something. */
  readonly #held = new Map<string, RegisterValue>();
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
      if (other === seed || this.#knows(other, peer, removed.revision)) continue;
      this.#accuse(
        [seed, other],
        `${who} removed the tombstone of ${peer}, revision ${removed.revision}, which ${this.#about.name(other)} does not hold`,
      );
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
    'a register is removed only when it is a tombstone, its retention is over and every seed knows of it',
  start: (about, accuse) => new Tombstones(about, accuse),
};
