import { quorumOf } from '../../core/config.ts';
import type { AcceptorState, Ballot, PeerId, RegisterValue } from '../../core/messages.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { World } from '../world.ts';

/** What one store holds, as far as it was seen to become durable. */
interface Store {
  readonly id: string;
  readonly registers: Map<PeerId, AcceptorState>;
  isAdmitted: boolean;
}

/** A value that seeds have accepted at one ballot, and which of them have. */
interface Acceptance {
  readonly value: RegisterValue;
  readonly stores: Map<number, string>;
}

/** What is on the seeds' disks, and so what they may say: what several checkers ask. */
export class Disks {
  #world: World | undefined;
  readonly #stores = new Map<number, Store>();
  /** Seeds that lost a store and are not readmitted. */
  readonly #losers = new Set<number>();
  readonly #accepted = new Map<PeerId, Map<string, Acceptance>>();

  begin(world: World): void {
    this.#world = world;
  }

  /** Between two lives the disk may have been replaced. */
  life(_atMs: Ms, node: number, change: LifeChange): void {
    if (change !== 'started' || this.#world?.isSeed(node) !== true) return;
    const { storeId } = this.#world.disk(node);
    const before = this.#stores.get(node);
    if (before?.id === storeId) return;
    if (before?.isAdmitted === true) this.#losers.add(node);
    this.#stores.set(node, { id: storeId, registers: new Map(), isAdmitted: false });
  }

  durable(seed: number, write: StorageWrite): void {
    const store = this.storeOf(seed);
    if (store === undefined) return;
    switch (write.type) {
      case 'register':
        store.registers.set(write.state.peer, write.state);
        this.#noteAccepted(seed, store.id, write.state);
        return;
      case 'remove-register':
        store.registers.delete(write.peer);
        return;
      case 'admitted':
        store.isAdmitted = true;
        this.#losers.delete(seed);
        return;
      case 'known-store':
        return;
    }
  }

  get quorum(): number {
    return quorumOf(this.#world?.seeds ?? 0);
  }

  storeOf(seed: number): Store | undefined {
    return this.#stores.get(seed);
  }

  stateOf(seed: number, peer: PeerId): AcceptorState | undefined {
    return this.#stores.get(seed)?.registers.get(peer);
  }

  /** How many seeds have the store that they voted with, or were readmitted with another one. */
  get sound(): number {
    return (this.#world?.seeds ?? 0) - this.#losers.size;
  }

  /** One of so many seeds is in every quorum: a seed that lost its store has to copy from them. */
  get copiesNeeded(): number {
    return (this.#world?.seeds ?? 0) - this.quorum + 1;
  }

  /** Everything that was ever accepted for a register, by ballot. */
  acceptancesOf(peer: PeerId): readonly Acceptance[] {
    return [...(this.#accepted.get(peer)?.values() ?? [])];
  }

  acceptanceAt(peer: PeerId, ballot: Ballot): Acceptance | undefined {
    return this.#accepted.get(peer)?.get(keyOf(ballot));
  }

  /** Whether a quorum of the configured seeds has accepted it, on disk. */
  isChosen(acceptance: Acceptance | undefined): boolean {
    return acceptance !== undefined && acceptance.stores.size >= this.quorum;
  }

  #noteAccepted(seed: number, store: string, state: AcceptorState): void {
    const { peer, accepted, acceptedBallot } = state;
    if (accepted === undefined) return;
    const ballots = this.#accepted.get(peer) ?? new Map<string, Acceptance>();
    this.#accepted.set(peer, ballots);
    const key = keyOf(acceptedBallot);
    const known = ballots.get(key);
    if (known !== undefined) known.stores.set(seed, store);
    else ballots.set(key, { value: accepted, stores: new Map([[seed, store]]) });
  }
}

function keyOf({ round, seed }: Ballot): string {
  return `${round} ${seed}`;
}
