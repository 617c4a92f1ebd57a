import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** What became of a task: its result, or the error that ended it, and perhaps its thread. */
export type Outcome<Task, Result> =
  | { readonly task: Task; readonly result: Result }
  | { readonly task: Task; readonly error: Error };

/** What a thread answers; serve.ts is the other side. */
export type Answer<Result> = { readonly result: Result } | { readonly error: Error };

interface ThreadsOptions {
  /** How many tasks at once. */
  readonly threads: number;
  /** Aborting it ends all threads at once; what they were at is lost. */
  readonly signal?: AbortSignal;
}

/**
 * Does tasks on worker threads that run `module` (see serveTasks), and yields what became of each as soon
 * as it is known, in the order of their ends. Tasks are taken one by one as threads become free, so there
 * may be endlessly many; leaving the loop ends the threads. A thread that dies is replaced: its task
 * has failed, the others have not.
 */
export async function* onThreads<Task, Result>(
  module: URL,
  tasks: Iterable<Task>,
  { threads, signal }: ThreadsOptions,
): AsyncGenerator<Outcome<Task, Result>, void> {
  const idle = Array.from({ length: threads }, () => new Thread<Task, Result>(module));
  const all = [...idle];
  const busy = new Map<Thread<Task, Result>, Promise<Ended<Task, Result>>>();
  const aborted = signal && abortOf(signal);
  const left = tasks[Symbol.iterator]();
  try {
    while (signal?.aborted !== true) {
      while (idle.length > 0) {
        const next = left.next();
        if (next.done) break;
        const thread = idle.pop() as Thread<Task, Result>;
        busy.set(
          thread,
          thread.do(next.value).then((outcome) => ({ thread, outcome })),
        );
      }
      if (busy.size === 0) return;
      const ended = await Promise.race([...busy.values(), ...(aborted ? [aborted] : [])]);
      if (ended === undefined) return;
      busy.delete(ended.thread);
      idle.push(ended.thread);
      yield ended.outcome;
    }
  } finally {
    left.return?.();
    await Promise.all(all.map((thread) => thread.end()));
  }
}

/** A module beside another one, by its name without extension: `.ts` where sources run, `.js` in the package. */
export function moduleBeside(url: string, name: string): URL {
  return new URL(`${name}${extname(url)}`, url);
}

interface Ended<Task, Result> {
  readonly thread: Thread<Task, Result>;
  readonly outcome: Outcome<Task, Result>;
}

/** One worker, made for its first task, and again for the task after the one that it died of. */
class Thread<Task, Result> {
  readonly #module: URL;
  #worker: Worker | undefined;

  constructor(module: URL) {
    this.#module = module;
  }

  do(task: Task): Promise<Outcome<Task, Result>> {
    this.#worker ??= new Worker(this.#module);
    const worker = this.#worker;
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<Task, Result>) => {
        worker.off('message', answered).off('error', died).off('exit', ended);
        resolve(outcome);
      };
      const answered = (answer: Answer<Result>) => settle({ task, ...answer });
      const died = (error: Error) => {
        this.#worker = undefined;
        settle({ task, error });
      };
      const ended = (code: number) => died(new Error(`its thread ended with code ${code}`));
      worker.once('message', answered).once('error', died).once('exit', ended);
      worker.postMessage(task);
    });
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }
}

function abortOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
