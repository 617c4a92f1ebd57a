import { clusterIdOf } from '../config/seeds-file.ts';
import { quorumOf } from '../core/config.ts';
import { HearsayError } from '../core/errors.ts';
import type { CommonEvent, NodeEvent, SeedEvent } from '../core/events.ts';
import type { PeerEntry, SeedId } from '../core/messages.ts';
import type { PersistToken, SeedInput, SeedTimer } from '../core/seed/io.ts';
import { Seed } from '../core/seed/seed.ts';
import type { StoredState } from '../core/seed/stored.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { digestText } from '../runtime/digest.ts';
import { Disk } from '../runtime/disk.ts';
import { systemRandom } from '../runtime/random.ts';
import { Runtime } from '../runtime/runtime.ts';
import type { TraceCarrier } from '../runtime/trace-carrier.ts';
import { memoryStorage } from '../storage/memory.ts';
import type { SeedStorage } from '../storage/storage.ts';
import type { ExposedPeer } from '../telemetry/discovery.ts';
import type { NetworkGraph } from '../telemetry/graph.ts';
import { digestNumber } from '../telemetry/metrics/digest-number.ts';
import { attachTracing } from '../telemetry/tracing.ts';
import { tcpTransport } from '../transport/tcp.ts';
import { NetworkNode, type StartOptions, unlessAborted } from './network-node.ts';
import {
  canonicalAddress,
  canonicalSeeds,
  resolveSeedOptions,
  type SeedNodeOptions,
} from './options.ts';

export type SeedNodeEvent = CommonEvent | SeedEvent;

/** A seed in numbers. */
export interface SeedStatistics {
  /** Itself included. */
  readonly seedsReachable: number;
  /** How many must agree: a majority of the configured ones. */
  readonly quorum: number;
  /** 1 while it votes, 0 while it may not. */
  readonly voting: 0 | 1;
  /** Bytes that wait to be sent, over all links. */
  readonly outboxBytes: number;
  /** Peers in its Peer List. */
  readonly peerListSize: number;
  /** The first 48 bits of the list's digest: equal where the lists are. */
  readonly peerListDigest: number;
}

/**
 * A seed: decides with the other seeds, by majority, who is in the network.
 *
 * @example
 * const seeds = await loadSeeds('config.txt');
 * await using seed = new SeedNode({ listen: '127.0.0.1:5000', seeds, storage: sqliteStorage('.hearsay/5000') });
 * seed.on('registration:committed', ({ peer, incarnation }) => console.log(peer, incarnation));
 * await seed.start();
 */
export class SeedNode extends NetworkNode<SeedNodeEvent> {
  readonly role = 'seed';
  /** This seed's address as the seed list has it. */
  readonly id: SeedId;
  readonly seeds: readonly SeedId[];
  readonly #given: SeedNodeOptions;
  readonly #clock: Clock;
  readonly #storage: SeedStorage;
  readonly #options: ReturnType<typeof resolveSeedOptions>;
  readonly #runtime: Runtime<SeedTimer, SeedInput>;
  readonly #disk: Disk<PersistToken>;
  #seed: Seed | undefined;
  #storageOpen = false;
  #stopped: Promise<void> | undefined;

