import { quorumOf, type SeedOptions, seedDefaults } from '../../src/core/config.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type {
  AcceptorState,
  PeerEntry,
  PeerId,
  RegisterValue,
  SeedId,
} from '../../src/core/messages.ts';
import type { PersistToken, SeedInput, SeedTimer } from '../../src/core/seed/io.ts';
import { Seed } from '../../src/core/seed/seed.ts';
import type { Disk, StorageWrite, StoredState } from '../../src/core/seed/stored.ts';
import { digestText } from '../../src/runtime/digest.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { type MemoryNetwork, memoryNetwork } from '../../src/transport/memory.ts';
import { seededRandom } from './random.ts';
import { type Answered, SeedClient } from './seed-client.ts';
import { VirtualTime } from './virtual-time.ts';

export interface SeedNetworkOptions {
  readonly seeds: number;
  /** The number from which everything random comes. */
  readonly random: number;
  readonly options?: Partial<SeedOptions>;
  readonly latencyMaxMs?: number;
  readonly diskMaxMs?: number;
  readonly admit?: (peer: PeerId) => boolean;
}

/** A seed's process and its disk; the disk outlives the process. */
export interface TestSeed {
  readonly id: SeedId;
  disk: TestDisk;
  /** Undefined while no process runs. */
  process: { readonly seed: Seed; readonly runtime: Runtime<SeedTimer, SeedInput> } | undefined;
}

/**
 * Real seeds on runtimes of their own, over the memory transport with encoded frames, under virtual
 * time, with disks that take their time and lose what they have not written when a process dies.
 * Watches what must never happen while it runs; `check` says what was seen.
 */
export class SeedNetwork {
  readonly time = new VirtualTime();
  readonly network: MemoryNetwork;
  readonly seeds: readonly TestSeed[];
  readonly ids: readonly SeedId[];
  readonly clients: SeedClient[] = [];
  readonly events: { readonly at: SeedId; readonly event: NodeEvent }[] = [];
  readonly random: () => number;
  readonly clusterId = 'test-cluster';
  /** Whether a disk was lost in this run: what it held is no evidence any more. */
  lostDisks = 0;
  readonly #given: SeedNetworkOptions;
  readonly #options: SeedOptions;
  /** Every committed value that reached a disk, by register and revision. */
  readonly #committed = new Map<string, string>();
  readonly #accepted = new Map<string, string>();
  /** Which session was told `ok` with which incarnation. */
  readonly #granted = new Map<string, string>();
  readonly #wrong: string[] = [];
  #stores = 0;

  private constructor(given: SeedNetworkOptions) {
    const { latencyMaxMs = 10 } = given;
    this.#given = given;
    this.#options = { ...seedDefaults, ...given.options };
    this.random = seededRandom(given.random);
    this.network = memoryNetwork({
      scheduler: this.time.schedule,
      random: this.random,
      latencyMs: () => this.random() * latencyMaxMs,
      encode: true,
    });
    this.ids = Array.from({ length: given.seeds }, (_, n) => `s${n}:1`);
    this.seeds = this.ids.map((id) => ({ id, disk: this.#newDisk(), process: undefined }));
  }

  /** All seeds started, and time for them to admit each other. */
  static async create(given: SeedNetworkOptions): Promise<SeedNetwork> {
    const network = new SeedNetwork(given);
    for (const { id } of network.seeds) await network.start(id);
    network.time.run(3_000);
    return network;
  }

  /** No seed is started yet. */
  static idle(given: SeedNetworkOptions): SeedNetwork {
    return new SeedNetwork(given);
  }

  get quorum(): number {
    return quorumOf(this.ids.length);
  }

  get running(): TestSeed[] {
    return this.seeds.filter(({ process }) => process !== undefined);
  }

  of(id: SeedId): TestSeed {
    const seed = this.seeds.find((one) => one.id === id);
    if (seed === undefined) throw new Error(`no seed ${id}`);
    return seed;
  }

  async start(id: SeedId): Promise<void> {
    const seed = this.of(id);
    if (seed.process !== undefined) return;
    const host = hostOf(id);
    const runtime = new Runtime<SeedTimer, SeedInput>({
      transport: this.network.transport(host),
      clock: this.time,
      onEvent: (event) => this.#onEvent(id, event),
    });
    await runtime.listen(id);
    const { disk } = seed;
    disk.attach((token) => runtime.input({ type: 'persisted', token }));
    const { admit } = this.#given;
    const machine = new Seed(this.#options, {
      identity: { id, seeds: this.ids, clusterId: this.clusterId },
      stored: disk.stored(),
      effects: {
        send: (to, message) => runtime.send(to, message),
        schedule: (after, timer) => runtime.schedule(after, timer),
        emit: (event) => runtime.emit(event),
        persist: (write, token) => disk.persist(write, token),
      },
      random: this.random,
      digest: digestText,
      ...(admit && { admit }),
    });
    runtime.run(machine);
    seed.process = { seed: machine, runtime };
    runtime.input({ type: 'start' });
  }

  /** As kill -9 does: what is not on disk is lost. */
  crash(id: SeedId): void {
    const seed = this.of(id);
    if (seed.process === undefined) return;
    seed.disk.detach();
    void seed.process.runtime.kill();
    this.network.crash(hostOf(id));
    seed.process = undefined;
  }

  /** The disk of a seed that is not running is replaced by an empty one. */
  loseDisk(id: SeedId): void {
    this.lostDisks += 1;
    this.of(id).disk = this.#newDisk();
  }

  input(id: SeedId, input: SeedInput): void {
    this.of(id).process?.runtime.input(input);
  }

  async client(host: string): Promise<SeedClient> {
    const client = new SeedClient(this, host);
    this.clients.push(client);
    await client.start();
    return client;
  }

  peerList(id: SeedId): PeerEntry[] {
    return [...(this.of(id).process?.seed.peerList() ?? [])];
  }

  isVoting(id: SeedId): boolean {
    return this.of(id).process?.seed.voting ?? false;
  }

  eventsOf<Type extends NodeEvent['type']>(
    type: Type,
    at?: SeedId,
  ): Extract<NodeEvent, { readonly type: Type }>[] {
    return this.events
      .filter((one) => one.event.type === type && (at === undefined || one.at === at))
      .map(({ event }) => event as Extract<NodeEvent, { readonly type: Type }>);
  }

  /** What must never happen, and has: empty in every good run. */
  get wrong(): readonly string[] {
    return this.#wrong;
  }

  // -------------------------------------------------------------- what is watched

  /** Called by clients with every answer. */
  answered(client: SeedClient, { result, session }: Answered): void {
    if (result.outcome !== 'ok' || result.type !== 'REGISTER_RESULT') return;
    const { incarnation } = result;
    const key = `${client.id} incarnation ${incarnation}`;
    this.#mustBeSame(this.#granted, `session of ${key}`, session);
    const holders = this.seeds.filter(({ disk }) => disk.holds(client.id, session));
    if (this.lostDisks === 0 && holders.length < this.quorum) {
      this.#wrong.push(`${key} was granted with ${holders.length} disks that hold it`);
    }
  }

  #onEvent(at: SeedId, event: NodeEvent): void {
    this.events.push({ at, event });
    if (event.type !== 'death:committed') return;
    const living = this.clients.find(({ id }) => id === event.peer);
    if (living?.isAlive && living.incarnation === event.incarnation) {
      this.#wrong.push(`${event.peer} was confirmed dead alive`);
    }
  }

  #onDurable({ peer, acceptedBallot, accepted, committed }: AcceptorState): void {
    if (committed !== undefined) {
      const key = `${peer} revision ${committed.revision}`;
      this.#mustBeSame(this.#committed, key, textOf(committed));
    }
    if (accepted === undefined) return;
    const ballot = `${acceptedBallot.round}@${acceptedBallot.seed}`;
    this.#mustBeSame(this.#accepted, `${peer} ballot ${ballot}`, textOf(accepted));
  }

