import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const command = (flags: readonly string[]) => ['--conditions=hearsay-source', main, ...flags];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearsay-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function hearsay(...flags: string[]) {
  return spawnSync(process.execPath, command(flags), { encoding: 'utf8', cwd: folder });
}

test('a few seeds are tried on two threads, and counted', () => {
  const { status, stdout } = hearsay('fuzz', '--seeds', '4', '--threads', '2');
  expect(stdout).toMatch(/^seeds 1 to 4\n4 seeds in \d+ s on 2 threads/);
  expect(stdout).toMatch(/h simulated, [\d,]+ inputs\nfaults, by what they hit: \S/);
  expect([status, stdout.split('\n').at(-2)]).toEqual([0, 'every promise was kept']);
});

test('fresh seeds begin where nobody has been, and say where', () => {
  const firsts = [1, 2].map(() => {
    const { status, stdout } = hearsay('fuzz', '--seeds', '1', '--fresh');
    expect(status).toBe(0);
    return /^seeds (\d+) to /.exec(stdout)?.[1];
  });
  expect(firsts[0]).toMatch(/^\d+$/);
  expect(firsts[1]).not.toBe(firsts[0]);
});

test('the printed scenario of a seed runs as a file, in fuzz and in simulate, to the same inputs', () => {
  const printed = hearsay('fuzz', '--seed', '3', '--print');
  expect(printed.status).toBe(0);
  const file = join(folder, '3.json');
  writeFileSync(file, printed.stdout);
  const drawn = hearsay('fuzz', '--seed', '3').stdout;
  const inputs = /virtual time, ([\d,]+) inputs/.exec(drawn)?.[1];
  expect(inputs).toBeDefined();
  expect(hearsay('fuzz', '--scenario', file).stdout).toBe(drawn);
  expect(hearsay('simulate', '--scenario', file).stdout).toContain(`${inputs} inputs in `);
});

test('a scenario that breaks a promise is told, shrunk and written; its file breaks the same one', () => {
  // A promise that is easily broken on purpose: a run does not calm down where nothing is remembered.
  const endless = {
    name: 'endless',
    seed: 5,
    topology: { seeds: 0, peers: 8, start: { kind: 'join', spreadMs: 10 } },
    network: { latency: { kind: 'constant', ms: 1 }, loss: 0.01 },
    load: [{ atMs: 500, count: 60, intervalMs: 1 }],
    faults: [{ kind: 'pause', atMs: 900, forMs: 10, who: { peers: 1 } }],
    durationMs: 60_000,
    options: {
      peer: {
        dissemination: { seenIdsMax: 2, retainedMessagesMax: 2, forgottenOriginsMax: 1 },
      },
    },
  };
  const file = join(folder, 'endless.json');
  writeFileSync(file, JSON.stringify(endless));
  const { status, stdout } = hearsay('fuzz', '--scenario', file, '--shrink-seconds', '20');
  expect(status).toBe(6);
  expect(stdout).toMatch(/^BROKEN PROMISE no-end-in-sight: a run calms down\n {2}at [\d.]+ s: /m);
  expect(stdout).toContain(`to see it again: hearsay fuzz --scenario ${file}`);
  expect(stdout).toContain('message:received');
  const shrunk = join(folder, 'endless-shrunk.json');
  const small = JSON.parse(readFileSync(shrunk, 'utf8'));
  expect(small.seed).toBe(5);
  expect(small.faults).toEqual([]);
  expect(hearsay('fuzz', '--scenario', shrunk, '--no-shrink').status).toBe(6);
});

test('wrong arguments are named, and nothing runs', () => {
  expect(hearsay('fuzz', '--seeds', '0').status).toBe(2);
  const { status, stderr } = hearsay('fuzz', '--scenario', 'nowhere.json');
  expect(status).toBe(2);
  expect(stderr).toContain('nowhere.json');
});

test('an interrupted hunt says what it has done', async () => {
  const hunt = spawn(
    process.execPath,
    command(['fuzz', '--seeds', '1000000', '--from', '1', '--keep-going', '--no-shrink']),
    { cwd: folder },
  );
  let stdout = '';
  let triedBefore = 0;
  hunt.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  // Where nothing can be redrawn there is a line of progress every ten seconds.
  hunt.stderr.setEncoding('utf8').on('data', (text: string) => {
    const tried = /^([\d,]+) of 1,000,000 seeds, /.exec(text)?.[1];
    if (tried === undefined || triedBefore > 0) return;
    triedBefore = numberOf(tried);
    hunt.kill('SIGINT');
  });
  const code = await new Promise((resolve) => hunt.on('close', resolve));
  const [, tried = ''] = /^([\d,]+) seeds in \d+ s on \d+ threads /m.exec(stdout) ?? [];
  expect(triedBefore).toBeGreaterThan(0);
  expect(numberOf(tried)).toBeGreaterThanOrEqual(triedBefore);
  expect(numberOf(tried)).toBeLessThan(1_000_000);
  expect(stdout.split('\n').at(-2)).toBe('interrupted; until then every promise was kept');
  expect(code).toBe(130);
});

function numberOf(text: string): number {
  return Number(text.replaceAll(',', ''));
}
