import { type PeerOptions, peerDefaults } from '../../src/core/config.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type { MessageId, PeerId } from '../../src/core/messages.ts';
import { shuffled } from '../../src/core/peer/chance.ts';
import type { PeerInput, PeerTimer } from '../../src/core/peer/io.ts';
import { Peer } from '../../src/core/peer/peer.ts';
import { digestText } from '../../src/runtime/digest.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { type MemoryNetwork, memoryNetwork } from '../../src/transport/memory.ts';
import type { Connection, ConnectionHandler, Transport } from '../../src/transport/transport.ts';
import { bodyCodec } from '../../src/wire/body.ts';
import { seededRandom } from './random.ts';
import { VirtualTime } from './virtual-time.ts';

export interface TestPeer {
  readonly id: PeerId;
  readonly host: string;
  readonly peer: Peer;
  readonly runtime: Runtime<PeerTimer, PeerInput>;
  /** Messages published or received here, in order. */
  readonly messages: MessageId[];
  alive: boolean;
}

export interface PeerNetworkOptions {
  readonly size: number;
  readonly seed: number;
  readonly options?: Partial<PeerOptions>;
  /** Longest travel of a batch of frames, ms. Default 20. */
  readonly latencyMaxMs?: number;
}

/**
 * Peers without seeds, each on a runtime of its own, over the memory transport under virtual time.
 * Everything random comes from one number.
 */
export class PeerNetwork {
  readonly time = new VirtualTime();
  readonly network: MemoryNetwork;
  readonly peers: TestPeer[] = [];
  /** Gossip sent more than once over one connection in one direction: must stay empty. */
  readonly sentTwice: string[] = [];
  readonly events: { readonly at: PeerId; readonly event: NodeEvent }[] = [];
  readonly random: () => number;
  readonly #options: PeerOptions;

  private constructor({ seed, options, latencyMaxMs = 20 }: PeerNetworkOptions) {
    this.random = seededRandom(seed);
    this.#options = { ...peerDefaults.lan, ...options };
    this.network = memoryNetwork({
      scheduler: this.time.schedule,
      random: this.random,
      latencyMs: () => this.random() * latencyMaxMs,
    });
  }

  /** Peers that arrive one after the other, each knowing those before it. */
  static async create(options: PeerNetworkOptions): Promise<PeerNetwork> {
    const network = new PeerNetwork(options);
    const ids: PeerId[] = [];
    for (let n = 0; n < options.size; n += 1) {
      const peer = await network.#add(`p${n}`);
      peer.runtime.input({ type: 'start' });
      peer.runtime.input({ type: 'peers-found', peers: ids });
      ids.push(peer.id);
      network.time.run(5);
    }
    // As a lease's Peer List would: everybody hears of everybody.
    for (const { runtime } of network.peers) runtime.input({ type: 'peers-found', peers: ids });
    network.time.run(5_000);
    return network;
  }

  get living(): TestPeer[] {
    return this.peers.filter(({ alive }) => alive);
  }

  publish(from: TestPeer, text: string): void {
    const content = {
      topic: '',
      contentType: 'text',
      payload: new TextEncoder().encode(text),
    } as const;
    from.runtime.input({ type: 'publish', content });
  }

  /** As kill -9 does: its connections close, and it says nothing. */
  kill(victim: TestPeer): void {
    victim.alive = false;
    void victim.runtime.kill();
    this.network.crash(victim.host);
  }

  /** The living peers' links as sets of peers that can reach each other. */
  components(): PeerId[][] {
    const living = new Map(this.living.map((peer) => [peer.id, peer]));
    const seen = new Set<PeerId>();
    const components: PeerId[][] = [];
    for (const id of living.keys()) {
      if (seen.has(id)) continue;
      const component: PeerId[] = [id];
      seen.add(id);
      for (const member of component) {
        for (const link of living.get(member)?.peer.overlay.links() ?? []) {
          const neighbour = link.remote.id;
          if (!living.has(neighbour) || seen.has(neighbour)) continue;
          seen.add(neighbour);
          component.push(neighbour);
        }
      }
      components.push(component);
    }
    return components;
  }

  async #add(host: string): Promise<TestPeer> {
    const messages: MessageId[] = [];
    const runtime = new Runtime<PeerTimer, PeerInput>({
      transport: this.#watched(this.network.transport(host), host),
      clock: this.time,
      onEvent: (event) => {
        this.events.push({ at: id, event });
        if (event.type === 'message:published' || event.type === 'message:received') {
          messages.push(event.message.id);
        }
      },
    });
    const id = await runtime.listen(`${host}:1`);
    const failureDetection = { ...this.#options.failureDetection, confirmation: 'peers' } as const;
    const peer = new Peer(
      { ...this.#options, failureDetection },
      {
        id,
        clusterId: 'test',
        ownIncarnation: 1,
        effects: runtime,
        random: this.random,
        codec: bodyCodec,
        digest: digestText,
      },
    );
    runtime.run(peer);
    const added: TestPeer = { id, host, peer, runtime, messages, alive: true };
    this.peers.push(added);
    return added;
  }

  /** Counts what goes over each connection, below everything that could miscount. */
  #watched(transport: Transport, host: string): Transport {
    const watch = (connection: Connection): Connection => {
      const sent = new Set<MessageId>();
      const { send } = connection;
      connection.send = (message) => {
        if (message.type === 'GOSSIP') {
          if (sent.has(message.id)) this.sentTwice.push(`${host} → ${connection.remoteAddress}`);
          sent.add(message.id);
        }
        send.call(connection, message);
      };
      return connection;
    };
    return {
      listen: (address, accept) =>
        transport.listen(address, (connection): ConnectionHandler => accept(watch(connection))),
      dial: (address, timeoutMs, handler) => watch(transport.dial(address, timeoutMs, handler)),
    };
  }
}

/**
 * How many of the overlays that come from these seeds are whole ten seconds after a tenth of their
 * peers died in one moment.
 */
export async function overlaysThatSurvive(size: number, seeds: Iterable<number>): Promise<number> {
  let whole = 0;
  for (const seed of seeds) {
    const net = await PeerNetwork.create({ seed, size });
    for (const victim of shuffled(net.peers, net.random).slice(0, size / 10)) net.kill(victim);
    net.time.run(10_000);
    if (net.components().length === 1) whole += 1;
  }
  return whole;
}

/** The whole numbers from `first` to `last`. */
export function* numbers(first: number, last: number): Generator<number> {
  for (let number = first; number <= last; number += 1) yield number;
}
