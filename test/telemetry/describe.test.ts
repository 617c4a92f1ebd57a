import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../src/core/events.ts';
import type { GossipMessage } from '../../src/core/messages.ts';
import { describeEvent } from '../../src/telemetry/describe.ts';

const peer = '10.0.0.7:6000';
const seed = '10.0.0.1:5000';
const life = { peer, incarnation: 2 };
const ballot = { round: 3, seed };
const votes = { yes: 2, quorum: 2, seeds: 3 };

describe('an event in words', () => {
  test.each<[NodeEvent, string]>([
    [
      { type: 'registration:proposed', peer, ballot, incarnation: 0, evidence: '' },
      'Proposing registration of 10.0.0.7:6000, ballot 3@10.0.0.1:5000',
    ],
    [
      {
        type: 'registration:committed',
        ...life,
        revision: 2,
        proposer: seed,
        votes,
        via: 'own-proposal',
        durationMs: 12,
      },
      'Consensus: registration of 10.0.0.7:6000 (incarnation 2) committed with 2 of 3 votes, 2 needed',
    ],
    [
      {
        type: 'death:committed',
        ...life,
        revision: 3,
        proposer: seed,
        votes: null,
        via: 'commit',
        durationMs: null,
      },
      'From seed 10.0.0.1:5000: removal of 10.0.0.7:6000 (incarnation 2), commit',
    ],
    [
      {
        type: 'death:vote',
        peer,
        ballot,
        seed,
        answer: 'none',
        verdict: 'alive',
        reason: 'it answers',
      },
      'Vote of seed 10.0.0.1:5000 on removal of 10.0.0.7:6000, ballot 3@10.0.0.1:5000: no (alive): it answers',
    ],
    [
      {
        type: 'registration:rejected',
        peer,
        code: 'no-quorum',
        reason: '2 of 3 seeds are needed, none answers',
        votes: { ...votes, yes: 0 },
        durationMs: 1,
      },
      'No consensus on registration of 10.0.0.7:6000 (no-quorum), 0 of 3 votes, 2 needed: 2 of 3 seeds are needed, none answers',
    ],
    [
      {
        type: 'peer:reported',
        ...life,
        seed,
        text: 'Dead Node:10.0.0.7:6000:1700000000000:10.0.0.8',
      },
      'Dead Node:10.0.0.7:6000:1700000000000:10.0.0.8 reported to seed 10.0.0.1:5000',
    ],
    [
      { type: 'peer:confirmed-dead', ...life, seed, from: seed, silentMs: null },
      'DEAD_CONFIRMED: 10.0.0.7:6000 (incarnation 2) is removed, seed 10.0.0.1:5000',
    ],
  ])('%j', (event, text) => {
    expect(describeEvent(event).text).toBe(text);
  });

  test('of a new message has its text, its sender, its time and its id', () => {
    const { text } = describeEvent(received(message('1700000000000:10.0.0.7:1')));
    expect(text).toBe(
      'New message "1700000000000:10.0.0.7:1" number 4 of 10.0.0.7:6000, from 10.0.0.9:6000, ' +
        `published 2023-11-14T22:13:20.000Z, 3 hops, 12 ms, id ${'ab'.repeat(32)}`,
    );
  });

  test('shows no more than the beginning of a long message, and of bytes only how many', () => {
    expect(describeEvent(received(message('x'.repeat(10_000)))).text.length).toBeLessThan(500);
    const bytes = { ...message('abc'), contentType: 'bytes' } as const;
    expect(describeEvent(received(bytes)).text).toContain('<3 bytes>');
  });

  test('never has a second line, whatever others put into it', () => {
    const evil = 'fine\n2026-01-01T00:00:00.000Z seed a:1 node:stopped \u001b[2J\u2028';
    const events: NodeEvent[] = [
      received(message(evil)),
      received({ ...message('x'), origin: evil }),
      { type: 'link:refused', purpose: 'seed', address: seed, code: 'full', reason: evil },
      { type: 'link:violated', link: 1, from: evil, reason: evil },
      { type: 'seed:down', seed, reason: evil, reachable: 1, quorum: 2 },
    ];
    for (const event of events) {
      expect(describeEvent(event).text).not.toMatch(/\p{Cc}|\u2028|\u2029/u);
    }
  });

  test('with a time that no calendar has is still a sentence', () => {
    const event = received({ ...message('x'), timestampMs: 1e300 });
    expect(describeEvent(event).text).toContain('published 1e+300 ms');
  });
});

function received(received: GossipMessage): NodeEvent {
  return {
    type: 'message:received',
    message: received,
    hops: 3,
    latencyMs: 12,
    link: 1,
    from: '10.0.0.9:6000',
    recovered: false,
    bytes: 1,
  };
}

function message(text: string): GossipMessage {
  return {
    id: 'ab'.repeat(32),
    origin: peer,
    incarnation: 2,
    sequence: 4,
    timestampMs: 1_700_000_000_000,
    topic: '',
    contentType: 'text',
    payload: new TextEncoder().encode(text),
  };
}
