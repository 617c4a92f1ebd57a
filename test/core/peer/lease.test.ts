import { describe, expect, test } from 'vitest';
import type { Link } from '../../../src/core/link/link.ts';
import { entry, RegistrationBench } from '../../support/registration-bench.ts';

/** Registered with seed1 and seed2 of three; renewals every 11.25 s, with the bench's randomness. */
function registered(
  options?: ConstructorParameters<typeof RegistrationBench>[0],
): RegistrationBench {
  const bench = new RegistrationBench(options);
  bench.startRegistered();
  return bench;
}

/** For whose changes each RENEW asked, and since which digest. */
function digestsAsked(bench: RegistrationBench): string[] {
  return bench.got('RENEW').map(({ seed, listed }) => `${seed} ${listed}`);
}

describe('the lease', () => {
  test('is renewed with every registered seed, telling neighbours and the number of known peers', () => {
    const bench = registered();
    bench.neighbours = ['a:1', 'b:1'];
    bench.run(12_000);
    const told = { peer: 'peer:1', incarnation: 1, neighbours: ['a:1', 'b:1'], peerCount: 7 };
    expect(bench.got('RENEW')).toMatchObject([
      { seed: 'seed1', ...told },
      { seed: 'seed2', ...told },
    ]);
  });

  test('is renewed at intervals that chance moves by an eighth either way', () => {
    const gaps = [0, 0.5, 0.999].map((number) => {
      const bench = registered({ random: () => number });
      bench.run(40_000);
      const [first, , second] = bench.got('RENEW');
      return Math.round((second?.at ?? 0) - (first?.at ?? 0));
    });
    expect(gaps).toEqual([8750, 10_000, 11_248]);
  });

  test('brings a part of the Peer List again when too much has changed', () => {
    const bench = registered();
    bench.run(12_000);
    expect(bench.got('PEER_LIST_REQUEST')).toHaveLength(2);
    bench.script('seed1', { digest: 'd9', peers: [entry('new:1')] });
    bench.run(12_000);
    expect(bench.got('PEER_LIST_REQUEST').slice(2)).toMatchObject([{ seed: 'seed1', limit: 256 }]);
    expect(bench.got('PEER_LIST_REQUEST')[0]).toMatchObject({ limit: 1000 });
    expect(bench.heard('listReplaced').at(-1)).toEqual([[entry('new:1')]]);
    expect(bench.of('peer-list:received').map(({ first }) => first)).toEqual([true, true, false]);
    // What the other seed had named besides is known no more, and its list is another one still.
    bench.run(24_000);
    expect(bench.got('PEER_LIST_REQUEST').slice(3)).toMatchObject([{ seed: 'seed2', limit: 1000 }]);
  });

  const changes = {
    joined: [entry('new:1')],
    gone: [{ id: 'old:1', incarnation: 3, status: 'dead' as const }],
  };

  test('follows the Peer List of one seed, whose changes it asks for with the digest as last seen', () => {
    const bench = registered();
    bench.run(12_000);
    expect(digestsAsked(bench)).toEqual(['seed1 d1', 'seed2 undefined']);
    bench.script('seed1', { digest: 'd9', changes });
    bench.script('seed2', { digest: 'd9' });
    bench.run(12_000);
    expect(bench.heard('listChanged')).toEqual([[changes, 'seed1']]);
    const told = { seed: 'seed1', digest: 'd9', ...changes };
    expect(bench.of('peer-list:updated')).toMatchObject([told]);
    bench.run(24_000);
    expect(bench.got('PEER_LIST_REQUEST')).toHaveLength(2);
    expect(bench.heard('listChanged')).toHaveLength(1);
    expect(digestsAsked(bench).slice(4, 8)).toEqual([
      'seed1 d9',
      'seed2 undefined',
      'seed1 d9',
      'seed2 undefined',
    ]);
  });

  test('asks another seed for its changes, too, from when that one has had another Peer List until they are the same', () => {
    const bench = registered();
    bench.run(12_000);
    bench.script('seed2', { digest: 'd9', changes });
    bench.run(12_000);
    expect(bench.heard('listChanged')).toEqual([]);
    bench.run(12_000);
    expect(bench.heard('listChanged')).toEqual([[changes, 'seed2']]);
    bench.run(12_000);
    bench.script('seed1', { digest: 'd9', changes });
    bench.run(24_000);
    expect(digestsAsked(bench).slice(4)).toEqual([
      'seed1 d1',
      'seed2 d1',
      'seed1 d1',
      'seed2 d9',
      'seed1 d1',
      'seed2 d9',
      'seed1 d9',
      'seed2 undefined',
    ]);
  });

  test('follows another seed as soon as the first misses a renewal, and the first one when it answers again', () => {
    const bench = registered();
    bench.script('seed1', { renew: 'silent' });
    bench.run(24_000);
    bench.script('seed1', { renew: 'alive' });
    bench.run(24_000);
    expect(digestsAsked(bench)).toEqual([
      'seed1 d1',
      'seed2 undefined',
      'seed1 undefined',
      'seed2 d1',
      'seed1 undefined',
      'seed2 d1',
      'seed1 d1',
      'seed2 undefined',
    ]);
  });

  test('asks again at the next renewal for a Peer List that did not come', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { list: 'silent' });
    bench.start();
    bench.run(1000);
    bench.script('seed1', { list: 'answer' });
    bench.run(11_000);
    expect(bench.of('peer-list:received').map(({ seed }) => seed)).toEqual(['seed2', 'seed1']);
  });

  test('takes no Peer List but the one that was asked for last', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { list: 'silent' });
    bench.start();
    bench.run(1_000);
    const list = { type: 'PEER_LIST', total: 1, digest: 'd', peers: [entry('a:1')] } as const;
    const request = bench.got('PEER_LIST_REQUEST')[0]?.request ?? -1;
    bench.deliver('seed1', { ...list, request: request + 100 });
    expect(bench.heard('listReplaced')).toHaveLength(0);
    bench.deliver('seed1', { ...list, request });
    bench.deliver('seed1', { ...list, request });
    expect(bench.heard('listReplaced')).toEqual([[[entry('a:1')]]]);
  });

  test('hands on the bridge that a seed offers', () => {
    const bench = registered();
    bench.script('seed1', { bridge: [entry('far:1'), entry('far:2')] });
    bench.run(12_000);
    expect(bench.of('overlay:bridge-offered')).toMatchObject([{ candidates: ['far:1', 'far:2'] }]);
    expect(bench.heard('bridgeOffered')).toEqual([[[entry('far:1'), entry('far:2')]]]);
  });

  test.each(['dead', 'left', 'unknown'] as const)(
    'answered with `%s` starts a new life, once and not once a seed',
    (status) => {
      const bench = registered();
      bench.script('all', { renew: status, incarnation: 2 });
      bench.run(11_000);
      bench.script('all', { renew: 'alive' });
      bench.run(1000);
      expect(bench.heard('removed')).toEqual([[status, 'seed1']]);
      expect(bench.heard('registered')).toEqual([[1], [2]]);
      expect(bench.self.session).toBe('session2');
      bench.run(30_000);
      const renewed = bench.got('RENEW').filter(({ at }) => at > 12_000);
      expect(new Set(renewed.map(({ incarnation }) => incarnation))).toEqual(new Set([2]));
      expect(bench.heard('removed')).toHaveLength(1);
    },
  );

  test('ignores what a seed says late about an incarnation that is over', () => {
    const bench = registered();
    bench.script('seed1', { renew: 'dead' });
    bench.script('seed2', { renew: 'silent' });
    bench.script('all', { incarnation: 2 });
    bench.run(11_000);
    bench.script('seed1', { renew: 'alive' });
    const late = bench.got('RENEW').find(({ seed }) => seed === 'seed2');
    bench.run(1000);
    expect(bench.heard('registered')).toEqual([[1], [2]]);
    bench.deliver('seed2', {
      type: 'RENEW_RESULT',
      request: late?.request ?? -1,
      status: 'dead',
      total: 0,
      digest: '',
      bridge: [],
    });
    expect(bench.heard('removed')).toHaveLength(1);
  });

  test('takes the answer to a RENEW once', () => {
    const bench = registered();
    bench.run(12_000);
    const request = bench.got('RENEW')[0]?.request ?? -1;
    const result = { type: 'RENEW_RESULT', request, total: 0, digest: '', bridge: [] } as const;
    bench.deliver('seed1', { ...result, status: 'dead' });
    expect(bench.heard('removed')).toEqual([]);
  });

  test('hears the removal before the new life begins, and begins none when it leads to a leave', () => {
    const bench = new RegistrationBench({
      on: { removed: (_status, _seed, now) => bench.registration.leave(now) },
    });
    bench.startRegistered();
    bench.script('all', { renew: 'dead', leave: 'stale' });
    bench.run(60_000);
    expect(bench.of('peer:registering')).toHaveLength(1);
    expect(bench.heard('leaveEnded')).toEqual([[false, 'seed1: stale, script: stale']]);
  });

  test('hands on confirmed deaths with the seed that told', () => {
    const bench = registered();
    const confirmed = {
      type: 'DEAD_CONFIRMED',
      peer: 'x:1',
      incarnation: 2,
      seed: 'seed3',
    } as const;
    bench.deliver('seed2', confirmed);
    expect(bench.heard('deadConfirmed')).toEqual([[confirmed, 'seed2']]);
  });
});

