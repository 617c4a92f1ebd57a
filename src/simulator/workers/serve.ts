import { parentPort } from 'node:worker_threads';
import type { Answer } from './threads.ts';

/** Called by the module of a worker thread, once: does each task that comes, and answers with its result. */
export function serveTasks<Task, Result>(work: (task: Task) => Result | Promise<Result>): void {
  const port = parentPort;
  if (port === null) throw new Error('this module runs on a worker thread only');
  port.on('message', (task: Task) => {
    void answerOf(work, task).then((answer) => port.postMessage(answer));
  });
}

async function answerOf<Task, Result>(
  work: (task: Task) => Result | Promise<Result>,
  task: Task,
): Promise<Answer<Result>> {
  try {
    return { result: await work(task) };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
