import { expect, test } from 'vitest';
import type { Fault, Misbehaviour, Scenario } from '../../../src/simulator/scenario/scenario.ts';
import { drawScenario } from '../../../src/simulator/swarm/draw.ts';
import { isFair } from '../../../src/simulator/swarm/fairness.ts';

// drawScenario checks what it has drawn, so that each of these is valid.
const drawn: readonly Scenario[] = Array.from({ length: 500 }, (_, seed) => drawScenario(seed));
const faults = drawn.flatMap((scenario) => scenario.faults ?? []);

test('one number gives one scenario, another number another one', () => {
  for (const seed of [0, 1, 2 ** 40]) {
    expect(drawScenario(seed)).toEqual(drawScenario(seed));
    expect(drawScenario(seed)).not.toEqual({ ...drawScenario(seed + 1), name: `swarm-${seed}` });
  }
});

test('a drawn scenario survives being a file', () => {
  for (const scenario of drawn) expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
});

test('500 seeds have every kind of fault, start, latency and lie', () => {
  const kinds: readonly Fault['kind'][] = [
    'crash',
    'leave',
    'join',
    'churn',
    'pause',
    'slow',
    'partition',
    'cut',
    'swizzle-clog',
    'degrade',
    'clock-jump',
    'disk',
    'malicious',
  ];
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(kinds));
  const lies: readonly Misbehaviour[] = [
    'poison-suspicions',
    'forge-deaths',
    'replay',
    'silent-hub',
    'lie-incarnation',
    'forge-messages',
    'impersonate',
  ];
  const told = faults.flatMap((fault) => (fault.kind === 'malicious' ? [fault.behaviour] : []));
  expect(new Set(told)).toEqual(new Set(lies));
  const crashes = faults.flatMap((fault) => (fault.kind === 'crash' ? [fault] : []));
  expect(new Set(crashes.map(({ disk }) => disk))).toEqual(
    new Set([undefined, 'lost', 'kept', 'torn', 'vanish']),
  );
  const broken = faults.flatMap((fault) => (fault.kind === 'disk' ? [fault.what] : []));
  expect(new Set(broken)).toEqual(new Set(['EIO', 'ENOSPC', 'slow']));
  expect(new Set(drawn.map(({ topology }) => topology.start.kind))).toEqual(
    new Set(['join', 'settled']),
  );
  expect(new Set(drawn.map(({ topology }) => topology.seeds))).toEqual(new Set([0, 2, 3, 4, 5]));
  expect(new Set(drawn.map(({ network }) => network.latency.kind)).size).toBe(4);
});

test('many seeds have a seed that crashes within a second of a peer that comes', () => {
  const aimed = drawn.filter(({ topology, faults = [] }) => {
    const { start, seeds, peers } = topology;
    if (start.kind !== 'join' || seeds === 0) return false;
    const { afterMs = 3_000, spreadMs } = start;
    const moments = Array.from({ length: peers }, (_, peer) => afterMs + (peer * spreadMs) / peers);
    return faults.some(
      ({ kind, atMs, ...fault }) =>
        kind === 'crash' &&
        'who' in fault &&
        'seeds' in fault.who &&
        moments.some((moment) => atMs >= moment && atMs <= moment + 1_000),
    );
  });
  expect(aimed.length).toBeGreaterThan(25);
});

test('every draw is fair, and has a last message when all faults are over', () => {
  for (const scenario of drawn) {
    expect(isFair(scenario), scenario.name).toBe(true);
    const last = Math.max(...(scenario.load ?? []).map(({ atMs }) => atMs));
    for (const fault of scenario.faults ?? []) {
      const forMs = 'forMs' in fault ? (fault.forMs ?? 0) : 0;
      const spreadMs = 'spreadMs' in fault ? (fault.spreadMs ?? 0) : 0;
      const restartAfterMs = 'restartAfterMs' in fault ? (fault.restartAfterMs ?? 0) : 0;
      const endMs = fault.atMs + Math.max(forMs, spreadMs + restartAfterMs);
      expect(endMs, `${scenario.name}: ${fault.kind}`).toBeLessThan(last);
    }
    expect(scenario.durationMs).toBeGreaterThan(last + 10_000);
  }
});

const threeSeeds: Scenario = {
  name: 'three seeds',
  topology: { seeds: 3, peers: 5, start: { kind: 'join', spreadMs: 1_000 } },
  network: { latency: { kind: 'constant', ms: 1 } },
  durationMs: 100_000,
};
const crash = (seeds: number[], rest: object) =>
  ({ kind: 'crash', atMs: 50_000, who: { seeds }, ...rest }) as const;
const vanish = { disk: 'vanish', restartAfterMs: 1_000 };

test.each<[string, Fault[], boolean]>([
  ['one lost disk', [crash([0], vanish)], true],
  ['the same disk lost twice', [crash([0], vanish), crash([0], vanish)], true],
  ['two lost disks of three', [crash([0], vanish), crash([1], vanish)], false],
  ['a lost disk and a seed that stays down', [crash([0], vanish), crash([1], {})], false],
  ['a seed that stays down', [crash([1], {})], true],
  ['a quorum that stays down', [crash([1, 2], {})], false],
  ['a seed that stays down from the beginning', [{ ...crash([1], {}), atMs: 4_000 }], false],
  ['a disk lost in the beginning', [{ ...crash([0], vanish), atMs: 4_000 }], false],
])('of three seeds, %s', (_, script, fair) => {
  expect(isFair({ ...threeSeeds, faults: script })).toBe(fair);
});
