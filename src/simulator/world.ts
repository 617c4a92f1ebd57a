import type { PeerOptions, SeedOptions } from '../core/config.ts';
import type { NodeEvent } from '../core/events.ts';
import type { LinkId, Message, NodeId } from '../core/messages.ts';
import { mergePeerOptions, mergeSeedOptions } from '../core/options.ts';
import type { Peer } from '../core/peer/peer.ts';
import type { Seed } from '../core/seed/seed.ts';
import type { Instant, Ms } from '../core/time.ts';
import { sharedBodyCodec } from './engine/digests.ts';
import { eventKinds } from './engine/event-kinds.ts';
import { randomStream } from './engine/random.ts';
import { msOf, type Tick, ticksOf } from './engine/ticks.ts';
import { TimeWheel } from './engine/time-wheel.ts';
import { TraceHash } from './engine/trace-hash.ts';
import { Lookahead, lookaheadPeersMin } from './lookahead.ts';
import { type Hosts, Network } from './network/network.ts';
import { Addresses } from './nodes/addresses.ts';
import { NodeClock } from './nodes/node-clock.ts';
import { PeerProcess } from './nodes/peer-process.ts';
import type { Surroundings, TracedInput } from './nodes/process.ts';
import { SeedDisk } from './nodes/seed-disk.ts';
import { SeedProcess } from './nodes/seed-process.ts';
import {
  frameListenerOf,
  type LifeChange,
  listenersOf,
  type SimulationObserver,
} from './observer.ts';
import { peersOf } from './scenario/check.ts';
import type { Scenario } from './scenario/scenario.ts';
import { SettledOverlay } from './settled-overlay.ts';

/** Wall clock at virtual time 0: 2026-01-01 UTC. */
const epochMs = 1_767_225_600_000;
const clusterId = 'simulated';
const diskDefaults = { minMs: 0.2, maxMs: 5 };

type AnyProcess = PeerProcess | SeedProcess;

/**
 * Everything that is simulated: nodes with their processes, clocks and disks, the network between them,
 * and the queue of what happens next. Nodes are numbered: seeds first, then peers.
 */
export class World implements Hosts, Surroundings {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Wall clock at virtual time 0 on a right clock, ms since 1970: the same in every run. */
  readonly epochMs = epochMs;
  readonly seeds: number;
  /** All peers that will ever be, those that join later included. */
  readonly peers: number;
  readonly wheel: TimeWheel;
  readonly network: Network;
  readonly addresses: Addresses;
  readonly peerOptions: PeerOptions;
  readonly seedOptions: SeedOptions;
  /** The overlay that was laid before the run, if one was. */
  readonly settled: SettledOverlay | undefined;
  /** Inputs that machines were given. */
  deliveries = 0;
  readonly hearsEvents: boolean;
  readonly #processes: (AnyProcess | undefined)[];
  readonly #lookahead: Lookahead | undefined;
  readonly #lives: Uint32Array;
  /** Hosts without power answer nobody. */
  readonly #isDark: Uint8Array;
  /** Peers of a settled overlay that nothing has touched yet. */
  readonly #isDormant: Uint8Array;
  readonly #clocks = new Map<number, NodeClock>();
  readonly #disks: SeedDisk[];
  readonly #codec = sharedBodyCodec();
  readonly #trace = new TraceHash();
  readonly #onEvent: SimulationObserver['event'];
  readonly #onLife: SimulationObserver['life'];
  readonly #seedIds: readonly NodeId[];
  #instant: Instant = { monotonicMs: 0, wallMs: epochMs };
  #instantTick: Tick = 0;
  #stopReason: string | undefined;
  #storesMade = 0;
  /** What the machine that has an input now has emitted: the first ones of an array that is used again. */
  readonly #events: NodeEvent[] = [];
  #eventsKept = 0;

