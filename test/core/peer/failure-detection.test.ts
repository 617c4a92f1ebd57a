import { describe, expect, test } from 'vitest';
import { FailureBench } from '../../support/failure-bench.ts';

/** `b:1` and three more neighbours, which speak while `pass` names them. */
function four(): FailureBench {
  const bench = new FailureBench();
  for (const id of ['b:1', 'c:1', 'd:1', 'e:1']) bench.neighbour(id);
  return bench;
}

const others = ['c:1', 'd:1', 'e:1'];

describe('pinging', () => {
  test('a quiet neighbour is pinged every interval', () => {
    const bench = new FailureBench();
    bench.neighbour('b:1');
    // The first round comes half an interval after the start; nothing was heard since.
    bench.pass(2600);
    expect(bench.sentTo('PING')).toEqual(['b:1', 'b:1', 'b:1']);
  });

  test('a neighbour that was heard within half an interval is not pinged', () => {
    const bench = new FailureBench();
    bench.neighbour('b:1');
    bench.pass(10_000, ['b:1']);
    expect(bench.sent).toEqual([]);
  });

  test('a ping is answered with its nonce', () => {
    const bench = new FailureBench();
    bench.neighbour('b:1');
    bench.hear('b:1', { type: 'PING', nonce: 7 });
    expect(bench.sent).toEqual([{ to: 'b:1', message: { type: 'PONG', nonce: 7 } }]);
  });

  test('nothing is pinged, judged or answered after the stop', () => {
    const bench = four();
    bench.machine.stop();
    bench.hear('b:1', { type: 'PING', nonce: 7 });
    bench.pass(60_000);
    bench.lose('c:1');
    expect(bench.sent).toEqual([]);
    expect(bench.events).toEqual([]);
    expect(bench.dialled).toEqual([]);
  });

  test('a second start does not double the pings', () => {
    const bench = new FailureBench();
    bench.neighbour('b:1');
    bench.machine.start(bench.now);
    bench.pass(1000);
    expect(bench.sentTo('PING')).toHaveLength(1);
  });
});

describe('silence', () => {
  test('within the timeout is no reason to look', () => {
    const bench = four();
    bench.pass(3000, others);
    expect(bench.dialled).toEqual([]);
    expect(bench.events).toEqual([]);
  });

  test('beyond the timeout makes this peer ping and dial the neighbour at once', () => {
    const bench = four();
    bench.pass(3500, others);
    expect(bench.dialled).toEqual(['b:1']);
    expect(bench.sentTo('PING').at(-1)).toBe('b:1');
    expect(bench.events).toEqual([
      { type: 'peer:silent', peer: 'b:1', incarnation: 1, silentMs: 3500, trigger: 'silence' },
    ]);
  });

  test('broken by any frame ends the doubt: gossip counts too', () => {
    const bench = four();
    bench.pass(3500, others);
    bench.pass(10);
    bench.gossip('b:1');
    bench.refuse('b:1', 'unreachable');
    expect(bench.sentTo('PROBE')).toEqual([]);
    bench.pass(1000, ['b:1', ...others]);
    expect(bench.all('peer:suspected')).toEqual([]);
  });

  test('is looked at again after another timeout when a dial found the peer alive', () => {
    const bench = four();
    bench.pass(3500, others);
    bench.welcome('b:1');
    bench.pass(2900, others);
    expect(bench.dialled).toEqual(['b:1']);
    bench.pass(200, others);
    expect(bench.dialled).toEqual(['b:1', 'b:1']);
    expect(bench.sentTo('PROBE')).toEqual([]);
  });

  test('of a link whose peer answers every dial makes it known as stuck', () => {
    const bench = four();
    bench.pass(3500, others);
    for (let look = 1; look <= 3; look += 1) {
      expect(bench.heard).toEqual([]);
      bench.welcome('b:1');
      bench.pass(3000, others);
    }
    expect(bench.heard).toEqual(['stuck b:1']);
  });
});

