import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type MemoryNetwork,
  type MemoryNetworkOptions,
  memoryNetwork,
} from '../../src/transport/memory.ts';
import type { Connection } from '../../src/transport/transport.ts';
import { describeTransport, type MakePair } from './contract.ts';
import { Recorder } from './recorder.ts';
import { gossip, ping } from './stage.ts';
import { VirtualTime } from './virtual-time.ts';

const pairOf =
  (options: MemoryNetworkOptions): MakePair =>
  (limits) => {
    const network = memoryNetwork({ ...options, ...limits });
    network.transport('silent');
    network.block('client', 'silent');
    return {
      server: network.transport('server'),
      client: network.transport('client'),
      address: 'server:0',
      silentAddress: 'silent:6000',
      unknownAddress: 'unknown:6000',
    };
  };

describeTransport('memory', pairOf({}));
describeTransport('memory, encoding', pairOf({ encode: true }));
describeTransport('memory, slow', pairOf({ latencyMs: () => Math.random() * 5 }));

describe('memory: time', () => {
  test('passes only as the scheduler says', async () => {
    const world = await World.make({ latencyMs: () => 10 });
    const { dialled, accepted } = world.dial('a', 'b');
    world.time.runUntil(19);
    expect(accepted).toHaveLength(1);
    expect(dialled.heard.types).toEqual([]);
    world.time.runUntil(20);
    expect(dialled.heard.types).toEqual(['opened']);
    dialled.connection.send(ping(1));
    world.time.runUntil(29);
    expect(accepted[0]?.heard.messages).toEqual([]);
    world.time.runUntil(30);
    expect(accepted[0]?.heard.messages).toEqual([ping(1)]);
  });

  test('a dial that takes too long is unreachable, and the other end hears of its end', async () => {
    const world = await World.make({ latencyMs: (from) => (from === 'a' ? 10 : 1_000) });
    const { dialled, accepted } = world.dial('a', 'b', 100);
    world.time.runUntil(100);
    expect(dialled.heard.end?.cause).toBe('unreachable');
    world.time.runAll();
    expect(accepted[0]?.heard.end?.cause).toBe('closed-there');
    expect(world.network.connections).toBe(0);
  });

  test('keeps the order of a connection whatever the latencies', async () => {
    const latencies = fc.infiniteStream(fc.nat({ max: 50 }));
    await fc.assert(
      fc.asyncProperty(latencies, fc.array(fc.nat({ max: 20 })), async (latency, pauses) => {
        const world = await World.make({ latencyMs: () => latency.next().value });
        const { dialled, accepted } = world.connect('a', 'b');
        for (const [i, pause] of pauses.entries()) {
          world.time.runUntil(world.time.now + pause);
          dialled.connection.send(ping(i));
        }
        world.time.runAll();
        expect(accepted.heard.messages).toEqual(pauses.map((_, i) => ping(i)));
      }),
    );
  });
});

