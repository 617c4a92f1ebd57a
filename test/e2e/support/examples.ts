import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

export interface RunningExample {
  readonly child: ChildProcess;
  /** Fulfilled with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** What it has written so far, to both streams. */
  text(): string;
}

/** Runs a file of examples/; the test's end kills it. */
export function startExample(
  file: string,
  args: readonly string[],
  cwd = process.cwd(),
): RunningExample {
  const command = ['--conditions=hearsay-source', join(examples, file), ...args];
  const child = spawn(process.execPath, command, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  }
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, exited, text: () => text };
}
