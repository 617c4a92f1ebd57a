import { expect, test } from 'vitest';
import { HearsayError } from '../../src/core/errors.ts';
import { checkScenario } from '../../src/simulator/scenario/check.ts';
import { loadScenario, parseScenario, scenarioNames } from '../../src/simulator/scenario/files.ts';

const sound = {
  name: 'small',
  topology: { seeds: 3, peers: 12, start: { kind: 'join', spreadMs: 1000 } },
  network: { latency: { kind: 'constant', ms: 1 } },
  durationMs: 10_000,
};

/** The problems that are found, as `path: problem`. */
function problemsOf(data: unknown): string[] {
  try {
    checkScenario(data, 'small.json');
  } catch (error) {
    if (!(error instanceof HearsayError)) throw error;
    expect(error.code).toBe('scenario-invalid');
    expect(error.message).toContain('small.json');
    const problems = error.details['problems'] as { path: string; problem: string }[];
    return problems.map(({ path, problem }) => `${path}: ${problem}`);
  }
  return [];
}

test('a sound scenario has no problems', () => {
  expect(problemsOf(sound)).toEqual([]);
});

test.each([
  [{ ...sound, durationMs: -1 }, 'durationMs: must be a number from 1 to 864000000, not -1'],
  [
    { ...sound, durration: 5 },
    'durration: is unknown; there are: name, description, seed, topology, network, load, faults, durationMs, options',
  ],
  [
    { ...sound, network: { ...sound.network, loss: -0.1 } },
    'network.loss: must be a number from 0 to 0.9, not -0.1',
  ],
  [
    { ...sound, network: { latency: { kind: 'normal', ms: 1 } } },
    'network.latency.kind: must be one of constant, uniform, log-normal, regions, not "normal"',
  ],
  [
    { ...sound, topology: { ...sound.topology, seeds: 1 } },
    'topology.seeds: must be 0 or at least 2: one seed is no majority',
  ],
  [
    { ...sound, faults: [{ kind: 'crash', atMs: 0, who: { peers: 13 } }] },
    'faults[0].who.peers: must be at most 12, for that is how many peers there are, not 13',
  ],
  [
    {
      ...sound,
      faults: [
        { kind: 'crash', atMs: 0, who: { peers: 10 } },
        { kind: 'crash', atMs: 5, who: { peers: 5 } },
      ],
    },
    'faults[1].who.peers: kills 5 peers, but of the 12 there are only 2 left',
  ],
  [
    { ...sound, faults: [{ kind: 'crash', atMs: 0, who: { seeds: [3] } }] },
    'faults[0].who.seeds[0]: must be a number from 0 to 2, for there are 3 seeds, not 3',
  ],
  [
    { ...sound, load: [{ atMs: 20_000 }] },
    'load[0].atMs: must be at most durationMs, which is 10000, not 20000',
  ],
  [
    { ...sound, options: { peer: { overlay: { minDegre: 3 } } } },
    'options.peer.overlay.minDegre: cannot be used: unknown; there are: minDegree, maxOutDegree, maxDegree, degreeExponent, repairIntervalMs, dialsMax, redialMinMs, redialMaxMs, pausedMax, candidatesMax, knownPeersMax',
  ],
])('what is wrong is named by its path, with what would be right: %#', (data, problem) => {
  expect(problemsOf(data)).toEqual([problem]);
});

test('all problems of one kind come at once', () => {
  expect(problemsOf({ ...sound, durationMs: 'long', network: 7 })).toEqual([
    'network: must be an object, not 7',
    'durationMs: must be a number from 1 to 864000000, not "long"',
  ]);
});

test('every scenario of the package is sound, and bears the name of its file', async () => {
  const names = await scenarioNames();
  expect(names).toContain('classroom');
  for (const name of names) expect((await loadScenario(name)).name).toBe(name);
});

test('an unknown name is told which there are, and broken JSON where it breaks', async () => {
  await expect(loadScenario('clasroom')).rejects.toThrow(/clasroom.*there are: .*classroom/s);
  expect(() => parseScenario('{', 'mine.json')).toThrow(/mine\.json.*no JSON/s);
});