  constructor(scenario: Scenario, seed: number, observers: readonly SimulationObserver[] = []) {
    const { topology, options = {}, network } = scenario;
    this.scenario = scenario;
    this.seed = seed;
    this.seeds = topology.seeds;
    this.peers = peersOf(scenario);
    const nodes = this.nodes;
    this.wheel = new TimeWheel();
    this.addresses = new Addresses(this.seeds);
    this.network = new Network(network, { wheel: this.wheel, hosts: this, nodes });
    const peerOptions = mergePeerOptions(topology.profile ?? 'lan', options.peer);
    const confirmation = this.seeds > 0 ? 'seeds' : 'peers';
    const failureDetection = { ...peerOptions.failureDetection, confirmation } as const;
    this.peerOptions = { ...peerOptions, failureDetection };
    this.seedOptions = mergeSeedOptions(options.seed);
    // As long as it will be, whoever is woken first: an array with holes would become a dictionary.
    this.#processes = new Array<AnyProcess | undefined>(nodes).fill(undefined);
    this.#lives = new Uint32Array(nodes);
    this.#isDark = new Uint8Array(nodes);
    this.#isDormant = new Uint8Array(nodes);
    this.#seedIds = Array.from({ length: this.seeds }, (_, index) => this.addresses.of(index));
    this.#onEvent = listenersOf(observers, 'event');
    this.#onLife = listenersOf(observers, 'life');
    this.hearsEvents = this.#onEvent !== undefined;
    const onFrame = frameListenerOf(observers);
    if (onFrame !== undefined) {
      this.network.onFrame = (end, from, to, message) =>
        onFrame(this.nowMs, end, this.network.ends.generationOf(end), from, to, message);
    }
    const onDial = listenersOf(observers, 'dial');
    if (onDial !== undefined) {
      this.network.onDial = (from, to, link) => onDial(this.nowMs, from, to, link);
    }
    const onDurable = listenersOf(observers, 'durable');
    this.#disks = this.#seedIds.map((_, index) => this.#newDisk(index, onDurable));
    this.#setClocks();
    if (topology.start.kind === 'settled') {
      this.settled = new SettledOverlay(this.peerOptions.overlay, {
        peers: topology.peers,
        seed,
        ends: this.network.ends,
        addresses: this.addresses,
      });
      this.#isDormant.fill(1, 0, topology.peers);
    }
    if (this.peers >= lookaheadPeersMin) {
      this.#lookahead = new Lookahead({
        wheel: this.wheel,
        ends: this.network.ends,
        seeds: this.seeds,
        processes: this.#processes,
        settled: this.settled,
      });
    }
  }

  // -------------------------------------------------------------- for those who look

  get nodes(): number {
    return this.seeds + this.peers;
  }

  get nowMs(): Ms {
    return msOf(this.wheel.now);
  }

  /** 16 hexadecimal digits over all that was delivered until now. */
  get traceHash(): string {
    return this.#trace.digest;
  }

  /** Why somebody stopped the run before its end. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  idOf(node: number): NodeId {
    return this.addresses.of(node);
  }

  isSeed(node: number): boolean {
    return node < this.seeds;
  }

  /** The node of a peer's number. */
  peerNode(number: number): number {
    return this.seeds + number;
  }

  isRunning(node: number): boolean {
    return this.#processes[node] !== undefined || this.#isDormant[node] === 1;
  }

  /** How many processes this node has had. */
  lifeOf(node: number): number {
    return this.#lives[node] ?? 0;
  }

  /** The machine of a running peer. */
  peer(node: number): Peer | undefined {
    const process = this.endpoint(node);
    return process instanceof PeerProcess ? process.peer : undefined;
  }

  /** The machine of a running seed. */
  seedMachine(node: number): Seed | undefined {
    const process = this.endpoint(node);
    return process instanceof SeedProcess ? process.seed : undefined;
  }

  disk(seed: number): SeedDisk {
    const disk = this.#disks[seed];
    if (disk === undefined) throw new RangeError(`there is no seed ${seed}`);
    return disk;
  }

  process(node: number): AnyProcess | undefined {
    return this.endpoint(node);
  }

  // -------------------------------------------------------------- the loop

  /** Runs what is due until `untilMs`, at most so many events; returns whether all of it is done. */
  advance(untilMs: Ms, eventsMax = Number.POSITIVE_INFINITY): boolean {
    const until = ticksOf(untilMs);
    const { wheel } = this;
    const lookahead = this.#lookahead;
    for (let left = eventsMax; left > 0; left -= 1) {
      lookahead?.beforeEvent();
      if (this.#stopReason !== undefined || !wheel.take(until)) return true;
      this.#dispatch(wheel.kind, wheel.a, wheel.b, wheel.payload);
    }
    return false;
  }

  /** Ends the run after the present event. */
  stop(reason: string): void {
    this.#stopReason ??= reason;
  }

  /** Does something at a virtual time. */
  at(atMs: Ms, work: () => void): void {
    this.wheel.add(ticksOf(atMs), eventKinds.action, 0, 0, work);
  }

  after(ms: Ms, work: () => void): void {
    this.at(this.nowMs + ms, work);
  }

  #dispatch(kind: number, a: number, b: number, payload: unknown): void {
    switch (kind) {
      case eventKinds.timer: {
        const process = this.#processes[a];
        if (process?.life === b) process.timer(payload as never, this.wheel.now);
        return;
      }
      case eventKinds.action:
        (payload as () => void)();
        return;
      case eventKinds.disk:
        if (this.#lives[a] === b) this.disk(a).step();
        return;
      case eventKinds.serve: {
        const process = this.#processes[a];
        if (process?.life === b) process.serve();
        return;
      }
      default:
        this.network.handle(kind, a, b, payload);
    }
  }

  // -------------------------------------------------------------- lives

  /** Starts a node's process: the first one, or another one after its end. */
  start(node: number): AnyProcess {
    if (this.#processes[node] !== undefined) throw new Error(`node ${node} runs already`);
    this.#isDark[node] = 0;
    const process = this.isSeed(node) ? this.#newSeed(node) : this.#newPeer(node);
    this.#processes[node] = process;
    this.#onLife?.(this.nowMs, node, 'started', process.life);
    process.command({ type: 'start' });
    return process;
  }

  /** Ends a node's process without a word of its own. */
  end(node: number, how: Exclude<LifeChange, 'started'>): void {
    const process = this.endpoint(node);
    if (process === undefined) return;
    if (how === 'left') process.command({ type: 'stop' });
    this.#processes[node] = undefined;
    if (how === 'powered-off') {
      this.#isDark[node] = 1;
      this.network.poweredOff(process);
    } else {
      this.network.killed(process);
    }
    this.#onLife?.(this.nowMs, node, how, process.life);
  }

  ending(
    { index, life }: { readonly index: number; readonly life: number },
    how: 'left' | 'failed',
  ): void {
    this.after(0, () => {
      if (this.#processes[index]?.life === life) this.end(index, how);
    });
  }

  clockOf(node: number): NodeClock {
    const known = this.#clocks.get(node);
    if (known === undefined) throw new Error(`node ${node} has no clock of its own`);
    return known;
  }

  /** A seed's disk is exchanged for an empty one. */
  replaceDisk(seed: number): void {
    this.disk(seed).replace(this.#newStoreId());
  }

  // -------------------------------------------------------------- for the network

  endpoint(node: number): AnyProcess | undefined {
    const process = this.#processes[node];
    return process === undefined && this.#isDormant[node] === 1 ? this.#wake(node) : process;
  }

  hasPower(node: number): boolean {
    return this.#isDark[node] === 0;
  }

  indexOf(address: NodeId): number {
    const index = this.addresses.indexOf(address);
    return index < this.nodes ? index : -1;
  }

  // -------------------------------------------------------------- for processes

  instant(): Instant {
    const { now } = this.wheel;
    if (now !== this.#instantTick) {
      this.#instantTick = now;
      const monotonicMs = msOf(now);
      this.#instant = { monotonicMs, wallMs: epochMs + monotonicMs };
    }
    return this.#instant;
  }

  delivering(node: number, link: LinkId, input: TracedInput): void {
    this.deliveries += 1;
    const trace = this.#trace;
    trace.add(this.wheel.now ^ Math.imul(node, 0x9e3779b1));
    const { type } = input;
    const name = type.charCodeAt(0) + (type.charCodeAt(type.length - 1) << 8) + (type.length << 16);
    trace.add(name ^ Math.imul(link, 0x85ebca77));
    const message = input as Message;
    // To ask an object of one of a hundred shapes for what it may have is slow: the frequent ones are known.
    switch (message.type) {
      case 'GOSSIP':
        trace.add(message.hops ^ wordOf(message.id));
        return;
      case 'PING':
      case 'PONG':
        trace.add(message.nonce);
        return;
      case 'DEAD_CONFIRMED':
        trace.addText(message.peer);
        return;
      default:
        if ('nonce' in message) trace.add(message.nonce);
        else if ('request' in message) trace.add(message.request);
        else if ('peer' in message) trace.addText(message.peer);
    }
  }

  emitted(event: NodeEvent): void {
    this.#events[this.#eventsKept] = event;
    this.#eventsKept += 1;
  }

  handOut(node: number): void {
    const { nowMs } = this;
    const kept = this.#eventsKept;
    this.#eventsKept = 0;
    for (let at = 0; at < kept; at += 1)
      this.#onEvent?.(nowMs, node, this.#events[at] as NodeEvent);
  }

  // -------------------------------------------------------------- making nodes

  #newPeer(node: number): PeerProcess {
    const number = node - this.seeds;
    const life = this.#nextLife(node);
    return new PeerProcess(this, {
      index: node,
      life,
      id: this.idOf(node),
      clusterId,
      seeds: this.#seedIds,
      options: this.peerOptions,
      codec: this.#codec,
      random: randomStream(this.seed, 'protocol', 'peer', streamOf(number, life)),
      networkRandom: randomStream(this.seed, 'network', 'peer', streamOf(number, life)),
      clock: this.#clocks.get(node),
    });
  }

  #newSeed(node: number): SeedProcess {
    const life = this.#nextLife(node);
    return new SeedProcess(this, {
      index: node,
      life,
      id: this.idOf(node),
      seeds: this.#seedIds,
      clusterId,
      options: this.seedOptions,
      disk: this.disk(node),
      random: randomStream(this.seed, 'protocol', 'seed', streamOf(node, life)),
      networkRandom: randomStream(this.seed, 'network', 'seed', streamOf(node, life)),
      clock: this.#clocks.get(node),
    });
  }

  #nextLife(node: number): number {
    const life = this.lifeOf(node) + 1;
    this.#lives[node] = life;
    return life;
  }

  #wake(node: number): PeerProcess {
    this.#isDormant[node] = 0;
    const process = this.#newPeer(node);
    this.#processes[node] = process;
    this.#onLife?.(this.nowMs, node, 'started', process.life);
    this.settled?.wake(process);
    return process;
  }

  #newDisk(seed: number, onDurable: SimulationObserver['durable']): SeedDisk {
    return new SeedDisk(this.#newStoreId(), this.scenario.topology.disks ?? diskDefaults, {
      wheel: this.wheel,
      random: randomStream(this.seed, 'disk', 'seed', seed),
      onDurable: (write) => onDurable?.(this.nowMs, seed, write),
    });
  }

  #newStoreId(): string {
    this.#storesMade += 1;
    return this.#storesMade.toString(16).padStart(32, '0');
  }

  /** Nodes have clocks of their own where they may be wrong: by drift, or because a fault makes them jump. */
  #setClocks(): void {
    const { topology, faults = [] } = this.scenario;
    const { offsetMaxMs = 0, driftMax = 0 } = topology.clocks ?? {};
    const jumps = faults.some(({ kind }) => kind === 'clock-jump');
    if (offsetMaxMs === 0 && driftMax === 0 && !jumps) return;
    for (let node = 0; node < this.nodes; node += 1) {
      const owner = this.isSeed(node) ? 'seed' : 'peer';
      const number = this.isSeed(node) ? node : node - this.seeds;
      const random = randomStream(this.seed, 'clock', owner, number);
      const offsetMs = Math.round((random() * 2 - 1) * offsetMaxMs);
      this.#clocks.set(node, new NodeClock({ offsetMs, rate: 1 + (random() * 2 - 1) * driftMax }));
    }
  }
}

/** Each life of a node has streams of its own. */
function streamOf(number: number, life: number): number {
  return number + (life - 1) * 2 ** 24;
}

/** The first 24 bits of an id in hexadecimal. */
function wordOf(id: string): number {
  return (
    id.charCodeAt(0) + (id.charCodeAt(1) << 7) + (id.charCodeAt(2) << 14) + (id.charCodeAt(3) << 21)
  );
}
