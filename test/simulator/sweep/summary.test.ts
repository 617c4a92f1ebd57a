import { expect, test } from 'vitest';
import {
  drawSweep,
  type PlannedRun,
  parsePlan,
  parseRuns,
  planJson,
  planSweep,
  runLine,
  runsOf,
  type Scenario,
  type SweepRun,
  summaryOf,
  sweep,
} from '../../../src/simulator/index.ts';

const scenario: Scenario = {
  name: 'small',
  topology: { seeds: 0, peers: 10, start: { kind: 'settled' } },
  network: { latency: { kind: 'constant', ms: 1 } },
  load: [{ atMs: 10 }],
  durationMs: 100,
};
const values = (path: string, ...all: unknown[]) =>
  all.map((value) => ({ value, changes: { [path]: value } }));
const plan = planSweep({
  scenario,
  parameters: [
    { name: 'peers', values: values('topology.peers', 50, 100, 200) },
    { name: 'fan', values: values('options.peer.overlay.minDegree', 3, 5) },
  ],
  repeats: 2,
  seed: 1,
});

async function runAll(threads: number): Promise<SweepRun[]> {
  const runs: SweepRun[] = [];
  for await (const run of sweep(runsOf(plan), { threads })) runs.push(run);
  return runs;
}

test('with equal latencies a sweep measures what theory says, on one thread as on three', async () => {
  const runs = await runAll(3);
  const summary = summaryOf(plan, runs, 12);
  expect(summaryOf(plan, await runAll(1), 12)).toEqual(summary);
  expect(summary.axis).toBe('peers');
  expect(summary.runs).toEqual({ planned: 12, done: 12, failed: 0 });
  expect(summary.series.map(({ parameters }) => parameters)).toEqual([{ fan: 3 }, { fan: 5 }]);
  for (const { points, growth } of summary.series) {
    expect(points.map(({ at, runs: count }) => [at, count])).toEqual([
      [50, 2],
      [100, 2],
      [200, 2],
    ]);
    for (const { measures, messages } of points) {
      expect(messages.converged).toBe(messages.published);
      expect(measures.ldh).toEqual(measures.eccentricity);
      expect(measures.meanHops).toEqual(measures.meanDistance);
      expect(measures.frames).toEqual(measures.floodSends);
    }
    // Frames grow as n · degree.
    expect(growth.frames?.law).toBe('power');
    expect(growth.frames?.coefficients[1]).toBeCloseTo(1, 0);
  }
  const drawings = await drawSweep(summary);
  expect([...drawings.keys()]).toEqual(['convergence.svg', 'hops.svg', 'redundancy.svg']);
  expect(drawings.get('redundancy.svg')).toContain(summary.series[0]?.growth.frames?.text);
});

test('plan and runs come back from their files, a line that was cut off aside', async () => {
  expect(parsePlan(planJson(plan), 'sweep.json')).toEqual(plan);
  const runs = await runAll(2);
  const text = runs.map(runLine).join('');
  expect(parseRuns(text, 'runs.jsonl')).toEqual(runs);
  expect(parseRuns(text.slice(0, -10), 'runs.jsonl')).toEqual(runs.slice(0, -1));
});

test('files that are none are refused by name and line', () => {
  expect(() => parseRuns('{}\n', 'runs.jsonl')).toThrow('runs.jsonl line 1');
  expect(() => parseRuns('no JSON\n', 'runs.jsonl')).toThrow('runs.jsonl line 1');
  expect(() => parsePlan('{}', 'sweep.json')).toThrow('sweep.json');
});

test('a run that fails is a result, and no hole in the sweep', async () => {
  const [first, second] = runsOf(plan);
  // No scenario that was checked looks like this: the thread fails in the middle of it.
  const broken = { ...first, scenario: {} };
  const runs: SweepRun[] = [];
  for await (const run of sweep([broken, second] as PlannedRun[], { threads: 1 })) runs.push(run);
  expect(runs.map(({ measures }) => measures === null)).toEqual([true, false]);
  expect(summaryOf(plan, runs, 12).runs).toEqual({ planned: 12, done: 2, failed: 1 });
});
