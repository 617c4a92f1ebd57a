import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeWheel } from '../../src/simulator/engine/time-wheel.ts';

/** Everything that is due until the end, as [due, a]. */
function drain(wheel: TimeWheel, until = 2 ** 36 - 1): [number, number][] {
  const taken: [number, number][] = [];
  while (wheel.take(until)) taken.push([wheel.now, wheel.a]);
  return taken;
}

test('events come in the order of their ticks, and of one tick in the order in which they were added', () => {
  const due = fc.oneof(
    fc.nat(50),
    fc.nat(5_000),
    fc.nat(20_000_000),
    fc.integer({ min: 2 ** 32, max: 2 ** 36 - 1 }),
  );
  fc.assert(
    fc.property(fc.array(due, { maxLength: 200 }), (dues) => {
      const wheel = new TimeWheel(1);
      for (const [index, tick] of dues.entries()) wheel.add(tick, 1, index, 0, undefined);
      const expected = dues
        .map((tick, index): [number, number] => [tick, index])
        .sort(([one, a], [other, b]) => one - other || a - b);
      expect(drain(wheel)).toEqual(expected);
      expect(wheel.size).toBe(0);
    }),
  );
});

test('what is added while others are taken keeps its place', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(10_000), fc.nat(100_000)), { minLength: 1, maxLength: 100 }),
      (pairs) => {
        const wheel = new TimeWheel(4);
        const expected: [number, number][] = [];
        for (const [index, [due]] of pairs.entries()) {
          wheel.add(due, 1, index, 0, undefined);
          expected.push([due, index]);
        }
        const taken: [number, number][] = [];
        while (wheel.take(1_000_000)) {
          const { a, now } = wheel;
          taken.push([now, a]);
          const after = pairs[a]?.[1];
          if (after === undefined) continue;
          const next = pairs.length + expected.length;
          wheel.add(now + after, 1, next, 0, undefined);
          expected.push([now + after, next]);
        }
        expect(taken.map(([tick]) => tick)).toEqual(expected.map(([tick]) => tick).sort(by));
        for (const [tick, a] of taken) expect(expected).toContainEqual([tick, a]);
      },
    ),
  );
});

test('takes nothing that is due later than asked, and loses nothing by it', () => {
  const wheel = new TimeWheel();
  wheel.add(5_000_000, 1, 7, 8, 'late');
  expect(wheel.take(4_900_000)).toBe(false);
  expect(wheel.now).toBe(4_900_000);
  wheel.add(4_950_000, 1, 1, 0, undefined);
  expect(drain(wheel)).toEqual([
    [4_950_000, 1],
    [5_000_000, 7],
  ]);
  expect([wheel.kind, wheel.b, wheel.payload]).toEqual([1, 8, 'late']);
});

test('what is due in the past is due now', () => {
  const wheel = new TimeWheel();
  wheel.add(1_000, 1, 1, 0, undefined);
  wheel.take(1_000);
  wheel.add(3, 1, 2, 0, undefined);
  expect(drain(wheel)).toEqual([[1_000, 2]]);
});

function by(one: number, other: number): number {
  return one - other;
}

test('the next events can be looked up without being taken, in the order in which they come', () => {
  const event = fc.record({ due: fc.nat(4_000), kind: fc.integer({ min: 1, max: 2 }) });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 100 }),
      fc.nat(60),
      fc.integer({ min: 1, max: 20 }),
      (events, taken, room) => {
        const wheel = new TimeWheel(1);
        for (const [index, { due, kind }] of events.entries())
          wheel.add(due, kind, index, 0, index);
        // Windows of the first level begin at multiples of 4,096: all of these events are in one.
        for (let count = 0; count < taken; count += 1) wheel.take(4_095);
        const kinds = new Uint8Array(room);
        const into = { kinds, a: new Int32Array(room), payloads: new Array<unknown>(room) };
        const found = wheel.upcoming(into);
        const seen = Array.from({ length: found }, (_, at) => [
          kinds[at],
          into.a[at],
          into.payloads[at],
        ]);
        const left: unknown[] = [];
        while (wheel.take(4_095)) left.push([wheel.kind, wheel.a, wheel.payload]);
        expect(seen).toEqual(left.slice(0, room));
      },
    ),
  );
});
