import { describe, expect, test } from 'vitest';
import { entry, RegistrationBench } from '../../support/registration-bench.ts';

const text = (lines: string): string => lines.replace(/^\n|\n *$/g, '');

describe('registering', () => {
  test('goes from seed to seed until a quorum has answered, then asks for Peer Lists', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { peers: [entry('a:1'), entry('b:1')], incarnation: 3 });
    bench.script('seed2', { peers: [entry('a:1')], incarnation: 3, digest: 'd2' });
    const story = bench.during(() => {
      bench.start();
      bench.run(1000);
    });
    expect(story).toBe(
      text(`
     0 peer:registering attempt 1
     0   seed1 <- (dial)
     1   seed1 <- REGISTER
     3 seed:registered seed1 1/2 incarnation 3
     3   seed2 <- (dial)
     4   seed2 <- REGISTER
     6 seed:registered seed2 2/2 incarnation 3
     6 peer:registered seed1 seed2 incarnation 3 attempts 1
     6   seed1 <- PEER_LIST_REQUEST
     6   seed2 <- PEER_LIST_REQUEST
     6   -> registered 3
     8 peer-list:received seed1 d1 first
     8   -> listReplaced a:1 b:1
     8 peer-list:received seed2 d2 first
     8   -> peersLearned a:1
`),
    );
  });

  test('without a quorum, says what each seed said, and recovers when the seeds do', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { register: 'no-quorum' });
    bench.script('seed2', { dial: 'refused' });
    bench.script('seed3', { register: 'silent' });
    const story = bench.during(() => {
      bench.start();
      bench.run(10_100);
      bench.script('seed3', { register: 'ok' });
      bench.run(1000);
      bench.script('all', { dial: 'up', register: 'ok' });
      bench.run(1000);
    });
    expect(story).toBe(
      text(`
     0 peer:registering attempt 1
     0   seed1 <- (dial)
     1   seed1 <- REGISTER
     3 seed:registration-failed seed1 no-quorum
     3   seed2 <- (dial)
     3   seed1 <- (close: not needed any more)
     4 seed:registration-failed seed2 refused
     4   seed3 <- (dial)
     5   seed3 <- REGISTER
 10004 seed:registration-failed seed3 timeout
 10004   seed3 <- (close: not needed any more)
 10004 peer:registration-failed 0/2 (seed1 no-quorum, seed2 refused, seed3 timeout) retry in 500
 10504 peer:registering attempt 2
 10504   seed1 <- (dial)
 10505   seed1 <- REGISTER
 10507 seed:registration-failed seed1 no-quorum
 10507   seed2 <- (dial)
 10507   seed1 <- (close: not needed any more)
 10508 seed:registration-failed seed2 refused
 10508   seed3 <- (dial)
 10509   seed3 <- REGISTER
 10511 seed:registered seed3 1/2 incarnation 1
 10511 peer:registration-failed 1/2 (seed1 no-quorum, seed2 refused, seed3 ok) retry in 999
 11510 peer:registering attempt 3
 11510   seed1 <- (dial)
 11511   seed1 <- REGISTER
 11513 seed:registered seed1 2/2 incarnation 1
 11513 peer:registered seed3 seed1 incarnation 1 attempts 3
 11513   seed3 <- PEER_LIST_REQUEST
 11513   seed1 <- PEER_LIST_REQUEST
 11513   -> registered 1
 11515 peer-list:received seed3 d1 first
 11515   -> listReplaced
 11515 peer-list:received seed1 d1 first
 11515   -> listReplaced
`),
    );
  });

  test('holds the new session before the first REGISTER leaves, for the seeds to check it', () => {
    const bench = new RegistrationBench();
    let proved = '';
    bench.before = (_seed, what) => {
      if (what === 'REGISTER') proved ||= bench.self.session;
    };
    bench.startRegistered();
    expect(proved).toBe('session1');
    expect(bench.got('REGISTER').map(({ session }) => session)).toEqual(['session1', 'session1']);
  });

  test('asks the seeds in random order', () => {
    const firsts = new Set<string>();
    for (const number of [0, 0.4, 0.6, 0.999]) {
      const bench = new RegistrationBench({ random: () => number });
      bench.start();
      bench.run(1);
      firsts.add(bench.got('REGISTER')[0]?.seed ?? '');
    }
    expect(firsts.size).toBeGreaterThan(1);
  });

  test('asks no two seeds at the same time', () => {
    const bench = new RegistrationBench({ seeds: 5 });
    bench.script('all', { register: 'silent' });
    bench.start();
    for (let asked = 1; asked <= 5; asked += 1) {
      bench.run(9999);
      expect(bench.got('REGISTER')).toHaveLength(asked);
      bench.run(1);
    }
  });

  test('needs a quorum of the configured seeds, not of the reachable ones', () => {
    const bench = new RegistrationBench({ seeds: 5 });
    bench.script('seed1', { dial: 'refused' });
    bench.script('seed2', { dial: 'refused' });
    bench.script('seed3', { dial: 'refused' });
    bench.start();
    bench.run(60_000);
    expect(bench.of('peer:registered')).toEqual([]);
    expect(bench.of('peer:registration-failed')[0]).toMatchObject({ registered: 2, quorum: 3 });
  });

  test('keeps the session and the answers it has over rounds without a quorum', () => {
    const bench = new RegistrationBench();
    bench.script('seed2', { register: 'no-quorum' });
    bench.script('seed3', { register: 'conflict' });
    bench.start();
    bench.run(30_000);
    const asked = bench.got('REGISTER');
    expect(new Set(asked.map(({ session }) => session))).toEqual(new Set(['session1']));
    expect(asked.filter(({ seed }) => seed === 'seed1')).toHaveLength(1);
    expect(asked.filter(({ seed }) => seed === 'seed2').length).toBeGreaterThan(3);
  });

  test('pauses between rounds up to bounds that double from retryMinMs to retryMaxMs', () => {
    const bench = new RegistrationBench({
      options: { retryMinMs: 100, retryMaxMs: 1000 },
      random: () => 0.5,
    });
    bench.script('all', { dial: 'refused' });
    bench.start();
    bench.run(10_000);
    const pauses = bench.of('peer:registration-failed').map(({ retryInMs }) => retryInMs);
    expect(pauses.slice(0, 7)).toEqual([50, 100, 200, 400, 500, 500, 500]);
    const begun = bench.of('peer:registering').map(({ attempt }) => attempt);
    expect(begun.slice(0, 3)).toEqual([1, 2, 3]);
  });

  test('pauses shortly again after it has been registered in between', () => {
    const bench = new RegistrationBench();
    bench.script('all', { dial: 'refused' });
    bench.start();
    bench.run(20_000);
    bench.script('all', { dial: 'up' });
    bench.run(20_000);
    expect(bench.heard('registered')).toHaveLength(1);
    bench.script('all', { renew: 'dead', register: 'no-quorum' });
    bench.run(20_000);
    const pauses = bench.of('peer:registration-failed').filter(({ attempt }) => attempt === 1);
    expect(pauses.map(({ retryInMs }) => retryInMs)).toEqual([500, 500]);
  });

  test('begins a new life with a new session when the session is over, and asks all seeds anew', () => {
    const bench = new RegistrationBench();
    bench.script('seed2', { register: 'session-over' });
    bench.start();
    bench.run(10);
    expect(bench.of('peer:registration-failed')[0]?.answers).toEqual([
      { seed: 'seed1', code: 'ok', reason: '' },
      { seed: 'seed2', code: 'session-over', reason: 'script: session-over' },
    ]);
    expect(bench.got('REGISTER').some(({ seed }) => seed === 'seed3')).toBe(false);
    bench.script('all', { register: 'ok', incarnation: 2 });
    bench.run(1000);
    expect(bench.self.session).toBe('session2');
    const again = bench.got('REGISTER').filter(({ session }) => session === 'session2');
    expect(again.map(({ seed }) => seed)).toEqual(['seed1', 'seed2']);
    expect(bench.of('peer:registering').map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(bench.heard('registered')).toEqual([[2]]);
  });

  test('takes the highest incarnation and asks the seeds that gave a lower one again', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { incarnation: 4 });
    bench.script('seed2', { incarnation: 5 });
    bench.script('seed3', { incarnation: 4 });
    bench.start();
    bench.run(20);
    expect(bench.of('peer:registered')).toEqual([]);
    const failed = bench.of('seed:registration-failed').map(({ seed, code }) => [seed, code]);
    expect(failed).toEqual([
      ['seed1', 'stale'],
      ['seed3', 'stale'],
    ]);
    bench.script('all', { incarnation: 5 });
    bench.run(1000);
    expect(bench.of('peer:registered')).toMatchObject([
      { incarnation: 5, seeds: ['seed2', 'seed1'] },
    ]);
  });

  test('shows the codes by which a seed of another network refuses the link', () => {
    const bench = new RegistrationBench();
    bench.script('all', { dial: 'wrong-cluster' });
    bench.start();
    bench.run(10);
    const codes = bench.of('peer:registration-failed')[0]?.answers.map(({ code }) => code);
    expect(codes).toEqual(['wrong-cluster', 'wrong-cluster', 'wrong-cluster']);
  });

  test('counts an OK once, and only for the request it answers, from the seed that was asked', () => {
    const bench = new RegistrationBench();
    bench.script('all', { register: 'silent' });
    bench.start();
    bench.run(10_010);
    const [first, second] = bench.got('REGISTER');
    const ok = { type: 'REGISTER_RESULT', outcome: 'ok', reason: '', incarnation: 1 } as const;
    const requestOf = (asked: typeof first): number => asked?.request ?? -1;
    expect(second?.seed).toBe('seed2');
    bench.deliver('seed2', { ...ok, request: requestOf(first) });
    bench.deliver('seed2', { ...ok, request: 999 });
    expect(bench.of('seed:registered')).toEqual([]);
    bench.deliver('seed2', { ...ok, request: requestOf(second) });
    bench.deliver('seed2', { ...ok, request: requestOf(second) });
    expect(bench.of('seed:registered')).toHaveLength(1);
    expect(bench.of('peer:registered')).toEqual([]);
  });

  test('takes no answer from another seed than the one that was asked', () => {
    const bench = new RegistrationBench();
    bench.script('seed2', { register: 'silent' });
    bench.start();
    bench.run(10);
    const request = bench.got('REGISTER')[1]?.request ?? -1;
    const ok = { type: 'REGISTER_RESULT', outcome: 'ok', reason: '', incarnation: 1 } as const;
    bench.deliver('seed1', { ...ok, request });
    expect(bench.of('peer:registered')).toEqual([]);
    bench.deliver('seed2', { ...ok, request });
    expect(bench.of('peer:registered')).toHaveLength(1);
  });

  test('closes the links to seeds that it has no lease with', () => {
    const bench = new RegistrationBench({ seeds: 5 });
    bench.script('seed2', { register: 'not-admitted' });
    bench.startRegistered();
    expect(bench.linked()).toEqual(['seed1', 'seed3', 'seed4']);
  });

  test('takes an OK for good when the link breaks after it, and links again for the lease', () => {
    const bench = new RegistrationBench();
    bench.script('seed2', { register: 'silent' });
    bench.start();
    bench.run(10);
    bench.cut('seed1');
    bench.script('seed2', { register: 'ok' });
    bench.cut('seed2');
    bench.run(10);
    expect(bench.of('peer:registered')).toMatchObject([{ seeds: ['seed1', 'seed3'] }]);
    expect(bench.linked()).toEqual(['seed1', 'seed3']);
    expect(bench.of('peer-list:received').map(({ seed }) => seed)).toContain('seed1');
  });

  test('is over with stop: links are closed, timers do nothing', () => {
    const bench = new RegistrationBench();
    bench.startRegistered();
    bench.registration.stop(bench.now());
    expect(bench.linked()).toEqual([]);
    expect(bench.during(() => bench.run(600_000))).toBe('');
  });

  test.each([
    ['a round', 4],
    ['the pause after it', 2_600],
  ])('is over with stop in the middle of %s as well', (_where, atMs) => {
    const bench = new RegistrationBench({ options: { retryMinMs: 5_000 } });
    bench.script('all', { register: 'no-quorum' });
    bench.start();
    bench.run(atMs);
    bench.registration.stop(bench.now());
    expect(bench.during(() => bench.run(600_000))).toBe('');
  });

  test('that was begun already is not begun again by another start', () => {
    const bench = new RegistrationBench();
    bench.start();
    bench.startRegistered();
    expect(bench.self.session).toBe('session1');
  });

  test('starts again after stop, as a new life', () => {
    const bench = new RegistrationBench();
    bench.startRegistered();
    bench.registration.stop(bench.now());
    bench.script('all', { incarnation: 2 });
    bench.start();
    bench.run(10);
    expect(bench.heard('registered')).toEqual([[1], [2]]);
    expect(bench.self.session).toBe('session2');
  });
});

