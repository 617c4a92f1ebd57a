import { beforeEach, expect, test } from 'vitest';
import type { Outgoing } from '../../../src/core/effects.ts';
import type { NodeEvent } from '../../../src/core/events.ts';
import type { LinkId, NodeIdentity, PeerEntry } from '../../../src/core/messages.ts';
import { mergePeerOptions } from '../../../src/core/options.ts';
import { Peer } from '../../../src/core/peer/peer.ts';
import { digestText } from '../../../src/simulator/engine/digests.ts';
import { randomStream } from '../../../src/simulator/engine/random.ts';
import { bodyCodec } from '../../../src/wire/body.ts';

const now = { monotonicMs: 1_000, wallMs: 1_000 };
const remote = (id: string, rank: number): NodeIdentity & PeerEntry => ({
  role: 'peer',
  id,
  incarnation: 1,
  rank,
});
const text = { topic: '', contentType: 'text', payload: new Uint8Array([104, 105]) } as const;

let sent: [to: LinkId, message: Outgoing][];
let events: NodeEvent[];
let timers: string[];
let peer: Peer;

const linksOf = (type: Outgoing['type']) =>
  sent.filter(([, message]) => message.type === type).map(([to]) => to);

beforeEach(() => {
  sent = [];
  events = [];
  timers = [];
  peer = new Peer(mergePeerOptions('lan', { overlay: { minDegree: 3, maxOutDegree: 3 } }), {
    id: 'me:1',
    clusterId: 'here',
    ownIncarnation: 1,
    effects: {
      send: (to, message) => sent.push([to, message]),
      emit: (event) => events.push(event),
      schedule: (_afterMs, { type }) => timers.push(type),
    },
    random: randomStream(1, 'protocol'),
    codec: bodyCodec,
    digest: digestText,
  });
  peer.handle(
    {
      type: 'resume',
      links: [
        { id: 1, direction: 'dialled', remote: remote('a:1', 1) },
        { id: 2, direction: 'dialled', remote: remote('b:1', 2) },
        { id: 3, direction: 'dialled', remote: remote('c:1', 3) },
        { id: -1, direction: 'accepted', remote: remote('d:1', 4) },
      ],
    },
    now,
  );
});

test('a peer that resumes has its links and its incarnation, pings, and says nothing of it', () => {
  expect(peer.incarnation).toBe(1);
  expect(peer.neighbourIds()).toEqual(['a:1', 'b:1', 'c:1', 'd:1']);
  expect(peer.membership.ranked().map(({ id }) => id)).toEqual(['a:1', 'b:1', 'c:1', 'd:1']);
  expect(timers).toEqual(['failure:round-due']);
  expect({ sent, events }).toEqual({ sent: [], events: [] });
});

test('what it publishes goes over each of these links', () => {
  peer.publish(text, now);
  expect(linksOf('GOSSIP')).toEqual([1, 2, 3, -1]);
});

test('one of these links that is lost is replaced by a dial to a known peer, under an id of its own', () => {
  const closed = { cause: 'closed-here', reason: 'a test' } as const;
  peer.handle({ type: 'peers-found', peers: ['e:1'] }, now);
  peer.handle({ type: 'link-closed', link: 2, ...closed }, now);
  expect(peer.neighbourIds()).toEqual(['a:1', 'c:1', 'd:1']);
  expect(sent).toMatchObject([[4, { type: 'OPEN', address: 'e:1' }]]);
});
