import { type Spread, spreadOf } from '../results/report.ts';
import { fitGrowth, type GrowthFit, growthText, type Measured } from './growth.ts';
import type { MeasureName } from './measures.ts';
import { type SweepPlan, sizeParameterOf } from './plan.ts';
import type { SweepRun } from './sweep.ts';

/** Measures whose growth with the network is fitted. */
export const grownMeasures = [
  't50Ms',
  't99Ms',
  't100Ms',
  'rmr',
  'frames',
  'meanHops',
  'ldh',
  'eccentricity',
] as const satisfies readonly MeasureName[];

export type GrownMeasure = (typeof grownMeasures)[number];

/** What a sweep has shown. The same plan gives the same summary, on however many threads and machines. */
export interface SweepSummary {
  readonly scenario: string;
  readonly parameters: Readonly<Record<string, readonly unknown[]>>;
  readonly repeats: number;
  readonly seed: number;
  readonly runs: { readonly planned: number; readonly done: number; readonly failed: number };
  /** Not all runs that were planned are in it. */
  readonly partial: boolean;
  /** The parameter on the horizontal axis: the size of the network, or the first one with numbers. */
  readonly axis: string | null;
  /** For each combination of the other parameters. */
  readonly series: readonly SweepSeries[];
}

export interface SweepSeries {
  /** The other parameters. Empty when there are none. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly points: readonly SweepPoint[];
  /** By measure; only where sizes of the network were varied, and enough of them. */
  readonly growth: Readonly<Partial<Record<GrownMeasure, Growth>>>;
}

export interface SweepPoint {
  /** Value of the axis; null when nothing was varied. */
  readonly at: unknown;
  readonly runs: number;
  readonly messages: { readonly published: number; readonly converged: number };
  /** Over the runs. */
  readonly measures: Readonly<Partial<Record<MeasureName, Spread>>>;
}

export interface Growth extends GrowthFit {
  /** The law with its numbers. */
  readonly text: string;
}

const measureNames = [
  ...grownMeasures,
  'peers',
  'meanDegree',
  'coverage',
  'hopMs',
  'meanDistance',
  'floodSends',
  'registrationMs',
  'detectionMs',
  'falseConfirmations',
  'inputs',
] as const satisfies readonly MeasureName[];

export function summaryOf(
  plan: SweepPlan,
  runs: readonly SweepRun[],
  planned: number,
): SweepSummary {
  const done = runs.toSorted((one, other) => one.run - other.run);
  const axis = axisOf(plan);
  const names = plan.parameters.map(({ name }) => name).filter((name) => name !== axis);
  const groups = groupedBy(done, ({ parameters }) =>
    JSON.stringify(names.map((name) => parameters[name])),
  );
  const isSize = sizeParameterOf(plan)?.name === axis;
  return {
    scenario: plan.scenario.name,
    parameters: Object.fromEntries(
      plan.parameters.map(({ name, values }) => [name, values.map(({ value }) => value)]),
    ),
    repeats: plan.repeats,
    seed: plan.seed,
    runs: {
      planned,
      done: done.length,
      failed: done.filter(({ ended }) => ended !== 'complete').length,
    },
    partial: done.length < planned,
    axis,
    series: groups.map((group) => ({
      parameters: Object.fromEntries(
        names.map((name) => [name, (group[0] as SweepRun).parameters[name]]),
      ),
      points: pointsOf(group, axis),
      growth: axis !== null && isSize ? growthOf(group, axis) : {},
    })),
  };
}

function axisOf(plan: SweepPlan): string | null {
  const isNumeric = ({ values }: SweepPlan['parameters'][number]) =>
    values.every(({ value }) => typeof value === 'number');
  const parameter = sizeParameterOf(plan) ?? plan.parameters.find(isNumeric) ?? plan.parameters[0];
  return parameter?.name ?? null;
}

function pointsOf(group: readonly SweepRun[], axis: string | null): SweepPoint[] {
  const at = ({ parameters }: SweepRun) => (axis === null ? null : parameters[axis]);
  const points = groupedBy(group, (run) => JSON.stringify(at(run)));
  const byNumber = (one: SweepPoint, other: SweepPoint) =>
    typeof one.at === 'number' && typeof other.at === 'number' ? one.at - other.at : 0;
  return points.map((runs) => pointOf(runs, at(runs[0] as SweepRun))).sort(byNumber);
}

function pointOf(runs: readonly SweepRun[], at: unknown): SweepPoint {
  const sum = (name: 'published' | 'converged') =>
    runs.reduce((total, { measures }) => total + (measures?.[name] ?? 0), 0);
  const measures: Partial<Record<MeasureName, Spread>> = {};
  for (const name of measureNames) {
    const spread = spreadOf(runs.flatMap((run) => run.measures?.[name] ?? []));
    if (spread !== null) measures[name] = spread;
  }
  return {
    at,
    runs: runs.length,
    messages: { published: sum('published'), converged: sum('converged') },
    measures,
  };
}

function growthOf(group: readonly SweepRun[], axis: string): SweepSeries['growth'] {
  const growth: Partial<Record<GrownMeasure, Growth>> = {};
  for (const name of grownMeasures) {
    const measured = group.flatMap(({ parameters, measures }): Measured[] => {
      const value = measures?.[name] ?? null;
      return value === null ? [] : [[parameters[axis] as number, value]];
    });
    const fit = fitGrowth(measured);
    if (fit !== undefined) growth[name] = { text: growthText(fit), ...fit };
  }
  return growth;
}

/** In the order of their first members. */
function groupedBy<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  return [...Map.groupBy(items, key).values()];
}
