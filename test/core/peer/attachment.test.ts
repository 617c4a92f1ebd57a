import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PeerEntry, PeerId } from '../../../src/core/messages.ts';
import {
  attachmentExponent,
  drawByRank,
  drawOutDegree,
  rankWeight,
} from '../../../src/core/peer/attachment.ts';
import { fitPowerLaw } from '../../../src/simulator/results/power-law.ts';
import { PeerDirectory } from '../../support/peer-directory.ts';
import { seededRandom } from '../../support/random.ts';

const peers = (count: number): PeerEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `p${index + 1}`,
    incarnation: 1,
    rank: index + 1,
  }));

const anybody = () => true;

function shares(draws: number, draw: () => PeerEntry | undefined): Map<PeerId, number> {
  const counts = new Map<PeerId, number>();
  for (let n = 0; n < draws; n += 1) {
    const id = draw()?.id ?? 'nobody';
    counts.set(id, (counts.get(id) ?? 0) + 1 / draws);
  }
  return counts;
}

describe('the out-degree', () => {
  const options = { minDegree: 3, maxOutDegree: 32, degreeExponent: 2.5 };

  test('follows the power law that was asked for', () => {
    const random = seededRandom(7);
    const degrees = Array.from({ length: 50_000 }, () => drawOutDegree(options, random));
    const { exponent } = fitPowerLaw(degrees, { min: 3, max: 32 });
    expect(exponent).toBeCloseTo(2.5, 1);
  });

  test('stays within its bounds for every random number', () => {
    const bounds = fc.record({
      minDegree: fc.integer({ min: 1, max: 10 }),
      span: fc.integer({ min: 0, max: 50 }),
      degreeExponent: fc.double({ min: 2.01, max: 3.5, noNaN: true }),
    });
    const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(bounds, uniform, ({ minDegree, span, degreeExponent }, number) => {
        const maxOutDegree = minDegree + span;
        const drawn = drawOutDegree({ minDegree, maxOutDegree, degreeExponent }, () => number);
        expect(drawn).toBeGreaterThanOrEqual(minDegree);
        expect(drawn).toBeLessThanOrEqual(maxOutDegree);
      }),
    );
  });
});

describe('rank-based choice', () => {
  test('a degree exponent of 1 + 1/α takes α (Fortunato, Flammini, Menczer 2006)', () => {
    const alpha = attachmentExponent(2.5);
    expect(1 + 1 / alpha).toBeCloseTo(2.5);
  });

  test('chooses with probability ∝ rank^(−α)', () => {
    const ranked = peers(200);
    const random = seededRandom(11);
    const alpha = attachmentExponent(2.5);
    const found = shares(400_000, () => drawByRank(ranked, alpha, random, anybody));
    const total = ranked.reduce((sum, { rank }) => sum + rankWeight(rank, alpha), 0);
    for (const rank of [1, 2, 5, 20, 100, 200]) {
      const expected = rankWeight(rank, alpha) / total;
      expect((found.get(`p${rank}`) ?? 0) / expected).toBeGreaterThan(0.9);
      expect((found.get(`p${rank}`) ?? 0) / expected).toBeLessThan(1.1);
    }
  });

  test('knowing a rank-weighted sample only, gives old peers their weight once, not twice', () => {
    const random = seededRandom(13);
    const alpha = attachmentExponent(2.5);
    const directory = new PeerDirectory({ limit: 200, alpha, random });
    for (const { id } of peers(5_000)) directory.register(id);
    let old = 0;
    const draws = 40_000;
    let ranked: PeerEntry[] = [];
    for (let n = 0; n < draws; n += 1) {
      if (n % 100 === 0) ranked = directory.list().toSorted((a, b) => a.rank - b.rank);
      if ((drawByRank(ranked, alpha, random, anybody)?.rank ?? 0) <= 500) old += 1;
    }
    // Σ rank^(−2/3) grows as the cube root: the oldest tenth has 0.1^(1/3) of the weight, about.
    expect(old / draws).toBeGreaterThan(0.41);
    expect(old / draws).toBeLessThan(0.49);
  });

  test('peers with equal ranks share their chances', () => {
    const ranked = ['a', 'b', 'c'].map((id) => ({ id, incarnation: 1, rank: 5 }));
    const random = seededRandom(17);
    const found = shares(30_000, () => drawByRank(ranked, 0.6, random, anybody));
    for (const id of ['a', 'b', 'c']) expect(found.get(id)).toBeCloseTo(1 / 3, 1);
  });

  test('the excluded share is divided among the others by their weights', () => {
    const ranked = peers(50);
    const random = seededRandom(19);
    const isYoung = ({ rank }: PeerEntry) => rank > 40;
    const found = shares(100_000, () => drawByRank(ranked, 0.9, random, isYoung));
    expect([...found.keys()].every((id) => Number(id.slice(1)) > 40)).toBe(true);
    const ratio = (found.get('p41') ?? 0) / (found.get('p50') ?? 1);
    expect(ratio).toBeCloseTo((50 / 41) ** 0.9, 1);
  });

  test('finds the only candidate, and nobody where there is none, whatever the numbers', () => {
    const ranks = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 40 });
    const alphas = fc.double({ min: 0.4, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(ranks, fc.nat(), alphas, fc.integer(), (numbers, pick, alpha, seed) => {
        const ranked = numbers
          .toSorted((a, b) => a - b)
          .map((rank, index) => ({ id: `p${index}`, incarnation: 1, rank }));
        const only = ranked[pick % ranked.length];
        const random = seededRandom(seed);
        expect(drawByRank(ranked, alpha, random, (entry) => entry === only)).toBe(only);
        expect(drawByRank(ranked, alpha, random, () => false)).toBeUndefined();
      }),
    );
  });

  test('an empty list has nobody to choose', () => {
    expect(drawByRank([], 0.6, seededRandom(1), anybody)).toBeUndefined();
  });
});
