import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RegisterValue } from '../../../src/core/messages.ts';
import { Components } from '../../../src/core/seed/components.ts';
import { Directory } from '../../../src/core/seed/directory.ts';
import { rankWeightedSample } from '../../../src/core/seed/rank-sample.ts';
import { digestText } from '../../../src/runtime/digest.ts';
import { seededRandom } from '../../support/random.ts';

const options = { repairBuckets: 8, peerListLimit: 50, listChangesMax: 5 };

describe('the Peer List', () => {
  test('is in the order of registration, whatever the order in which it was learned', () => {
    const directory = newDirectory();
    directory.replace('b:1', undefined, registered({ registeredAtMs: 20 }));
    directory.replace('a:1', undefined, registered({ registeredAtMs: 30 }));
    directory.replace('c:1', undefined, registered({ registeredAtMs: 10 }));
    expect([...directory.entries()]).toEqual([
      { id: 'c:1', incarnation: 1, rank: 1 },
      { id: 'b:1', incarnation: 1, rank: 2 },
      { id: 'a:1', incarnation: 1, rank: 3 },
    ]);
    expect(directory.entryOf('a:1', registered({ registeredAtMs: 30 })).rank).toBe(3);
  });

  test('tells what has happened to it since it had a digest', () => {
    const directory = newDirectory();
    const empty = directory.digest;
    directory.replace('a:1', undefined, registered({ registeredAtMs: 10 }));
    const first = directory.digest;
    directory.replace('b:1', undefined, registered({ registeredAtMs: 20 }));
    const a = { id: 'a:1', incarnation: 1, rank: 1 };
    const b = { id: 'b:1', incarnation: 1, rank: 2 };
    expect(directory.changesSince(empty)).toEqual({ joined: [a, b], gone: [] });
    expect(directory.changesSince(first)).toEqual({ joined: [b], gone: [] });
    expect(directory.changesSince(directory.digest)).toBeUndefined();
    const dead = registered({ registeredAtMs: 10, status: 'dead', revision: 2 });
    directory.replace('a:1', registered({ registeredAtMs: 10 }), dead);
    const over = { id: 'a:1', incarnation: 1, status: 'dead' };
    expect(directory.changesSince(first)).toEqual({ joined: [b], gone: [over] });
    directory.replace('a:1', dead, { ...dead, revision: 3 });
    directory.replace('a:1', { ...dead, revision: 3 }, undefined);
    expect(directory.changesSince(first)).toEqual({ joined: [b], gone: [over] });
    directory.replace('b:1', registered({ registeredAtMs: 20 }), registered({ incarnation: 2 }));
    const again = { id: 'b:1', incarnation: 2, rank: 1 };
    expect(directory.changesSince(first)).toEqual({ joined: [again], gone: [over] });
    expect(directory.changesSince('f00d')).toBeUndefined();
  });

  test('tells of a life that came and went only that it is over', () => {
    const directory = newDirectory();
    const empty = directory.digest;
    directory.replace('a:1', undefined, registered({}));
    directory.replace('a:1', registered({}), registered({ incarnation: 2 }));
    directory.replace('b:1', undefined, registered({ registeredAtMs: 20 }));
    const dead = registered({ incarnation: 2, status: 'dead', revision: 3 });
    directory.replace('a:1', registered({ incarnation: 2 }), dead);
    expect(directory.changesSince(empty)).toEqual({
      joined: [{ id: 'b:1', incarnation: 1, rank: 2 }],
      gone: [{ id: 'a:1', incarnation: 2, status: 'dead' }],
    });
  });

  test('tells no more changes than its option allows, from the newest digest that fits on', () => {
    const directory = newDirectory();
    const digests: string[] = [];
    for (let peer = 0; peer < 40; peer += 1) {
      digests.push(directory.digest);
      directory.replace(`p${peer}:1`, undefined, registered({ registeredAtMs: peer }));
      for (const [index, digest] of digests.entries()) {
        const told = directory.changesSince(digest)?.joined.map(({ id }) => id);
        const missed = Array.from({ length: peer - index + 1 }, (_, at) => `p${index + at}:1`);
        expect(told).toEqual(missed.length > options.listChangesMax ? undefined : missed);
      }
    }
  });

  test('that is as it was before tells the same from either time', () => {
    const directory = newDirectory();
    directory.replace('a:1', undefined, registered({}));
    const alone = directory.digest;
    directory.replace('b:1', undefined, registered({ registeredAtMs: 1 }));
    directory.replace(
      'b:1',
      registered({ registeredAtMs: 1 }),
      registered({ status: 'left', revision: 2 }),
    );
    expect(directory.digest).toBe(alone);
    directory.replace('c:1', undefined, registered({ registeredAtMs: 2 }));
    expect(directory.changesSince(alone)).toEqual({
      joined: [{ id: 'c:1', incarnation: 1, rank: 2 }],
      gone: [],
    });
  });

  test('has the living only; the others are tombstones', () => {
    const directory = newDirectory();
    directory.replace('a:1', undefined, registered({}));
    directory.replace('a:1', registered({}), registered({ status: 'dead', revision: 2 }));
    expect([directory.size, [...directory.tombstones]]).toEqual([0, ['a:1']]);
  });

  test('of the same values has the same digests, whatever way they came', () => {
    const change = fc.record({
      peer: fc.constantFrom('a:1', 'b:1', 'c:1', 'd:1', 'e:1'),
      status: fc.constantFrom('alive' as const, 'dead' as const, 'left' as const),
      incarnation: fc.integer({ min: 1, max: 4 }),
      revision: fc.integer({ min: 1, max: 9 }),
      registeredAtMs: fc.nat({ max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const one = newDirectory();
        const values = new Map<string, RegisterValue>();
        for (const { peer, ...fields } of changes) {
          const value = registered(fields);
          one.replace(peer, values.get(peer), value);
          values.set(peer, value);
        }
        const other = newDirectory();
        for (const [peer, value] of [...values].reverse()) other.replace(peer, undefined, value);
        expect([...one.entries()]).toEqual([...other.entries()]);
        expect(one.digest).toBe(other.digest);
        expect(one.bucketDigests()).toEqual(other.bucketDigests());
      }),
      { numRuns: 200 },
    );
  });

  test('is answered in part when it is larger than the limit, old peers more often', () => {
    const directory = newDirectory();
    for (let n = 0; n < 1_000; n += 1) {
      directory.replace(`p${n}:1`, undefined, registered({ registeredAtMs: n }));
    }
    const sample = directory.sample(1_000_000, seededRandom(1));
    expect(sample).toHaveLength(50);
    expect(new Set(sample.map(({ id }) => id)).size).toBe(50);
    const old = sample.filter(({ rank }) => rank <= 100).length;
    expect(old).toBeGreaterThan(15);
  });
});

test('a rank-weighted sample has no rank twice, and as many as there are', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer(),
      (size, count, seed) => {
        const ranks = rankWeightedSample(size, count, seededRandom(seed));
        expect(new Set(ranks).size).toBe(Math.min(size, count));
        for (const rank of ranks) expect(rank >= 1 && rank <= size).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test('a rank-weighted sample prefers old ranks by rank^(−2/3), and has the oldest for certain', () => {
  const random = seededRandom(5);
  const samples = 2_000;
  const chosen = new Array<number>(1_001).fill(0);
  for (let sample = 0; sample < samples; sample += 1) {
    const ranks = rankWeightedSample(1_000, 50, random);
    expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
    for (const rank of ranks) chosen[rank] = (chosen[rank] ?? 0) + 1;
  }
  expect(chosen[1]).toBe(samples);
  const share = (from: number, to: number) =>
    chosen.slice(from, to).reduce((sum, times) => sum + times, 0) / (to - from) / samples;
  expect(share(95, 106) / share(760, 841)).toBeCloseTo(8 ** (2 / 3), 0);
});

test('components are what a search would find, largest first', () => {
  const edge = fc.tuple(fc.nat({ max: 15 }), fc.nat({ max: 15 }));
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 25 }), (edges) => {
      const components = new Components(16);
      for (let node = 0; node < 16; node += 1) components.add(node);
      for (const [one, other] of edges) components.join(one, other);
      const found = components.all();
      expect(found.flat().sort((a, b) => a - b)).toEqual([...new Array(16).keys()]);
      const sizes = found.map(({ length }) => length);
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      const where = new Map(found.flatMap((nodes, n) => nodes.map((node) => [node, n] as const)));
      for (const [one, other] of edges) expect(where.get(one)).toBe(where.get(other));
      expect(found.length).toBeGreaterThanOrEqual(16 - edges.length);
    }),
    { numRuns: 200 },
  );
});

function newDirectory(): Directory {
  return new Directory(options, { digest: digestText });
}

function registered(fields: Partial<RegisterValue>): RegisterValue {
  return {
    status: 'alive',
    incarnation: 1,
    session: 's',
    registeredAtMs: 0,
    revision: 1,
    changedAtMs: 0,
    evidence: '',
    ...fields,
  };
}
