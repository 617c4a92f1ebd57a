import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  planSweep,
  runsOf,
  type Scenario,
  type SweepParameter,
  shardOf,
} from '../../../src/simulator/index.ts';

const scenario: Scenario = {
  name: 'small',
  topology: { seeds: 0, peers: 10, start: { kind: 'settled' } },
  network: { latency: { kind: 'constant', ms: 1 } },
  durationMs: 10,
};

const vary = (name: string, path: string, ...values: unknown[]): SweepParameter => ({
  name,
  values: values.map((value) => ({ value, changes: { [path]: value } })),
});
const peers = (...values: number[]) => vary('peers', 'topology.peers', ...values);
const loss = (...values: number[]) => vary('loss', 'network.loss', ...values);

test('a plan has each combination once in each repeat, with the repeat’s seed', () => {
  const parameters = [peers(10, 20), loss(0, 0.1, 0.2)];
  const runs = runsOf(planSweep({ scenario, parameters, repeats: 2, seed: 5 }));
  const combinations = [10, 20].flatMap((n) => [0, 0.1, 0.2].map((share) => [n, share]));
  for (const [index, repeat] of [1, 2].entries()) {
    const part = runs.slice(index * 6, index * 6 + 6);
    expect(part.map((run) => [run.parameters['peers'], run.parameters['loss']])).toEqual(
      combinations,
    );
    expect(part.map((run) => [run.repeat, run.seed])).toEqual(part.map(() => [repeat, 4 + repeat]));
  }
  expect(runs.map(({ run }) => run)).toEqual(runs.map((_, index) => index));
  for (const run of runs) {
    expect(run.scenario.topology.peers).toBe(run.parameters['peers']);
    expect(run.scenario.network.loss).toBe(run.parameters['loss']);
  }
});

test('shards are a partition of the runs, and their work is alike', () => {
  const sizes = fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 6 });
  const shape = fc.record({
    sizes,
    shares: fc.integer({ min: 1, max: 4 }),
    repeats: fc.integer({ min: 1, max: 4 }),
    of: fc.integer({ min: 1, max: 7 }),
  });
  fc.assert(
    fc.property(shape, (drawn) => {
      const shares = Array.from({ length: drawn.shares }, (_, index) => index / 10);
      const parameters = [peers(...drawn.sizes), loss(...shares)];
      const runs = runsOf(planSweep({ scenario, parameters, repeats: drawn.repeats, seed: 1 }));
      const shards = Array.from({ length: drawn.of }, (_, index) =>
        shardOf(runs, { index: index + 1, of: drawn.of }),
      );
      const numbers = shards.flat().map(({ run }) => run);
      expect(numbers.sort((one, other) => one - other)).toEqual(runs.map(({ run }) => run));
      const work = shards.map((shard) =>
        shard.reduce((sum, run) => sum + run.scenario.topology.peers, 0),
      );
      expect(Math.max(...work) - Math.min(...work)).toBeLessThanOrEqual(Math.max(...drawn.sizes));
    }),
    { numRuns: 50 },
  );
});

test.each<[string, SweepParameter[], string]>([
  ['a value that makes no sense', [loss(0, 2)], 'network.loss must be a number from 0 to 0.9'],
  ['an unknown field', [vary('x', 'network.lost', 1)], 'network.lost is unknown; there are:'],
  ['an unknown option', [vary('o', 'options.peer.overlay.fan', 1)], 'options.peer.overlay.fan'],
  ['the same parameter twice', [loss(0), loss(0.1)], 'loss is varied twice'],
  ['the same value twice', [loss(0, 0.1, 0)], 'loss has the value 0 twice'],
  ['one field by two names', [loss(0), vary('l', 'network.loss', 0)], 'l and loss both change'],
  ['too many runs', [peers(...Array.from({ length: 40_000 }, (_, n) => n + 1))], '120000 runs'],
])('%s is refused before anything runs', (_, parameters, message) => {
  expect(() => planSweep({ scenario, parameters, repeats: 3, seed: 1 })).toThrow(message);
});
