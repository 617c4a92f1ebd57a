import { describe, expect, test } from 'vitest';
import type { PeerEntry } from '../../../src/core/messages.ts';
import { OverlayBench } from '../../support/overlay-bench.ts';

/** Out-degree exactly 3, so that a test can count. */
const three = { minDegree: 3, maxOutDegree: 3 };

/** A way to have room for lost links that others had dialled. */
const oneOfThree = { minDegree: 1, maxOutDegree: 3, degreeExponent: 3.5 };

const linked = (...known: string[]): OverlayBench => {
  const bench = new OverlayBench({ overlay: three, known }).started();
  bench.welcomesAll();
  return bench;
};

const entry = (id: string, rank = 1): PeerEntry => ({ id, incarnation: 1, rank });

describe('dialling', () => {
  test('a registered peer dials as many others as it has drawn, and no more', () => {
    const bench = new OverlayBench({ overlay: three, known: ['a', 'b', 'c', 'd', 'e'] }).started();
    expect(new Set(bench.dialling).size).toBe(3);
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(3);
    expect(bench.dials).toBe(3);
    expect(bench.isWaiting).toBe(false);
  });

  test('a peer that is not registered dials nobody', () => {
    const bench = new OverlayBench({ incarnation: 0, known: ['a', 'b'] }).started();
    expect(bench.dials).toBe(0);
  });

  test('no more dials are under way at once than allowed', () => {
    const known = ['a', 'b', 'c', 'd', 'e'];
    const bench = new OverlayBench({ overlay: { ...three, dialsMax: 2 }, known }).started();
    expect(bench.dialling).toHaveLength(2);
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(3);
  });

  test('the first peer of a network finds its links as it learns of later ones', () => {
    const bench = new OverlayBench({ overlay: three }).started();
    expect(bench.dials).toBe(0);
    expect(bench.isWaiting).toBe(false);
    bench.learn('b');
    expect(bench.dialling).toEqual(['b']);
    bench.welcomesAll();
    bench.learn('c', 'd', 'e');
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(3);
  });

  test('a candidate that cannot be reached is replaced by another one at once', () => {
    const known = ['a', 'b', 'c', 'd'];
    const bench = new OverlayBench({ overlay: three, known }).started();
    const [first = ''] = bench.dialling;
    const spare = known.find((peer) => !bench.dialling.includes(peer)) ?? '';
    bench.unreachable(first);
    expect(bench.dialling).toContain(spare);
    expect(bench.dialling).not.toContain(first);
  });

  test('a candidate that failed is dialled again after a pause that doubles', () => {
    const bench = new OverlayBench({ overlay: three, known: ['a'] }).started();
    bench.unreachable('a');
    bench.passes(1_000);
    expect(bench.dialling).toEqual(['a']);
    bench.unreachable('a');
    bench.passes(1_999);
    expect(bench.dialling).toEqual([]);
    bench.passes(1_001);
    expect(bench.dialling).toEqual(['a']);
  });

  test('a peer of another network is left alone for the longest pause', () => {
    const bench = new OverlayBench({ overlay: three, known: ['a'] }).started();
    bench.refuses('a', 'wrong-cluster');
    bench.passes(59_000);
    expect(bench.dialling).toEqual([]);
    bench.passes(2_000);
    expect(bench.dialling).toEqual(['a']);
  });

  test('without a network a round of repair tries a few peers, not all', () => {
    const known = Array.from({ length: 100 }, (_, n) => `p${n}`);
    const bench = new OverlayBench({ overlay: { ...three, dialsMax: 4 }, known }).started();
    const failAll = () => {
      for (let next = bench.dialling[0]; next !== undefined; next = bench.dialling[0]) {
        bench.unreachable(next);
      }
    };
    failAll();
    const tried = bench.dials;
    expect(tried).toBeLessThan(10);
    bench.passes(1_000);
    failAll();
    expect(bench.dials).toBeGreaterThan(tried);
    expect(bench.dials).toBeLessThan(20);
  });

  test('what a full peer names is learned and dialled next', () => {
    const bench = new OverlayBench({ overlay: { ...three, dialsMax: 1 }, known: ['a', 'b', 'c'] });
    bench.started();
    const [asked = ''] = bench.dialling;
    bench.refuses(asked, 'full', [entry('named')]);
    expect(bench.dialling).toEqual(['named']);
  });
});

