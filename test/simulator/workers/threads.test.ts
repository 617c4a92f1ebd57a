import { expect, test } from 'vitest';
import { moduleBeside, type Outcome, onThreads } from '../../../src/simulator/workers/threads.ts';
import type { Task } from './children/worker.ts';

interface Result {
  readonly thread: number;
  readonly number: number;
}

const worker = moduleBeside(import.meta.url, 'children/worker');

function* doubles(): Generator<Task> {
  for (let number = 0; ; number += 1) yield { kind: 'double', number };
}

async function outcomesOf(tasks: Iterable<Task>, threads: number) {
  const outcomes: Outcome<Task, Result>[] = [];
  for await (const outcome of onThreads<Task, Result>(worker, tasks, { threads })) {
    outcomes.push(outcome);
  }
  return outcomes;
}

test('every task is done once, on no more threads than were asked for', async () => {
  const tasks = Array.from({ length: 40 }, (_, number) => ({ kind: 'double', number }) as const);
  const outcomes = await outcomesOf(tasks, 3);
  const results = outcomes.map((outcome) => ('result' in outcome ? outcome.result : undefined));
  const numbers = results.map((result) => result?.number ?? Number.NaN);
  expect(numbers.sort((one, other) => one - other)).toEqual(tasks.map(({ number }) => 2 * number));
  const threads = new Set(results.map((result) => result?.thread));
  expect(threads.size).toBeGreaterThan(0);
  expect(threads.size).toBeLessThanOrEqual(3);
});

test('a task that fails, or ends its thread, takes no other task with it', async () => {
  const tasks: Task[] = [
    { kind: 'throw' },
    { kind: 'exit' },
    { kind: 'double', number: 1 },
    { kind: 'exit' },
    { kind: 'double', number: 2 },
  ];
  const outcomes = await outcomesOf(tasks, 1);
  expect(
    outcomes.map((outcome) => ('error' in outcome ? outcome.error.message : outcome.result.number)),
  ).toEqual(['not today', 'its thread ended with code 7', 2, 'its thread ended with code 7', 4]);
});

test('endless tasks end when the loop is left', async () => {
  let done = 0;
  for await (const _ of onThreads<Task, Result>(worker, doubles(), { threads: 2 })) {
    done += 1;
    if (done === 10) break;
  }
  expect(done).toBe(10);
});

test('an abort ends threads in the middle of their tasks', async () => {
  const controller = new AbortController();
  const tasks: Task[] = [{ kind: 'double', number: 1 }, { kind: 'never' }, { kind: 'never' }];
  const seen: number[] = [];
  const { signal } = controller;
  for await (const outcome of onThreads<Task, Result>(worker, tasks, { threads: 2, signal })) {
    if ('result' in outcome) seen.push(outcome.result.number);
    controller.abort();
  }
  expect(seen).toEqual([2]);
});
