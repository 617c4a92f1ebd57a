import { expect, test } from 'vitest';
import { type HuntOptions, hunt } from '../../../src/simulator/swarm/hunt.ts';
import { moduleBeside } from '../../../src/simulator/workers/threads.ts';

const module = moduleBeside(import.meta.url, 'children/worker');
const from = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index);
const onTwo = (options: Partial<HuntOptions> & Pick<HuntOptions, 'seeds'>) =>
  hunt({ threads: 2, module, ...options });

test('a hunt counts what its runs were', async () => {
  const { census, findings } = await onTwo({ seeds: from(20, 8) });
  expect(findings).toEqual([]);
  expect([census.trials, census.virtualMs, census.events]).toEqual([8, 8_000, 80]);
  expect(census.faults).toEqual([['crash', 16]]);
});

test('the first broken promise ends the hunt', async () => {
  const { census, findings } = await onTwo({ seeds: from(1, 1_000_000) });
  expect(findings.map(({ seed, violation }) => [seed, violation.checker])).toEqual([
    [7, 'no-sevens'],
  ]);
  expect(census.trials).toBeLessThan(20);
});

test('with keepsGoing all seeds are tried; one that kills its thread is a finding', async () => {
  const { census, findings } = await onTwo({ seeds: from(1, 20), keepsGoing: true });
  expect(census.trials).toBe(20);
  const found = findings.map(({ seed, violation }) => [seed, violation.checker]);
  expect(found.sort(([one], [other]) => Number(one) - Number(other))).toEqual([
    [7, 'no-sevens'],
    [13, 'error'],
  ]);
});

test('an abort ends the hunt with what was done until then', async () => {
  const controller = new AbortController();
  const { census, findings } = await onTwo({
    seeds: from(100, 1_000_000),
    signal: controller.signal,
    onProgress: ({ trials }) => {
      if (trials >= 5) controller.abort();
    },
  });
  expect(findings).toEqual([]);
  expect(census.trials).toBeGreaterThanOrEqual(5);
  expect(census.trials).toBeLessThan(50);
});

test('real seeds run on real threads', async () => {
  const { census, findings } = await hunt({ seeds: [1, 2, 3, 4], threads: 2 });
  expect(findings).toEqual([]);
  expect(census.trials).toBe(4);
  expect(census.events).toBeGreaterThan(4_000);
});
