import { setTimeout as wait } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { serveTasks } from '../../../../src/simulator/workers/serve.ts';

/** Tasks of threads.test.ts. */
export type Task =
  | { readonly kind: 'double'; readonly number: number }
  | { readonly kind: 'throw' }
  | { readonly kind: 'exit' }
  | { readonly kind: 'never' };

serveTasks(async (task: Task) => {
  if (task.kind === 'throw') throw new RangeError('not today');
  if (task.kind === 'exit') process.exit(7);
  if (task.kind === 'never') await wait(2 ** 31 - 1);
  return { thread: threadId, number: task.kind === 'double' ? task.number * 2 : 0 };
});
