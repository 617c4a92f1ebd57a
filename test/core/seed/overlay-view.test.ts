import { beforeEach, describe, expect, test } from 'vitest';
import { seedDefaults } from '../../../src/core/config.ts';
import type { NodeEvent } from '../../../src/core/events.ts';
import { OverlayView } from '../../../src/core/seed/overlay-view.ts';
import { seededRandom } from '../../support/random.ts';

let nowMs: number;
let events: NodeEvent[];
let looks: number;
let living: Map<string, number>;
let view: OverlayView;

beforeEach(() => {
  nowMs = 0;
  events = [];
  looks = 0;
  living = new Map(['a:1', 'b:1', 'c:1', 'd:1', 'e:1'].map((peer) => [peer, 1]));
  view = new OverlayView(seedDefaults, {
    effects: {
      send: () => undefined,
      schedule: () => {
        looks += 1;
      },
      emit: (event) => events.push(event),
    },
    random: seededRandom(1),
    committed: (peer) => {
      const incarnation = living.get(peer);
      if (incarnation === undefined) return undefined;
      const times = { registeredAtMs: 0, changedAtMs: 0 };
      return { status: 'alive', incarnation, session: 's', revision: 1, evidence: '', ...times };
    },
    directory: { entryOf: (id, { incarnation }) => ({ id, incarnation, rank: 1 }) },
  });
});

describe('the overlay as the peers tell it', () => {
  test('has a bridge for the members of every component but the largest', () => {
    tell({ a: 'b c', d: 'e' });
    expect(events).toMatchObject([{ components: 2, smallest: 2, peers: 5 }]);
    for (const peer of ['a:1', 'b:1', 'c:1']) expect(view.bridgeFor(peer)).toEqual([]);
    for (const peer of ['d:1', 'e:1']) {
      const bridge = view.bridgeFor(peer).map(({ id }) => id);
      expect(bridge.length).toBeGreaterThan(0);
      for (const id of bridge) expect(['a:1', 'b:1', 'c:1']).toContain(id);
    }
  });

  test('says how many components there are when that changes, not with every look', () => {
    tell({ a: 'b', c: 'd' });
    tell({ a: 'b', c: 'd' });
    expect(events).toHaveLength(1);
    tell({ b: 'c' });
    expect(events.at(-1)).toMatchObject({ components: 1, peers: 4 });
    expect(view.bridgeFor('c:1')).toEqual([]);
  });

  test('is not held together by the dead', () => {
    living.delete('c:1');
    tell({ a: 'b c', d: 'c e' });
    expect(events.at(-1)).toMatchObject({ components: 2, peers: 4 });
  });

  test('forgets what an earlier incarnation told, what was told long ago, and who is gone', () => {
    tell({ a: 'b', c: 'd' });
    living.set('c:1', 2);
    view.forget('c:1');
    tell({ a: 'b' });
    expect(events.at(-1)).toMatchObject({ components: 1, peers: 2 });
    nowMs += seedDefaults.leaseMs + 1;
    tell({ d: 'e' });
    expect(view.bridgeFor('d:1')).toEqual([]);
    view.forget('d:1');
    view.onTimer(now());
    expect(events.at(-1)).toMatchObject({ components: 0, peers: 0 });
  });

  test('is looked at once for many tellings', () => {
    for (const peer of ['a:1', 'b:1', 'c:1']) view.report(peer, 1, [], now());
    expect(looks).toBe(1);
  });

  test('is not looked at again for what was told before, until a part of a lease is over', () => {
    tell({ a: 'b c', d: 'e' });
    const before = looks;
    view.report('a:1', 1, ['b:1', 'c:1'], now());
    expect(looks).toBe(before);
    view.report('a:1', 1, ['c:1', 'b:1'], now());
    expect(looks).toBe(before + 1);
    view.onTimer(now());
    nowMs += seedDefaults.leaseMs / 2;
    view.report('a:1', 1, ['c:1', 'b:1'], now());
    expect(looks).toBe(before + 2);
    view.onTimer(now());
    nowMs += seedDefaults.leaseMs * 0.75;
    view.report('a:1', 1, ['c:1', 'b:1'], now());
    view.onTimer(now());
    expect(events.at(-1)).toMatchObject({ components: 1, peers: 3 });
  });

  test('stays right while thousands of peers come and go', () => {
    for (let round = 0; round < 30; round += 1) {
      for (let peer = 0; peer < 100; peer += 1) {
        const id = `r${round}-${peer}:1`;
        living.set(id, 1);
        view.report(id, 1, peer % 10 === 0 ? [] : [`r${round}-${peer - 1}:1`], now());
      }
      view.onTimer(now());
      expect(events.at(-1)).toMatchObject({ components: 10, smallest: 10, peers: 100 });
      expect(view.bridgeFor(`r${round}-99:1`)).not.toEqual([]);
      for (let peer = 0; peer < 100; peer += 1) {
        living.delete(`r${round}-${peer}:1`);
        view.forget(`r${round}-${peer}:1`);
      }
      view.onTimer(now());
    }
  });

  test('names nobody who has died since the last look', () => {
    tell({ a: 'b c', d: 'e' });
    for (const peer of ['a:1', 'b:1', 'c:1']) living.delete(peer);
    expect(view.bridgeFor('d:1')).toEqual([]);
  });

  test('takes a bounded number of neighbours from one peer', () => {
    const crowd = Array.from({ length: 1_000 }, (_, n) => `n${n}:1`);
    for (const peer of crowd) living.set(peer, 1);
    view.report('a:1', 1, crowd, now());
    view.onTimer(now());
    expect(events.at(-1)).toMatchObject({ peers: seedDefaults.reportedNeighboursMax + 1 });
  });
});

/** Peers with their neighbours, as incarnation 1; then the seed looks. */
function tell(reports: Readonly<Record<string, string>>): void {
  for (const [name, neighbours] of Object.entries(reports)) {
    const ids = neighbours.split(' ').map((neighbour) => `${neighbour}:1`);
    view.report(`${name}:1`, 1, ids, now());
  }
  view.onTimer(now());
}

function now() {
  return { monotonicMs: nowMs, wallMs: 0 };
}
