import { HearsayError } from '../../index.ts';
import type { ScenarioChanges, SweepParameter } from '../../simulator/index.ts';
import { changesBy, parsed, shorthandNames } from '../simulate/scenario-flags.ts';

/** `peers=100,300` as a parameter with its values. Values that have commas themselves come as a JSON list. */
export function parameterOf(text: string): SweepParameter {
  const [, name, list] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || list === undefined) {
    throw invalid(`--vary ${text}: it must be name=value,value, as in peers=100,300,1000`);
  }
  if (!name.includes('.') && !shorthandNames.includes(name) && !fields.has(name)) {
    const known = shorthandNames.join(', ');
    throw invalid(
      `--vary ${text}: there is no parameter ${name}; there are ${known}, and every field of a scenario by its path, such as options.peer.overlay.degreeExponent`,
    );
  }
  const texts = textsOf(list);
  if (texts.includes('')) throw invalid(`--vary ${text}: a value is missing`);
  return {
    name,
    values: texts.map((value) => ({ value: parsed(value), changes: changesBy(name, value) })),
  };
}

/** A field that is both varied and set would have one of the two without a word. */
export function refuseBoth(parameters: readonly SweepParameter[], set: ScenarioChanges): void {
  for (const { name, values } of parameters) {
    const path = values.flatMap(({ changes }) => Object.keys(changes)).find((one) => one in set);
    if (path !== undefined) throw invalid(`${path} is set by a flag and varied by --vary ${name}`);
  }
}

/** Fields of a scenario that are no parts of another one. */
const fields = new Set(['durationMs', 'load', 'faults', 'network', 'topology', 'options']);

function textsOf(list: string): string[] {
  const whole = list.startsWith('[') ? parsed(list) : undefined;
  return Array.isArray(whole)
    ? whole.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    : list.split(',').map((value) => value.trim());
}

function invalid(problem: string): HearsayError {
  return new HearsayError('option-invalid', problem, { option: 'vary' });
}
