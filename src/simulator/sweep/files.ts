import * as v from 'valibot';
import { HearsayError } from '../../core/errors.ts';
import { packageVersion } from '../../core/version.ts';
import { csv } from '../results/tables.ts';
import { checkScenario } from '../scenario/check.ts';
import { planSweep, type SweepPlan, shown } from './plan.ts';
import type { SweepSummary } from './summary.ts';
import type { SweepRun } from './sweep.ts';

/** `sweep.json`: what was planned, and by which version. Shards of one sweep have the same. */
export function planJson(plan: SweepPlan): string {
  return json({ hearsay: 'sweep', version: 1, package: packageVersion, ...plan });
}

/** A line of `runs.jsonl`. */
export function runLine(run: SweepRun): string {
  return `${JSON.stringify(run)}\n`;
}

/** `runs.csv`: the same as a table. */
export function runsCsv({ parameters }: SweepPlan, runs: readonly SweepRun[]): string {
  const names = parameters.map(({ name }) => name);
  const some = runs.find(({ measures }) => measures !== null)?.measures ?? {};
  const measured = Object.keys(some) as (keyof typeof some)[];
  const rows = runs.map(({ run, repeat, seed, ended, measures, parameters: values }) => [
    run,
    ...names.map((name) => shown(values[name])),
    repeat,
    seed,
    typeof ended === 'string' ? ended : Object.keys(ended).join(),
    ...measured.map((name) => measures?.[name] ?? ''),
  ]);
  return csv([['run', ...names, 'repeat', 'seed', 'ended', ...measured.map(snake)], ...rows]);
}

/** `summary.json` */
export function sweepSummaryJson(summary: SweepSummary): string {
  return json({ hearsay: 'sweep-summary', version: 1, ...summary });
}

/** The plan in the text of a `sweep.json`; `file` is how errors name it. Throws `sweep-unreadable`. */
export function parsePlan(text: string, file: string): SweepPlan {
  const data = v.safeParse(planSchema, parsed(text, file));
  if (!data.success) throw unreadable(file, 'it is no plan of a sweep that this version can read');
  const { scenario, parameters, repeats, seed } = data.output;
  return planSweep({ scenario: checkScenario(scenario, file), parameters, repeats, seed });
}

/**
 * The runs in the text of a `runs.jsonl`. A last line that was cut off, because the machine or the process ended
 * in the middle of it, is passed over. Throws `sweep-unreadable`.
 */
export function parseRuns(text: string, file: string): SweepRun[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line, index) => {
    const data = v.safeParse(runSchema, parsed(line, `${file} line ${index + 1}`));
    if (!data.success) throw unreadable(`${file} line ${index + 1}`, 'it is no run of a sweep');
    // The measures were written by measuresOf: names and numbers, or text.
    return data.output as unknown as SweepRun;
  });
}

const anything = v.record(v.string(), v.unknown());

const planSchema = v.object({
  hearsay: v.literal('sweep'),
  version: v.literal(1),
  package: v.literal(packageVersion),
  scenario: v.unknown(),
  parameters: v.array(
    v.strictObject({
      name: v.string(),
      values: v.array(v.strictObject({ value: v.unknown(), changes: anything })),
    }),
  ),
  repeats: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  seed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

const runSchema = v.strictObject({
  run: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  parameters: anything,
  repeat: v.number(),
  seed: v.number(),
  ended: v.union([v.picklist(['complete', 'aborted']), v.record(v.string(), v.string())]),
  measures: v.nullable(v.record(v.string(), v.union([v.number(), v.string(), v.null()]))),
});

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw unreadable(file, 'it is no JSON', cause);
  }
}

function unreadable(file: string, problem: string, cause?: unknown): HearsayError {
  const message = `${file} cannot be read: ${problem}`;
  return new HearsayError('sweep-unreadable', message, { file }, { cause });
}

function json(data: unknown): string {
  return `${JSON.stringify(data, undefined, 2)}\n`;
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
