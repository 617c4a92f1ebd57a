import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  EventTail,
  runTrial,
  type Scenario,
  type SimulationObserver,
  shrink,
  type TrialResult,
  type Violation,
} from '../../simulator/index.ts';
import { ProgressLine } from '../simulate/progress-line.ts';
import { happeningText, promiseText, sizeText, violationText, whatText } from './words.ts';

const tailLines = 25;
const trialsMax = 2_000;

export interface TellOptions {
  /** The command that shows the same again. */
  readonly replay: string;
  /** Whether to look for a smaller scenario, and for how long. */
  readonly shrinkMs: number;
  /** Where the smaller scenario goes. */
  readonly out: string;
  readonly signal: AbortSignal;
}

/** Runs one scenario, and tells what came of it and, of a broken promise, all that helps to find out why. */
export async function runAndTell(
  scenario: Scenario,
  options: TellOptions & { readonly observers?: readonly SimulationObserver[] },
): Promise<TrialResult> {
  const { signal, observers = [] } = options;
  const tail = new EventTail(tailLines);
  const result = await runTrial(scenario, { observers: [tail, ...observers], signal });
  if (result.violation !== undefined) {
    tell(scenario, result.violation, tail, options);
    if (options.shrinkMs > 0) await shrinkAndTell(scenario, result.violation, options);
  }
  return result;
}

function tell(
  scenario: Scenario,
  violation: Violation,
  tail: EventTail,
  { replay }: TellOptions,
): void {
  const lines = [
    `BROKEN PROMISE ${promiseText(violation)}`,
    `  at ${whatText(violation)}`,
    `  scenario ${scenario.name}, seed ${scenario.seed ?? 1}: ${sizeText(scenario)}`,
    `  to see it again: ${replay}`,
    violation.nodes.length > 0 ? 'the last events of those it is about:' : 'the last events:',
    ...tail.before(violation).map(happeningText),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function shrinkAndTell(
  scenario: Scenario,
  violation: Violation,
  { shrinkMs, out, signal }: TellOptions,
): Promise<void> {
  const progress = new ProgressLine();
  const shrunk = await shrink(scenario, violation, {
    trialsMax,
    signal: AbortSignal.any([signal, AbortSignal.timeout(shrinkMs)]),
    onProgress: (trials, smallest) =>
      progress.show(() => `shrinking, run ${trials}: ${sizeText(smallest)}`),
  });
  progress.clear();
  const file = join(out, `${scenario.name}-shrunk.json`);
  const description = `Breaks ${violationText(shrunk.violation)}`.slice(0, 2_000);
  const small = { ...shrunk.scenario, name: `${scenario.name}-shrunk`.slice(0, 100), description };
  await writeFile(file, `${JSON.stringify(small, null, 2)}\n`);
  process.stdout.write(
    `shrunk in ${shrunk.trials} runs to ${sizeText(shrunk.scenario)}\n` +
      `  ${violationText(shrunk.violation)}\n` +
      `  hearsay fuzz --scenario ${file}\n`,
  );
}