  #mustBeSame(known: Map<string, string>, key: string, value: string): void {
    const before = known.get(key);
    if (before === undefined) known.set(key, value);
    else if (before !== value) this.#wrong.push(`${key}: ${before} and ${value}`);
  }

  #newDisk(): TestDisk {
    this.#stores += 1;
    const { diskMaxMs = 5 } = this.#given;
    return new TestDisk({
      storeId: digestText(`store ${this.#stores}`).slice(0, 32),
      after: (run) => this.time.schedule(this.random() * diskMaxMs, run),
      onDurable: (state) => this.#onDurable(state),
    });
  }
}

/** Writes become durable one after the other, each after a while. */
export class TestDisk implements Disk<PersistToken> {
  readonly #storeId: string;
  readonly #after: (run: () => void) => void;
  readonly #onDurable: (state: AcceptorState) => void;
  readonly #registers = new Map<PeerId, AcceptorState>();
  readonly #knownStores = new Map<SeedId, string>();
  #isAdmitted = false;
  #pending: { readonly write: StorageWrite; readonly token: PersistToken | undefined }[] = [];
  #give: ((token: PersistToken) => void) | undefined;

  constructor(given: {
    readonly storeId: string;
    readonly after: (run: () => void) => void;
    readonly onDurable: (state: AcceptorState) => void;
  }) {
    this.#storeId = given.storeId;
    this.#after = given.after;
    this.#onDurable = given.onDurable;
  }

  attach(give: (token: PersistToken) => void): void {
    this.#give = give;
  }

  /** The process is gone, and with it what it had not written. */
  detach(): void {
    this.#give = undefined;
    this.#pending = [];
  }

  stored(): StoredState {
    return {
      storeId: this.#storeId,
      admitted: this.#isAdmitted,
      registers: [...this.#registers.values()],
      knownStores: new Map(this.#knownStores),
    };
  }

  /** Whether the present value of a peer, accepted or committed, has this session. */
  holds(peer: PeerId, session: string): boolean {
    const state = this.#registers.get(peer);
    return state?.accepted?.session === session || state?.committed?.session === session;
  }

  persist(write: StorageWrite, token?: PersistToken): void {
    if (this.#give === undefined) return;
    this.#pending.push({ write: structuredClone(write), token });
    if (this.#pending.length === 1) this.#writeNext();
  }

  #writeNext(): void {
    const give = this.#give;
    this.#after(() => {
      const next = this.#pending[0];
      if (next === undefined || this.#give !== give) return;
      this.#apply(next.write);
      this.#pending.shift();
      if (this.#pending.length > 0) this.#writeNext();
      if (next.token !== undefined) give?.(next.token);
    });
  }

  #apply(write: StorageWrite): void {
    switch (write.type) {
      case 'register':
        this.#registers.set(write.state.peer, write.state);
        this.#onDurable(write.state);
        return;
      case 'remove-register':
        this.#registers.delete(write.peer);
        return;
      case 'known-store':
        this.#knownStores.set(write.seed, write.storeId);
        return;
      case 'admitted':
        this.#isAdmitted = true;
    }
  }
}

export const hostOf = (id: string): string => id.split(':')[0] ?? id;

function textOf({ status, incarnation, session, changedAtMs }: RegisterValue): string {
  return `${status} incarnation ${incarnation} of ${session.slice(0, 8)} at ${changedAtMs}`;
}
