import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearsay-simulate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function simulate(...flags: string[]) {
  const command = ['--conditions=hearsay-source', main, 'simulate', ...flags];
  return spawnSync(process.execPath, command, { encoding: 'utf8' });
}

const names = [
  'summary.json',
  'messages.csv',
  'curves.csv',
  'coverage.svg',
  'hops.svg',
  'degrees.svg',
  'redundancy.svg',
  'detection.svg',
  'registration.svg',
];
const files = (out: string) => names.map((name) => readFileSync(join(out, name), 'utf8'));

test('one seed gives the same files twice, another seed other ones', () => {
  const outs = [1, 1, 2].map((seed, index) => {
    const out = join(folder, `run-${index}`);
    expect(simulate('--scenario', 'classroom', '--seed', String(seed), '--out', out).status).toBe(
      0,
    );
    return files(out);
  });
  expect(outs[1]).toEqual(outs[0]);
  expect(outs[2]).not.toEqual(outs[0]);
});

test('a run says whether its promises were kept, and fails when one was not', () => {
  const summaryOf = (out: string) =>
    JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as {
      readonly promises: { readonly checked: number; readonly kept: number } | null;
    };
  const kept = join(folder, 'kept');
  const sound = simulate('--scenario', 'classroom', '--out', kept);
  expect([sound.status, sound.stdout]).toEqual([
    0,
    expect.stringMatching(/^promises +kept: (\d+) of \1$/m),
  ]);
  expect(summaryOf(kept).promises?.checked).toBeGreaterThan(10);

  const file = join(folder, 'credulous.json');
  const forger = { kind: 'malicious', atMs: 20_000, who: { peers: 1 }, behaviour: 'forge-deaths' };
  writeFileSync(
    file,
    JSON.stringify({
      name: 'credulous',
      topology: { seeds: 3, peers: 8, start: { kind: 'join', spreadMs: 1_000 } },
      network: { latency: { kind: 'constant', ms: 1 } },
      faults: [forger],
      options: { seed: { verdicts: 'always-ok' } },
      durationMs: 30_000,
    }),
  );
  const broken = simulate('--scenario', file);
  expect(broken.status).toBe(6);
  expect(broken.stdout).toMatch(
    /^ {2}BROKEN +no-false-death: no peer that is alive.*\n +at [\d,.]+ ms: seed \d confirmed/m,
  );
  const unseen = simulate('--scenario', file, '--no-check');
  expect([unseen.status, unseen.stdout]).toEqual([
    0,
    expect.stringMatching(/^promises +not checked/m),
  ]);
});

test('a typo in a scenario is named with file, path and what would be right', () => {
  const file = join(folder, 'typo.json');
  writeFileSync(
    file,
    JSON.stringify({
      name: 'typo',
      topology: { seeds: 0, peers: 5, start: { kind: 'join', spreadMs: 1 } },
      network: { latency: { kind: 'constant', ms: 1 }, loss: -1, lost: 1 },
      durationMs: 10,
    }),
  );
  const { status, stderr } = simulate('--scenario', file);
  expect(status).toBe(2);
  expect(stderr).toContain(file);
  expect(stderr).toContain('network.loss must be a number from 0 to 0.9, not -1');
  expect(stderr).toContain('network.lost is unknown; there are: latency, loss');
});

test.each(['/dev/null/run', '/proc/run'])(
  '%s, where nothing can be written, fails before the run',
  (out) => {
    const { status, stderr, stdout } = simulate('--scenario', 'classroom', '--out', out);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('cannot be written, so nothing was run');
  },
);

test('promtool makes a Prometheus database of --openmetrics', () => {
  const metrics = join(folder, 'metrics.txt');
  expect(simulate('--scenario', 'classroom', '--openmetrics', metrics).status).toBe(0);
  const data = join(folder, 'data');
  const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', metrics, data], {
    encoding: 'utf8',
  });
  expect(made.error).toBeUndefined();
  expect([made.status, made.stderr]).toEqual([0, '']);
  // promtool reads no database that never had a log.
  mkdirSync(join(data, 'wal'));
  const dump = spawnSync(
    'promtool',
    ['tsdb', 'dump', '--match={__name__="hearsay_peer_list_size"}', data],
    { encoding: 'utf8' },
  );
  expect(dump.stdout).toMatch(/job="hearsay", node="10\.0\.0\.0:6000"\} 12 17672256\d+/);
});