describe('a link that was not dialled here', () => {
  test('has no say', () => {
    const bench = registered();
    const stranger: Link = {
      id: -1,
      direction: 'accepted',
      address: '',
      purpose: 'member',
      state: 'up',
      remote: { role: 'seed', id: 'seed1', incarnation: 0 },
      lastHeardMs: 0,
      farewell: false,
    };
    const confirmed = {
      type: 'DEAD_CONFIRMED',
      peer: 'x:1',
      incarnation: 2,
      seed: 'seed1',
    } as const;
    bench.registration.message(stranger, confirmed, bench.now());
    expect(bench.heard('deadConfirmed')).toEqual([]);
  });
});

describe('a lost member link', () => {
  test('is dialled again soon, and the lease renewed over it', () => {
    const bench = registered();
    bench.cut('seed1');
    expect(bench.linked()).toEqual(['seed2']);
    bench.run(600);
    expect(bench.linked()).toEqual(['seed1', 'seed2']);
    expect(bench.got('RENEW').map(({ seed }) => seed)).toEqual(['seed1']);
    expect(bench.got('PEER_LIST_REQUEST')).toHaveLength(2);
  });

  test.each([
    ['its seed is', ['seed1']],
    ['all seeds are', ['seed2', 'seed1']],
  ])('is dialled at growing intervals while %s down', (_which, cut) => {
    const bench = registered({ options: { renewIntervalMs: 3_600_000 } });
    bench.script('all', { dial: 'refused' });
    for (const seed of cut) bench.cut(seed);
    bench.run(60_000);
    const toSeed1 = bench.dials.filter(({ seed }) => seed === 'seed1').slice(1);
    const times = toSeed1.map(({ at }) => at);
    const gaps = times.map((at, index) => at - (times[index - 1] ?? 1000));
    expect(gaps.slice(0, 7).map((gap) => Math.round(gap / 500))).toEqual([1, 2, 4, 8, 16, 20, 20]);
  });

  test('is dialled soon again when it is lost once more, after it was up', () => {
    const bench = registered({ options: { renewIntervalMs: 3_600_000 } });
    bench.script('seed1', { dial: 'refused' });
    bench.cut('seed1');
    bench.run(20_000);
    bench.script('seed1', { dial: 'up' });
    bench.run(20_000);
    bench.cut('seed1');
    bench.run(600);
    expect(bench.linked()).toEqual(['seed1', 'seed2']);
  });

  test('brings the Peer List that was under way when it broke', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { list: 'silent' });
    bench.start();
    bench.run(1_000);
    bench.script('seed1', { list: 'answer' });
    bench.cut('seed1');
    bench.run(600);
    expect(bench.of('peer-list:received').map(({ seed }) => seed)).toEqual(['seed2', 'seed1']);
  });

  test('is given the time that its dial takes, however often leases are renewed', () => {
    const bench = registered({ seeds: 2, options: { renewIntervalMs: 500 } });
    bench.script('seed1', { dial: 'silent' });
    bench.cut('seed1');
    bench.run(40_000);
    expect(bench.dials.filter(({ seed }) => seed === 'seed1').length).toBeLessThanOrEqual(6);
  });

  test('gives the lease to another seed after several renewals without the old one', () => {
    const bench = registered();
    bench.script('seed1', { dial: 'refused' });
    bench.cut('seed1');
    bench.run(32_000);
    expect(bench.got('REGISTER')).toHaveLength(2);
    bench.run(12_000);
    expect(bench.got('REGISTER')[2]).toMatchObject({ seed: 'seed3', session: 'session1' });
    expect(bench.of('seed:registered')[2]).toMatchObject({ seed: 'seed3', registered: 2 });
    const [, , asked] = bench.got('REGISTER');
    const [, , listed] = bench.got('PEER_LIST_REQUEST');
    expect(listed).toMatchObject({ seed: 'seed3', at: (asked?.at ?? 0) + 2 });
    expect(bench.of('peer:registered')).toHaveLength(1);
    const dialled = bench.dials.length;
    bench.run(60_000);
    expect(bench.dials).toHaveLength(dialled);
    expect(bench.linked()).toEqual(['seed2', 'seed3']);
  });

  test('has one seed asked to take its place at a time, however often leases are renewed', () => {
    const bench = registered({ options: { renewIntervalMs: 500 } });
    bench.script('seed1', { dial: 'refused' });
    bench.script('seed3', { register: 'silent' });
    bench.cut('seed1');
    bench.run(11_000);
    expect(bench.got('REGISTER').slice(2)).toHaveLength(1);
  });

  test('is closed here when the seed has not answered several renewals, and replaced', () => {
    const bench = registered();
    bench.script('seed1', { renew: 'silent' });
    bench.run(60_000);
    expect(bench.linked()).toEqual(['seed2', 'seed3']);
    expect(bench.log.some((line) => line.includes('seed1 <- (close: the seed does not'))).toBe(
      true,
    );
  });

  test('keeps its lease when no other seed takes its place, and is renewed when the seed is back', () => {
    const bench = registered();
    bench.script('all', { dial: 'refused' });
    bench.cut('seed1');
    bench.cut('seed2');
    bench.run(300_000);
    bench.script('all', { dial: 'up' });
    bench.run(12_000);
    expect(bench.linked()).toContain('seed1');
    expect(bench.linked()).toContain('seed2');
    expect(bench.of('peer:registering')).toHaveLength(1);
    expect(bench.heard('removed')).toEqual([]);
    const renewals = bench.got('RENEW').filter(({ at }) => at > 301_000);
    expect(new Set(renewals.map(({ seed }) => seed))).toContain('seed1');
  });

  test('with another incarnation from the seed in its place gives that one no lease', () => {
    const bench = registered();
    bench.script('seed1', { dial: 'refused' });
    bench.script('seed3', { incarnation: 8 });
    bench.cut('seed1');
    bench.run(60_000);
    expect(bench.of('seed:registration-failed')[0]).toMatchObject({ seed: 'seed3', code: 'stale' });
    expect(bench.heard('registered')).toEqual([[1]]);
    expect(bench.linked()).toEqual(['seed2']);
  });

  test('and another seed that knows the session is over mean a removal', () => {
    const bench = registered();
    bench.script('seed1', { dial: 'refused' });
    bench.script('seed3', { register: 'session-over' });
    bench.before = (_seed, what) => {
      if (what === 'REGISTER' && bench.self.session === 'session2') {
        bench.script('all', { register: 'ok', incarnation: 2 });
      }
    };
    bench.cut('seed1');
    bench.run(60_000);
    expect(bench.heard('removed')).toEqual([['dead', 'seed3']]);
    expect(bench.heard('registered')).toEqual([[1], [2]]);
  });
});

