import { HearsayError } from '../../core/errors.ts';
import { type ScenarioChanges, withChanges } from '../scenario/overrides.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** What is varied: its name in tables, and each value with what it changes in the scenario. */
export interface SweepParameter {
  readonly name: string;
  readonly values: readonly { readonly value: unknown; readonly changes: ScenarioChanges }[];
}

/** Every combination of the parameters' values, so many times. */
export interface SweepPlan {
  readonly scenario: Scenario;
  readonly parameters: readonly SweepParameter[];
  readonly repeats: number;
  /**
   * Of the first repeat; the next one has the next number. Runs of one repeat share it, so that they differ in
   * what was varied and, where the protocol lets them, in nothing else.
   */
  readonly seed: number;
}

/** Which part of a sweep: `index` from 1 to `of`. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export interface PlannedRun {
  /** From 0, in the order of repeats, then of points. */
  readonly run: number;
  /** By the parameters' names. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** From 1. */
  readonly repeat: number;
  readonly seed: number;
  readonly scenario: Scenario;
}

const runsMax = 100_000;

/**
 * The plan, checked whole before anything runs. Throws HearsayError `option-invalid` for parameters that
 * contradict each other, `scenario-invalid` for a value that the scenario cannot have.
 */
export function planSweep(plan: SweepPlan): SweepPlan {
  const runs = plan.parameters.reduce((all, { values }) => all * values.length, plan.repeats);
  if (runs > runsMax) throw invalid(`${runs} runs are too many: ${runsMax} at most`);
  const paths = new Map<string, string>();
  const names = new Set<string>();
  for (const { name, values } of plan.parameters) {
    if (values.length === 0) throw invalid(`${name} has no values`);
    if (names.has(name)) throw invalid(`${name} is varied twice: give all its values at once`);
    names.add(name);
    const texts = values.map(({ value }) => JSON.stringify(value));
    const twice = texts.find((text, index) => texts.indexOf(text) !== index);
    if (twice !== undefined) throw invalid(`${name} has the value ${twice} twice`);
    for (const path of new Set(values.flatMap(({ changes }) => Object.keys(changes)))) {
      const other = paths.get(path);
      if (other !== undefined) throw invalid(`${name} and ${other} both change ${path}`);
      paths.set(path, name);
    }
  }
  for (const { name, values } of plan.parameters) {
    for (const { value, changes } of values) {
      withChanges(plan.scenario, changes, `${plan.scenario.name} with ${name} ${shown(value)}`);
    }
  }
  runsOf({ ...plan, repeats: 1 });
  return plan;
}

/** All runs of a plan. Repeat by repeat: whoever stops early has something of every point. */
export function runsOf(plan: SweepPlan): PlannedRun[] {
  const points = pointsOf(plan);
  return Array.from({ length: plan.repeats }, (_, repeat) =>
    points.map((point, index) => ({
      run: repeat * points.length + index,
      ...point,
      repeat: repeat + 1,
      seed: plan.seed + repeat,
    })),
  ).flat();
}

/**
 * The runs of one shard. All shards together have each run once; large networks are dealt out first, so
 * that each shard gets as many of them.
 */
export function shardOf(runs: readonly PlannedRun[], { index, of }: Shard): PlannedRun[] {
  return runs
    .toSorted((one, other) => weightOf(other) - weightOf(one) || one.run - other.run)
    .filter((_, dealt) => dealt % of === index - 1)
    .sort((one, other) => one.run - other.run);
}

/** How long a run takes compared with others, roughly: as its network is larger. */
export function weightOf({ scenario }: Pick<PlannedRun, 'scenario'>): number {
  return scenario.topology.peers;
}

/** The parameter whose values are sizes of the network, against which growth is fitted. */
export function sizeParameterOf({ parameters }: SweepPlan): SweepParameter | undefined {
  return parameters.find(({ values }) =>
    values.every(({ changes }) => Object.keys(changes).join() === 'topology.peers'),
  );
}

/** A value as people read it. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Point {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly scenario: Scenario;
}

function pointsOf({ scenario, parameters }: SweepPlan): Point[] {
  const empty: { values: Record<string, unknown>; changes: Record<string, unknown> } = {
    values: {},
    changes: {},
  };
  const combinations = parameters.reduce(
    (points, { name, values }) =>
      points.flatMap((point) =>
        values.map(({ value, changes }) => ({
          values: { ...point.values, [name]: value },
          changes: { ...point.changes, ...changes },
        })),
      ),
    [empty],
  );
  return combinations.map(({ values, changes }) => {
    const named = Object.entries(values).map(([name, value]) => `${name} ${shown(value)}`);
    const file = `${scenario.name} with ${named.join(', ')}`;
    return { parameters: values, scenario: withChanges(scenario, changes, file) };
  });
}

function invalid(problem: string): HearsayError {
  return new HearsayError('option-invalid', `the sweep cannot run: ${problem}`, {
    option: 'vary',
  });
}