describe('who answers a dial', () => {
  test('a higher incarnation than was known is learned', () => {
    const bench = new OverlayBench({ overlay: three, known: ['a'] }).started();
    bench.welcomes('a', { incarnation: 7 });
    expect(bench.neighbours).toEqual(['a']);
    expect(bench.membership.get('a')?.incarnation).toBe(7);
  });

  test.each([
    ['a lower incarnation than was known', { incarnation: 1 }],
    ['a peer that is not registered', { incarnation: 0 }],
    ['a peer of another name', { id: 'b', incarnation: 2 }],
    ['a seed', { role: 'seed', incarnation: 2 }],
  ] as const)('%s does not become a neighbour', (_, from) => {
    const known = [{ id: 'a', incarnation: 2, rank: 1 }];
    const bench = new OverlayBench({ overlay: three, known }).started();
    bench.welcomes('a', from);
    expect(bench.neighbours).toEqual([]);
    expect(bench.told).toEqual([]);
    bench.passes(1_000);
    expect(bench.dialling).toEqual(['a']);
  });

  test('a refusal because this incarnation is dead is passed on', () => {
    const bench = new OverlayBench({ overlay: three, known: ['a'] }).started();
    bench.refuses('a', 'declared-dead');
    expect(bench.obituaries).toEqual(['a']);
  });
});

describe('letting in', () => {
  test('whoever is let in becomes known, and a neighbour', () => {
    const bench = new OverlayBench({ overlay: three }).started();
    expect(bench.greetedBy('a', { incarnation: 3 })).toBe('WELCOME');
    expect(bench.neighbours).toEqual(['a']);
    expect(bench.membership.get('a')?.incarnation).toBe(3);
    expect(bench.events).toContainEqual({
      type: 'link:up',
      link: -1,
      peer: 'a',
      incarnation: 3,
      direction: 'accepted',
      degree: 1,
    });
  });

  test('links that others dialled do not count as own ones', () => {
    const bench = new OverlayBench({ overlay: three, known: ['a', 'b', 'c'] });
    bench.started();
    bench.greetedBy('x');
    bench.greetedBy('y');
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(5);
  });

  test.each([
    ['itself', 'm', {}, 'self'],
    ['a seed', 's', { role: 'seed' }, 'wrong-role'],
    ['a peer that is not registered', 'a', { incarnation: 0 }, 'starting'],
  ] as const)('%s is refused', (_, id, from, code) => {
    const bench = new OverlayBench({ overlay: three }).started();
    expect(bench.greetedBy(id, from)).toBe(code);
    expect(bench.neighbours).toEqual([]);
  });

  test('a peer that is not registered lets nobody in', () => {
    const bench = new OverlayBench({ incarnation: 0 }).started();
    expect(bench.greetedBy('a')).toBe('starting');
  });

  test('a peer that is leaving lets nobody in, and dials nobody', () => {
    const bench = linked('a', 'b', 'c', 'd');
    bench.overlay.stop();
    expect(bench.greetedBy('x')).toBe('stopping');
    bench.loses(bench.neighbours[0] ?? '');
    expect(bench.dialling).toEqual([]);
  });

  test('whom a full peer names is dialled, and where there are seeds known only once it answers', () => {
    const named = { id: 'x', incarnation: 1, rank: 9 };
    for (const seeds of [[], ['s0', 's1']]) {
      const bench = new OverlayBench({ overlay: three, known: ['c'], seeds }).started();
      bench.refuses('c', 'full', [named]);
      expect(bench.dialling).toEqual(['x']);
      expect(bench.membership.get('x')).toEqual(seeds.length === 0 ? named : undefined);
      bench.welcomesAll();
      expect(bench.neighbours).toEqual(['x']);
      expect(bench.membership.get('x')?.incarnation).toBe(1);
    }
  });

  test('of those whom a full peer names none is dialled that is over, nor this peer itself', () => {
    const bench = new OverlayBench({ overlay: three, known: ['c'], seeds: ['s0', 's1'] }).started();
    bench.membership.bury('x', 1, 'dead');
    const [over, itself] = ['x', 'm'].map((id) => ({ id, incarnation: 1, rank: 9 }));
    bench.refuses(
      'c',
      'full',
      [over, itself].flatMap((one) => one ?? []),
    );
    expect(bench.dialling).toEqual([]);
  });

  test('an incarnation that is over is refused', () => {
    const bench = new OverlayBench({ overlay: three }).started();
    bench.membership.bury('a', 4, 'dead');
    expect(bench.greetedBy('a', { incarnation: 4 })).toBe('declared-dead');
    expect(bench.greetedBy('a', { incarnation: 5 })).toBe('WELCOME');
    expect(bench.greetedBy('a', { incarnation: 4 })).toBe('declared-dead');
    expect(bench.neighbours).toEqual(['a']);
  });

  test('a full peer names others, neither the asking one nor itself', () => {
    const overlay = { ...three, maxDegree: 2 };
    const bench = new OverlayBench({ overlay, known: ['c', 'd', 'asking'] }).started();
    bench.refuses('asking', 'starting');
    bench.welcomesAll();
    const answer = bench.answerTo('asking');
    if (answer.type !== 'REFUSE') throw new Error('it was let in');
    expect(answer.code).toBe('full');
    expect(answer.candidates.map(({ id }) => id).sort()).toEqual(['c', 'd']);
    expect(bench.overlay.degree).toBe(2);
  });

  test('room is kept for the links that a peer wants to dial itself', () => {
    const bench = new OverlayBench({ overlay: { ...three, maxDegree: 8 } }).started();
    const answers = ['a', 'b', 'c', 'd', 'e', 'f'].map((peer) => bench.greetedBy(peer));
    expect(answers.lastIndexOf('WELCOME')).toBe(4);
    expect(answers[5]).toBe('full');
    bench.learn('u', 'v', 'w');
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(8);
  });

  test('dials under way take room, too', () => {
    const overlay = { ...three, maxDegree: 3 };
    const bench = new OverlayBench({ overlay, known: ['a', 'b', 'c'] }).started();
    expect(bench.greetedBy('x')).toBe('full');
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(3);
  });
});

