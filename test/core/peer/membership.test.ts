import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../../src/core/events.ts';
import type { PeerEntry, PeerId } from '../../../src/core/messages.ts';
import { Membership } from '../../../src/core/peer/membership.ts';

function create(
  { knownPeersMax = 100, buriedMax = 100 }: { knownPeersMax?: number; buriedMax?: number } = {},
  isNeighbour: (peer: PeerId) => boolean = () => false,
) {
  const events: NodeEvent[] = [];
  const effects = { emit: (event: NodeEvent) => events.push(event) };
  const self = { id: 'me', incarnation: 1, session: '' };
  const bounds = { overlay: { knownPeersMax }, failureDetection: { memoryMax: buriedMax } };
  const membership = new Membership(bounds, { effects, self, isNeighbour });
  const told = () => events.map((event) => ('peer' in event ? `${event.type} ${event.peer}` : ''));
  return { membership, events, told };
}

const entry = (id: PeerId, rank = 1, incarnation = 1): PeerEntry => ({ id, incarnation, rank });
const ids = (membership: Membership) => membership.ranked().map(({ id }) => id);

describe('learning', () => {
  test('an unknown peer joins, and is announced once', () => {
    const { membership, events } = create();
    expect(membership.learn(entry('a'))).toBe('new');
    expect(membership.learn(entry('a'))).toBe('known');
    expect(events).toEqual([{ type: 'peer:joined', peer: 'a', incarnation: 1 }]);
    expect(membership.size).toBe(1);
  });

  test('a higher incarnation replaces a lower one, never the other way round', () => {
    const { membership, told } = create();
    membership.learn(entry('a', 1, 3));
    expect(membership.learn(entry('a', 1, 2))).toBe('known');
    expect(membership.get('a')?.incarnation).toBe(3);
    expect(membership.learn(entry('a', 1, 4))).toBe('newer');
    expect(membership.get('a')?.incarnation).toBe(4);
    expect(told()).toEqual(['peer:joined a', 'peer:joined a']);
  });

  test('a peer does not learn of itself', () => {
    const { membership, events } = create();
    expect(membership.learn(entry('me', 1, 9))).toBe('known');
    expect(membership.size).toBe(0);
    expect(events).toEqual([]);
  });

  test('an address alone is announced when its incarnation becomes known, and keeps its rank', () => {
    const { membership, told } = create();
    membership.learnAll([entry('a', 1, 0), entry('b', 2, 0)]);
    expect(told()).toEqual([]);
    expect(membership.learn(entry('a', 0, 17))).toBe('newer');
    expect(told()).toEqual(['peer:joined a']);
    expect(ids(membership)).toEqual(['a', 'b']);
  });
});

