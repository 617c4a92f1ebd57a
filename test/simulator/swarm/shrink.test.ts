import { expect, test } from 'vitest';
import type { Scenario } from '../../../src/simulator/scenario/scenario.ts';
import { drawScenario } from '../../../src/simulator/swarm/draw.ts';
import { shrink } from '../../../src/simulator/swarm/shrink.ts';
import { noEndInSight, runTrial, type Watch } from '../../../src/simulator/swarm/trial.ts';

/** Somebody who does not like seeds that crash while the network is cut in two. */
const plantedWatch: Watch = (onViolation) => {
  let cuts = 0;
  return [
    {
      fault: (atMs, _index, { kind }, state, nodes) => {
        if (kind === 'partition') cuts += state === 'begun' ? 1 : -1;
        if (kind !== 'crash' || state !== 'begun' || cuts === 0 || !nodes.includes(0)) return;
        const what = 'seed 0 crashed in a partition';
        onViolation({ checker: 'planted', promise: '', atMs, nodes, what });
      },
    },
  ];
};

/** A drawn scenario that breaks the planted promise among much else. */
async function failing(): Promise<Scenario> {
  for (let seed = 1; seed < 500; seed += 1) {
    const drawn = drawScenario(seed);
    const { topology, faults = [] } = drawn;
    const isBusy = topology.seeds >= 3 && topology.peers >= 10 && faults.length >= 6;
    const kinds = new Set(faults.map(({ kind }) => kind));
    if (!(isBusy && kinds.has('partition') && kinds.has('crash'))) continue;
    if ((await runTrial(drawn, { watch: plantedWatch })).violation !== undefined) return drawn;
  }
  throw new Error('no drawn scenario fails');
}

test('a failing scenario shrinks to what its failure needs', async () => {
  const scenario = await failing();
  const { violation } = await runTrial(scenario, { watch: plantedWatch });
  if (violation === undefined) throw new Error('it failed a moment ago');
  const shrunk = await shrink(scenario, violation, { watch: plantedWatch, trialsMax: 1_000 });
  const { topology, faults = [], load, network, options, durationMs } = shrunk.scenario;
  expect(shrunk.violation.checker).toBe('planted');
  expect(faults.map(({ kind }) => kind).sort()).toEqual(['crash', 'partition']);
  expect([load, options]).toEqual([[], undefined]);
  // Of two seeds none may stay down: that would not be fair.
  expect(topology.seeds).toBeLessThanOrEqual(3);
  expect(topology.peers).toBeLessThanOrEqual(2);
  expect(network).toEqual({ latency: { kind: 'constant', ms: 1 } });
  expect(durationMs).toBeLessThanOrEqual(Math.ceil(shrunk.violation.atMs) + 1);
  const again = await runTrial(shrunk.scenario, { watch: plantedWatch });
  expect(again.violation).toEqual(shrunk.violation);
});

test('a search ends after so many runs, with a scenario that fails', async () => {
  const scenario = await failing();
  const { violation } = await runTrial(scenario, { watch: plantedWatch });
  if (violation === undefined) throw new Error('it failed a moment ago');
  const shrunk = await shrink(scenario, violation, { watch: plantedWatch, trialsMax: 5 });
  expect(shrunk.trials).toBe(5);
  const again = await runTrial(shrunk.scenario, { watch: plantedWatch });
  expect(again.violation?.checker).toBe('planted');
});

const quiet: Scenario = {
  name: 'quiet',
  topology: { seeds: 0, peers: 3, start: { kind: 'join', spreadMs: 10 } },
  network: { latency: { kind: 'constant', ms: 1 } },
  durationMs: 10_000,
};

test('a run without an end is a finding', async () => {
  const { violation, events } = await runTrial(quiet, { watch: () => [], eventsMax: 20 });
  expect(violation?.checker).toBe(noEndInSight);
  expect(events).toBeLessThan(100);
  const whole = await runTrial(quiet, { watch: () => [] });
  expect(whole.violation).toBeUndefined();
  expect(whole.events).toBeGreaterThan(100);
});

test('an error that a machine throws is a finding', async () => {
  const watch: Watch = () => [
    {
      event: () => {
        throw new RangeError('not that');
      },
    },
  ];
  const { violation } = await runTrial(quiet, { watch });
  expect([violation?.checker, violation?.what]).toEqual([
    'error',
    expect.stringContaining('not that'),
  ]);
});