describe('repair', () => {
  test('a lost link is replaced at once, by somebody else', () => {
    const bench = linked('a', 'b', 'c', 'd');
    const lost = bench.neighbours[0] ?? '';
    bench.loses(lost);
    expect(bench.dialling).toHaveLength(1);
    expect(bench.dialling).not.toContain(lost);
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(3);
  });

  test('listeners and events hear of a neighbour that comes and of one that goes', () => {
    const bench = linked('a');
    bench.loses('a');
    expect(bench.told).toEqual(['up a', 'down a']);
    const down = { type: 'link:down', link: 1, peer: 'a', incarnation: 1, degree: 0 } as const;
    expect(bench.events).toContainEqual({ ...down, cause: 'broken', reason: '' });
  });

  test('a lost link that the other end had dialled is replaced by an own one', () => {
    const known = ['a', 'b', 'c'];
    const bench = new OverlayBench({ overlay: oneOfThree, known }).started();
    bench.welcomesAll();
    expect(bench.overlay.outDegree).toBe(1);
    bench.greetedBy('x');
    bench.loses('x');
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(2);
  });

  test('a peer that dials us settles what a lost link owes', () => {
    const bench = new OverlayBench({ overlay: oneOfThree, known: ['a'] }).started();
    bench.welcomesAll();
    bench.greetedBy('x');
    bench.loses('x');
    bench.greetedBy('y');
    bench.learn('b', 'c');
    expect(bench.dialling).toEqual([]);
    expect(bench.neighbours).toEqual(['a', 'y']);
  });

  test('no more links that others had dialled are replaced than the out-degree may grow', () => {
    const known = Array.from({ length: 20 }, (_, n) => `p${n}`);
    const bench = new OverlayBench({ overlay: oneOfThree, known }).started();
    bench.welcomesAll();
    const callers = ['s', 't', 'u', 'v', 'w', 'x'];
    for (const caller of callers) bench.greetedBy(caller);
    for (const caller of callers) bench.loses(caller);
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(3);
  });

  test('a peer that lost its only neighbour dials it again after the pause', () => {
    const bench = linked('a');
    bench.loses('a');
    expect(bench.dialling).toEqual([]);
    bench.passes(1_000);
    expect(bench.dialling).toEqual(['a']);
  });

  test('a peer that is linked with all it knows waits for no timer', () => {
    const bench = linked('a', 'b');
    expect(bench.overlay.degree).toBe(2);
    expect(bench.isWaiting).toBe(false);
  });

  test('closing a link is told to listeners, and it is replaced', () => {
    const bench = linked('a', 'b', 'c', 'd');
    const closed = bench.neighbours[0] ?? '';
    bench.overlay.close(closed, 'a test', bench.now);
    expect(bench.told.at(-1)).toBe(`down ${closed}`);
    bench.welcomesAll();
    expect(bench.overlay.degree).toBe(3);
    expect(bench.neighbours).not.toContain(closed);
  });

  test('dropping an incarnation that is over leaves a newer one linked', () => {
    const bench = new OverlayBench({ overlay: three }).started();
    bench.greetedBy('a', { incarnation: 2 });
    bench.overlay.drop('a', 1, 'confirmed dead', bench.now);
    expect(bench.neighbours).toEqual(['a']);
    bench.overlay.drop('a', 2, 'confirmed dead', bench.now);
    expect(bench.neighbours).toEqual([]);
  });

  test('a dial of a peer that turns out to be dead makes room for another one', () => {
    const known = ['a', 'b'];
    const bench = new OverlayBench({ overlay: { ...three, dialsMax: 1 }, known }).started();
    const [dead = ''] = bench.dialling;
    bench.membership.bury(dead, 1, 'dead');
    bench.overlay.drop(dead, 1, 'confirmed dead', bench.now);
    expect(bench.dialling).toEqual(known.filter((peer) => peer !== dead));
  });
});

