import { type Command, Option } from 'commander';
import { HearsayError } from '../../index.ts';
import {
  loadScenario,
  type Scenario,
  type ScenarioChanges,
  withChanges,
} from '../../simulator/index.ts';
import { wholeNumber } from '../arguments.ts';

/** Flags that change a scenario. */
export interface ScenarioFlags {
  readonly scenario: string;
  readonly set?: readonly string[];
  readonly [shorthand: string]: unknown;
}

/** What a shorthand flag stands for: places in the scenario, and the value there. */
interface Shorthand {
  readonly flag: string;
  readonly help: string;
  readonly sets: (value: string) => Readonly<Record<string, unknown>>;
}

const at = (path: string) => (value: string) => ({ [path]: parsed(value) });

const shorthands: Readonly<Record<string, Shorthand>> = {
  peers: { flag: '--peers <number>', help: 'peers at the beginning', sets: at('topology.peers') },
  seeds: { flag: '--seeds <number>', help: 'seeds: 0, or at least 2', sets: at('topology.seeds') },
  loss: { flag: '--loss <share>', help: 'packets lost: 0.01 is 1 %', sets: at('network.loss') },
  duration: {
    flag: '--duration <seconds>',
    help: 'virtual time of the run',
    sets: (value) => ({ durationMs: Number(value) * 1_000 }),
  },
  profile: {
    flag: '--profile <name>',
    help: 'the peers’ rhythm: lan or classroom',
    sets: at('topology.profile'),
  },
  fanOut: {
    flag: '--fan-out <links>',
    help: 'links that each peer dials, instead of a power law of them',
    sets: (value) => ({
      'options.peer.overlay.minDegree': parsed(value),
      'options.peer.overlay.maxOutDegree': parsed(value),
    }),
  },
};

/** Adds the flags that choose and change a scenario. */
export function addScenarioFlags(command: Command, { isRequired = true } = {}): Command {
  command.addOption(
    new Option(
      '--scenario <name|file>',
      'a scenario that comes with Hearsay, or a JSON file',
    ).makeOptionMandatory(isRequired),
  );
  for (const { flag, help } of Object.values(shorthands)) command.option(flag, help);
  return command
    .addOption(
      new Option('--dissemination <how>', 'how messages spread')
        .choices(['flood'])
        .default('flood'),
    )
    .option(
      '--set <path=value...>',
      'any other field of the scenario: network.latency.medianMs=5, options.peer.overlay.maxDegree=64',
    );
}

export const seedOption = new Option(
  '--seed <number>',
  'the number that everything random comes from; the same gives the same run (default: the scenario’s, or 1)',
).argParser(wholeNumber);

/** The scenario that the flags name, with their changes, checked. */
export async function scenarioOf(flags: ScenarioFlags): Promise<Scenario> {
  const scenario = await loadScenario(flags.scenario);
  return withChanges(scenario, changesOf(flags), `${flags.scenario} with these flags`);
}

/** Changes by path; those of `--set` come last. */
export function changesOf(flags: ScenarioFlags): ScenarioChanges {
  const changes: Record<string, unknown> = {};
  for (const [name, { sets }] of Object.entries(shorthands)) {
    const value = flags[name];
    if (typeof value === 'string') Object.assign(changes, sets(value));
  }
  for (const text of flags.set ?? []) Object.assign(changes, changeOf(text));
  return changes;
}

function changeOf(text: string): Record<string, unknown> {
  const [, path, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw new HearsayError(
      'option-invalid',
      `--set ${text}: it must be path=value, as in network.loss=0.01`,
      { option: 'set' },
    );
  }
  return { [path]: parsed(value) };
}

/** What a name on the command line changes: a shorthand (`peers`, `fan-out`), or the path of a field. */
export function changesBy(name: string, value: string): ScenarioChanges {
  const shorthand = Object.values(shorthands).find(({ flag }) => flag.startsWith(`--${name} `));
  return shorthand === undefined ? { [name]: parsed(value) } : shorthand.sets(value);
}

/** The names that stand for fields of the scenario. */
export const shorthandNames: readonly string[] = Object.values(shorthands).map(({ flag }) =>
  flag.slice(2, flag.indexOf(' ')),
);

/** Numbers, truth and JSON are what they look like; everything else is text. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
