import { expect, test } from 'vitest';
import { sharedMessages } from '../../../src/simulator/checkers/shared-messages.ts';
import { meddle, watched } from './watched.ts';

const load = [{ atMs: 12_000, count: 60, intervalMs: 1_000 }];
const durationMs = 120_000;

test('messages reach everybody through cuts, crashes and a partition', () => {
  const { violations } = watched([sharedMessages], {
    load,
    durationMs,
    faults: [
      { kind: 'partition', shape: 'split', atMs: 15_000, forMs: 15_000 },
      { kind: 'crash', atMs: 35_000, who: { peers: 3 }, restartAfterMs: 5_000, spreadMs: 5_000 },
      { kind: 'cut', atMs: 45_000, forMs: 5_000, from: { peers: [1, 2] }, to: { peers: 'all' } },
    ],
  });
  expect(violations).toEqual([]);
});

test('what fell out of the memory before two peers became neighbours need not be shared', () => {
  const { violations, seen } = watched([sharedMessages], {
    load,
    durationMs,
    options: { peer: { dissemination: { retainedMessagesMax: 4 } } },
    faults: [{ kind: 'partition', shape: 'split', atMs: 15_000, forMs: 25_000 }],
  });
  expect(seen.get('message:gap')).toBeGreaterThan(0);
  expect(violations).toEqual([]);
});

test('a peer that keeps messages from a neighbour breaks it', () => {
  const { violations } = watched([sharedMessages], { load, durationMs }, (world) => {
    for (let node = 3; node < world.nodes; node += 1) {
      const isKept = (to: number) => to === 5 && node !== 5;
      meddle(world, 10_000, node, (message, link, process) => {
        const { ends } = world.network;
        const to = ends.nodeOf((process.ends.get(link) ?? 0) ^ 1);
        const isTold = message.type === 'GOSSIP' || message.type === 'IHAVE';
        return isTold && isKept(to) ? undefined : message;
      });
    }
  });
  expect(violations).toHaveLength(1);
  expect(violations[0]?.what).toMatch(
    /^peer \d+ has had message \d+ for 30 s, and its neighbour peer 2 has neither got it nor said/,
  );
});

test('a hub that is silent is not counted, and the others reach each other around it', () => {
  const { violations } = watched([sharedMessages], {
    load,
    durationMs,
    faults: [{ kind: 'malicious', atMs: 10_000, who: { peers: [0] }, behaviour: 'silent-hub' }],
  });
  expect(violations).toEqual([]);
});

test('a message on a line that carries no more in time is no broken promise', () => {
  const latency = { kind: 'constant', ms: 1 } as const;
  const { violations } = watched([sharedMessages], {
    load: [{ atMs: 12_000, count: 40, from: 1, intervalMs: 10, bytes: 50_000 }],
    network: { latency, bandwidthBytesPerS: 100_000 },
    durationMs,
  });
  expect(violations).toEqual([]);
});
