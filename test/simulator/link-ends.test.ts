import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkEnds } from '../../src/simulator/network/link-ends.ts';

const change = fc.record({
  link: fc.integer({ min: -40, max: 40 }).filter((link) => link !== 0),
  end: fc.integer({ min: -1, max: 1_000 }),
  isDeleted: fc.integer({ min: 0, max: 3 }).map((draw) => draw === 0),
});

test('few links or many, they are what a Map of them would be', () => {
  let most = 0;
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80, size: 'max' }), (changes) => {
      const ends = new LinkEnds();
      const map = new Map<number, number>();
      for (const { link, end, isDeleted } of changes) {
        if (isDeleted) ends.delete(link);
        else ends.set(link, end);
        if (isDeleted) map.delete(link);
        else map.set(link, end);
        most = Math.max(most, map.size);
        expect(ends.get(link)).toBe(map.get(link));
        expect(ends.has(link)).toBe(map.has(link));
      }
      expect(ends.entries()).toEqual([...map]);
      expect(ends.values()).toEqual([...map.values()]);
    }),
  );
  // Both ways to keep them were used.
  expect(most).toBeGreaterThan(16);
});

test('many given at once are all there, and gone when they are cleared', () => {
  const ends = new LinkEnds();
  const pairs = Array.from({ length: 40 }, (_, at) => at);
  ends.assign(pairs.slice(0, 8));
  expect(ends.values()).toEqual([1, 3, 5, 7]);
  ends.assign(pairs);
  expect(ends.entries()).toHaveLength(20);
  expect(ends.get(38)).toBe(39);
  ends.clear();
  expect(ends.values()).toEqual([]);
});
