import { expect, test } from 'vitest';
import type { RegisterValue } from '../../../src/core/messages.ts';
import { oneValue } from '../../../src/simulator/checkers/one-value.ts';
import { shown, watched } from './watched.ts';

const peer = '10.0.0.0:6000';
const ballot = { round: 2, seed: '192.168.0.1:5000' };
const value: RegisterValue = {
  status: 'alive',
  incarnation: 1,
  session: '0123456789abcdef',
  registeredAtMs: 5,
  revision: 1,
  changedAtMs: 5,
  evidence: '',
};

function durable(committed: RegisterValue) {
  const state = { peer, promised: ballot, acceptedBallot: ballot, accepted: committed, committed };
  return { type: 'register', state } as const;
}

test('seeds that lose their disks and restart in the middle of registrations keep it', () => {
  const { violations } = watched([oneValue], {
    faults: [
      { kind: 'crash', atMs: 3_500, who: { seeds: [1] }, disk: 'torn', restartAfterMs: 1_000 },
      { kind: 'crash', atMs: 8_000, who: { seeds: [2] }, disk: 'vanish', restartAfterMs: 1_000 },
      { kind: 'crash', atMs: 12_000, who: { peers: 5 }, restartAfterMs: 3_000 },
    ],
  });
  expect(violations).toEqual([]);
});

test('two values of one revision break it, wherever they are seen', () => {
  const other: RegisterValue = { ...value, session: 'fedcba9876543210' };
  const onDisks = shown(oneValue);
  onDisks.call('durable', 1, 0, durable(value));
  onDisks.call('durable', 1, 1, durable(value));
  onDisks.call('durable', 1, 1, durable({ ...other, revision: 2 }));
  expect(onDisks.violations).toEqual([]);
  onDisks.call('durable', 2, 2, durable(other));
  expect(onDisks.violations).toMatchObject([
    {
      checker: 'one-value',
      atMs: 0,
      nodes: [0, 2],
      what: 'revision 1 of 10.0.0.0:6000 is alive as incarnation 1 (session 01234567) on seed 0, and alive as incarnation 1 (session fedcba98) on seed 2',
    },
  ]);
  const onTheWay = shown(oneValue);
  onTheWay.call('durable', 1, 0, durable(value));
  onTheWay.call('frame', 2, 4, 1, 1, 0, { type: 'COMMIT', peer, ballot, value: other });
  expect(onTheWay.violations).toHaveLength(1);
});
