/**
 * The simulator says of a network what TCP says of it. Twelve peers register with three seeds under
 * virtual time; the overlay that they then have is built again by twelve GossipNodes over TCP, and
 * the same peers publish the same messages.
 *
 * What is compared must be determined by the overlay, not by who is quick: coverage, the number of
 * payload frames, 2E − (n − 1), and so RMR, are so in any flood. Hops are the distances in the overlay
 * when each hop takes equally long. Under virtual time it does; over TCP the frames of a hop are held
 * back until the last of them has come, and then all are let in.
 */
import { expect, test } from 'vitest';
import type { NodeEvent } from '../../src/core/events.ts';
import type { Message } from '../../src/core/messages.ts';
import { GossipNode } from '../../src/nodes/gossip-node.ts';
import { type Scenario, Simulation } from '../../src/simulator/index.ts';
import { tcpTransport } from '../../src/transport/tcp.ts';
import type { Connection, ConnectionHandler, Transport } from '../../src/transport/transport.ts';

const peers = 12;
const publishers = [0, 5, 11, 7];

const scenario: Scenario = {
  name: 'twelve',
  topology: { seeds: 3, peers, start: { kind: 'join', spreadMs: 3_000 } },
  network: { latency: { kind: 'constant', ms: 1 } },
  load: publishers.map((from, index) => ({ atMs: 20_000 + index * 1_000, from })),
  durationMs: 30_000,
};

/** What became of one message. */
interface Spread {
  readonly reached: number;
  readonly coverage: number;
  readonly payloadFrames: number;
  readonly rmr: number;
  readonly ldh: number;
  /** By peer; 0 for the origin. */
  readonly hops: readonly number[];
}

/** Counts what became of each message, in the order in which they were published. */
class Spreads {
  readonly #byId = new Map<string, { readonly hops: number[]; frames: number }>();

  event(peer: number, event: NodeEvent): void {
    switch (event.type) {
      case 'message:published':
        this.#of(event.message.id).hops[peer] = 0;
        return;
      case 'message:received': {
        const spread = this.#of(event.message.id);
        spread.hops[peer] = event.hops;
        spread.frames += 1;
        return;
      }
      case 'message:duplicate':
        this.#of(event.id).frames += 1;
        return;
      default:
    }
  }

  all(): Spread[] {
    return Array.from(this.#byId.values(), ({ hops, frames }) => {
      const reached = hops.filter((hop) => hop !== undefined).length;
      const rmr = frames / (reached - 1) - 1;
      const coverage = reached / peers;
      return { reached, coverage, payloadFrames: frames, rmr, ldh: Math.max(...hops), hops };
    });
  }

  #of(id: string) {
    const known = this.#byId.get(id) ?? { hops: [], frames: 0 };
    this.#byId.set(id, known);
    return known;
  }
}

/** Lets the payload frames of a hop through once all that were sent have come. */
class Waves {
  #sent = 0;
  #held: (() => void)[] = [];
  #quiet: (() => void) | undefined;

  transport(): Transport {
    const tcp = tcpTransport();
    return {
      listen: (address, accept) =>
        tcp.listen(address, (connection) => this.#handler(accept(this.#connection(connection)))),
      dial: (address, timeoutMs, handler) =>
        this.#connection(tcp.dial(address, timeoutMs, this.#handler(handler))),
    };
  }

  /** Runs until nothing is on its way that `work` has caused. */
  async during(work: () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#quiet = resolve;
    work();
    await promise;
  }

  #connection(connection: Connection): Connection {
    const { send } = connection;
    connection.send = (message) => {
      if (message.type === 'GOSSIP') this.#sent += 1;
      send.call(connection, message);
    };
    return connection;
  }

  #handler(handler: ConnectionHandler): ConnectionHandler {
    return {
      opened: () => handler.opened(),
      overflowed: (frames, bytes) => handler.overflowed(frames, bytes),
      closed: (cause, reason) => handler.closed(cause, reason),
      message: (message: Message) => {
        if (message.type !== 'GOSSIP') handler.message(message);
        else this.#hold(() => handler.message(message));
      },
    };
  }

  #hold(deliver: () => void): void {
    this.#held.push(deliver);
    if (this.#held.length < this.#sent) return;
    const wave = this.#held;
    this.#held = [];
    this.#sent = 0;
    // Outside of the reading of any one connection.
    setImmediate(() => {
      for (const each of wave) each();
      if (this.#sent === 0) this.#quiet?.();
    });
  }
}

/** Runs the scenario; also gives, for each peer, the peers that it dialled. */
function simulated(): { readonly spreads: Spread[]; readonly dialled: number[][] } {
  const spreads = new Spreads();
  const simulation = new Simulation(scenario, {
    seed: 7,
    observers: [{ event: (_atMs, node, event) => spreads.event(node - 3, event) }],
  });
  const { world } = simulation;
  simulation.advance(19_000);
  const dialled = Array.from({ length: peers }, (_, peer) =>
    [...(world.peer(world.peerNode(peer))?.overlay.links() ?? [])]
      .filter(({ direction }) => direction === 'dialled')
      .map(({ remote }) => world.indexOf(remote.id) - world.seeds),
  );
  simulation.advance();
  return { spreads: spreads.all(), dialled };
}

/** The same overlay and the same messages over TCP. */
async function overTcp(dialled: readonly number[][]): Promise<Spread[]> {
  const waves = new Waves();
  const spreads = new Spreads();
  const { promise: allListen, resolve } = Promise.withResolvers<void>();
  let listening = 0;
  const nodes: GossipNode[] = dialled.map((targets, peer) => {
    const degree = Math.max(1, targets.length);
    const node = new GossipNode({
      listen: '127.0.0.1:0',
      transport: waves.transport(),
      options: { overlay: { minDegree: degree, maxOutDegree: degree } },
      peers: async () => {
        listening += 1;
        if (listening === peers) resolve();
        await allListen;
        return targets.map((target) => nodes[target]?.id ?? '');
      },
      discoveryIntervalMs: 3_600_000,
    });
    node.observe((event) => spreads.event(peer, event));
    return node;
  });
  try {
    const links = dialled.flat().length;
    const { promise: allLinked, resolve: linked } = Promise.withResolvers<void>();
    let up = 0;
    for (const node of nodes) {
      node.on('link:up', () => {
        up += 1;
        if (up === 2 * links) linked();
      });
    }
    await Promise.all(nodes.map((node) => node.start()));
    await allLinked;
    for (const from of publishers) {
      await waves.during(() => nodes[from]?.publish(`from ${from}`));
    }
  } finally {
    await Promise.all(nodes.map((node) => node.kill()));
  }
  return spreads.all();
}

test('hops, redundancy and coverage of a simulated network are those of the same network over TCP', async () => {
  const { spreads, dialled } = simulated();
  const links = dialled.flat().length;
  expect(spreads).toHaveLength(publishers.length);
  for (const { coverage, payloadFrames } of spreads) {
    expect(coverage).toBe(1);
    expect(payloadFrames).toBe(2 * links - (peers - 1));
  }
  expect(new Set(spreads.flatMap(({ hops }) => hops)).size).toBeGreaterThan(2);
  expect(await overTcp(dialled)).toEqual(spreads);
});
