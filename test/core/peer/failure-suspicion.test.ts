import { describe, expect, test } from 'vitest';
import type { FailureDetectionOptions } from '../../../src/core/config.ts';
import { FailureBench } from '../../support/failure-bench.ts';

/** Neighbours b (the suspect) and c; d and e are known but not linked. */
function bench(options: Partial<FailureDetectionOptions> = {}): FailureBench {
  const made = new FailureBench({ options });
  for (const id of ['b:1', 'c:1']) made.neighbour(id);
  for (const id of ['d:1', 'e:1']) made.know(id);
  return made;
}

/** b is killed, and nobody helps: a suspicion without corroboration. */
function suspecting(options: Partial<FailureDetectionOptions> = {}): FailureBench {
  const made = bench(options);
  made.kill('b:1');
  made.pass(3000, ['c:1']);
  expect(made.all('peer:suspected')).toHaveLength(1);
  expect(made.all('peer:corroborated')).toEqual([]);
  return made;
}

/** b is killed, c's probe failed too: reported. */
function reporting(options: Partial<FailureDetectionOptions> = {}): FailureBench {
  const made = bench(options);
  made.kill('b:1');
  made.result('c:1', 'silent');
  return made;
}

/** The suspicion is repeated: the dial fails again. */
function repeat(made: FailureBench): void {
  made.pass(5000, ['c:1']);
  made.refuse('b:1');
}

describe('a suspicion', () => {
  test('is told to all neighbours', () => {
    const made = suspecting();
    expect(made.sent.filter(({ message }) => message.type === 'SUSPECT_NOTICE')).toEqual([
      {
        to: 'c:1',
        message: {
          type: 'SUSPECT_NOTICE',
          peer: 'b:1',
          incarnation: 1,
          refutation: 0,
          by: 'self:1',
          byIncarnation: 1,
        },
      },
    ]);
  });

  test('is repeated while it stands, each time after another look', () => {
    const made = suspecting();
    made.clear();
    repeat(made);
    expect(made.sentTo('PROBE')).toEqual(['c:1']);
    made.pass(3000, ['c:1']);
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1']);
    expect(made.all('peer:suspected')).toEqual([]);
  });

  test('ends when the look that precedes its repetition finds the suspect', () => {
    const made = suspecting();
    made.pass(5000, ['c:1']);
    made.welcome('b:1');
    expect(made.all('peer:suspicion-cleared')).toEqual([
      {
        type: 'peer:suspicion-cleared',
        peer: 'b:1',
        incarnation: 1,
        cause: 'spoke',
        suspectedForMs: 5000,
      },
    ]);
  });

  test('ends when the suspect becomes a neighbour again', () => {
    const made = suspecting();
    made.neighbour('b:1');
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'spoke' }]);
    made.clear();
    made.pass(60_000, ['b:1', 'c:1']);
    expect(made.events).toEqual([]);
  });

  test('ends when a newer incarnation becomes a neighbour', () => {
    const made = suspecting();
    made.neighbour('b:1', 2);
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'replaced' }]);
  });

  test('ends when a frame comes over the silent link, whatever it is about', () => {
    const made = bench();
    made.pass(3500, ['c:1']);
    made.refuse('b:1', 'unreachable');
    made.pass(3000, ['c:1']);
    expect(made.all('peer:suspected')).toHaveLength(1);
    made.gossip('b:1');
    made.pass(1000, ['b:1', 'c:1']);
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'spoke' }]);
  });

  test('ends when the suspect leaves after all', () => {
    const made = suspecting();
    made.machine.peerLeft('b:1', 1, made.now);
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'left' }]);
  });

  test('is answered by its helpers even after their time', () => {
    const made = suspecting();
    made.result('c:1', 'silent');
    expect(made.all('peer:corroborated')).toMatchObject([{ corroborators: ['c:1'] }]);
  });

  test('ends when a helper has reached the suspect after all', () => {
    const made = suspecting();
    made.result('c:1', 'alive');
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'alive' }]);
  });

  test('that a stop ends is not heard of again', () => {
    const made = suspecting();
    made.clear();
    made.machine.stop();
    made.pass(60_000);
    expect(made.events).toEqual([]);
    expect(made.dialled).toEqual([]);
  });

  test('asks new neighbours too when it is repeated', () => {
    const made = suspecting();
    made.neighbour('d:1');
    made.pass(5000, ['c:1', 'd:1']);
    made.refuse('b:1');
    expect(made.sentTo('PROBE').slice(1).toSorted()).toEqual(['c:1', 'd:1']);
  });
});

