import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Scenario } from '../../src/simulator/scenario/scenario.ts';
import { runTrial } from '../../src/simulator/swarm/trial.ts';

/** What the swarm has found once, as small as it could make it: none of it may come back. */
const folder = new URL('regressions/', import.meta.url);
const cases = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Scenario,
);

test.each(cases)('$name keeps every promise: $description', async (scenario) => {
  const { violation, events } = await runTrial(scenario);
  expect(violation).toBeUndefined();
  expect(events).toBeGreaterThan(0);
});
