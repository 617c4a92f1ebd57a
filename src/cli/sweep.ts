import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { HearsayError } from '../index.ts';
import {
  loadScenario,
  type PlannedRun,
  planSweep,
  runsOf,
  type Shard,
  type SweepPlan,
  type SweepSummary,
  shardOf,
  sweep,
  withChanges,
} from '../simulator/index.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { onInterrupt } from './simulate/interrupt.ts';
import { ProgressLine } from './simulate/progress-line.ts';
import {
  addScenarioFlags,
  changesOf,
  type ScenarioFlags,
  seedOption,
} from './simulate/scenario-flags.ts';
import { Estimate } from './sweep/estimate.ts';
import { mergedResults, ResultsFolder } from './sweep/results-folder.ts';
import { sweepTable } from './sweep/sweep-table.ts';
import { parameterOf, refuseBoth } from './sweep/vary.ts';

interface SweepFlags extends ScenarioFlags {
  readonly seed?: number;
  readonly vary?: readonly string[];
  readonly repeats: number;
  readonly threads: number;
  readonly shard?: Shard;
  readonly merge?: readonly string[];
  readonly out: string;
}

const help = `
Runs every combination of the varied values, --repeats times each with seeds that follow --seed, on
worker threads. Where peers are varied, laws of growth are fitted: constant, a·log₂ n + b,
a·ln n/ln ln n + b, a·n^k, the likeliest by Akaike's criterion; others as likely are named beside it.

In --out: sweep.json (the plan), runs.jsonl (a line for each run, as soon as it is done), runs.csv,
summary.json (medians, ranges and laws), convergence.svg, hops.svg, redundancy.svg.
The same flags and seed give the same bytes, on however many threads. Ctrl-C keeps the runs that are done.

--shard 2/5 does the second fifth of the runs: give five machines the same command but for this and --out,
then join what they wrote with --merge. The result is that of one machine.

Examples:
  hearsay sweep --scenario lan-1000 --vary peers=100,300,1000 --vary loss=0,0.01,0.05 --out sweep
  hearsay sweep --scenario flood-100k --vary peers=1000,10000,100000 --vary fan-out=3,4,8 --repeats 5 --out sweep
  hearsay sweep --scenario lossy --vary options.peer.overlay.degreeExponent=2.1,2.5,3 --shard 1/4 --out shard-1
  hearsay sweep --merge shard-1 shard-2 shard-3 shard-4 --out sweep`;

export function addSweepCommand(program: Command, finish: (exitCode: number) => void): void {
  const command = program
    .command('sweep')
    .summary('run a scenario many times and compare')
    .description(
      'Vary what a network is like, run each variant under virtual time, and see how convergence and ' +
        'its price depend on it.',
    );
  addScenarioFlags(command, { isRequired: false })
    .option(
      '--vary <name=values...>',
      'values of a parameter: peers=100,300,1000, loss=0,0.01, or any field by its path',
    )
    .option('--repeats <number>', 'runs of each combination', positiveWhole, 3)
    .addOption(seedOption)
    .option('--threads <number>', 'runs at once', positiveWhole, availableParallelism())
    .option('--shard <i/n>', 'only the i-th of n parts', shard)
    .option('--merge <folders...>', 'instead of running: join what shards wrote')
    .requiredOption('--out <folder>', 'write the results there')
    .addHelpText('after', help + exitCodesHelp)
    .action(async (flags: SweepFlags) => finish(await runSweep(flags)));
}

async function runSweep(flags: SweepFlags): Promise<number> {
  if (flags.merge !== undefined) return merge(flags.merge, flags);
  if ((flags.scenario as string | undefined) === undefined) {
    throw usage('scenario', '--scenario is needed: the name of a scenario, or a file');
  }
  const plan = await planOf(flags);
  const all = runsOf(plan);
  const runs = flags.shard === undefined ? all : shardOf(all, flags.shard);
  if (runs.length === 0) {
    const problem = `--shard ${flags.shard?.index}/${flags.shard?.of}: there are only ${all.length} runs, so this part is empty`;
    throw usage('shard', problem);
  }
  const folder = await ResultsFolder.open(flags.out, plan);
  const isInterrupted = await runAll(runs, folder, flags.threads);
  const summary = await folder.finish(runs.length);
  process.stdout.write(sweepTable(summary));
  return isInterrupted ? exitCodes.interrupted : exitCodeFor(summary);
}

/** Returns whether it was interrupted. */
async function runAll(
  runs: readonly PlannedRun[],
  folder: ResultsFolder,
  threads: number,
): Promise<boolean> {
  const { signal, dispose } = onInterrupt();
  const progress = new ProgressLine();
  const estimate = new Estimate(runs);
  const show = () => progress.show(() => estimate.text(progress.elapsedMs));
  const timer = setInterval(show, 1_000);
  try {
    for await (const run of sweep(runs, { threads: Math.min(threads, runs.length), signal })) {
      folder.add(run);
      estimate.done(run.run);
      show();
    }
    return signal.aborted;
  } finally {
    clearInterval(timer);
    progress.clear();
    dispose();
  }
}

async function merge(
  folders: readonly string[],
  { out, scenario, vary, shard: part }: SweepFlags,
): Promise<number> {
  if (((scenario as string | undefined) ?? vary ?? part) !== undefined) {
    throw usage('merge', '--merge joins what there is: without --scenario, --vary and --shard');
  }
  const { plan, runs } = await mergedResults(folders);
  const folder = await ResultsFolder.open(out, plan);
  for (const run of runs) folder.add(run);
  const summary = await folder.finish(runsOf(plan).length);
  process.stdout.write(sweepTable(summary));
  return exitCodeFor(summary);
}

async function planOf(flags: SweepFlags): Promise<SweepPlan> {
  const { vary = [], repeats, seed } = flags;
  if (vary.length === 0) {
    throw usage('vary', '--vary is needed: what to vary, as in --vary peers=100,300,1000');
  }
  const parameters = vary.map(parameterOf);
  const changes = changesOf(flags);
  refuseBoth(parameters, changes);
  const base = await loadScenario(flags.scenario);
  const scenario = withChanges(base, changes, `${flags.scenario} with these flags`);
  return planSweep({ scenario, parameters, repeats, seed: seed ?? scenario.seed ?? 1 });
}

function exitCodeFor({ runs, partial }: SweepSummary): number {
  return runs.failed > 0 || partial ? exitCodes.failed : exitCodes.ok;
}

function shard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const part = { index: Number(index), of: Number(of) };
  if (index === undefined || part.index < 1 || part.index > part.of) {
    throw new InvalidArgumentError('It must be i/n with i from 1 to n, as in 2/5.');
  }
  return part;
}

function positiveWhole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return value;
}

function usage(option: string, problem: string): HearsayError {
  return new HearsayError('option-invalid', problem, { option });
}