describe('isolation', () => {
  test('is told once an episode, when the last neighbour is lost', () => {
    const bench = linked('a', 'b');
    bench.loses('a');
    expect(bench.isolations).toBe(0);
    bench.loses('b');
    bench.passes(1_000);
    bench.unreachable('a');
    bench.unreachable('b');
    expect(bench.isolations).toBe(1);
    expect(bench.events).toContainEqual({ type: 'overlay:isolated', peer: 'm', known: 2 });
    bench.passes(2_000);
    bench.welcomesAll();
    bench.loses('a');
    bench.loses('b');
    expect(bench.isolations).toBe(2);
  });

  test('a peer that reaches none of those it was told of is isolated, too', () => {
    const bench = new OverlayBench({ overlay: three, known: ['a', 'b'] }).started();
    bench.unreachable('a');
    expect(bench.isolations).toBe(0);
    bench.unreachable('b');
    expect(bench.isolations).toBe(1);
  });

  test('the only peer of a network is not isolated', () => {
    const bench = linked('a');
    bench.membership.bury('a', 1, 'left');
    bench.overlay.drop('a', 1, 'it left', bench.now);
    expect(bench.isolations).toBe(0);
  });
});

describe('a bridge', () => {
  const offer = (bench: OverlayBench, ...peers: string[]) => {
    const entries = peers.map((id) => entry(id, 50));
    bench.membership.learnAll(entries);
    bench.overlay.offer(entries, bench.now);
  };

  test('is dialled even when no link is missing', () => {
    const bench = linked('a', 'b', 'c');
    offer(bench, 'x', 'y');
    expect(bench.dialling).toEqual(['x']);
    bench.welcomes('x');
    expect(bench.dialling).toEqual([]);
    expect(bench.neighbours).toEqual(['a', 'b', 'c', 'x']);
  });

  test('is tried with the next peer when the first cannot be reached', () => {
    const bench = linked('a', 'b', 'c');
    offer(bench, 'x', 'y');
    bench.unreachable('x');
    expect(bench.dialling).toEqual(['y']);
    bench.unreachable('y');
    expect(bench.dialling).toEqual([]);
  });

  test('does not exceed the most links a peer may have', () => {
    const overlay = { ...three, maxDegree: 3 };
    const bench = new OverlayBench({ overlay, known: ['a', 'b', 'c'] }).started();
    bench.welcomesAll();
    offer(bench, 'x');
    expect(bench.dialling).toEqual([]);
  });
});
