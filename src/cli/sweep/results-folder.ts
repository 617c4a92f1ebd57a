import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HearsayError } from '../../index.ts';
import {
  drawSweep,
  parsePlan,
  parseRuns,
  planJson,
  runLine,
  runsCsv,
  type SweepPlan,
  type SweepRun,
  type SweepSummary,
  summaryOf,
  sweepSummaryJson,
} from '../../simulator/index.ts';
import { prepareFolder, writeFolder } from '../simulate/run-folder.ts';

/**
 * The folder of a sweep's results. Each run is a line of runs.jsonl as soon as it is done, in the order of
 * their ends; finishing puts them in the order of the plan and writes what is made of all of them.
 */
export class ResultsFolder {
  readonly #folder: string;
  readonly #plan: SweepPlan;
  readonly #file: number;
  readonly runs: SweepRun[] = [];

  private constructor(folder: string, plan: SweepPlan) {
    this.#folder = folder;
    this.#plan = plan;
    this.#file = openSync(join(folder, 'runs.jsonl'), 'w');
  }

  /** Throws `option-invalid` when nothing can be written there. */
  static async open(folder: string, plan: SweepPlan): Promise<ResultsFolder> {
    await prepareFolder(folder);
    await writeFile(join(folder, 'sweep.json'), planJson(plan));
    return new ResultsFolder(folder, plan);
  }

  add(run: SweepRun): void {
    this.runs.push(run);
    writeSync(this.#file, runLine(run));
  }

  /** `planned`: how many runs belong here. */
  async finish(planned: number): Promise<SweepSummary> {
    closeSync(this.#file);
    const runs = this.runs.toSorted((one, other) => one.run - other.run);
    const summary = summaryOf(this.#plan, runs, planned);
    // By a new name first: whatever happens, one of the two files is whole.
    const sorted = join(this.#folder, 'runs.jsonl.new');
    await writeFile(sorted, runs.map(runLine).join(''));
    await rename(sorted, join(this.#folder, 'runs.jsonl'));
    await writeFolder(
      this.#folder,
      new Map([
        ['runs.csv', runsCsv(this.#plan, runs)],
        ['summary.json', sweepSummaryJson(summary)],
        ...(await drawSweep(summary)),
      ]),
    );
    return summary;
  }
}

interface SweepResults {
  readonly plan: SweepPlan;
  readonly runs: readonly SweepRun[];
}

/** What a sweep, or a shard of one, left in its folder. Throws `sweep-unreadable`. */
async function readResults(folder: string): Promise<SweepResults> {
  const [plan, runs] = [join(folder, 'sweep.json'), join(folder, 'runs.jsonl')];
  return {
    plan: parsePlan(await textOf(plan), plan),
    runs: parseRuns(await textOf(runs), runs),
  };
}

/** The runs of several shards together. Throws `option-invalid` when they are not of one sweep. */
export async function mergedResults(folders: readonly string[]): Promise<SweepResults> {
  const all = await Promise.all(folders.map(readResults));
  const [first] = all;
  if (first === undefined) throw mergeError('no folder was named', 'name those of the shards');
  const plan = planJson(first.plan);
  const runs = new Map<number, SweepRun>();
  for (const [index, results] of all.entries()) {
    const folder = folders[index] as string;
    if (planJson(results.plan) !== plan) {
      const problem = `${folder} is of another sweep than ${folders[0]}`;
      throw mergeError(problem, 'the scenario, --vary, --repeats and --seed must be the same');
    }
    for (const run of results.runs) {
      const known = runs.get(run.run);
      if (known !== undefined && runLine(known) !== runLine(run)) {
        const problem = `run ${run.run} of ${folder} differs from that of another folder`;
        throw mergeError(problem, 'one of them was made by another Hearsay or another Node');
      }
      runs.set(run.run, run);
    }
  }
  return { plan: first.plan, runs: [...runs.values()] };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HearsayError('sweep-unreadable', `${file} cannot be read: ${reason}`, { file });
  }
}

function mergeError(problem: string, right: string): HearsayError {
  return new HearsayError('option-invalid', `--merge: ${problem}: ${right}`, { option: 'merge' });
}
