import { checkScenario } from './check.ts';
import type { Scenario } from './scenario.ts';

/** Any part of a scenario; lists replace lists. */
export type ScenarioOverrides = DeepPartial<Scenario>;

type DeepPartial<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: DeepPartial<Value[Key]> }
    : Value;

/** The scenario with these changes; not checked yet. */
export function overridden(scenario: Scenario, overrides: ScenarioOverrides): unknown {
  return merged(scenario, overrides);
}

/** Values by the paths of fields: `{ 'network.loss': 0.01 }`. */
export type ScenarioChanges = Readonly<Record<string, unknown>>;

/**
 * The scenario with these changes made one after the other, checked; `file` is how errors name it. Throws
 * HearsayError `scenario-invalid`.
 */
export function withChanges(scenario: Scenario, changes: ScenarioChanges, file: string): Scenario {
  const paths = Object.entries(changes);
  if (paths.length === 0) return scenario;
  const changed = paths.reduce<unknown>(
    (all, [path, value]) => merged(all, nested(path.split('.'), value)),
    scenario,
  );
  return checkScenario(changed, file);
}

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner, key) => ({ [key]: inner }), value);
}

function merged(value: unknown, change: unknown): unknown {
  if (change === undefined) return value;
  if (!isRecord(value) || !isRecord(change) || isOfOtherKind(value, change)) return change;
  const result: Record<string, unknown> = { ...value };
  for (const [key, part] of Object.entries(change)) result[key] = merged(value[key], part);
  return result;
}

/** Another kind of latency, for instance, has other fields: nothing of the old one stays. */
function isOfOtherKind(value: Record<string, unknown>, change: Record<string, unknown>): boolean {
  return change['kind'] !== undefined && change['kind'] !== value['kind'];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