describe('memory: faults', () => {
  test('a cut breaks the connections between two hosts, at both ends, and no others', async () => {
    const world = await World.make();
    const cut = world.connect('a', 'b');
    const other = world.connect('a', 'c');
    cut.dialled.connection.send(ping(1));
    world.network.cut('b', 'a');
    world.time.runAll();
    expect(cut.dialled.heard.end?.cause).toBe('broken');
    expect(cut.accepted.heard.events).toMatchObject([{ type: 'closed', cause: 'broken' }]);
    expect(other.dialled.heard.end).toBeUndefined();
    expect(world.connect('a', 'b').dialled.heard.types).toEqual(['opened']);
  });

  test('a partition is silent and loses nothing that is healed in time', async () => {
    const world = await World.make();
    const { dialled, accepted } = world.connect('a', 'b');
    const inside = world.connect('b', 'c');
    world.network.partition(['a'], ['b', 'c']);
    dialled.connection.send(ping(1));
    accepted.connection.send(ping(2));
    inside.dialled.connection.send(ping(3));
    world.time.runAll();
    expect(inside.accepted.heard.messages).toEqual([ping(3)]);
    expect([...dialled.heard.messages, ...accepted.heard.messages]).toEqual([]);
    expect(dialled.heard.end).toBeUndefined();
    world.network.heal();
    world.time.runAll();
    expect(accepted.heard.messages).toEqual([ping(1)]);
    expect(dialled.heard.messages).toEqual([ping(2)]);
  });

  test('a path may be blocked one way only', async () => {
    const world = await World.make();
    const { dialled, accepted } = world.connect('a', 'b');
    world.network.block('a', 'b');
    dialled.connection.send(ping(1));
    accepted.connection.send(ping(2));
    world.time.runAll();
    expect(accepted.heard.messages).toEqual([]);
    expect(dialled.heard.messages).toEqual([ping(2)]);
  });

  test('a dial into a partition succeeds if it is healed before the timeout', async () => {
    const world = await World.make();
    world.network.partition(['a'], ['b']);
    const { dialled } = world.dial('a', 'b', 100);
    world.time.runUntil(50);
    world.network.heal();
    world.time.runUntil(60);
    expect(dialled.heard.types).toEqual(['opened']);
  });

  test('a host that refuses keeps its connections', async () => {
    const world = await World.make();
    const { dialled, accepted } = world.connect('a', 'b');
    world.network.refuse('b');
    expect(world.dialFor('a', 'b')).toBe('refused');
    dialled.connection.send(ping(1));
    world.time.runAll();
    expect(accepted.heard.messages).toEqual([ping(1)]);
    world.network.refuse('b', false);
    expect(world.dialFor('a', 'b')).toBe('opened');
  });

  test('a stalled host lets itself be dialled and says nothing until it is resumed', async () => {
    const world = await World.make();
    const before = world.connect('a', 'b');
    world.network.stall('b');
    const during = world.dial('a', 'b');
    during.dialled.connection.send(ping(1));
    before.dialled.connection.send(ping(2));
    before.accepted.connection.send(ping(3));
    world.time.runAll();
    expect(during.dialled.heard.types).toEqual(['opened']);
    expect(during.accepted).toEqual([]);
    expect(before.accepted.heard.types).toEqual([]);
    expect(before.dialled.heard.types).toEqual(['opened']);

    world.network.resume('b');
    world.time.runAll();
    expect(during.accepted[0]?.heard.messages).toEqual([ping(1)]);
    expect(before.accepted.heard.messages).toEqual([ping(2)]);
    expect(before.dialled.heard.messages).toEqual([ping(3)]);
  });

  test('a host that stalls makes its neighbours’ outboxes overflow, not grow', async () => {
    const world = await World.make({ outboxBytesMax: 10_000, windowBytesMax: 5_000 });
    const { dialled, accepted } = world.connect('a', 'b');
    world.network.stall('b');
    for (let i = 0; i < 100; i += 1) dialled.connection.send(gossip(i, 900));
    world.time.runAll();
    for (let i = 100; i < 200; i += 1) dialled.connection.send(gossip(i, 900));
    dialled.connection.send(ping(1));
    world.time.runAll();
    expect(dialled.heard.overflow?.frames).toBeGreaterThan(0);
    expect(dialled.connection.queuedBytes).toBeLessThan(16_000);

    world.network.resume('b');
    world.time.runAll();
    const types = accepted.heard.messages.map(({ type }) => type);
    const waiting = types.length - 1 - types.indexOf('PING');
    // What was on its way when the host stalled comes first, then control, then what waited.
    expect(types.indexOf('PING')).toBe(5);
    expect(waiting).toBe(10);
  });

  test('a crashed host hears nothing more, closes its connections and refuses dials', async () => {
    const world = await World.make();
    const { dialled, accepted } = world.connect('a', 'b');
    const own = world.connect('b', 'c');
    own.dialled.connection.send(ping(1));
    world.time.runUntil(world.time.now);
    world.network.crash('b');
    own.dialled.connection.send(ping(2));
    world.time.runAll();
    expect(dialled.heard.end?.cause).toBe('closed-there');
    expect(own.accepted.heard.end?.cause).toBe('closed-there');
    expect(own.accepted.heard.messages).toEqual([ping(1)]);
    expect(accepted.heard.types).toEqual([]);
    expect(own.dialled.heard.types).toEqual(['opened']);
    expect(world.dialFor('a', 'b')).toBe('refused');
    expect(world.network.connections).toBe(0);

    await world.start('b');
    expect(world.dialFor('a', 'b')).toBe('opened');
  });

  test('lost links break at both ends', async () => {
    const world = await World.make({ random: () => 0.5 });
    const { dialled, accepted } = world.connect('a', 'b');
    world.network.loseLinks(0.5);
    dialled.connection.send(ping(1));
    world.time.runAll();
    expect(accepted.heard.messages).toEqual([ping(1)]);
    world.network.loseLinks(0.51);
    dialled.connection.send(ping(2));
    world.time.runAll();
    expect(accepted.heard.messages).toEqual([ping(1)]);
    expect(dialled.heard.end?.cause).toBe('broken');
    expect(accepted.heard.end?.cause).toBe('broken');
  });

  test('a close does not wait for an end that reads nothing', async () => {
    const world = await World.make({ windowBytesMax: 1_000 });
    const { dialled } = world.connect('a', 'b');
    world.network.stall('b');
    for (let i = 0; i < 10; i += 1) dialled.connection.send(gossip(i, 900));
    dialled.connection.close('no patience');
    const start = world.time.now;
    world.time.runUntil(start + 999);
    expect(dialled.heard.end).toBeUndefined();
    world.time.runUntil(start + 1_000);
    expect(dialled.heard.end?.cause).toBe('closed-here');
  });
});

interface MemoryEndHeard {
  readonly connection: Connection;
  readonly heard: Recorder;
}

/** Hosts a, b and c, each listening at port 6000, under virtual time. */
class World {
  readonly time = new VirtualTime();
  readonly network: MemoryNetwork;
  #latest: MemoryEndHeard[] = [];

  static async make(options: MemoryNetworkOptions = {}): Promise<World> {
    const world = new World(options);
    for (const host of ['a', 'b', 'c']) await world.start(host);
    return world;
  }

  private constructor(options: MemoryNetworkOptions) {
    this.network = memoryNetwork({ scheduler: this.time.schedule, ...options });
  }

  async start(host: string): Promise<void> {
    await this.network.transport(host).listen(`${host}:6000`, (connection) => {
      const heard = new Recorder();
      this.#latest.push({ connection, heard });
      return heard;
    });
  }

  /** Dials; `accepted` fills when the other end accepts. */
  dial(from: string, to: string, timeoutMs = 10_000) {
    const heard = new Recorder();
    const connection = this.network.transport(from).dial(`${to}:6000`, timeoutMs, heard);
    this.#latest = [];
    return { dialled: { connection, heard }, accepted: this.#latest };
  }

  connect(from: string, to: string) {
    const { dialled, accepted } = this.dial(from, to);
    this.time.runUntil(this.time.now + 200);
    return { dialled, accepted: accepted[0] as MemoryEndHeard };
  }

  /** What a dial comes to. */
  dialFor(from: string, to: string): string | undefined {
    const { dialled } = this.dial(from, to);
    this.time.runUntil(this.time.now + 200);
    return dialled.heard.end?.cause ?? dialled.heard.types[0];
  }
}
