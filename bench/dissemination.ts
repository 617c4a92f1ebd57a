/**
 * What a message costs a peer with 8 neighbours: the first receipt (a copy, a hash, seven sends) and
 * its duplicates over the other links, without any transport. Beside it, the hash alone.
 *
 *     node bench/dissemination.ts [messages, default 200000]
 */
import { peerDefaults } from '../src/core/config.ts';
import type { Link } from '../src/core/link/link.ts';
import type { Gossip } from '../src/core/messages.ts';
import { Dissemination } from '../src/core/peer/dissemination.ts';
import { bodyCodec } from '../src/wire/body.ts';

const count = Number(process.argv[2] ?? 200_000);
const degree = 8;
const now = { monotonicMs: 0, wallMs: 0 };
const links = Array.from({ length: degree }, (_, index) => linkOf(index + 1));
const linkIds = links.map(({ id }) => id);
const payload = new Uint8Array(200);
const frames = Array.from({ length: count }, (_, index) => frameOf(index + 1));

let sends = 0;
let events = 0;
const dissemination = new Dissemination(peerDefaults.lan.dissemination, {
  effects: {
    send: () => {
      sends += 1;
    },
    schedule: () => undefined,
    emit: () => {
      events += 1;
    },
  },
  links: {
    get: (id) => links[id - 1],
    send: () => {
      sends += 1;
    },
    violated: (_link, reason) => {
      throw new Error(reason);
    },
  },
  neighbourhood: { linkIds: () => linkIds },
  self: { id: 'me:1', incarnation: 1, session: '' },
  codec: bodyCodec,
});
for (const link of links) dissemination.neighbourUp(link, now);

const rows = {
  'the hash alone': nsPerMessage(() => {
    for (const { body } of frames) bodyCodec.hash(body);
  }),
  'first receipts': nsPerMessage(() => {
    for (const frame of frames) dissemination.onGossip(links[0] as Link, frame, now);
  }),
  'a duplicate of each': nsPerMessage(() => {
    const remembered = frames.slice(-peerDefaults.lan.dissemination.seenIdsMax);
    for (let n = 0; n < count; n += 1) {
      const frame = remembered[n % remembered.length] as Gossip;
      dissemination.onGossip(links[1 + (n % (degree - 1))] as Link, frame, now);
    }
  }),
};
console.log(`${count} messages of 200 bytes, ${degree} neighbours, Node ${process.version}`);
console.table(
  Object.entries(rows).map(([what, ns]) => ({
    what,
    'ns each': Math.round(ns),
    'per second': Math.round(1e9 / ns).toLocaleString('en'),
  })),
);
console.log(
  `${sends} sends, ${events} events, ${JSON.stringify(dissemination.messageList.size)} ids`,
);

function nsPerMessage(work: () => void): number {
  const begun = performance.now();
  work();
  return ((performance.now() - begun) * 1e6) / count;
}

function frameOf(sequence: number): Gossip {
  const body = bodyCodec.encode({
    origin: '127.0.0.1:6000',
    incarnation: 1,
    sequence,
    timestampMs: 1_700_000_000_000,
    topic: '',
    contentType: 'bytes',
    payload,
  });
  return { type: 'GOSSIP', id: bodyCodec.hash(body), hops: 1, body };
}

function linkOf(id: number): Link {
  return {
    id,
    direction: 'dialled',
    address: `p${id}:1`,
    purpose: 'neighbour',
    state: 'up',
    remote: { role: 'peer', id: `p${id}:1`, incarnation: 1 },
    lastHeardMs: 0,
    farewell: false,
  };
}
