import * as v from 'valibot';
import { HearsayError } from '../../core/errors.ts';
import { mergePeerOptions, mergeSeedOptions } from '../../core/options.ts';
import { peersMax } from '../nodes/addresses.ts';
import type { Choice, Fault, Scenario, Who } from './scenario.ts';
import { scenarioSchema } from './schema.ts';

/** What is wrong at which place of a scenario: `faults[2].who.peers`. */
export interface ScenarioProblem {
  readonly path: string;
  readonly problem: string;
}

/**
 * A scenario as its author meant it: checked whole, unknown fields refused. `file` is how errors name
 * it. Throws HearsayError `scenario-invalid` with all that is wrong at once; its details are `file`
 * and `problems` as `{ path, problem }`.
 */
export function checkScenario(data: unknown, file: string): Scenario {
  const parsed = v.safeParse(scenarioSchema, data);
  if (!parsed.success) throw invalid(file, parsed.issues.map(problemOf));
  // The schema's own type says the same, but knows the options as any record: they are checked below.
  const scenario = parsed.output as Scenario;
  const problems = [...sense(scenario)];
  if (problems.length > 0) throw invalid(file, problems);
  return scenario;
}

/** Peers of a run: those of the beginning and all that join. */
export function peersOf({ topology, faults = [] }: Pick<Scenario, 'topology' | 'faults'>): number {
  return faults.reduce(
    (peers, fault) => (fault.kind === 'join' ? peers + fault.peers : peers),
    topology.peers,
  );
}

function problemOf(issue: v.BaseIssue<unknown>): ScenarioProblem {
  return { path: pathOf(issue.path ?? []), problem: issue.message };
}

function pathOf(items: readonly { readonly key?: unknown }[]): string {
  return items.reduce(
    (path, { key }) =>
      typeof key === 'number'
        ? `${path}[${key}]`
        : `${path}${path === '' ? '' : '.'}${String(key)}`,
    '',
  );
}

function invalid(file: string, problems: readonly ScenarioProblem[]): HearsayError {
  const lines = problems.map(({ path, problem }) => `  ${path === '' ? 'it' : path} ${problem}`);
  const message = `${file} is no scenario:\n${lines.join('\n')}`;
  return new HearsayError('scenario-invalid', message, { file, problems });
}

// ---------------------------------------------------------------- what the numbers mean together

function* sense(scenario: Scenario): Generator<ScenarioProblem> {
  const { topology, network, load = [], faults = [], durationMs } = scenario;
  const { seeds, start } = topology;
  if (seeds === 1) {
    yield { path: 'topology.seeds', problem: 'must be 0 or at least 2: one seed is no majority' };
  }
  if (seeds > 0 && start.kind === 'settled') {
    const problem =
      'settled needs topology.seeds 0: registrations are simulated, never assumed; use join';
    yield { path: 'topology.start.kind', problem };
  }
  const peers = peersOf(scenario);
  if (peers > peersMax) {
    yield { path: 'faults', problem: `${peers} peers in all, at most ${peersMax} have an address` };
  }
  yield* latencySense(network.latency);
  yield* optionsSense(scenario);
  for (const [index, { atMs, from }] of load.entries()) {
    const path = `load[${index}]`;
    if (typeof from === 'number' && from >= peers)
      yield outOf(`${path}.from`, from, peers, 'peers');
    if (atMs > durationMs) yield tooLate(`${path}.atMs`, atMs, durationMs);
  }
  for (const [index, fault] of faults.entries()) {
    const path = `faults[${index}]`;
    if (fault.atMs > durationMs) yield tooLate(`${path}.atMs`, fault.atMs, durationMs);
    yield* faultSense(fault, path, { peers, seeds });
  }
  yield* killedSense(faults, peers);
}

