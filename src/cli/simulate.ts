import type { Command } from 'commander';
import {
  curvesCsv,
  drawRun,
  messagesCsv,
  RunCollector,
  type RunReport,
  reportOf,
  type Scenario,
  Simulation,
  type SimulationObserver,
  scenarioNames,
  summaryJson,
  watchPromises,
} from '../simulator/index.ts';
import { positiveNumber } from './arguments.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { drive } from './simulate/drive.ts';
import { EventFile } from './simulate/event-file.ts';
import { runWithEnoughHeap } from './simulate/heap.ts';
import { onInterrupt } from './simulate/interrupt.ts';
import { OpenMetricsFile } from './simulate/open-metrics-file.ts';
import { ProgressLine } from './simulate/progress-line.ts';
import { prepareFolder, writeFolder } from './simulate/run-folder.ts';
import { runTable } from './simulate/run-table.ts';
import {
  addScenarioFlags,
  type ScenarioFlags,
  scenarioOf,
  seedOption,
} from './simulate/scenario-flags.ts';

interface SimulateFlags extends ScenarioFlags {
  readonly seed?: number;
  readonly out?: string;
  readonly events?: string;
  readonly openmetrics?: string;
  readonly sampleInterval: number;
  readonly check?: boolean;
}

/** Larger networks are checked only when asked for: what checkers remember of every link takes memory. */
const checkedPeersMax = 20_000;

const help = `
Scenarios that come with Hearsay: SCENARIOS.
A file of your own says the same things; docs/SIMULATOR.md has its fields.

In --out: summary.json, messages.csv (a line for each message), curves.csv (coverage over time), and
plots: coverage.svg, hops.svg, degrees.svg, redundancy.svg, detection.svg, registration.svg.
The same scenario, flags and seed give the same bytes; how long the run took is on the terminal only.
What the protocol promises is checked while the run goes on; a promise that is broken ends it with exit code 6.
Ctrl-C ends the run early: what was simulated until then is written, marked as partial.

Examples:
  hearsay simulate --scenario classroom --seed 1 --out run
  hearsay simulate --scenario lan-1000 --peers 10000 --dissemination flood --loss 0.01 --seed 42 --out run/
  hearsay simulate --scenario churn --set options.peer.overlay.maxDegree=64
  hearsay simulate --scenario classroom --openmetrics run/metrics.txt &&
    promtool tsdb create-blocks-from openmetrics run/metrics.txt data/`;

export async function addSimulateCommand(
  program: Command,
  finish: (exitCode: number) => void,
): Promise<void> {
  const names = await scenarioNames();
  const command = program
    .command('simulate')
    .summary('run a network under virtual time')
    .description(
      'Run the very protocol that runs live under virtual time, over a network that you describe, ' +
        'and look at what happened: a table here, and files to keep.',
    );
  addScenarioFlags(command)
    .addOption(seedOption)
    .option('--out <folder>', 'write the results there (default: the table only)')
    .option('--events <file>', 'write every event as a line of JSON, for hearsay observe')
    .option('--openmetrics <file>', 'write the metrics of all nodes, with virtual timestamps')
    .option(
      '--sample-interval <seconds>',
      'virtual time between two samples of the metrics',
      positiveNumber,
      5,
    )
    .option('--check', 'look whether every promise is kept (default: up to 20,000 peers)')
    .option('--no-check', 'do not: the run is a little faster')
    .addHelpText(
      'after',
      help.replace('SCENARIOS', names.join(', ') || 'their folder is missing') + exitCodesHelp,
    )
    .action(async (flags: SimulateFlags) => finish(await runSimulate(flags)));
}

async function runSimulate(flags: SimulateFlags): Promise<number> {
  const scenario = await scenarioOf(flags);
  const ranElsewhere = await runWithEnoughHeap(scenario);
  if (ranElsewhere !== undefined) return ranElsewhere;
  if (flags.out !== undefined) await prepareFolder(flags.out);
  const attached = [
    await eventFile(flags, scenario),
    await openMetricsFile(flags, scenario),
  ].filter((one) => one !== undefined);
  const interrupt = onInterrupt();
  const progress = new ProgressLine();
  const collector = new RunCollector();
  const promises = isChecked(flags, scenario) ? watchPromises() : undefined;
  try {
    const simulation = new Simulation(scenario, {
      ...(flags.seed !== undefined && { seed: flags.seed }),
      observers: [
        collector,
        ...(promises?.observers ?? []),
        ...attached.map(({ observer }) => observer),
      ],
    });
    const preparedMs = progress.elapsedMs;
    await drive(simulation, { signal: interrupt.signal, progress });
    const result = simulation.result();
    const ranMs = progress.elapsedMs;
    progress.clear();
    const report = reportOf(result, collector, simulation.world, promises?.report());
    for (const file of attached) await file.close();
    if (flags.out !== undefined) await writeFolder(flags.out, await filesOf(report));
    const memoryBytes = process.resourceUsage().maxRSS * 1_024;
    const wallMs = ranMs - preparedMs;
    const evaluatedMs = progress.elapsedMs - ranMs;
    process.stdout.write(runTable(report, { preparedMs, wallMs, evaluatedMs, memoryBytes }));
    return exitCodeFor(report);
  } finally {
    interrupt.dispose();
    progress.clear();
  }
}

function isChecked({ check }: SimulateFlags, { topology }: Scenario): boolean {
  return check ?? topology.peers <= checkedPeersMax;
}

async function filesOf(report: RunReport): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['summary.json', summaryJson(report)],
    ['messages.csv', messagesCsv(report)],
    ['curves.csv', curvesCsv(report)],
    ...(await drawRun(report)),
  ]);
}

function exitCodeFor({ ended, promises }: RunReport): number {
  if (promises !== null && promises.violations.length > 0) return exitCodes.promiseBroken;
  if (ended === 'complete') return exitCodes.ok;
  return ended === 'aborted' ? exitCodes.interrupted : exitCodes.failed;
}

interface Attached {
  readonly observer: SimulationObserver;
  close(): Promise<void> | void;
}

async function eventFile(
  { events }: SimulateFlags,
  scenario: Scenario,
): Promise<Attached | undefined> {
  return events === undefined ? undefined : EventFile.open(events, scenario.name);
}

async function openMetricsFile(
  flags: SimulateFlags,
  scenario: Scenario,
): Promise<Attached | undefined> {
  const { openmetrics: file, sampleInterval } = flags;
  return file === undefined
    ? undefined
    : OpenMetricsFile.open(file, sampleInterval * 1_000, scenario);
}
