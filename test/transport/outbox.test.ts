import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fifo } from '../../src/transport/fifo.ts';
import { Outbox } from '../../src/transport/outbox.ts';

interface Frame {
  readonly name: number;
  readonly bytes: number;
}

const limits = {
  outboxBytesMax: 100,
  outboxControlBytesMax: 50,
  controlFrameBytesMax: 30,
  gossipFrameBytesMax: 90,
};
const makeOutbox = () => new Outbox<Frame>(limits, ({ bytes }) => bytes);

describe('an outbox', () => {
  test('gives control first, each kind in its order', () => {
    const outbox = makeOutbox();
    outbox.add('GOSSIP', { name: 1, bytes: 10 });
    outbox.add('PING', { name: 2, bytes: 10 });
    outbox.add('GOSSIP', { name: 3, bytes: 10 });
    outbox.add('PING', { name: 4, bytes: 10 });
    expect(outbox.bytes).toBe(40);
    expect(takeAll(outbox).map(({ name }) => name)).toEqual([2, 4, 1, 3]);
    expect(outbox.bytes).toBe(0);
  });

  test.each(['BYE', 'LEAVE'] as const)('lets %s overtake no gossip', (goodbye) => {
    const outbox = makeOutbox();
    outbox.add('GOSSIP', { name: 1, bytes: 10 });
    outbox.add(goodbye, { name: 2, bytes: 10 });
    outbox.add('PING', { name: 3, bytes: 10 });
    expect(takeAll(outbox).map(({ name }) => name)).toEqual([3, 1, 2]);
    expect(outbox.bytes).toBe(0);
  });

  test('gives no frame that is too large, and none of those behind it', () => {
    const outbox = makeOutbox();
    outbox.add('PING', { name: 1, bytes: 20 });
    outbox.add('GOSSIP', { name: 2, bytes: 5 });
    expect(outbox.take(19)).toBeUndefined();
    expect(outbox.take(20)?.name).toBe(1);
    expect(outbox.take(5)?.name).toBe(2);
  });

  test('refuses control beyond its bound and keeps what it has', () => {
    const outbox = makeOutbox();
    expect(outbox.add('PING', { name: 1, bytes: 25 })).toBeUndefined();
    expect(outbox.add('PING', { name: 2, bytes: 25 })).toBeUndefined();
    expect(outbox.add('PING', { name: 3, bytes: 1 })).toMatch(/outboxControlBytesMax/);
    expect(outbox.bytes).toBe(50);
  });

  test('refuses a control frame that no receiver would take', () => {
    const outbox = makeOutbox();
    expect(outbox.add('BYE', { name: 1, bytes: 31 })).toMatch(/BYE.*controlFrameBytesMax/);
  });

  test('drops a gossip frame that no receiver would take, and nothing else', () => {
    const outbox = makeOutbox();
    outbox.add('GOSSIP', { name: 1, bytes: 90 });
    outbox.add('GOSSIP', { name: 2, bytes: 91 });
    expect(outbox.takeDropped()).toEqual({ frames: 1, bytes: 91 });
    expect(takeAll(outbox).map(({ name }) => name)).toEqual([1]);
  });

  test('never holds more gossip than its bound, and accounts for every frame', () => {
    const frames = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 60 });
    fc.assert(
      fc.property(frames, (sizes) => {
        const outbox = makeOutbox();
        for (const [name, bytes] of sizes.entries()) {
          outbox.add('GOSSIP', { name, bytes });
          expect(outbox.bytes).toBeLessThanOrEqual(limits.outboxBytesMax);
        }
        const dropped = outbox.takeDropped() ?? { frames: 0, bytes: 0 };
        const kept = takeAll(outbox);
        const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
        expect(kept.length + dropped.frames).toBe(sizes.length);
        expect(kept.reduce((sum, { bytes }) => sum + bytes, 0) + dropped.bytes).toBe(total);
        expect(outbox.takeDropped()).toBeUndefined();
      }),
    );
  });
});

test('a fifo gives what it got, in its order, however pushes and shifts are mixed', () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 3000 }), fc.nat({ max: 3000 })), { maxLength: 6 });
  fc.assert(
    fc.property(steps, (rounds) => {
      const fifo = new Fifo<number>();
      const list: number[] = [];
      let next = 0;
      for (const [pushes, shifts] of rounds) {
        const pushed = Array.from({ length: pushes }, () => next++);
        for (const item of pushed) fifo.push(item);
        list.push(...pushed);
        expect(fifo.peek()).toBe(list[0]);
        const shifted = Array.from({ length: Math.min(shifts, list.length) }, () => fifo.shift());
        expect(shifted).toEqual(list.splice(0, shifts));
        expect(fifo.length).toBe(list.length);
      }
    }),
    { numRuns: 30 },
  );
});

function takeAll(outbox: Outbox<Frame>): Frame[] {
  const all: Frame[] = [];
  for (
    let frame = outbox.take(Number.POSITIVE_INFINITY);
    frame !== undefined;
    frame = outbox.take(Number.POSITIVE_INFINITY)
  ) {
    all.push(frame);
  }
  return all;
}
