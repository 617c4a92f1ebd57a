import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Intent, SeedRefusal } from '../../../src/core/messages.ts';
import { compareBallots, isAbove, nextBallot, noBallot } from '../../../src/core/seed/ballot.ts';
import type { Proposal } from '../../../src/core/seed/proposal.ts';
import { ProposalQueue } from '../../../src/core/seed/proposal-queue.ts';
import { cut, enumerated } from '../../../src/core/seed/sentence.ts';
import type { Refusal } from '../../../src/core/seed/standing.ts';
import { type Answer, Tally } from '../../../src/core/seed/tally.ts';
import { noQuorum, whyLost } from '../../../src/core/seed/why-lost.ts';

const seeds = ['s0:1', 's1:1', 's2:1'];
const ballot = fc.record({ round: fc.nat({ max: 5 }), seed: fc.constantFrom('', ...seeds) });

describe('ballots', () => {
  test('are in one order, and only a ballot itself is equal to it', () => {
    fc.assert(
      fc.property(ballot, ballot, ballot, (a, b, c) => {
        expect(Math.sign(compareBallots(a, b)) + Math.sign(compareBallots(b, a))).toBe(0);
        expect(compareBallots(a, b) === 0).toBe(a.round === b.round && a.seed === b.seed);
        if (isAbove(a, b) && isAbove(b, c)) expect(isAbove(a, c)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('that come next are above what was seen, and the lowest such of their seed', () => {
    fc.assert(
      fc.property(ballot, fc.constantFrom(...seeds), (seen, seed) => {
        const next = nextBallot(seen, seed);
        expect(isAbove(next, seen)).toBe(true);
        expect(isAbove({ round: next.round - 1, seed }, seen)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('of seeds are all above `noBallot`', () => {
    expect(isAbove(nextBallot(noBallot, 's0:1'), noBallot)).toBe(true);
  });
});

describe('a tally', () => {
  test.each<[string, readonly Answer[], string]>([
    ['with too few answers is open', ['yes'], 'open'],
    ['is won by a quorum', ['yes', 'yes'], 'won'],
    ['stays open while a quorum is possible', ['no', 'yes'], 'open'],
    ['is lost when a quorum is impossible', ['no', 'no'], 'lost'],
    ['is outbid when conflicts alone make it impossible', ['conflict', 'conflict'], 'outbid'],
    ['is outbid when a higher ballot could still win', ['conflict', 'no', 'yes'], 'outbid'],
    ['is lost when a higher ballot would not help', ['no', 'conflict', 'no'], 'lost'],
  ])('%s', (_, answers, state) => {
    const tally = new Tally(2, seeds);
    for (const [n, answer] of answers.entries()) tally.count(seeds[n] ?? '', answer);
    expect(tally.state).toBe(state);
  });

  test('counts each voter once, and nobody else', () => {
    const tally = new Tally(2, seeds);
    expect(tally.count('s0:1', 'yes')).toBe(true);
    expect(tally.count('s0:1', 'yes')).toBe(false);
    expect(tally.count('stranger:1', 'yes')).toBe(false);
    expect([tally.yes, tally.state]).toEqual([['s0:1'], 'open']);
  });

  test('does not wait for who is gone, and does not count what it says later', () => {
    const tally = new Tally(2, seeds);
    expect([tally.giveUp('s0:1'), tally.giveUp('s0:1')]).toEqual([true, false]);
    expect(tally.state).toBe('open');
    tally.giveUp('s1:1');
    expect(tally.state).toBe('lost');
    expect(tally.count('s1:1', 'yes')).toBe(false);
  });
});

describe('the queue of proposals', () => {
  const register = (session: string): Intent => ({ type: 'register', session });
  const bury = (incarnation: number, evidence = ''): Intent => ({
    type: 'confirm-dead',
    incarnation,
    evidence,
  });
  const newQueue = (proposalsMax = 10, waitingMax = 100) =>
    new ProposalQueue({ proposalsMax, waitingMax });
  const begin = (queue: ProposalQueue): Proposal => {
    const next = queue.next();
    if (next === undefined) throw new Error('nothing may begin');
    next.phase = 'preparing';
    return next;
  };

  test('shares one proposal among equal intents, whatever the evidence', () => {
    const queue = newQueue();
    queue.add('a:1', bury(1, 'one'), { link: 1, request: 1 });
    queue.add('a:1', bury(1, 'other'), { link: 2, request: 7 });
    const proposal = begin(queue);
    expect(proposal.asks).toEqual([
      { link: 1, request: 1 },
      { link: 2, request: 7 },
    ]);
    expect(queue.next()).toBeUndefined();
  });

  test('shares one that is under way, too', () => {
    const queue = newQueue();
    queue.add('a:1', register('s'), undefined);
    const proposal = begin(queue);
    queue.add('a:1', register('s'), { link: 1, request: 1 });
    expect(proposal.asks).toHaveLength(1);
  });

  test('has one under way for each peer, and the next one follows in order', () => {
    const queue = newQueue();
    queue.add('a:1', register('s1'), undefined);
    queue.add('a:1', bury(1), undefined);
    queue.add('a:1', register('s2'), undefined);
    queue.add('b:1', register('s'), undefined);
    const first = begin(queue);
    expect(begin(queue).peer).toBe('b:1');
    expect(queue.next()).toBeUndefined();
    queue.remove(first);
    const second = begin(queue);
    expect(second.intent).toEqual(bury(1));
    queue.remove(second);
    expect(begin(queue).intent).toEqual(register('s2'));
  });

  test('has no more under way than it may, and forgets what has ended', () => {
    const queue = newQueue(2);
    for (const peer of ['a:1', 'b:1', 'c:1']) queue.add(peer, register('s'), undefined);
    const first = begin(queue);
    begin(queue);
    expect(queue.next()).toBeUndefined();
    queue.remove(first);
    queue.remove(first);
    expect(queue.byId(first.id)).toBeUndefined();
    expect(begin(queue).peer).toBe('c:1');
    expect(queue.next()).toBeUndefined();
    expect(queue.underWay()).toHaveLength(2);
  });

  test('is full with proposals and with requests alike, and has room again when one ends', () => {
    const queue = newQueue(10, 3);
    queue.add('a:1', register('s'), { link: 1, request: 1 });
    queue.add('a:1', register('s'), { link: 1, request: 2 });
    expect(queue.isFull).toBe(false);
    queue.add('a:1', register('s'), { link: 1, request: 3 });
    expect(queue.isFull).toBe(true);
    queue.remove(begin(queue));
    expect(queue.isFull).toBe(false);
    for (const peer of ['a:1', 'b:1', 'c:1']) queue.add(peer, register('s'), undefined);
    expect(queue.isFull).toBe(true);
    expect(queue.clear()).toHaveLength(3);
    expect([queue.isFull, queue.next()]).toEqual([false, undefined]);
  });
});

describe('the reason of a lost round', () => {
  const refusal = (code: SeedRefusal): Refusal => ({ code, reason: `because ${code}` });
  const electorate = { seeds, quorum: 2 };

  test('is the weightiest judgement, with the seed that gave it', () => {
    const refusals = new Map([
      ['s1:1', refusal('stale')],
      ['s2:1', refusal('alive')],
    ]);
    const outcome = whyLost(electorate, { refusals, tally: { yes: [] } });
    expect(outcome).toEqual({ code: 'alive', reason: 's2:1: because alive' });
  });

  test('is a missing quorum where seeds could not judge, or one that lags behind knows less', () => {
    for (const code of ['recovering', 'unknown'] as const) {
      const refusals = new Map([['s1:1', refusal(code)]]);
      const outcome = whyLost(electorate, { refusals, tally: { yes: ['s0:1'] } });
      expect(outcome).toEqual({
        code: 'no-quorum',
        reason: `2 of 3 seeds are needed, only s0:1 answers; s1:1: because ${code}`,
      });
    }
  });

  test('fits into a frame, whatever the seeds say and however many there are', () => {
    const many = Array.from({ length: 200 }, (_, n) => `${'n'.repeat(240)}${n}:1`);
    const reason = 'r'.repeat(4_096);
    const refusals = new Map(many.map((seed) => [seed, { code: 'recovering' as const, reason }]));
    const lost = noQuorum({ seeds: many, quorum: 101 }, many, refusals);
    expect(lost.reason.length).toBeLessThanOrEqual(4_096);
    const judged = new Map([['s0:1', { code: 'unverified' as const, reason }]]);
    const outcome = whyLost(electorate, { refusals: judged, tally: { yes: [] } });
    expect(outcome.code).toBe('unverified');
    expect(outcome.reason.length).toBeLessThanOrEqual(4_096);
  });

  test('is cut without leaving half a character', () => {
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abcd', 3)).toBe('ab…');
    expect(cut('a😀bc', 3)).toBe('a\u{fffd}…');
    expect(enumerated(Array.from({ length: 12 }, () => 'x'))).toBe(
      'x, x, x, x, x, x, x, x, x, x and 2 more',
    );
  });
});
