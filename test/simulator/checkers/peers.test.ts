import { describe, expect, test } from 'vitest';
import { gaps } from '../../../src/simulator/checkers/gaps.ts';
import { helpers } from '../../../src/simulator/checkers/helpers.ts';
import { looks } from '../../../src/simulator/checkers/looks.ts';
import { noFalseDeath } from '../../../src/simulator/checkers/no-false-death.ts';
import { ownSessions } from '../../../src/simulator/checkers/own-sessions.ts';
import { renewals } from '../../../src/simulator/checkers/renewals.ts';
import { rumours } from '../../../src/simulator/checkers/rumours.ts';
import type { Fault, Scenario } from '../../../src/simulator/index.ts';
import { PeerProcess } from '../../../src/simulator/nodes/peer-process.ts';
import { meddle, shown, watched } from './watched.ts';

test('deaths, stalls, partitions and liars leave all of it kept', () => {
  const { violations, seen } = watched(
    [helpers, looks, noFalseDeath, ownSessions, renewals, rumours],
    {
      topology: { seeds: 3, peers: 20, start: { kind: 'join', spreadMs: 2_000 } },
      faults: [
        { kind: 'crash', atMs: 15_000, who: { peers: 3 }, how: 'power-off', restartAfterMs: 9_000 },
        { kind: 'pause', atMs: 30_000, who: { peers: 2 }, forMs: 12_000 },
        { kind: 'partition', shape: 'split', atMs: 45_000, forMs: 8_000 },
        { kind: 'malicious', atMs: 12_000, who: { peers: [4] }, behaviour: 'impersonate' },
        { kind: 'malicious', atMs: 12_000, who: { peers: [7] }, behaviour: 'poison-suspicions' },
      ],
      durationMs: 90_000,
    },
  );
  for (const type of ['peer:reported', 'peer:suspicion-heard', 'death:committed'] as const) {
    expect(seen.get(type)).toBeGreaterThan(0);
  }
  expect(violations).toEqual([]);
});

test('a helper that is given up before its time breaks it, unless its link is gone', () => {
  const about = { peer: '10.0.0.1:6000', incarnation: 1 } as const;
  const helper = '10.0.0.2:6000';
  const givenUp = (atMs: number, isLinkGone = false) => {
    const { violations, call } = shown(helpers);
    call('frame', 1_000, 0, 1, 3, 5, { type: 'PROBE', nonce: 1, ...about });
    const gone = { link: 1, peer: helper, incarnation: 1, cause: 'broken', reason: '' } as const;
    if (isLinkGone) call('event', atMs, 3, { type: 'link:down', ...gone, degree: 1 });
    call('event', atMs, 3, { type: 'peer:probed', ...about, by: helper, outcome: 'unanswered' });
    return violations.length;
  };
  expect(givenUp(4_000)).toBe(0);
  expect(givenUp(2_000)).toBe(1);
  expect(givenUp(2_000, true)).toBe(0);
});

test('a liar that repeats an old question has not asked again', () => {
  const { violations, call } = shown(helpers);
  const about = { peer: '10.0.0.1:6000', incarnation: 1 } as const;
  const probe = { type: 'PROBE', nonce: 1, ...about } as const;
  const replays: Fault = { kind: 'malicious', atMs: 0, who: { peers: 1 }, behaviour: 'replay' };
  call('frame', 1_000, 0, 1, 3, 5, probe);
  call('fault', 1_500, 0, replays, 'begun', [3]);
  call('frame', 3_500, 0, 1, 3, 5, probe);
  const by = '10.0.0.2:6000';
  call('event', 4_000, 3, { type: 'peer:probed', ...about, by, outcome: 'unanswered' });
  expect(violations).toEqual([]);
});

test('whoever is turned away as dead though the seeds hold it for alive shows a false death', () => {
  const refuse = { type: 'REFUSE', code: 'declared-dead', reason: '', candidates: [] } as const;
  const again: Fault = { kind: 'crash', atMs: 12_000, who: { peers: 6 }, restartAfterMs: 1_000 };
  const { violations } = watched([noFalseDeath], { faults: [again] }, (world) =>
    meddle(world, 10_000, 4, (message) => (message.type === 'WELCOME' ? refuse : message)),
  );
  expect(violations[0]?.what).toMatch(/^peer 1 turned peer \d+ away as dead/);
});

