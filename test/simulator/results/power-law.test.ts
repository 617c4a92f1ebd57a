import { describe, expect, test } from 'vitest';
import { fitPowerLaw } from '../../../src/simulator/results/power-law.ts';
import { seededRandom } from '../../support/random.ts';

/** Numbers of p(k) ∝ k^(−exponent) for k from min to max, by the inverse of the distribution. */
function sample(exponent: number, min: number, max: number, count: number): number[] {
  const random = seededRandom(42);
  const sums: number[] = [];
  let total = 0;
  for (let k = min; k <= max; k += 1) {
    total += k ** -exponent;
    sums.push(total);
  }
  return Array.from({ length: count }, () => {
    const target = random() * total;
    return min + sums.findIndex((sum) => target < sum);
  });
}

describe('fitting a power law', () => {
  test.each([2.1, 2.5, 3, 3.5])('finds the exponent %f', (exponent) => {
    const fit = fitPowerLaw(sample(exponent, 3, 20_000, 20_000), { min: 3 });
    expect(Math.abs(fit.exponent - exponent)).toBeLessThan(0.05);
  });

  test.each([2.1, 2.5, 3, 3.5])('finds the exponent %f of a law that is cut', (exponent) => {
    const fit = fitPowerLaw(sample(exponent, 3, 32, 20_000), { min: 3, max: 32 });
    expect(Math.abs(fit.exponent - exponent)).toBeLessThan(0.1);
  });

  test('finds where the law begins', () => {
    const body = Array.from({ length: 20_000 }, (_, n) => 1 + (n % 9));
    const fit = fitPowerLaw([...body, ...sample(2.5, 10, 20_000, 20_000)]);
    expect(fit.min).toBeGreaterThanOrEqual(9);
    expect(fit.min).toBeLessThan(14);
    expect(Math.abs(fit.exponent - 2.5)).toBeLessThan(0.1);
  });

  test('an exponential tail does not pass for a power law', () => {
    const random = seededRandom(1);
    const values = Array.from({ length: 20_000 }, () => Math.ceil(-10 * Math.log(1 - random())));
    expect(fitPowerLaw(values, { min: 3 }).distance).toBeGreaterThan(0.1);
    expect(fitPowerLaw(sample(2.5, 3, 20_000, 20_000), { min: 3 }).distance).toBeLessThan(0.02);
  });
});