function* latencySense(latency: Scenario['network']['latency']): Generator<ScenarioProblem> {
  const path = 'network.latency';
  if (latency.kind === 'uniform' && latency.maxMs < latency.minMs) {
    yield { path: `${path}.maxMs`, problem: `must be at least minMs, which is ${latency.minMs}` };
  }
  if (latency.kind === 'log-normal' && latency.p99Ms < latency.medianMs) {
    yield {
      path: `${path}.p99Ms`,
      problem: `must be at least medianMs, which is ${latency.medianMs}`,
    };
  }
}

function* optionsSense({ topology, options = {} }: Scenario): Generator<ScenarioProblem> {
  const checks = {
    peer: () => mergePeerOptions(topology.profile ?? 'lan', options.peer),
    seed: () => mergeSeedOptions(options.seed),
  };
  for (const [role, check] of Object.entries(checks)) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      const option = String(error.details['option']);
      const path = option.replace(/^options/, `options.${role}`);
      yield { path, problem: `cannot be used: ${error.message.replace(`option ${option}: `, '')}` };
    }
  }
}

interface Sizes {
  readonly peers: number;
  readonly seeds: number;
}

function* faultSense(fault: Fault, path: string, sizes: Sizes): Generator<ScenarioProblem> {
  if ('who' in fault) yield* whoSense(fault.who, `${path}.who`, sizes);
  if (fault.kind === 'cut') {
    yield* whoSense(fault.from, `${path}.from`, sizes);
    yield* whoSense(fault.to, `${path}.to`, sizes);
  }
  if (fault.kind === 'partition') {
    const { shape, groups = 2, first } = fault;
    if (first !== undefined) yield* whoSense(first, `${path}.first`, sizes);
    if (shape === 'ring' && groups < 4) {
      yield {
        path: `${path}.groups`,
        problem: 'must be at least 4 for a ring: in a smaller one all are neighbours',
      };
    }
  }
}

function* whoSense(who: Who, path: string, sizes: Sizes): Generator<ScenarioProblem> {
  for (const role of ['peers', 'seeds'] as const) {
    const choice = who[role];
    if (choice !== undefined) yield* choiceSense(choice, `${path}.${role}`, sizes[role], role);
  }
  if (who.peers === undefined && who.seeds === undefined) {
    yield { path, problem: 'must name peers, seeds or both' };
  }
}

function* choiceSense(
  choice: Choice,
  path: string,
  size: number,
  role: string,
): Generator<ScenarioProblem> {
  if (typeof choice === 'number' && choice > size) {
    yield {
      path,
      problem: `must be at most ${size}, for that is how many ${role} there are, not ${choice}`,
    };
  }
  if (typeof choice === 'string' || typeof choice === 'number' || 'share' in choice) return;
  for (const [index, number] of choice.entries()) {
    if (number >= size) yield outOf(`${path}[${index}]`, number, size, role);
  }
}

/** Deaths without return: more of them than there are peers is a mistake. */
function* killedSense(faults: readonly Fault[], peers: number): Generator<ScenarioProblem> {
  let killed = 0;
  for (const [index, fault] of faults.entries()) {
    const isFinal = fault.kind === 'leave' || (fault.kind === 'crash' && !fault.restartAfterMs);
    if (!isFinal) continue;
    const before = killed;
    killed += Math.min(countOf(fault.who.peers, peers), peers);
    if (killed <= peers) continue;
    const problem = `kills ${killed - before} peers, but of the ${peers} there are only ${peers - before} left`;
    yield { path: `faults[${index}].who.peers`, problem };
    return;
  }
}

/** How many of `size` a choice means. */
export function countOf(choice: Choice | undefined, size: number): number {
  if (choice === undefined) return 0;
  if (choice === 'all') return size;
  if (typeof choice === 'number') return choice;
  return 'share' in choice ? Math.round(choice.share * size) : choice.length;
}

function outOf(path: string, number: number, size: number, role: string): ScenarioProblem {
  return {
    path,
    problem: `must be a number from 0 to ${size - 1}, for there are ${size} ${role}, not ${number}`,
  };
}

function tooLate(path: string, atMs: number, durationMs: number): ScenarioProblem {
  return { path, problem: `must be at most durationMs, which is ${durationMs}, not ${atMs}` };
}
