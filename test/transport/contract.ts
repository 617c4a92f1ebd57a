import { afterEach, describe, expect, test } from 'vitest';
import type { OutboxLimits } from '../../src/transport/outbox.ts';
import { encodedFrameBytes } from '../../src/wire/frames.ts';
import { Recorder } from './recorder.ts';
import { type Ends, gossip, ping, Stage, type TransportPair, turn } from './stage.ts';

export type MakePair = (limits: Partial<OutboxLimits>) => TransportPair;

/** What every transport promises: see src/transport/transport.ts. */
export function describeTransport(name: string, makePair: MakePair): void {
  let cleanUp: (() => unknown)[] = [];

  afterEach(async () => {
    for (const clean of cleanUp.reverse()) await clean();
    cleanUp = [];
  });

  async function listen(limits: Partial<OutboxLimits> = {}): Promise<Stage> {
    const stage = await Stage.open(makePair(limits));
    cleanUp.push(() => stage.close());
    return stage;
  }

  async function connect(limits: Partial<OutboxLimits> = {}): Promise<Ends> {
    const stage = await listen(limits);
    return stage.connect();
  }

  describe(`${name}: connecting`, () => {
    test('opens a dialled connection and hands out the accepted one', async () => {
      const { stage, dialled, accepted } = await connect();
      expect(dialled.heard.types).toEqual(['opened']);
      expect(accepted.heard.types).toEqual([]);
      expect(dialled.connection.remoteAddress).toBe(stage.listener.address);
      expect(accepted.connection.remoteAddress).toMatch(/^.+:\d+$/);
    });

    test('delivers what was sent before the connection was open', async () => {
      const stage = await listen();
      const { connection } = stage.dial();
      connection.send(ping(1));
      connection.send(gossip(2));
      expect(connection.queuedBytes).toBeGreaterThan(0);
      const accepted = await stage.nextAccepted();
      expect(await accepted.heard.untilMessages(2)).toEqual([ping(1), gossip(2)]);
    });

    test('delivers what was sent from within accept', async () => {
      const stage = await listen();
      stage.onAccept = (connection) => connection.send(ping(1));
      const { heard } = stage.dial();
      expect(await heard.untilMessages(1)).toEqual([ping(1)]);
      expect(heard.types).toEqual(['opened', 'message']);
    });

    test('closes a connection that was destroyed from within accept', async () => {
      const stage = await listen();
      stage.onAccept = (connection) => connection.destroy('not you');
      const dialled = stage.dial();
      const accepted = await stage.nextAccepted();
      expect(await accepted.heard.untilClosed()).toBe('closed-here');
      expect(['closed-there', 'broken']).toContain(await dialled.heard.untilClosed());
    });

    test('holds many connections at once', async () => {
      const stage = await listen();
      stage.onAccept = (connection, heard) => {
        heard.onMessage = (message) => connection.send(message);
      };
      const ends = Array.from({ length: 100 }, () => stage.dial());
      for (const [i, { connection }] of ends.entries()) connection.send(ping(i));
      for (const [i, { heard }] of ends.entries()) {
        expect(await heard.untilMessages(1)).toEqual([ping(i)]);
      }
    });

    test('says that nobody listens: refused', async () => {
      const stage = await listen();
      await stage.listener.close();
      const { heard } = stage.dial();
      expect(await heard.untilClosed()).toBe('refused');
      expect(heard.types).toEqual(['closed']);
      expect(heard.end?.reason).toContain(stage.listener.address);
    });

    test.each(['unknownAddress', 'silentAddress'] as const)(
      'says that there is no way to the %s: unreachable',
      async (which) => {
        const stage = await listen();
        const { heard } = stage.dial(stage.pair[which], 30);
        expect(await heard.untilClosed()).toBe('unreachable');
        expect(heard.types).toEqual(['closed']);
      },
    );

    test('cannot dial what is no address: unreachable', async () => {
      const stage = await listen();
      const { heard } = stage.dial('nowhere');
      expect(await heard.untilClosed()).toBe('unreachable');
    });

    test.each(['close', 'destroy'] as const)('gives a dial up with %s', async (how) => {
      const stage = await listen();
      const { connection, heard } = stage.dial();
      connection.send(ping(1));
      connection[how]('changed my mind');
      expect(await heard.untilClosed()).toBe('closed-here');
      expect(heard.events).toEqual([
        { type: 'closed', cause: 'closed-here', reason: 'changed my mind' },
      ]);
    });
  });

  describe(`${name}: listening`, () => {
    test('takes a free port for port 0 and says which', async () => {
      const stage = await listen();
      expect(stage.listener.address).toMatch(/:[1-9]\d*$/);
    });

    test('refuses a port that is in use', async () => {
      const stage = await listen();
      const again = stage.pair.server.listen(stage.listener.address, () => new Recorder());
      await expect(again).rejects.toMatchObject({ name: 'HearsayError', code: 'port-in-use' });
    });

    test('refuses an address that is not its own', async () => {
      const { server } = makePair({});
      const listening = server.listen('192.0.2.1:6000', () => new Recorder());
      await expect(listening).rejects.toMatchObject({ code: 'address-unavailable' });
    });

    test('refuses what is no address', async () => {
      const { server } = makePair({});
      const listening = server.listen('nowhere', () => new Recorder());
      await expect(listening).rejects.toMatchObject({ code: 'listen-failed' });
    });

    test('keeps open connections when it stops, and frees its port at once', async () => {
      const { stage, dialled, accepted } = await connect();
      await stage.listener.close();
      await stage.listener.close();
      dialled.connection.send(ping(1));
      expect(await accepted.heard.untilMessages(1)).toEqual([ping(1)]);
      await stage.listenAgain();
      const { heard } = stage.dial();
      await heard.untilOpened();
    });
  });

  describe(`${name}: sending`, () => {
    test('keeps the order, in both directions', async () => {
      const { dialled, accepted } = await connect();
      const messages = Array.from({ length: 500 }, (_, i) => ping(i));
      for (const message of messages) {
        dialled.connection.send(message);
        accepted.connection.send(message);
        if (Math.random() < 0.1) await turn();
      }
      expect(await accepted.heard.untilMessages(500)).toEqual(messages);
      expect(await dialled.heard.untilMessages(500)).toEqual(messages);
    });

    test('delivers frames of every size unchanged', async () => {
      const { dialled, accepted } = await connect();
      const sizes = [0, 1, 4000, 65_536, 65_537, 1024 * 1024, 5];
      const messages = sizes.map((size, i) => gossip(i, size));
      for (const message of messages) dialled.connection.send(message);
      expect(await accepted.heard.untilMessages(sizes.length)).toEqual(messages);
    });

    test('sends control before the gossip of the same turn', async () => {
      const { dialled, accepted } = await connect();
      for (const message of [gossip(1), ping(1), gossip(2), ping(2)]) {
        dialled.connection.send(message);
      }
      expect(await accepted.heard.untilMessages(4)).toEqual([
        ping(1),
        ping(2),
        gossip(1),
        gossip(2),
      ]);
    });

    test('drops the oldest gossip when the outbox is full, and says so once', async () => {
      const { dialled, accepted } = await connect({ outboxBytesMax: 10_000 });
      for (let i = 0; i < 100; i += 1) dialled.connection.send(gossip(i, 1000));
      dialled.connection.send(ping(0));
      await dialled.heard.until(() => dialled.heard.overflow !== undefined);

      const frameBytes = encodedFrameBytes(gossip(0, 1000));
      const kept = Math.floor(10_000 / frameBytes);
      expect(dialled.heard.events).toEqual([
        { type: 'opened' },
        { type: 'overflowed', frames: 100 - kept, bytes: (100 - kept) * frameBytes },
      ]);
      const arrived = await accepted.heard.untilMessages(kept + 1);
      const newest = Array.from({ length: kept }, (_, i) => gossip(100 - kept + i, 1000));
      expect(arrived).toEqual([ping(0), ...newest]);
    });

    test('drops a message that is larger than the whole outbox, and nothing else', async () => {
      const { dialled, accepted } = await connect({ outboxBytesMax: 10_000 });
      dialled.connection.send(gossip(1, 1000));
      dialled.connection.send(gossip(2, 10_000));
      dialled.connection.send(gossip(3, 1000));
      expect(await accepted.heard.untilMessages(2)).toEqual([gossip(1, 1000), gossip(3, 1000)]);
      expect(dialled.heard.overflow?.frames).toBe(1);
    });

    test('breaks the connection when more control waits than may', async () => {
      const { dialled, accepted } = await connect({ outboxControlBytesMax: 10_000 });
      for (let i = 0; i < 2000; i += 1) dialled.connection.send(ping(i));
      expect(await dialled.heard.untilClosed()).toBe('broken');
      expect(dialled.heard.end?.reason).toContain('outboxControlBytesMax');
      expect(['closed-there', 'broken']).toContain(await accepted.heard.untilClosed());
    });

    test('counts what waits, and counts it off again', async () => {
      const { dialled, accepted } = await connect();
      expect(dialled.connection.queuedBytes).toBe(0);
      dialled.connection.send(gossip(1, 1000));
      expect(dialled.connection.queuedBytes).toBeGreaterThan(1000);
      await accepted.heard.untilMessages(1);
      while (dialled.connection.queuedBytes > 0) await turn();
    });

    test('never calls a handler from within a call', async () => {
      const { stage, dialled } = await connect({
        outboxBytesMax: 2000,
        outboxControlBytesMax: 2000,
      });
      const before = dialled.heard.events.length;
      const { connection, heard } = stage.dial();
      expect(heard.events).toEqual([]);
      for (let i = 0; i < 500; i += 1) dialled.connection.send(gossip(i));
      for (let i = 0; i < 500; i += 1) dialled.connection.send(ping(i));
      dialled.connection.destroy('enough');
      connection.close('enough');
      expect(heard.events).toEqual([]);
      expect(dialled.heard.events).toHaveLength(before);
    });
  });

  describe(`${name}: ending`, () => {
    test('writes what is queued before it closes', async () => {
      const { dialled, accepted } = await connect();
      const messages = Array.from({ length: 300 }, (_, i) => gossip(i, 10_000));
      for (const message of messages) dialled.connection.send(message);
      dialled.connection.close('done');
      expect(await accepted.heard.untilClosed()).toBe('closed-there');
      expect(accepted.heard.messages).toEqual(messages);
      await dialled.heard.untilClosed();
      expect(dialled.heard.end).toMatchObject({ cause: 'closed-here', reason: 'done' });
    });

    test('closes although the other end keeps sending, and delivers nothing of that', async () => {
      const { dialled, accepted } = await connect();
      const messages = Array.from({ length: 100 }, (_, i) => gossip(i, 10_000));
      for (const message of messages) {
        dialled.connection.send(message);
        accepted.connection.send(message);
      }
      dialled.connection.close('done');
      expect(await accepted.heard.untilClosed()).toBe('closed-there');
      expect(accepted.heard.messages).toEqual(messages);
      await dialled.heard.untilClosed();
      expect(dialled.heard.types).toEqual(['opened', 'closed']);
    });

    test('closes at once when it is destroyed', async () => {
      const { dialled, accepted } = await connect();
      dialled.connection.destroy('bored');
      await dialled.heard.untilClosed();
      expect(dialled.heard.end).toMatchObject({ cause: 'closed-here', reason: 'bored' });
      expect(['closed-there', 'broken']).toContain(await accepted.heard.untilClosed());
    });

    test('says closed once, as the last word, whatever both ends do', async () => {
      const { dialled, accepted } = await connect();
      for (const { connection } of [dialled, accepted]) {
        connection.send(ping(1));
        connection.close('first');
        connection.close('second');
        connection.destroy('third');
        connection.send(ping(2));
      }
      for (const { connection, heard } of [dialled, accepted]) {
        await heard.untilClosed();
        connection.send(ping(3));
        connection.close('fourth');
        connection.destroy('fifth');
        expect(connection.queuedBytes).toBe(0);
      }
      for (let i = 0; i < 20; i += 1) await turn();
      for (const { heard } of [dialled, accepted]) {
        expect(heard.types.filter((type) => type === 'closed')).toHaveLength(1);
        expect(heard.types.at(-1)).toBe('closed');
        expect(heard.end?.reason).toBe('first');
      }
    });

    test.each(['close', 'destroy'] as const)(
      'delivers nothing after a handler called %s',
      async (how) => {
        const { dialled, accepted } = await connect();
        accepted.heard.onMessage = () => accepted.connection[how]('one is enough');
        for (let i = 0; i < 10; i += 1) dialled.connection.send(ping(i));
        expect(await accepted.heard.untilClosed()).toBe('closed-here');
        expect(accepted.heard.types).toEqual(['message', 'closed']);
      },
    );
  });
}
