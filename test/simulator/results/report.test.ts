import { expect, test } from 'vitest';
import {
  drawRun,
  messagesCsv,
  RunCollector,
  reportOf,
  type Scenario,
  Simulation,
  summaryJson,
} from '../../../src/simulator/index.ts';
import { Delays } from '../../../src/simulator/results/delays.ts';

const settled: Scenario = {
  name: 'settled',
  topology: { seeds: 0, peers: 300, start: { kind: 'settled' } },
  network: { latency: { kind: 'constant', ms: 1 } },
  load: [{ atMs: 100, count: 3, intervalMs: 50 }],
  durationMs: 400,
};

function run(scenario: Scenario, seed = 1) {
  const collector = new RunCollector();
  const simulation = new Simulation(scenario, { seed, observers: [collector] });
  simulation.advance();
  return reportOf(simulation.result(), collector, simulation.world);
}

test('a flood costs 2E − (n − 1) frames, and with equal latencies its hops are the distances in the overlay', () => {
  const { messages, overlay } = run(settled);
  expect(messages.published).toBe(3);
  expect(messages.converged).toBe(3);
  for (const message of messages.each) {
    expect(message.reached).toBe(300);
    expect(message.payloadFrames).toBe(2 * overlay.links - 299);
    expect(message.payloadFrames).toBe(message.floodSends);
    expect(message.ldh).toBe(message.eccentricity);
    expect(message.rmr).toBeCloseTo(message.payloadFrames / 299 - 1, 6);
  }
  expect(messages.hops).toEqual(messages.theory.distances.slice(1));
});

test('peers that die without a message are no part of its audience, and their deaths are timed', () => {
  const { messages, detection } = run({
    ...settled,
    topology: { seeds: 3, peers: 40, start: { kind: 'join', spreadMs: 2_000 } },
    load: [{ atMs: 20_000, count: 5 }],
    faults: [{ kind: 'crash', atMs: 15_000, who: { peers: 2 } }],
    durationMs: 40_000,
  });
  expect(messages.each.map(({ audience }) => audience)).toEqual([38, 38, 38, 38, 38]);
  expect(messages.converged).toBe(5);
  expect(detection.killed).toBe(2);
  expect(detection.untilConfirmed?.count).toBe(2);
  expect(detection.falseConfirmations).toBe(0);
});

test('the same run gives the same files, another seed other ones', async () => {
  const files = async (seed: number) => {
    const report = run(settled, seed);
    return [summaryJson(report), messagesCsv(report), ...(await drawRun(report)).values()];
  };
  const first = await files(1);
  const again = await files(1);
  // By their place, for nobody reads the difference of two drawings.
  expect(first.flatMap((text, index) => (text === again[index] ? [] : [index]))).toEqual([]);
  expect((await files(2))[0]).not.toBe(first[0]);
});

test('long durations are kept to 0.4 %, the longest exactly', () => {
  const delays = new Delays();
  for (let ms = 1; ms <= 10_000; ms += 1) delays.add(ms);
  const { p50Ms = 0, p99Ms = 0, maxMs, meanMs } = delays.summary() ?? {};
  expect(Math.abs(p50Ms - 5_000)).toBeLessThan(5_000 / 250);
  expect(Math.abs(p99Ms - 9_900)).toBeLessThan(9_900 / 250);
  expect(maxMs).toBe(10_000);
  expect(meanMs).toBe(5_000.5);
});