describe('peer-level consensus', () => {
  test('is a suspicion and a failed probe of another peer, and is reported', () => {
    const made = reporting();
    expect(made.all('peer:corroborated')).toEqual([
      {
        type: 'peer:corroborated',
        peer: 'b:1',
        incarnation: 1,
        corroborators: ['c:1'],
        needed: 1,
      },
    ]);
    expect(made.reports).toEqual([
      {
        peer: 'b:1',
        incarnation: 1,
        reporter: 'self:1',
        corroborators: ['c:1'],
        text: 'Dead Node:b:1:1700000000000:self',
      },
    ]);
  });

  test('tells the others of the suspicion all the same', () => {
    expect(reporting().sentTo('SUSPECT_NOTICE')).toEqual(['c:1']);
  });

  test('writes IPv6 addresses in brackets, as in the PeerIds', () => {
    const made = new FailureBench();
    made.self.id = '[::1]:6000';
    made.neighbour('[::2]:6001');
    made.neighbour('c:1');
    made.kill('[::2]:6001');
    made.result('c:1', 'silent');
    expect(made.reports[0]?.text).toBe('Dead Node:[::2]:6001:1700000000000:[::1]');
  });

  test('counts a suspicion that another registered peer tells of', () => {
    const made = suspecting();
    made.notice('c:1', 'b:1', { by: 'd:1' });
    expect(made.all('peer:corroborated')).toMatchObject([{ corroborators: ['d:1'] }]);
    expect(made.reports).toHaveLength(1);
  });

  test('counts a suspicion that was told of before this peer had its own', () => {
    const made = bench();
    made.notice('c:1', 'b:1', { by: 'd:1' });
    made.kill('b:1');
    made.pass(3000, ['c:1']);
    expect(made.all('peer:corroborated')).toMatchObject([{ corroborators: ['d:1'] }]);
  });

  test('does not count what was not repeated for long', () => {
    const made = bench();
    made.notice('c:1', 'b:1', { by: 'd:1' });
    made.pass(15_001, ['b:1', 'c:1']);
    made.kill('b:1');
    made.pass(3000, ['c:1']);
    expect(made.all('peer:suspected')).toHaveLength(1);
    expect(made.all('peer:corroborated')).toEqual([]);
  });

  test('does not count peers that are not known, or that are over', () => {
    const made = suspecting();
    made.over.set('e:1', 1);
    made.notice('c:1', 'b:1', { by: 'stranger:1' });
    made.notice('c:1', 'b:1', { by: 'e:1' });
    expect(made.all('peer:corroborated')).toEqual([]);
  });

  test('does not count the suspicion of another incarnation', () => {
    const made = suspecting();
    made.notice('c:1', 'b:1', { by: 'd:1', incarnation: 2 });
    expect(made.all('peer:corroborated')).toEqual([]);
  });

  test('does not count the same peer twice', () => {
    const made = suspecting({ corroborations: 2 });
    made.result('c:1', 'silent');
    made.notice('c:1', 'b:1');
    expect(made.all('peer:corroborated')).toEqual([]);
    made.notice('c:1', 'b:1', { by: 'd:1' });
    expect(made.all('peer:corroborated')).toMatchObject([{ corroborators: ['c:1', 'd:1'] }]);
  });

  test('needs none besides the own suspicion where none is asked for', () => {
    const made = bench({ corroborations: 0 });
    made.kill('b:1');
    made.pass(3000, ['c:1']);
    expect(made.all('peer:corroborated')).toMatchObject([{ corroborators: [], needed: 0 }]);
  });

  test('is reached once, and its notice is not repeated any more', () => {
    const made = suspecting();
    made.result('c:1', 'silent');
    made.clear();
    made.notice('c:1', 'b:1', { by: 'd:1' });
    repeat(made);
    expect(made.all('peer:corroborated')).toEqual([]);
    expect(made.last('SUSPECT_NOTICE')?.by).not.toBe('self:1');
    expect(made.sentTo('PROBE')).toEqual([]);
  });

  test('with the helpers at once is told to the neighbours alone, while the seeds are asked', () => {
    const made = reporting();
    expect(made.last('SUSPECT_NOTICE')).toMatchObject({ by: 'self:1', near: true });
  });

  test.each(['no-quorum', 'paused', 'timeout', 'no-seed', 'alive'] as const)(
    'with the helpers at once is told to everybody, once, when the seeds answer %s',
    (outcome) => {
      const made = reporting();
      made.clear();
      made.pass(100, ['c:1']);
      made.answer(outcome, 'b:1');
      expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1']);
      expect(made.last('SUSPECT_NOTICE')).not.toHaveProperty('near');
      made.clear();
      made.answer(outcome, 'b:1');
      expect(made.sentTo('SUSPECT_NOTICE')).toEqual([]);
    },
  );

  test('with the helpers at once is told to everybody when the seeds have not answered by its repetition', () => {
    const made = reporting();
    made.clear();
    repeat(made);
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1']);
    expect(made.last('SUSPECT_NOTICE')).not.toHaveProperty('near');
  });

  test('of peers without seeds is told to everybody at once', () => {
    const made = bench({ confirmation: 'peers' });
    made.kill('b:1');
    made.result('c:1', 'silent');
    expect(made.last('SUSPECT_NOTICE')).not.toHaveProperty('near');
  });
});

