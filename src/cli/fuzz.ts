import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { drawScenario, hunt, loadScenario, type Scenario } from '../simulator/index.ts';
import { countNumber, positiveNumber, wholeNumber } from './arguments.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { runAndTell, type TellOptions } from './fuzz/finding.ts';
import {
  censusText,
  faultText,
  progressText,
  promiseText,
  sizeText,
  whatText,
} from './fuzz/words.ts';
import { onInterrupt } from './simulate/interrupt.ts';
import { ProgressLine } from './simulate/progress-line.ts';
import { prepareFolder } from './simulate/run-folder.ts';

interface FuzzFlags {
  readonly seeds: number;
  readonly seed?: number;
  readonly from: number;
  readonly fresh?: true;
  readonly threads: number;
  readonly scenario?: string;
  readonly print?: true;
  readonly shrink: boolean;
  readonly shrinkSeconds: number;
  readonly keepGoing?: true;
  readonly out: string;
}

const help = `
Each seed is a number, and all of one run comes from it: the network, the options, what goes wrong and when. A
safety phase with faults is followed by a liveness phase without, and checkers look on (docs/SIMULATOR.md
lists their promises). The first broken promise ends the hunt: it is shown with the command that replays
it and the last events before it, and a smaller scenario that breaks the same promise is looked for and written.

Examples:
  hearsay fuzz --seeds 1000
  hearsay fuzz --seeds 300 --fresh
  hearsay fuzz --seed 4711
  hearsay fuzz --seed 4711 --print > 4711.json
  hearsay fuzz --scenario swarm-4711-shrunk.json --no-shrink`;

export function addFuzzCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('fuzz')
    .summary('attack the protocol with random faults')
    .description(
      'Draw networks and faults from numbers, run them under virtual time, and look whether every promise is kept.',
    )
    .option('--seeds <number>', 'how many numbers to try', countNumber, 1_000)
    .option('--from <number>', 'the first of them', wholeNumber, 1)
    .option('--fresh', 'begin anywhere, with numbers that nobody has tried')
    .option('--seed <number>', 'run exactly this number and tell what happens', wholeNumber)
    .option('--scenario <file>', 'run this scenario instead (with --seed: from that number)')
    .option('--print', 'print the scenario of --seed as JSON, and do not run it')
    .option('--threads <number>', 'runs at once', countNumber, availableParallelism())
    .option('--keep-going', 'go on after a broken promise, and list all in the end')
    .option('--no-shrink', 'do not look for a smaller scenario')
    .option('--shrink-seconds <seconds>', 'how long to look for one', positiveNumber, 60)
    .option('--out <folder>', 'where to write it', '.')
    .addHelpText('after', help + exitCodesHelp)
    .action(async (flags: FuzzFlags) => finish(await runFuzz(flags)));
}

async function runFuzz(flags: FuzzFlags): Promise<number> {
  const { seed, scenario: file } = flags;
  if (flags.print) return print(flags);
  if (flags.shrink) await prepareFolder(flags.out);
  const interrupt = onInterrupt();
  const { signal } = interrupt;
  try {
    if (file !== undefined) {
      const scenario = { ...(await loadScenario(file)), ...(seed !== undefined && { seed }) };
      const withSeed = seed === undefined ? '' : ` --seed ${seed}`;
      return await replay(scenario, tellOptions(flags, `--scenario ${file}${withSeed}`, signal));
    }
    if (seed !== undefined) {
      return await replay(drawScenario(seed), tellOptions(flags, `--seed ${seed}`, signal));
    }
    return await search(flags, signal);
  } finally {
    interrupt.dispose();
  }
}

function print({ seed = 1 }: FuzzFlags): number {
  process.stdout.write(`${JSON.stringify(drawScenario(seed), null, 2)}\n`);
  return exitCodes.ok;
}

function tellOptions(flags: FuzzFlags, replayFlags: string, signal: AbortSignal): TellOptions {
  const { shrink, shrinkSeconds, out } = flags;
  const shrinkMs = shrink ? shrinkSeconds * 1_000 : 0;
  return { replay: `hearsay fuzz ${replayFlags}`, shrinkMs, out, signal };
}

/** One run, with its faults as they come. */
async function replay(scenario: Scenario, options: TellOptions): Promise<number> {
  process.stdout.write(`${scenario.name}, seed ${scenario.seed ?? 1}: ${sizeText(scenario)}\n`);
  const result = await runAndTell(scenario, {
    ...options,
    observers: [
      {
        fault: (atMs, _index, fault, state, nodes) => {
          const hit = nodes.length === 0 ? '' : `, nodes ${nodes.join(' ')}`;
          const at = `${(atMs / 1_000).toFixed(3)} s`.padStart(11);
          process.stdout.write(`  ${at}  ${faultText(fault, state)}${hit}\n`);
        },
      },
    ],
  });
  if (result.violation !== undefined) return exitCodes.promiseBroken;
  const virtual = `${(result.virtualMs / 1_000).toFixed(1)} s`;
  const inputs = `${result.events.toLocaleString('en-US')} inputs`;
  const outcome = result.isAborted ? 'interrupted after' : 'every promise was kept in';
  process.stdout.write(`${outcome} ${virtual} of virtual time, ${inputs}\n`);
  return result.isAborted ? exitCodes.interrupted : exitCodes.ok;
}

async function search(flags: FuzzFlags, signal: AbortSignal): Promise<number> {
  const { seeds, threads, keepGoing = false } = flags;
  const from = flags.fresh ? randomInt(2 ** 40) : flags.from;
  process.stdout.write(`seeds ${from} to ${from + seeds - 1}\n`);
  const progress = new ProgressLine();
  const { census, findings } = await hunt({
    seeds: numbers(from, seeds),
    threads,
    keepsGoing: keepGoing,
    signal,
    onProgress: (done, found) =>
      progress.show(() =>
        progressText(done, found.length, { seeds, elapsedMs: progress.elapsedMs }),
      ),
  });
  progress.clear();
  const { elapsedMs } = progress;
  const [first] = findings;
  for (const { seed, violation } of keepGoing ? findings : []) {
    process.stdout.write(`seed ${seed}: ${promiseText(violation)}\n  at ${whatText(violation)}\n`);
  }
  if (first !== undefined && !signal.aborted) {
    const { seed } = first;
    await runAndTell(drawScenario(seed), tellOptions(flags, `--seed ${seed}`, signal));
  }
  process.stdout.write(censusText(census, elapsedMs, threads));
  if (first !== undefined) return exitCodes.promiseBroken;
  const outcome = signal.aborted ? 'interrupted; until then every' : 'every';
  process.stdout.write(`${outcome} promise was kept\n`);
  return signal.aborted ? exitCodes.interrupted : exitCodes.ok;
}

function* numbers(from: number, count: number): Generator<number> {
  for (let index = 0; index < count; index += 1) yield from + index;
}