describe('ranks', () => {
  test('peers are ordered by rank, whatever the order in which they were learned', () => {
    const { membership } = create();
    membership.learnAll([entry('c', 3), entry('a', 1), entry('d', 4), entry('b', 2)]);
    expect(ids(membership)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a peer that greets without a rank is the last, until a Peer List tells better', () => {
    const { membership } = create();
    membership.learnAll([entry('a', 10), entry('c', 30)]);
    membership.learn(entry('x', 0));
    expect(ids(membership)).toEqual(['a', 'c', 'x']);
    membership.learn(entry('x', 20));
    expect(ids(membership)).toEqual(['a', 'x', 'c']);
  });

  test('a greeting does not take a known rank away', () => {
    const { membership } = create();
    membership.learnAll([entry('a', 1), entry('b', 2)]);
    membership.learn(entry('a', 0));
    expect(ids(membership)).toEqual(['a', 'b']);
  });

  test('a restarted peer is the youngest', () => {
    const { membership } = create();
    membership.learnAll([entry('a', 1), entry('b', 2)]);
    membership.learn(entry('a', 0, 2));
    expect(ids(membership)).toEqual(['b', 'a']);
  });
});

describe('burying', () => {
  test('an incarnation that is over is not learned again, a higher one is', () => {
    const { membership } = create();
    membership.learn(entry('a', 1, 2));
    expect(membership.bury('a', 2, 'dead')).toBe(true);
    expect(membership.get('a')).toBeUndefined();
    expect(membership.learn(entry('a', 1, 2))).toBe('buried');
    expect(membership.learn(entry('a', 1, 1))).toBe('buried');
    expect(membership.learn(entry('a', 1, 3))).toBe('new');
  });

  test('the first burial counts; a leave is announced with it, a death is not', () => {
    const { membership, told } = create();
    membership.learnAll([entry('a'), entry('b')]);
    expect(membership.bury('a', 1, 'left')).toBe(true);
    expect(membership.bury('a', 1, 'left')).toBe(false);
    expect(membership.bury('b', 1, 'dead')).toBe(true);
    expect(told()).toEqual(['peer:joined a', 'peer:joined b', 'peer:left a']);
  });

  test('burying an old incarnation leaves the living one known', () => {
    const { membership } = create();
    membership.learn(entry('a', 1, 5));
    membership.bury('a', 4, 'dead');
    expect(membership.get('a')?.incarnation).toBe(5);
    expect(membership.isOver('a', 4)).toBe(true);
    expect(membership.isOver('a', 5)).toBe(false);
  });

  test('whoever is not on a whole Peer List is forgotten, not buried', () => {
    const { membership } = create();
    membership.learnAll([entry('a'), entry('b'), entry('c')]);
    membership.forgetOthers([entry('c')]);
    expect(ids(membership)).toEqual(['c']);
    expect(membership.learn(entry('a'))).toBe('new');
  });

  test('an incarnation that was replaced is over, too', () => {
    const { membership } = create();
    membership.learn(entry('a', 1, 5));
    expect(membership.isOver('a', 4)).toBe(true);
    expect(membership.isOver('b', 1)).toBe(false);
  });

  test('beyond its bound the oldest burial is forgotten', () => {
    const { membership } = create({ buriedMax: 2 });
    for (const id of ['a', 'b', 'c']) membership.bury(id, 1, 'dead');
    expect(['a', 'b', 'c'].map((id) => membership.isOver(id, 1))).toEqual([false, true, true]);
  });
});

describe('the bound of known peers', () => {
  test('the peer that was mentioned longest ago is forgotten first', () => {
    const { membership } = create({ knownPeersMax: 2 });
    membership.learnAll([entry('a', 1), entry('b', 2)]);
    membership.learn(entry('a', 1));
    membership.learn(entry('c', 3));
    expect(ids(membership)).toEqual(['a', 'c']);
  });

  test('neighbours are not forgotten', () => {
    const { membership } = create({ knownPeersMax: 2 }, (peer) => peer === 'a');
    membership.learnAll([entry('a', 1), entry('b', 2), entry('c', 3)]);
    expect(ids(membership)).toEqual(['a', 'c']);
  });
});

test('whatever is learned and buried: bounded, sorted, no self, nobody who is over', () => {
  const peer = fc.constantFrom('me', 'a', 'b', 'c', 'd', 'e', 'f');
  const number = fc.integer({ min: 0, max: 4 });
  const learn = fc.record({ do: fc.constant('learn'), peer, incarnation: number, rank: number });
  const bury = fc.record({ do: fc.constant('bury'), peer, incarnation: number });
  fc.assert(
    fc.property(fc.array(fc.oneof(learn, bury), { maxLength: 60 }), (steps) => {
      const { membership } = create({ knownPeersMax: 4 });
      const over = new Map<PeerId, number>();
      for (const step of steps) {
        const { peer: id, incarnation } = step;
        if ('rank' in step) membership.learn({ id, incarnation, rank: step.rank });
        else {
          membership.bury(id, incarnation, 'dead');
          over.set(id, Math.max(incarnation, over.get(id) ?? 0));
        }
        const ranked = membership.ranked();
        expect(ranked.length).toBe(membership.size);
        expect(ranked.length).toBeLessThanOrEqual(4);
        expect(ranked).toEqual(ranked.toSorted((a, b) => a.rank - b.rank));
        for (const known of ranked) {
          expect(known).toBe(membership.get(known.id));
          expect(known.id).not.toBe('me');
          expect(known.rank).toBeGreaterThan(0);
          expect(known.incarnation).toBeGreaterThan(over.get(known.id) ?? -1);
        }
      }
    }),
  );
});