  constructor(options: SeedNodeOptions) {
    super();
    this.#given = options;
    this.id = canonicalAddress(options.listen, 'listen');
    this.seeds = canonicalSeeds(options.seeds);
    if (options.bind !== undefined) canonicalAddress(options.bind, 'bind', { portZero: true });
    if (!this.seeds.includes(this.id)) throw notASeed(this.id, this.seeds);
    this.#options = resolveSeedOptions(options);
    this.#clock = options.clock ?? systemClock;
    this.#storage = options.storage ?? memoryStorage();
    this.#runtime = new Runtime({
      transport: options.transport ?? tcpTransport(),
      clock: this.#clock,
      onEvent: (event) => this.#onEvent(event),
    });
    this.#disk = new Disk({
      storage: this.#storage,
      clock: this.#clock,
      onPersisted: (tokens, writes, durationMs) => this.#onPersisted(tokens, writes, durationMs),
      onFailed: (reason) => this.#runtime.input({ type: 'storage-failed', reason }),
    });
    if (options.tracer !== undefined) attachTracing(this, { tracer: options.tracer });
    this.measure(options.metrics);
  }

  /** The committed Peer List as this seed knows it, oldest registration first. */
  peerList(): PeerEntry[] {
    return this.#seed === undefined ? [] : [...this.#seed.peerList()];
  }

  /** The seeds that this one can talk to now, itself included. */
  reachableSeeds(): SeedId[] {
    return this.#seed === undefined ? [] : [...this.#seed.reachableSeeds()];
  }

  /** The living peers that told where their metrics are served; what `/sd` lists. */
  exposedPeers(): ExposedPeer[] {
    return this.peerList().flatMap(({ id }) => {
      const metricsPort = this.#seed?.metricsPortOf(id);
      return metricsPort === undefined ? [] : [{ id, metricsPort }];
    });
  }

  /**
   * All peers and the links that they tell the seeds of: a peer tells a quorum of them, so that each
   * seed hears of nearly every link from one of its ends. And the seeds that it is linked with.
   */
  override graph(): NetworkGraph {
    const reachable = this.reachableSeeds();
    const seeds = reachable.map((id) => ({ id, role: 'seed' as const, incarnation: 0 }));
    const peers = this.peerList().map(({ id, incarnation }) => ({
      id,
      role: 'peer' as const,
      incarnation,
    }));
    const links = [...(this.#seed?.overlayLinks() ?? [])].flatMap(([source, neighbours]) =>
      neighbours.map((target) => ({ source, target, kind: 'neighbours' as const })),
    );
    const others = reachable.filter((id) => id !== this.id);
    const between = others.map((target) => ({ source: this.id, target, kind: 'seeds' as const }));
    return { nodes: [...seeds, ...peers], edges: [...links, ...between] };
  }

  /** Whether it may vote: not while it recovers from an empty disk, nor after a failed write. */
  get voting(): boolean {
    return this.#seed?.voting ?? false;
  }

  /** What this seed has at this moment, in numbers; all 0 before it has started. */
  statistics(): SeedStatistics {
    const { size = 0, digest = '' } = this.#seed?.listed ?? {};
    return {
      seedsReachable: this.reachableSeeds().length,
      quorum: quorumOf(this.seeds.length),
      voting: this.voting ? 1 : 0,
      outboxBytes: this.#runtime.queuedBytes,
      peerListSize: size,
      peerListDigest: digestNumber(digest),
    };
  }

  /**
   * Opens the storage, listens, and begins to look for the other seeds; it does not wait for them.
   * Throws `port-in-use`, `address-unavailable`, `storage-locked`, `storage-foreign`,
   * `storage-unreadable`, `storage-failed` or `aborted`; a failed start has freed everything.
   */
  async start({ signal }: StartOptions = {}): Promise<void> {
    this.mustBeNew();
    this.enter('starting');
    try {
      const stored = await unlessAborted(this.#openStorage(), this.abortedOr(signal));
      await this.#runtime.listen(this.#given.bind ?? this.id);
      this.#runtime.run(this.#makeSeed(stored));
    } catch (error) {
      await this.#end('the start failed');
      throw error;
    }
    this.enter('running');
    this.#runtime.input({ type: 'start' });
  }

  override carryTraces(carrier: TraceCarrier): () => void {
    return this.#runtime.carryTraces(carrier);
  }

  override traceparentOf(): undefined {
    // Messages do not come by here.
  }

  /** Lets removals go on although many peers were reported dead at once. */
  resumeRemovals(): void {
    this.mustBeRunning();
    this.#runtime.input({ type: 'resume-removals' });
  }

  /**
   * Closes all links, waits for writes under way, frees everything. Safe to call at any time, and
   * more than once: every call waits for the end.
   */
  override stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.beginStop();
    this.#runtime.input({ type: 'stop' });
    await this.#end('stopped');
  }

  /** Ends at once, without a word to anybody, as a killed process would: for tests and demonstrations. */
  async kill(): Promise<void> {
    if (this.state === 'stopped') return;
    this.beginStop();
    await this.#runtime.kill();
    await this.#end('killed');
  }

  async #openStorage(): Promise<StoredState> {
    const owner = { seed: this.id, clusterId: clusterIdOf(this.seeds) };
    const stored = await this.#storage.open(owner);
    this.#storageOpen = true;
    return stored;
  }

  #makeSeed(stored: StoredState): Seed {
    const { id, seeds } = this;
    this.#seed = new Seed(this.#options, {
      identity: { id, seeds, clusterId: clusterIdOf(seeds) },
      stored,
      effects: {
        send: (to, message) => this.#runtime.send(to, message),
        schedule: (after, timer) => this.#runtime.schedule(after, timer),
        emit: (event) => this.#runtime.emit(event),
        persist: (write, token) => this.#disk.persist(write, token),
      },
      random: this.#given.random ?? systemRandom(),
      digest: digestText,
      ...(this.#given.admit && { admit: this.#given.admit }),
    });
    return this.#seed;
  }

  #onPersisted(tokens: readonly PersistToken[], writes: number, durationMs: number): void {
    this.dispatch({ type: 'storage:committed', writes, durationMs });
    for (const token of tokens) this.#runtime.input({ type: 'persisted', token });
  }

  /** A seed that cannot write must not go on as if it could: it says so and stops. */
  #onEvent(event: NodeEvent): void {
    this.dispatch(event);
    if (event.type === 'storage:failed') void this.stop();
  }

  async #end(reason: string): Promise<void> {
    await this.#runtime.stop(reason);
    await this.#disk.settle();
    if (this.#storageOpen) await this.#storage.close();
    this.#storageOpen = false;
    this.ended(this.id, reason);
  }
}

function notASeed(id: SeedId, seeds: readonly SeedId[]): HearsayError {
  return new HearsayError(
    'not-a-seed',
    `${id} is not in the seed list (${seeds.join(', ')}): use one of these addresses, or add it for all seeds`,
    { id, seeds },
  );
}