test('a registration that the peer at the address never asked for breaks own-sessions', () => {
  const { violations, call, world } = shown(ownSessions);
  const ballot = { round: 2, seed: world.idOf(0) };
  const value = (session: string) =>
    ({
      status: 'alive',
      incarnation: 1,
      session,
      registeredAtMs: 0,
      revision: 1,
      changedAtMs: 0,
      evidence: '',
    }) as const;
  const hold = (session: string) =>
    call('durable', 2, 0, {
      type: 'register',
      state: {
        peer: world.idOf(4),
        promised: ballot,
        acceptedBallot: ballot,
        committed: value(session),
      },
    });
  const register = (peer: number, session: string) =>
    ({ type: 'REGISTER', request: 1, peer: world.idOf(peer), session }) as const;
  call('frame', 1, 0, 1, 4, 0, register(4, 'aa'));
  hold('aa');
  expect(violations).toEqual([]);
  call('frame', 3, 0, 1, 5, 0, register(4, 'bb'));
  hold('bb');
  expect(violations[0]?.what).toMatch(/^seed 0 holds 10\.0\.0\.1:6000 for registered/);
});

test('a rumour that goes over one link again, before its time, breaks it', () => {
  const notice = (refutation: number) =>
    ({
      type: 'SUSPECT_NOTICE',
      peer: '10.0.0.1:6000',
      incarnation: 1,
      refutation,
      by: '10.0.0.2:6000',
      byIncarnation: 1,
    }) as const;
  const { violations, call } = shown(rumours);
  call('frame', 1_000, 8, 1, 3, 4, notice(0));
  call('frame', 1_100, 9, 1, 4, 3, notice(0));
  call('frame', 1_200, 8, 1, 3, 4, notice(1));
  call('frame', 3_600, 8, 1, 3, 4, notice(0));
  expect(violations).toEqual([]);
  call('frame', 3_700, 8, 1, 3, 4, notice(0));
  expect(violations[0]?.what).toMatch(/^peer 0 told peer 1 that .* again after 100 ms$/);
});

test('a lease that is renewed twice within an interval breaks it, unless the link has just come up', () => {
  const { violations, call } = shown(renewals);
  const renew = (listed?: string) =>
    ({
      type: 'RENEW',
      request: 1,
      peer: '10.0.0.0:6000',
      incarnation: 1,
      neighbours: [],
      peerCount: 0,
      ...(listed !== undefined && { listed }),
    }) as const;
  call('frame', 1_000, 8, 1, 3, 0, renew('aa'));
  call('frame', 3_000, 8, 1, 3, 0, renew('aa'));
  call('frame', 4_000, 8, 1, 3, 0, renew());
  call('frame', 5_000, 8, 2, 3, 0, renew('aa'));
  call('frame', 6_000, 8, 2, 3, 0, renew('aa'));
  call('frame', 15_000, 8, 2, 3, 0, renew('aa'));
  expect(violations).toEqual([]);
  call('frame', 20_000, 8, 2, 3, 0, renew('aa'));
  expect(violations[0]?.what).toMatch(/^peer 0 renewed its lease with seed 0 5000 ms after/);
});

test('a look that ends before its time breaks it, unless somebody has said no', () => {
  const about = { peer: '10.0.0.1:6000', incarnation: 1 } as const;
  const taken = (afterMs: number, isRefused = false) => {
    const { violations, call, world } = shown(looks);
    const process = world.start(3);
    if (!(process instanceof PeerProcess)) throw new Error('node 3 is no peer');
    const link = process.peer.links.dial(about.peer, 'probe', process.now);
    call('dial', 1_000, 3, 4, link.id);
    const refused = { purpose: 'probe', address: about.peer, code: 'refused', reason: '' } as const;
    if (isRefused) call('event', 1_000 + afterMs, 3, { type: 'link:refused', ...refused });
    const probed = { ...about, by: world.idOf(3), outcome: 'silent' } as const;
    call('event', 1_000 + afterMs, 3, { type: 'peer:probed', ...probed });
    return violations[0]?.what;
  };
  expect(taken(2_000)).toBeUndefined();
  expect(taken(500, true)).toBeUndefined();
  expect(taken(500)).toMatch(/^peer 0 takes 10.0.0.1:6000 for silent 500 ms after it dialled it/);
});

describe('gaps', () => {
  const changes: Partial<Scenario> = {
    load: [{ atMs: 12_000, count: 60, intervalMs: 1_000 }],
    durationMs: 120_000,
    options: { peer: { dissemination: { retainedMessagesMax: 4 } } },
    faults: [{ kind: 'partition', shape: 'split', atMs: 15_000, forMs: 25_000 }],
  };

  test('are told of', () => {
    const { violations, seen } = watched([gaps], changes);
    expect(seen.get('message:gap')).toBeGreaterThan(0);
    expect(violations).toEqual([]);
  });

  test('that are kept secret break it', () => {
    const { violations } = watched([gaps], changes, (world) => {
      const { emitted } = world;
      world.emitted = (event) => {
        if (event.type !== 'message:gap') emitted.call(world, event);
      };
    });
    expect(violations[0]?.what).toMatch(/^peer \d+ was told by peer \d+ of message \d+, which/);
  });
});