describe('a report', () => {
  test.each(['no-quorum', 'timeout', 'no-seed', 'paused', 'conflict'] as const)(
    'answered %s is repeated while the suspicion stands',
    (outcome) => {
      const made = reporting();
      made.pass(1000, ['c:1']);
      made.answer(outcome, 'b:1');
      expect(made.all('peer:report-rejected')).toMatchObject([
        { peer: 'b:1', code: outcome, seed: 'seed:1', retryInMs: 4000 },
      ]);
      made.pass(4000, ['c:1']);
      made.refuse('b:1');
      expect(made.reports).toHaveLength(2);
    },
  );

  test('under way is not sent twice', () => {
    const made = reporting();
    repeat(made);
    repeat(made);
    expect(made.reports).toHaveLength(1);
  });

  test('answered ok is waited on for the confirmation, then asked again and believed', () => {
    const made = reporting();
    made.answer('ok', 'b:1', 'seed:1');
    expect(made.all('peer:confirmed-dead')).toEqual([]);
    repeat(made);
    expect(made.reports).toHaveLength(2);
    made.answer('ok', 'b:1', 'seed:2');
    expect(made.all('peer:confirmed-dead')).toMatchObject([{ seed: 'seed:2', from: 'seed:2' }]);
    expect(made.heard).toEqual(['dead b:1#1']);
  });

  test('answered alive clears the suspicion; after a pause it all begins anew', () => {
    const made = reporting();
    made.answer('alive', 'b:1');
    expect(made.all('peer:report-rejected')).toMatchObject([{ code: 'alive', retryInMs: null }]);
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'alive' }]);
    made.clear();
    made.pass(2999, ['c:1']);
    expect(made.dialled).toEqual([]);
    made.pass(1, ['c:1']);
    made.refuse('b:1');
    made.result('c:1', 'silent');
    expect(made.all('peer:suspected')).toHaveLength(1);
    expect(made.reports).toHaveLength(1);
  });

  test('answered stale means that the suspect was replaced', () => {
    const made = reporting();
    made.answer('stale', 'b:1');
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'replaced' }]);
    expect(made.heard).toEqual(['replaced b:1#1']);
  });

  test('answered unknown ends it', () => {
    const made = reporting();
    made.answer('unknown', 'b:1');
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'unknown' }]);
    made.clear();
    made.pass(60_000, ['c:1']);
    expect(made.dialled).toEqual([]);
  });

  test('whose answer comes after the suspicion has ended changes nothing', () => {
    const made = reporting();
    made.neighbour('b:1');
    made.clear();
    made.answer('no-quorum', 'b:1');
    expect(made.events).toEqual([]);
  });
});

describe('where the peers confirm deaths', () => {
  test('their agreement is the confirmation, and is told to the others', () => {
    const made = reporting({ confirmation: 'peers' });
    expect(made.reports).toEqual([]);
    expect(made.all('peer:confirmed-dead')).toEqual([
      {
        type: 'peer:confirmed-dead',
        peer: 'b:1',
        incarnation: 1,
        seed: '',
        from: 'self:1',
        silentMs: 0,
      },
    ]);
    expect(made.last('DEAD_CONFIRMED')).toMatchObject({ peer: 'b:1', seed: '' });
    expect(made.heard).toEqual(['dead b:1#1']);
    expect(made.all('peer:suspicion-cleared')).toEqual([]);
    made.clear();
    made.pass(60_000, ['c:1']);
    expect(made.dialled).toEqual([]);
  });
});