describe('a lost link', () => {
  test.each(['closed-there', 'broken', 'unreachable'] as const)(
    '(%s) is dialled at once',
    (cause) => {
      const bench = four();
      bench.pass(500, others);
      bench.lose('b:1', cause);
      expect(bench.dialled).toEqual(['b:1']);
      const silentMs = 500;
      const trigger = 'link-lost';
      const silent = { type: 'peer:silent', peer: 'b:1', incarnation: 1, silentMs, trigger };
      expect(bench.events).toEqual([silent]);
    },
  );

  test('is none when we closed it, when it ended in a farewell, or over bytes that make no sense', () => {
    const bench = four();
    bench.lose('b:1', 'closed-here');
    bench.lose('c:1', 'closed-there', true);
    bench.lose('d:1', 'bad-frame');
    expect(bench.dialled).toEqual([]);
    expect(bench.events).toEqual([]);
  });

  test('of an incarnation that is known to be over is no news', () => {
    const bench = four();
    bench.over.set('b:1', 1);
    bench.lose('b:1');
    expect(bench.dialled).toEqual([]);
  });

  test('of a peer that answers the dial as the same incarnation is forgotten', () => {
    const bench = four();
    bench.lose('b:1');
    bench.welcome('b:1');
    bench.pass(60_000, others);
    expect(bench.dialled).toEqual(['b:1']);
    expect(bench.all('peer:probed')).toMatchObject([{ by: 'self:1', outcome: 'alive' }]);
    expect(bench.all('peer:suspected')).toEqual([]);
  });

  test.each([2, 0])(
    'of a peer that answers as incarnation %i means that it was replaced',
    (other) => {
      const bench = four();
      bench.lose('b:1');
      bench.welcome('b:1', other);
      expect(bench.heard).toEqual(['replaced b:1#1']);
      expect(bench.all('peer:probed')).toMatchObject([{ outcome: 'replaced' }]);
      expect(bench.sentTo('PROBE')).toEqual([]);
    },
  );

  test('of a peer that is starting anew means that it was replaced', () => {
    const bench = four();
    bench.lose('b:1');
    bench.refuse('b:1', 'starting');
    expect(bench.heard).toEqual(['replaced b:1#1']);
  });

  test.each(['stopping', 'declared-dead'] as const)(
    'of a peer that refuses as %s proves life',
    (code) => {
      const bench = four();
      bench.lose('b:1');
      bench.refuse('b:1', code);
      expect(bench.all('peer:probed')).toMatchObject([{ outcome: 'alive' }]);
    },
  );

  test('whose address belongs to somebody else now goes to the helpers: nobody else will bury it', () => {
    const bench = four();
    bench.lose('b:1');
    bench.welcome('b:1', 1, 'x:1');
    expect(bench.sentTo('PROBE')).toHaveLength(3);
  });

  test('of a silent neighbour is dialled again although its dial had an answer before', () => {
    const bench = four();
    bench.pass(3500, others);
    bench.welcome('b:1');
    bench.pass(100, others);
    bench.kill('b:1');
    expect(bench.sentTo('PROBE')).toHaveLength(3);
  });
});

describe('local health', () => {
  test('a late round judges nobody and raises the score', () => {
    const bench = four();
    bench.pass(3400, others);
    bench.stall(400);
    expect(bench.all('peer:silent')).toEqual([]);
    expect(bench.all('self:health-changed')).toEqual([
      { type: 'self:health-changed', score: 1, cause: 'late-timer' },
    ]);
  });

  test('stretches the timeout for silence, and recovers with good rounds', () => {
    const bench = four();
    bench.pass(3400, others);
    bench.stall(400);
    bench.pass(1000, others);
    expect(bench.all('peer:silent')).toEqual([]);
    expect(bench.all('self:health-changed').at(-1)).toMatchObject({ score: 0, cause: 'recovered' });
    bench.pass(1000, others);
    expect(bench.all('peer:silent')).toMatchObject([{ peer: 'b:1' }]);
  });

  test('a process that is always a little late still judges, by stretched timeouts', () => {
    const bench = four();
    for (let round = 0; round < 80; round += 1) {
      bench.stall(1300);
      for (const id of others) bench.gossip(id);
    }
    expect(bench.all('self:health-changed').at(-1)).toMatchObject({ score: 8 });
    expect(bench.all('peer:silent')).toMatchObject([{ peer: 'b:1' }]);
  });

  test('a process that was stopped for a minute blames nobody for its own silence', () => {
    const bench = four();
    bench.pass(1000, ['b:1', ...others]);
    bench.stall(60_000);
    bench.pass(2900);
    expect(bench.all('peer:silent')).toEqual([]);
  });

  test('silence after the stall is noticed', () => {
    const bench = four();
    bench.pass(1000, ['b:1', ...others]);
    bench.stall(60_000);
    bench.pass(10_000, others);
    expect(bench.all('peer:silent')).toMatchObject([{ peer: 'b:1' }]);
  });

  test('one stall counts once, however many timers it made late', () => {
    const bench = four();
    bench.lose('b:1');
    bench.lose('c:1');
    bench.stall(5000);
    expect(bench.all('self:health-changed')).toMatchObject([{ score: 1 }]);
  });

  test('a dial whose timeout comes late is waited for again, but not for ever', () => {
    const bench = four();
    bench.lose('b:1');
    bench.stall(5000);
    expect(bench.isDialling('b:1')).toBe(true);
    bench.stall(5000);
    expect(bench.isDialling('b:1')).toBe(false);
  });

  test('helpers whose deadline comes late are waited for again', () => {
    const bench = four();
    bench.kill('b:1');
    bench.stall(5000);
    expect(bench.all('peer:suspected')).toEqual([]);
    bench.result('c:1', 'alive');
    expect(bench.all('peer:suspected')).toEqual([]);
  });

  test('the score has a limit', () => {
    const bench = new FailureBench({ options: { localHealthMax: 2 } });
    for (let round = 0; round < 5; round += 1) bench.stall(3000);
    expect(bench.all('self:health-changed').map((event) => event.score)).toEqual([1, 2]);
  });
});
