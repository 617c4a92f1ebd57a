import { clusterIdOf } from '../../src/config/seeds-file.ts';
import { quorumOf, type SeedOptions, seedDefaults } from '../../src/core/config.ts';
import type { Outgoing } from '../../src/core/effects.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type {
  AcceptorState,
  Ballot,
  PeerEntry,
  PeerId,
  RegisterValue,
  SeedId,
} from '../../src/core/messages.ts';
import { compareBallots } from '../../src/core/seed/ballot.ts';
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
  readonly clusterId: string;
  readonly #given: SeedNetworkOptions;
  readonly #options: SeedOptions;
  /** Every committed value that reached a disk, by peer and revision. */
  readonly #committed = new Map<PeerId, Map<number, RegisterValue>>();
  /** Every value that a disk held as accepted, by peer and ballot, with the seeds whose disks did. */
  readonly #accepted = new Map<PeerId, Map<string, Accepted>>();
  /** Which session was told `ok` with which incarnation. */
  readonly #granted = new Map<string, string>();
  /** When a seed and a client were last kept from each other; infinity while they are. */
  readonly #hiddenUntilMs = new Map<string, number>();
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
    this.clusterId = clusterIdOf(this.ids);
    this.seeds = this.ids.map((id) => ({ id, disk: this.#newDisk(id), process: undefined }));
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

  /** Starts a seed, perhaps with another seed list than the others have. */
  async start(id: SeedId, seeds: readonly SeedId[] = this.ids): Promise<void> {
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
      identity: { id, seeds, clusterId: clusterIdOf(seeds) },
      stored: disk.stored(),
      effects: {
        send: (to, message) => {
          this.#onSend(seed, message);
          runtime.send(to, message);
        },
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
    this.of(id).disk = this.#newDisk(id);
  }

  /** Nothing more reaches this disk, and the seed is told so. */
  failDisk(id: SeedId): void {
    const { disk } = this.of(id);
    disk.detach();
    this.input(id, { type: 'storage-failed', reason: 'ENOSPC' });
  }

  /** Keeps a seed and a client from each other, both ways. */
  hide(id: SeedId, client: SeedClient): void {
    this.network.partition([hostOf(id)], [client.host]);
    this.#hiddenUntilMs.set(`${id} ${client.id}`, Number.POSITIVE_INFINITY);
  }

  /** Ends whatever keeps hosts from each other. */
  heal(): void {
    this.network.heal();
    const nowMs = this.time.now().monotonicMs;
    for (const [pair, untilMs] of this.#hiddenUntilMs) {
      if (untilMs > nowMs) this.#hiddenUntilMs.set(pair, nowMs);
    }
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
  answered(client: SeedClient, { result, request, session }: Answered): void {
    if (result.outcome !== 'ok') return;
    switch (result.type) {
      case 'REGISTER_RESULT': {
        const { incarnation } = result;
        const key = `${client.id} incarnation ${incarnation}`;
        const holder = this.#granted.get(key) ?? session;
        this.#granted.set(key, holder);
        if (holder !== session) this.#wrong.push(`${key} was given to two sessions`);
        this.#mustBeChosen(client.id, { status: 'alive', incarnation, session });
        return;
      }
      case 'LEAVE_RESULT': {
        const incarnation = 'incarnation' in request ? request.incarnation : 0;
        this.#mustBeChosen(client.id, { status: 'left', incarnation, session });
        return;
      }
      case 'DEAD_REPORT_RESULT': {
        if (request.type !== 'DEAD_REPORT') return;
        const { peer, incarnation } = request;
        this.#mustBeChosen(peer, { status: 'dead', incarnation });
      }
    }
  }

  /** Nothing leaves a seed that its disk does not hold, nor anything like a vote before it is admitted. */
  #onSend({ id, disk }: TestSeed, message: Outgoing): void {
    switch (message.type) {
      case 'VOTE':
        if (message.answer !== 'promise') return;
        if (!disk.isAdmitted) this.#wrong.push(`${id} promised before it was admitted`);
        if (!disk.hasPromised(message.peer, message.ballot)) {
          this.#wrong.push(`${id} promised ${message.peer} before that was on disk`);
        }
        return;
      case 'ACCEPTED':
        if (message.answer !== 'accepted') return;
        if (!disk.isAdmitted) this.#wrong.push(`${id} accepted before it was admitted`);
        if (!disk.hasPromised(message.peer, message.ballot)) {
          this.#wrong.push(`${id} accepted ${message.peer} before that was on disk`);
        }
        return;
      case 'COMMIT':
        return this.#mustBeChosen(message.peer, message.value);
      case 'COPY_RESULT':
        if (!disk.isAdmitted) this.#wrong.push(`${id} was copied from before it was admitted`);
        return;
      default:
    }
  }

  #onEvent(at: SeedId, event: NodeEvent): void {
    this.events.push({ at, event });
  }

  #onDurable(at: SeedId, state: AcceptorState): void {
    const { peer, acceptedBallot, accepted, committed } = state;
    if (accepted !== undefined) this.#onAccepted(at, peer, acceptedBallot, accepted);
    if (committed !== undefined) this.#onCommitted(peer, committed);
  }

  #onAccepted(at: SeedId, peer: PeerId, ballot: Ballot, value: RegisterValue): void {
    const ballots = entryOf(this.#accepted, peer, () => new Map<string, Accepted>());
    const key = `${ballot.round}@${ballot.seed}`;
    const isNew = !ballots.has(key);
    const accepted = entryOf(ballots, key, () => ({ value, seeds: new Set<SeedId>() }));
    accepted.seeds.add(at);
    const [one, other] = [textOf(accepted.value), textOf(value)];
    if (one !== other) this.#wrong.push(`${peer} at ballot ${key}: ${one} and ${other}`);
    if (isNew && value.status === 'dead') this.#mustHaveLookedDead(peer, value);
  }

  /** A living peer's death is accepted only when a quorum of seeds could not reach it lately, in this life. */
  #mustHaveLookedDead(peer: PeerId, { session }: RegisterValue): void {
    const client = this.clients.find(({ id }) => id === peer);
    if (!client?.isAlive || client.session !== session || client.refusal !== undefined) return;
    if (this.#options.verdicts === 'always-ok') return;
    const sinceMs = Math.max(this.time.now().monotonicMs - judgementMs, client.startedAtMs);
    const blind = this.ids.filter((id) => {
      const untilMs = this.#hiddenUntilMs.get(`${id} ${peer}`);
      return untilMs !== undefined && untilMs >= sinceMs;
    });
    if (blind.length < this.quorum) {
      this.#wrong.push(`${peer} is to be buried alive, though only ${blind.length} seeds lost it`);
    }
  }

  /** One value for each revision; incarnations never fall, and what is over stays over. */
  #onCommitted(peer: PeerId, value: RegisterValue): void {
    const revisions = entryOf(this.#committed, peer, () => new Map<number, RegisterValue>());
    const text = textOf(value);
    const before = revisions.get(value.revision);
    if (before !== undefined) {
      if (textOf(before) !== text) this.#wrong.push(`${peer}: ${textOf(before)} and ${text}`);
      return;
    }
    this.#mustBeChosen(peer, value);
    for (const other of revisions.values()) {
      const [early, late] = other.revision < value.revision ? [other, value] : [value, other];
      const isNextLife = late.incarnation > early.incarnation;
      const isEnd = early.status === 'alive' && late.status !== 'alive';
      const isSameLife = late.incarnation === early.incarnation && late.session === early.session;
      if (!isNextLife && !(isSameLife && isEnd)) {
        this.#wrong.push(`${peer}: ${textOf(late)} after ${textOf(early)}`);
      }
    }
    revisions.set(value.revision, value);
  }

  /** Some value like this was accepted at one ballot by the disks of a quorum. */
  #mustBeChosen(peer: PeerId, like: Partial<RegisterValue>): void {
    const fields = Object.entries(like) as [keyof RegisterValue, unknown][];
    for (const { value, seeds } of this.#accepted.get(peer)?.values() ?? []) {
      const isLike = fields.every(([field, wanted]) => value[field] === wanted);
      if (isLike && seeds.size >= this.quorum) return;
    }
    this.#wrong.push(`${peer}: ${JSON.stringify(like)} counts without a quorum of disks`);
  }

  #newDisk(at: SeedId): TestDisk {
    this.#stores += 1;
    const { diskMaxMs = 5 } = this.#given;
    return new TestDisk({
      storeId: digestText(`store ${this.#stores}`).slice(0, 32),
      after: (run) => this.time.schedule(this.random() * diskMaxMs, run),
      onDurable: (state) => this.#onDurable(at, state),
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
  isAdmitted = false;
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
      admitted: this.isAdmitted,
      registers: [...this.#registers.values()],
      knownStores: new Map(this.#knownStores),
    };
  }

  /** Whether a promise of this ballot, or of a higher one, is on disk. */
  hasPromised(peer: PeerId, ballot: Ballot): boolean {
    const state = this.#registers.get(peer);
    return state !== undefined && compareBallots(state.promised, ballot) >= 0;
  }

  /** Whether any value is on disk. */
  get isBlank(): boolean {
    return [...this.#registers.values()].every(
      ({ accepted, committed, promised }) =>
        accepted === undefined && committed === undefined && promised.round <= 1,
    );
  }

  /** The committed values, in the order of the peers. */
  committed(): string[] {
    return [...this.#registers.values()]
      .flatMap(({ peer, committed }) => (committed ? [`${peer}: ${textOf(committed)}`] : []))
      .sort();
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
        this.isAdmitted = true;
    }
  }
}

export const hostOf = (id: string): string => id.split(':')[0] ?? id;

/** A value that disks held as accepted at one ballot. */
interface Accepted {
  readonly value: RegisterValue;
  readonly seeds: Set<SeedId>;
}

/** From the oldest failed dial-back that may count to the value that rests on it: dial, cache, proposal, disk. */
const judgementMs =
  seedDefaults.verdictTimeoutMs + seedDefaults.verdictCacheMs + seedDefaults.roundTimeoutMs + 1_000;

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function textOf(value: RegisterValue): string {
  const { status, incarnation, session, registeredAtMs, revision, changedAtMs, evidence } = value;
  const when = `registered at ${registeredAtMs}, changed at ${changedAtMs}`;
  const what = `${status} incarnation ${incarnation} of ${session.slice(0, 8)}`;
  return `revision ${revision}: ${what}, ${when}, evidence '${evidence}'`;
}
