import { describe, expect, test } from 'vitest';
import { seedDefaults } from '../../../src/core/config.ts';
import type { DialFailure, Link } from '../../../src/core/link/link.ts';
import { type ProbeDeadline, type ProbeOutcome, Probes } from '../../../src/core/seed/probes.ts';
import { seededRandom } from '../../support/random.ts';

const now = { monotonicMs: 0, wallMs: 0 };

class Bench {
  readonly dialled: Link[] = [];
  readonly outcomes: ProbeOutcome[] = [];
  readonly deadlines: ProbeDeadline[] = [];
  readonly probes = new Probes(seedDefaults, {
    effects: {
      send: () => undefined,
      emit: () => undefined,
      schedule: (_, timer) => this.deadlines.push(timer),
    },
    links: {
      dial: (address) => {
        const link = { id: this.dialled.length + 1, address, direction: 'dialled' } as Link;
        this.dialled.push(link);
        return link;
      },
      close: () => undefined,
      violated: () => undefined,
    },
    random: seededRandom(1),
    probed: (_peer, outcome) => this.outcomes.push(outcome),
  });

  fail(code: DialFailure['code']): void {
    const link = this.dialled.at(-1);
    if (link === undefined) throw new Error('nothing was dialled');
    this.probes.failed(link, { code, reason: code, candidates: [] }, now);
  }
}

describe('a dial-back', () => {
  test('that is refused has found nobody', () => {
    const bench = new Bench();
    bench.probes.probe('a:1', now);
    bench.fail('refused');
    expect(bench.outcomes).toMatchObject([{ proof: undefined, seen: 'no answer: refused' }]);
  });

  test('whose connection breaks off is made again with another challenge, a limited number of times', () => {
    const bench = new Bench();
    bench.probes.probe('a:1', now);
    const first = bench.probes.challengeOf('a:1');
    bench.fail('broken');
    expect(bench.probes.challengeOf('a:1')).not.toBe(first);
    bench.fail('closed-there');
    expect([bench.dialled.length, bench.outcomes]).toEqual([3, []]);
    for (const stale of bench.deadlines.slice(0, 2)) bench.probes.onDeadline(stale, 0, now);
    expect(bench.outcomes).toEqual([]);
    bench.fail('broken');
    expect(bench.outcomes).toHaveLength(1);
  });
});