describe('leaving', () => {
  test('tells one registered seed, and ends when it has committed', () => {
    const bench = new RegistrationBench();
    bench.script('all', { incarnation: 6 });
    bench.startRegistered();
    bench.leave();
    bench.run(10);
    expect(bench.got('LEAVE')).toMatchObject([
      { seed: 'seed1', peer: 'peer:1', incarnation: 6, session: 'session1' },
    ]);
    expect(bench.heard('leaveEnded')).toEqual([[true, '']]);
  });

  test('goes on to the next seed when one cannot commit it', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { leave: 'no-quorum' });
    bench.startRegistered();
    bench.leave();
    bench.run(10);
    expect(bench.got('LEAVE').map(({ seed }) => seed)).toEqual(['seed1', 'seed2']);
    expect(bench.heard('leaveEnded')).toEqual([[true, '']]);
  });

  test('leaves time for a second seed when the first is silent', () => {
    const bench = new RegistrationBench();
    bench.script('seed1', { leave: 'silent' });
    bench.startRegistered();
    bench.leave();
    bench.run(5010);
    expect(bench.heard('leaveEnded')).toEqual([[true, '']]);
  });

  test('ends uncommitted when all seeds have failed', () => {
    const bench = new RegistrationBench();
    bench.script('all', { leave: 'storage-failed' });
    bench.startRegistered();
    bench.leave();
    bench.run(20);
    expect(bench.got('LEAVE')).toHaveLength(3);
    expect(bench.heard('leaveEnded')).toEqual([
      [false, 'seed3: storage-failed, script: storage-failed'],
    ]);
  });

  test('ends once, after registerTimeoutMs, when the seeds are silent', () => {
    const bench = new RegistrationBench();
    bench.script('all', { leave: 'silent' });
    bench.startRegistered();
    bench.leave();
    bench.run(9999);
    expect(bench.heard('leaveEnded')).toEqual([]);
    bench.run(60_000);
    expect(bench.heard('leaveEnded')).toHaveLength(1);
    expect(bench.heard('leaveEnded')[0]?.[0]).toBe(false);
  });

  test('ends at once when no seed has registered the peer', () => {
    const bench = new RegistrationBench();
    bench.script('all', { register: 'silent' });
    bench.start();
    bench.run(5);
    bench.leave();
    expect(bench.heard('leaveEnded')).toEqual([[false, 'this peer is not registered']]);
    expect(bench.during(() => bench.run(60_000))).toBe('');
  });

  test('ends at once after a stop', () => {
    const bench = new RegistrationBench();
    bench.startRegistered();
    bench.registration.stop(bench.now());
    bench.leave();
    bench.run(60_000);
    expect(bench.heard('leaveEnded')).toHaveLength(1);
    expect(bench.got('LEAVE')).toEqual([]);
  });

  test('twice is leaving once', () => {
    const bench = new RegistrationBench();
    bench.startRegistered();
    bench.leave();
    bench.leave();
    bench.run(60_000);
    expect(bench.got('LEAVE')).toHaveLength(1);
    expect(bench.heard('leaveEnded')).toHaveLength(1);
  });

  test('dials a seed when none is linked, and only to leave', () => {
    const bench = new RegistrationBench();
    bench.startRegistered();
    bench.cut('seed1');
    bench.cut('seed2');
    const before = bench.sent.length;
    bench.leave();
    bench.run(60_000);
    expect(bench.sent.slice(before).map(({ message }) => message.type)).toEqual(['LEAVE']);
    expect(bench.heard('leaveEnded')).toEqual([[true, '']]);
  });

  test('tells the seeds also when only some of them have registered the peer', () => {
    const bench = new RegistrationBench();
    bench.script('seed2', { register: 'silent' });
    bench.start();
    bench.run(10);
    bench.leave();
    bench.run(10);
    expect(bench.got('LEAVE').map(({ seed }) => seed)).toEqual(['seed1']);
    expect(bench.heard('leaveEnded')).toEqual([[true, '']]);
  });

  test('is followed by nothing: no renewal, no report, no registration', () => {
    const bench = new RegistrationBench();
    bench.script('all', { report: 'silent' });
    bench.startRegistered();
    bench.report('under-way:1');
    bench.registration.refresh(bench.now());
    bench.leave();
    bench.run(10);
    expect(bench.of('peer-list:received')).toHaveLength(2);
    bench.script('all', { renew: 'dead' });
    const before = bench.sent.length;
    bench.report();
    bench.registration.refresh(bench.now());
    bench.cut('seed1');
    bench.run(60_000);
    expect(bench.sent).toHaveLength(before);
    expect(bench.dials).toHaveLength(2);
    expect(bench.heard('reportAnswered')).toMatchObject([[{ outcome: 'no-seed', seed: '' }]]);
  });
});
