import { expect, test } from 'vitest';
import type { Message } from '../../../src/core/messages.ts';
import { knownPeers } from '../../../src/simulator/checkers/known-peers.ts';
import type { Fault } from '../../../src/simulator/index.ts';
import { meddle, watched } from './watched.ts';

const leave: Fault = { kind: 'leave', atMs: 12_000, who: { peers: [3] } };
const crash: Fault = { kind: 'crash', atMs: 13_000, who: { peers: [5] }, restartAfterMs: 4_000 };
const faults = [leave, crash];

test('peers that come and go are known, and no longer known, to all others', () => {
  const { violations } = watched([knownPeers], { faults, durationMs: 90_000 });
  expect(violations).toEqual([]);
});

/** What a seed says without the changes of the Peer List. */
function withoutChanges(message: Message): Message {
  if (message.type !== 'RENEW_RESULT' || message.changes === undefined) return message;
  return { ...message, changes: { joined: [], gone: [] } };
}

test('a peer that is told of no changes breaks it', () => {
  const { violations } = watched([knownPeers], { faults, durationMs: 90_000 }, (world) => {
    for (const seed of [0, 1, 2]) meddle(world, 11_000, seed, withoutChanges);
  });
  expect(violations[0]?.what).toMatch(
    /^peer \d+ does not know peer 5, \d+ ms after the Peer List has last changed/,
  );
});
