import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fitGrowth,
  type GrowthLaw,
  growthAt,
  growthText,
  type Measured,
} from '../../../src/simulator/sweep/growth.ts';
import { seededRandom } from '../../support/random.ts';

const sizes = [100, 300, 1_000, 3_000, 10_000, 30_000];

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** A law with its numbers, none of them so small that another law says the same. */
const known: fc.Arbitrary<{ law: GrowthLaw; coefficients: number[] }> = fc.oneof(
  fc.record({ law: fc.constant('constant' as const), coefficients: fc.tuple(number(0.1, 1e4)) }),
  fc.record({
    law: fc.constantFrom('logarithmic' as const, 'log-over-log-log' as const),
    coefficients: fc.tuple(number(0.5, 1_000), number(-10, 10)),
  }),
  fc.record({
    law: fc.constant('power' as const),
    coefficients: fc.tuple(number(0.1, 100), fc.oneof(number(0.1, 2), number(-2, -0.1))),
  }),
);

const measuredOf = (
  fit: { law: GrowthLaw; coefficients: number[] },
  noise: () => number = () => 0,
): Measured[] =>
  sizes.flatMap((size) => [1, 2, 3].map((): Measured => [size, growthAt(fit, size) + noise()]));

test('a law without noise is found, with its numbers', () => {
  fc.assert(
    fc.property(known, (truth) => {
      const fit = fitGrowth(measuredOf(truth));
      expect(fit?.law).toBe(truth.law);
      expect(fit?.rivals).toEqual([]);
      for (const [index, coefficient] of truth.coefficients.entries()) {
        expect(fit?.coefficients[index]).toBeCloseTo(coefficient, 3);
      }
    }),
  );
});

test('under noise the true law is chosen, or named as a rival, nine times in ten', () => {
  const random = seededRandom(7);
  let tried = 0;
  let found = 0;
  fc.assert(
    fc.property(known, (truth) => {
      const values = sizes.map((size) => growthAt(truth, size));
      const range = Math.max(...values) - Math.min(...values) || Math.abs(values[0] as number);
      const fit = fitGrowth(measuredOf(truth, () => (random() - 0.5) * 0.04 * range));
      tried += 1;
      found += Number(fit !== undefined && [fit.law, ...fit.rivals].includes(truth.law));
    }),
    { numRuns: 300, seed: 3 },
  );
  expect(tried).toBe(300);
  expect(found / tried).toBeGreaterThan(0.9);
});

describe('what is not enough', () => {
  test.each<[string, Measured[]]>([
    ['nothing', []],
    ['two sizes', [100, 200, 100, 200, 100].map((size) => [size, size] as const)],
    ['four values', sizes.slice(0, 4).map((size) => [size, size] as const)],
    ['a network of one', [1, 2, 3, 4, 5].map((size) => [size, size] as const)],
  ])('%s has no law', (_, measured) => {
    expect(fitGrowth(measured)).toBeUndefined();
  });
});

test('growth that is hardly told from another names its rival', () => {
  const close = sizes.map((size, index): Measured => [size, Math.log2(size) + (index % 2) * 0.4]);
  const fit = fitGrowth(close);
  expect(fit?.candidates.map(({ delta }) => delta)).toEqual(
    fit?.candidates.map(({ delta }) => delta).toSorted((one, other) => one - other),
  );
  expect(fit?.rivals.length).toBeGreaterThan(0);
});

test('no law is chosen that makes a positive measure negative at a size that was measured', () => {
  const jump: Measured[] = [100, 300, 1_000, 3_000].flatMap((size) =>
    [1, 1.1].map((factor): Measured => [size, factor * (size < 500 ? 2 : 200)]),
  );
  const fit = fitGrowth(jump);
  expect(fit?.candidates.map(({ law }) => law).sort()).toEqual(['constant', 'power']);
});

test('laws are written as people write them', () => {
  const text = (law: GrowthLaw, ...coefficients: number[]) => growthText({ law, coefficients });
  expect(text('constant', 9.7666)).toBe('9.77');
  expect(text('logarithmic', 1.25, -4.5)).toBe('1.25·log₂ n − 4.5');
  expect(text('log-over-log-log', 2, 3)).toBe('2·ln n/ln ln n + 3');
  expect(text('power', 0.5, -0.25)).toBe('0.5·n^−0.25');
});
