import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const command = ['--conditions=hearsay-source', main, 'sweep'];
let folder: string;
let scenario: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearsay-sweep-'));
  scenario = join(folder, 'small.json');
  writeFileSync(
    scenario,
    JSON.stringify({
      name: 'small',
      topology: { seeds: 0, peers: 100, start: { kind: 'settled' } },
      network: { latency: { kind: 'log-normal', medianMs: 0.5, p99Ms: 3 } },
      load: [{ atMs: 100 }],
      durationMs: 200,
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sweep(...flags: string[]) {
  return spawnSync(process.execPath, [...command, ...flags], { encoding: 'utf8' });
}

const small = ['--vary', 'peers=30,60,120', '--vary', 'loss=0,0.05', '--repeats', '2'];

function files(out: string): Record<string, string> {
  const names = readdirSync(join(folder, out)).sort();
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(folder, out, name), 'utf8')]),
  );
}

test('the same sweep gives the same files, on any number of threads and from any shards', () => {
  const run = (out: string, ...flags: string[]) =>
    sweep('--scenario', scenario, ...small, '--out', join(folder, out), ...flags);
  const { status, stdout } = run('once', '--threads', '1');
  expect(status).toBe(0);
  expect(stdout).toContain('12 of 12 runs');
  expect(stdout).toMatch(/payload frames of a message +[\d.]+·n\^/);
  const once = files('once');
  expect(Object.keys(once)).toEqual([
    'convergence.svg',
    'hops.svg',
    'redundancy.svg',
    'runs.csv',
    'runs.jsonl',
    'summary.json',
    'sweep.json',
  ]);
  expect(run('again', '--threads', '3').status).toBe(0);
  expect(files('again')).toEqual(once);

  const shards = [1, 2, 3].map((index) => `shard-${index}`);
  for (const [index, shard] of shards.entries()) {
    expect(run(shard, '--shard', `${index + 1}/3`).status).toBe(0);
  }
  const places = shards.map((shard) => join(folder, shard));
  expect(sweep('--merge', ...places, '--out', join(folder, 'merged')).status).toBe(0);
  expect(files('merged')).toEqual(once);

  const part = sweep('--merge', ...places.slice(1), '--out', join(folder, 'part'));
  expect([part.status, part.stdout.includes('8 of 12 runs (partial)')]).toEqual([1, true]);
  expect(run('other', '--seed', '2').status).toBe(0);
  const mixed = sweep('--merge', join(folder, 'other'), ...places, '--out', join(folder, 'mixed'));
  expect([mixed.status, mixed.stderr.includes('is of another sweep')]).toEqual([2, true]);
});

test.each<[string, string[], string]>([
  [
    'an unknown parameter',
    ['--vary', 'pears=1,2'],
    'there is no parameter pears; there are peers,',
  ],
  ['an unknown path', ['--vary', 'network.lost=1'], 'network.lost is unknown; there are: latency,'],
  ['a value out of range', ['--vary', 'loss=0,2'], 'loss must be a number from 0 to 0.9, not 2'],
  ['no values', ['--vary', 'loss='], 'it must be name=value,value'],
  ['a missing value', ['--vary', 'loss=0,,1'], 'a value is missing'],
  ['nothing to vary', [], '--vary is needed'],
  ['a field both set and varied', ['--vary', 'loss=0,0.1', '--loss', '0.2'], 'is set by a flag'],
  ['a shard out of range', ['--vary', 'loss=0,0.1', '--shard', '3/2'], 'i from 1 to n'],
  ['an empty shard', ['--vary', 'loss=0', '--repeats', '1', '--shard', '2/2'], 'part is empty'],
])('%s is refused before anything runs', (_, flags, message) => {
  const out = join(folder, 'refused');
  const { status, stdout, stderr } = sweep('--scenario', scenario, ...flags, '--out', out);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

test('a place that cannot be written fails before the sweep', () => {
  const out = join(scenario, 'below-a-file');
  const { status, stdout, stderr } = sweep('--scenario', scenario, ...small, '--out', out);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('cannot be written, so nothing was run');
});

test('Ctrl-C keeps what is done', async () => {
  const out = join(folder, 'interrupted');
  const flags = ['--scenario', scenario, '--vary', 'loss=0,0.05', '--repeats', '40000'];
  const child = spawn(process.execPath, [...command, ...flags, '--out', out], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const runs = join(out, 'runs.jsonl');
  while (linesOf(runs) < 3) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  const done = linesOf(runs);
  expect(stdout).toContain(`${done} of 80000 runs (partial)`);
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  expect([summary.partial, summary.runs.done]).toEqual([true, done]);
  const again = sweep('--merge', out, '--out', join(folder, 'from-interrupted'));
  expect(again.stdout).toContain(`${done} of 80000 runs (partial)`);
});

function linesOf(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}
