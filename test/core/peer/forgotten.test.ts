import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Forgotten } from '../../../src/core/peer/forgotten.ts';

const bounds = { forgottenOriginsMax: 4, seenAgeMs: 1_000 };
const of = (origin: string, sequence = 1, incarnation = 1) => ({ origin, incarnation, sequence });

describe('forgotten messages', () => {
  test('are known by origin, incarnation and number, each for itself', () => {
    const forgotten = new Forgotten(bounds);
    expect(forgotten.has(of('a'))).toBe(false);
    forgotten.add(of('a', 5));
    expect(forgotten.has(of('a', 5))).toBe(true);
    for (const other of [of('a', 4), of('a', 6), of('a', 5, 2), of('b', 5)]) {
      expect(forgotten.has(other)).toBe(false);
    }
  });

  test('of one origin take the same room however many they are', () => {
    const forgotten = new Forgotten(bounds);
    for (let sequence = 1; sequence <= 1_000; sequence += 1) forgotten.add(of('a', sequence));
    expect(forgotten.size).toBe(1);
    expect(forgotten.has(of('a', 1))).toBe(true);
  });

  test('of the origins touched last are known whatever others there were; the bound holds', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 60 });
    fc.assert(
      fc.property(names, fc.integer({ min: 2, max: 8 }), (origins, forgottenOriginsMax) => {
        const forgotten = new Forgotten({ ...bounds, forgottenOriginsMax });
        for (const [at, origin] of origins.entries()) forgotten.add(of(origin, at + 1));
        expect(forgotten.size).toBeLessThanOrEqual(forgottenOriginsMax);
        const last = [...new Set(origins.toReversed())].slice(
          0,
          Math.floor(forgottenOriginsMax / 2),
        );
        for (const origin of last) {
          for (const at of [origins.lastIndexOf(origin)]) {
            expect(forgotten.has(of(origin, at + 1))).toBe(true);
          }
        }
      }),
    );
  });

  test('are known for as long as ids are remembered, and not for ever', () => {
    const forgotten = new Forgotten(bounds);
    forgotten.age(5_000);
    forgotten.add(of('a'));
    for (const nowMs of [5_500, 5_999, 6_000, 6_500, 6_999]) {
      forgotten.age(nowMs);
      expect(forgotten.has(of('a')), String(nowMs)).toBe(true);
    }
    forgotten.age(7_000);
    expect(forgotten.has(of('a'))).toBe(false);
    expect(forgotten.size).toBe(0);
  });
});