describe('refresh', () => {
  test('renews and asks for the Peer List that it follows at once', () => {
    const bench = registered();
    const before = bench.sent.length;
    bench.registration.refresh(bench.now());
    expect(bench.sent.slice(before).map(({ seed, message }) => `${seed} ${message.type}`)).toEqual([
      'seed1 RENEW',
      'seed1 PEER_LIST_REQUEST',
      'seed2 RENEW',
    ]);
    bench.run(10);
    expect(bench.of('peer-list:received')).toHaveLength(3);
  });

  test('done often is done once an interval, and the last one is not forgotten', () => {
    const bench = registered({ options: { refreshIntervalMs: 2000 } });
    for (let step = 0; step < 50; step += 1) {
      bench.registration.refresh(bench.now());
      bench.run(100);
    }
    bench.run(3000);
    const times = bench
      .got('RENEW')
      .filter(({ seed }) => seed === 'seed1')
      .map(({ at }) => at);
    expect(times).toEqual([1000, 3000, 5000, 7000]);
  });

  test('asks for no Peer List that is under way', () => {
    const bench = new RegistrationBench({
      on: { registered: (_incarnation, now) => bench.registration.refresh(now) },
    });
    bench.startRegistered();
    expect(bench.got('RENEW')).toHaveLength(2);
    expect(bench.got('PEER_LIST_REQUEST')).toHaveLength(2);
  });

  test('finds out about a removal without waiting for the next renewal', () => {
    const bench = registered();
    bench.script('all', { renew: 'dead', incarnation: 2 });
    bench.registration.refresh(bench.now());
    bench.run(100);
    expect(bench.heard('registered')).toEqual([[1], [2]]);
  });

  test('does nothing while not registered', () => {
    const bench = new RegistrationBench();
    bench.script('all', { register: 'silent' });
    bench.start();
    bench.run(5);
    bench.registration.refresh(bench.now());
    bench.run(5);
    expect(bench.got('RENEW')).toEqual([]);
  });
});
