import { describe, expect, test } from 'vitest';
import { RegistrationBench } from '../../support/registration-bench.ts';

function registered(
  options?: ConstructorParameters<typeof RegistrationBench>[0],
): RegistrationBench {
  const bench = new RegistrationBench(options);
  bench.startRegistered();
  return bench;
}

const seedsAsked = (bench: RegistrationBench): string[] =>
  bench.got('DEAD_REPORT').map(({ seed }) => seed);

describe('a report', () => {
  test('goes to one linked seed, and its answer comes back', () => {
    const bench = registered();
    bench.report('dead:1', 4);
    bench.run(10);
    expect(bench.got('DEAD_REPORT')).toMatchObject([
      {
        seed: 'seed1',
        peer: 'dead:1',
        incarnation: 4,
        reporter: 'peer:1',
        corroborators: ['other:1'],
        text: 'Dead Node:dead:1:1700000000000:peer',
      },
    ]);
    expect(bench.of('peer:reported')).toMatchObject([
      { peer: 'dead:1', incarnation: 4, seed: 'seed1' },
    ]);
    expect(bench.heard('reportAnswered')).toEqual([
      [{ peer: 'dead:1', incarnation: 4, seed: 'seed1', outcome: 'ok', reason: '' }],
    ]);
  });

  test.each(['no-quorum', 'recovering', 'storage-failed', 'stopping'] as const)(
    'goes on to the next seed after %s',
    (outcome) => {
      const bench = registered();
      bench.script('seed1', { report: outcome });
      bench.report();
      bench.run(20);
      expect(seedsAsked(bench)).toEqual(['seed1', 'seed2']);
      expect(bench.of('peer:reported')).toHaveLength(2);
      expect(bench.heard('reportAnswered')).toMatchObject([[{ seed: 'seed2', outcome: 'ok' }]]);
    },
  );

  test.each(['stale', 'unknown', 'alive', 'paused', 'conflict'] as const)(
    'ends with %s, which every seed would say',
    (outcome) => {
      const bench = registered();
      bench.script('seed1', { report: outcome });
      bench.report();
      bench.run(30_000);
      expect(seedsAsked(bench)).toEqual(['seed1']);
      expect(bench.heard('reportAnswered')).toMatchObject([[{ seed: 'seed1', outcome }]]);
    },
  );

  test('goes on when a seed is silent, and ignores what it says later', () => {
    const bench = registered();
    bench.script('seed1', { report: 'silent' });
    bench.report();
    bench.run(10_010);
    expect(bench.heard('reportAnswered')).toMatchObject([[{ seed: 'seed2', outcome: 'ok' }]]);
    const request = bench.got('DEAD_REPORT')[0]?.request ?? -1;
    bench.deliver('seed1', { type: 'DEAD_REPORT_RESULT', request, outcome: 'alive', reason: '' });
    expect(bench.heard('reportAnswered')).toHaveLength(1);
  });

  test('goes on when the link to the seed is lost', () => {
    const bench = registered();
    bench.script('seed1', { report: 'silent' });
    bench.report();
    bench.run(5);
    bench.cut('seed1');
    bench.run(5);
    expect(bench.heard('reportAnswered')).toMatchObject([[{ seed: 'seed2', outcome: 'ok' }]]);
  });

  test('dials a seed when none is linked, once for all reports', () => {
    const bench = registered();
    bench.cut('seed1');
    bench.cut('seed2');
    const before = bench.dials.length;
    bench.report('dead:1');
    bench.report('dead:2');
    bench.run(10);
    expect(bench.heard('reportAnswered')).toMatchObject([[{ outcome: 'ok' }], [{ outcome: 'ok' }]]);
    expect(bench.dials.slice(before)).toMatchObject([{ seed: 'seed1' }]);
  });

  test('tries seeds without a link later and those without a lease last, whose links it closes', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { register: 'not-admitted' });
    bench.script('seed2', { report: 'no-quorum' });
    bench.script('seed3', { report: 'no-quorum' });
    bench.startRegistered();
    bench.cut('seed2');
    bench.report();
    bench.run(30);
    expect(seedsAsked(bench)).toEqual(['seed3', 'seed2', 'seed1']);
    expect(bench.heard('reportAnswered')).toMatchObject([[{ seed: 'seed1', outcome: 'ok' }]]);
    expect(bench.linked()).toEqual(['seed2', 'seed3']);
  });

  test('that has ended leaves the link to the other report that uses it', () => {
    const bench = registered();
    bench.script('seed1', { report: 'no-quorum' });
    bench.script('seed2', { report: 'no-quorum' });
    bench.report('dead:1');
    bench.run(1);
    bench.report('dead:2');
    bench.run(30);
    expect(bench.heard('reportAnswered')).toMatchObject([
      [{ peer: 'dead:1', seed: 'seed3' }],
      [{ peer: 'dead:2', seed: 'seed3' }],
    ]);
    expect(bench.linked()).toEqual(['seed1', 'seed2']);
  });

  test('that all seeds failed ends with what the last one said', () => {
    const bench = registered();
    bench.script('all', { report: 'no-quorum' });
    bench.script('seed3', { dial: 'refused' });
    bench.report();
    bench.run(30);
    expect(bench.heard('reportAnswered')).toEqual([
      [
        {
          peer: 'dead:1',
          incarnation: 4,
          seed: 'seed2',
          outcome: 'no-quorum',
          reason: 'script: no-quorum',
        },
      ],
    ]);
  });

  test('that no seed could be asked ends with no-seed', () => {
    const bench = registered();
    bench.script('all', { dial: 'refused' });
    bench.cut('seed1');
    bench.cut('seed2');
    bench.report();
    bench.run(30);
    expect(bench.heard('reportAnswered')).toMatchObject([[{ seed: '', outcome: 'no-seed' }]]);
  });

  test('of the same incarnation is not doubled while it is under way', () => {
    const bench = registered();
    bench.script('seed1', { report: 'silent' });
    bench.report('dead:1', 4);
    bench.report('dead:1', 4);
    bench.report('dead:1', 5);
    bench.run(10_010);
    expect(bench.got('DEAD_REPORT').filter(({ seed }) => seed === 'seed1')).toHaveLength(2);
    expect(bench.heard('reportAnswered')).toHaveLength(2);
    bench.script('seed1', { report: 'ok' });
    bench.report('dead:1', 4);
    bench.run(10);
    expect(bench.heard('reportAnswered')).toHaveLength(3);
  });

  test('beyond reportsMax is answered no-seed, after report has returned', () => {
    const bench = registered({ options: { reportsMax: 2 } });
    bench.script('all', { report: 'silent' });
    bench.report('dead:1');
    bench.report('dead:2');
    bench.report('dead:3');
    expect(bench.got('DEAD_REPORT')).toHaveLength(2);
    expect(bench.heard('reportAnswered')).toEqual([]);
    bench.run(0);
    expect(bench.heard('reportAnswered')).toMatchObject([[{ peer: 'dead:3', outcome: 'no-seed' }]]);
  });

  test('of a peer that is not registered is answered no-seed', () => {
    const bench = new RegistrationBench();
    bench.report();
    bench.run(0);
    expect(bench.heard('reportAnswered')).toMatchObject([[{ seed: '', outcome: 'no-seed' }]]);
    expect(bench.dials).toEqual([]);
  });

  test('chooses among the linked seeds at random', () => {
    const numbers = [0, 0.999];
    const asked = numbers.map((number) => {
      const bench = registered({ random: () => number });
      bench.report();
      return { first: seedsAsked(bench)[0], linked: bench.linked() };
    });
    for (const { first, linked } of asked) expect(linked).toContain(first);
    expect(asked[0]?.first).not.toBe(asked[1]?.first);
  });
});
