import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OverlayBench } from '../../support/overlay-bench.ts';
import { OverlayNetwork } from '../../support/overlay-network.ts';
import { seededRandom } from '../../support/random.ts';

/** Peer `m` with a link to this peer that `m` has dialled. */
const dialledTo = (peer: string): OverlayBench => {
  const bench = new OverlayBench({ known: [peer] }).started();
  bench.welcomes(peer);
  return bench;
};

/** Peer `m` with a link that this peer has dialled. */
const acceptedFrom = (peer: string): OverlayBench => {
  const bench = new OverlayBench().started();
  bench.greetedBy(peer);
  return bench;
};

describe('two links between the same peers', () => {
  test('whoever dials anew has lost the link that it had dialled', () => {
    const bench = acceptedFrom('z');
    expect(bench.greetedBy('z')).toBe('WELCOME');
    expect(bench.told).toEqual(['up z', 'down z', 'up z']);
    expect(bench.overlay.degree).toBe(1);
    expect(bench.overlay.linkTo('z')?.id).toBe(-2);
  });

  test('our own dial stays when our PeerId is the smaller one', () => {
    const bench = new OverlayBench({ known: ['z'] }).started();
    expect(bench.greetedBy('z')).toBe('duplicate');
    expect(bench.dialling).toEqual(['z']);
  });

  test('our own dial makes way when our PeerId is the greater one', () => {
    const bench = new OverlayBench({ known: ['a'] }).started();
    expect(bench.greetedBy('a')).toBe('WELCOME');
    expect(bench.dialling).toEqual([]);
    expect(bench.neighbours).toEqual(['a']);
  });

  test('our own link, when it stays, is pinged: a dead one finds itself out', () => {
    const bench = dialledTo('z');
    expect(bench.sentTo('z')).toEqual([]);
    expect(bench.greetedBy('z')).toBe('duplicate');
    expect(bench.sentTo('z')).toEqual(['PING']);
    expect(bench.told).toEqual(['up z']);
  });

  test('our own link makes way to a smaller PeerId', () => {
    const bench = dialledTo('a');
    expect(bench.greetedBy('a')).toBe('WELCOME');
    expect(bench.told).toEqual(['up a', 'down a', 'up a']);
  });

  test('a higher incarnation replaces every link with the old one', () => {
    for (const bench of [dialledTo('z'), acceptedFrom('z')]) {
      expect(bench.greetedBy('z', { incarnation: 2 })).toBe('WELCOME');
      expect(bench.overlay.linkTo('z')?.remote.incarnation).toBe(2);
      expect(bench.overlay.degree).toBe(1);
    }
  });

  test('the link of a replaced one is not taken for a lost one', () => {
    const bench = dialledTo('a');
    bench.greetedBy('a');
    expect(bench.isolations).toBe(0);
    expect(bench.dialling).toEqual([]);
  });

  test('a full peer still lets a neighbour dial anew', () => {
    const bench = new OverlayBench({ overlay: { maxDegree: 1 } }).started();
    bench.greetedBy('z');
    expect(bench.greetedBy('y')).toBe('full');
    expect(bench.greetedBy('z')).toBe('WELCOME');
  });

  test('a link that made way leaves its place to the one that it made way for', () => {
    const overlay = { minDegree: 1, maxOutDegree: 1, maxDegree: 2 };
    const bench = new OverlayBench({ overlay, known: ['a'] }).started();
    bench.welcomes('a');
    bench.greetedBy('z');
    expect(bench.greetedBy('y')).toBe('full');
    expect(bench.greetedBy('a')).toBe('WELCOME');
    expect(bench.neighbours).toEqual(['a', 'z']);
  });
});

test('two peers that dial each other at any moments end with one link that both hold', () => {
  const moment = fc.integer({ min: 0, max: 30 });
  const latency = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(moment, moment, fc.array(latency, { minLength: 2 }), (ofA, ofB, latencies) => {
      let dialled = 0;
      const latencyMs = () => latencies[dialled++ % latencies.length] ?? 1;
      const network = new OverlayNetwork({ seed: 1, latencyMs });
      const a = network.add('a');
      const b = network.add('b');
      network.plan(ofA, () => a.learn([{ id: 'b', incarnation: 1, rank: 2 }]));
      network.plan(ofB, () => b.learn([{ id: 'a', incarnation: 1, rank: 1 }]));
      network.run(10_000);
      expect([a.neighbours(), b.neighbours()]).toEqual([['b'], ['a']]);
      expect(a.dialled + b.dialled).toBe(1);
      expect([...a.links.all()].length + [...b.links.all()].length).toBe(2);
    }),
    { numRuns: 300 },
  );
});

test('a crowd that dials itself all at once ends with links that both ends agree on', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = seededRandom(seed);
      const network = new OverlayNetwork({ seed, latencyMs: () => 1 + random() * 20 });
      const entries = Array.from({ length: 30 }, (_, n) => ({
        id: `p${n}`,
        incarnation: 1,
        rank: n + 1,
      }));
      for (const { id } of entries) network.add(id, entries);
      network.run(20_000);
      const ends = network.living.flatMap((peer) => peer.neighbours().map((id) => [peer.id, id]));
      const there = new Set(ends.map(([from, to]) => `${from} ${to}`));
      expect(ends.filter(([from, to]) => !there.has(`${to} ${from}`))).toEqual([]);
      for (const peer of network.living) {
        expect(peer.dialled).toBeGreaterThanOrEqual(3);
        expect(peer.neighbours()).not.toContain(peer.id);
        expect([...peer.links.all()]).toHaveLength(peer.overlay.degree);
      }
    }),
    { numRuns: 20 },
  );
});
