import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

/** As in a pipe to somebody who has read enough before anything comes. */
async function unread(...flags: string[]) {
  const child = spawn(process.execPath, ['--conditions=hearsay-source', main, ...flags]);
  child.stdout.destroy();
  const closed = new Promise((resolve) => child.on('close', resolve));
  return { complaints: await text(child.stderr), code: await closed };
}

test.each([
  '--help',
  'seed --help',
  'peer --help',
  'observe --help',
  'simulate --help',
  'sweep --help',
  'fuzz --help',
  'fuzz --seed 3',
  'fuzz --seed 3 --print',
  'simulate --scenario classroom',
])('hearsay %s ends quietly when nobody reads it', async (line) => {
  expect(await unread(...line.split(' '))).toEqual({ complaints: '', code: 0 });
});
