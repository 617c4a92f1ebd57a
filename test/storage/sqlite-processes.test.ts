import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { lastBatchIn } from './batches.ts';
import type { FullDiskReport } from './children/full-disk.ts';
import { temporaryStores } from './folders.ts';
import { owner, registerState, registerWrite } from './values.ts';

/** What only real processes can show: locks, kills and a disk that fails. */

const { folder, storeIn } = temporaryStores();
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('a store that another process has open', () => {
  test('is locked, at once, however often one tries', async () => {
    const path = folder();
    await startHolder(path);
    for (let i = 0; i < 3; i += 1) {
      await expect(storeIn(path).open(owner)).rejects.toMatchObject({
        code: 'storage-locked',
        message: expect.stringMatching(/seed\.sqlite is in use: one store serves one running seed/),
      });
    }
  });

  test('opens as soon as that process was killed with SIGKILL, and has what it wrote', async () => {
    const path = folder();
    const holder = await startHolder(path);
    await kill(holder);
    const storage = storeIn(path);
    const { registers } = await storage.open(owner);
    expect(registers).toEqual([registerState('a:1')]);
    await expect(storage.write([registerWrite('b:1')])).resolves.toBeUndefined();
  });

  test('cannot be opened there while it is open here', async () => {
    const path = folder();
    await storeIn(path).open(owner);
    const holder = start('holder.ts', path);
    const [errors, [code]] = await Promise.all([text(holder.stderr), once(holder, 'close')]);
    expect(code).toBe(1);
    expect(errors).toContain("code: 'storage-locked'");
  });

  test('is locked by that process and not by a file: a copy of its folder opens', async () => {
    const path = folder();
    const copy = folder();
    const holder = await startHolder(path);
    cpSync(path, copy, { recursive: true });
    await expect(storeIn(copy).open(owner)).resolves.toBeDefined();
    await expect(storeIn(path).open(owner)).rejects.toMatchObject({ code: 'storage-locked' });
    await kill(holder);
  });
});

test('a process killed at any moment has every batch that was acknowledged, and none in part', async () => {
  const path = folder();
  let last = 0;
  for (let kills = 0; kills < 8; kills += 1) {
    const acknowledged = await killWhileWriting(path, last);
    const storage = storeIn(path);
    last = lastBatchIn(await storage.open(owner));
    await storage.close();
    expect(last).toBeGreaterThanOrEqual(acknowledged);
  }
});

// A limit on the size of files makes the kernel refuse SQLite's writes, for root as for anybody.
test.skipIf(process.platform === 'win32')(
  'a disk that takes no more ends all writing',
  async () => {
    const path = folder();
    const child = spawn('sh', [
      '-c',
      'ulimit -f 200 && exec "$0" "$@"',
      ...command('full-disk.ts', path),
    ]);
    children.push(child);
    const report: FullDiskReport = JSON.parse(await text(child.stdout));
    expect(report).toMatchObject({ code: 'storage-failed', codeLater: 'storage-failed' });
    expect(report.message).toMatch(
      /seed\.sqlite: could not write: (?:disk I\/O error|database or disk is full)/,
    );
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(lastBatchIn(await storeIn(path).open(owner))).toBe(report.acknowledged);
  },
);

test('Node does not warn the users of an application about its SQLite', async () => {
  const holder = start('holder.ts', folder());
  const errors = text(holder.stderr);
  await firstLine(holder);
  await kill(holder);
  expect(await errors).not.toContain('SQLite');
});

/** Lets a writer go on for a random while after its first acknowledgement; the last one it gave. */
async function killWhileWriting(path: string, last: number): Promise<number> {
  const writer = start('batch-writer.ts', path, String(last));
  const output = text(writer.stdout);
  await once(writer.stdout, 'data');
  await sleep(Math.random() * 150);
  await kill(writer);
  // What follows the last line break was cut off by the kill.
  const complete = (await output).split('\n').slice(0, -1);
  return Number(complete.at(-1));
}

async function startHolder(path: string) {
  const holder = start('holder.ts', path);
  await firstLine(holder);
  return holder;
}

function start(child: string, ...args: string[]) {
  const [file, ...rest] = command(child, ...args);
  const started = spawn(file, rest);
  children.push(started);
  return started;
}

function command(child: string, ...args: string[]): [file: string, ...args: string[]] {
  return [process.execPath, fileURLToPath(new URL(`children/${child}`, import.meta.url)), ...args];
}

async function firstLine(child: ReturnType<typeof start>): Promise<void> {
  const lines = createInterface(child.stdout);
  const died = once(child, 'exit').then(() => Promise.reject(new Error('the process ended early')));
  await Promise.race([once(lines, 'line'), died]);
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
