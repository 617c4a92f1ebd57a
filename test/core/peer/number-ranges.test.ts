import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addNumber,
  gapsMax,
  hasNumber,
  type NumberRanges,
} from '../../../src/core/peer/number-ranges.ts';

const numbers = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
const scattered = fc.array(fc.integer({ min: 1, max: 2 ** 53 - 2 }), { maxLength: 120 });

test('ranges of few gaps have exactly what was added, in whatever order', () => {
  fc.assert(
    fc.property(numbers, (added) => {
      const ranges = rangesOf(added);
      const set = new Set(added);
      fc.pre(gapsOf(set) <= gapsMax);
      for (let number = 0; number <= 41; number += 1) {
        expect(hasNumber(ranges, number), String(number)).toBe(set.has(number));
      }
    }),
  );
});

test('ranges have all that was added and nothing higher, are ascending and few', () => {
  fc.assert(
    fc.property(scattered, (added) => {
      const ranges = rangesOf(added);
      for (const number of added) expect(hasNumber(ranges, number)).toBe(true);
      expect(hasNumber(ranges, Math.max(0, ...added) + 1)).toBe(false);
      expect(hasNumber(ranges, Math.min(2 ** 53, ...added) - 1)).toBe(false);
      expect(ranges.length).toBeLessThanOrEqual(2 * (gapsMax + 1));
      const ascending = ranges.every((number, at) => {
        const before = at === 0 ? 0 : (ranges[at - 1] as number);
        return at % 2 === 1 ? number >= before : at === 0 || number > before + 1;
      });
      expect(ascending).toBe(true);
    }),
  );
});

test('of too many gaps the lowest are closed', () => {
  const ranges = rangesOf(Array.from({ length: gapsMax + 3 }, (_, at) => 2 * at + 1));
  expect([2, 4, 6].map((number) => hasNumber(ranges, number))).toEqual([true, true, false]);
});

function rangesOf(added: readonly number[]): NumberRanges {
  const ranges: NumberRanges = [];
  for (const number of added) addNumber(ranges, number);
  return ranges;
}

function gapsOf(set: ReadonlySet<number>): number {
  const starts = [...set].filter((number) => !set.has(number - 1)).length;
  return Math.max(0, starts - 1);
}
