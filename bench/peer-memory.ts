/**
 * What many peers in one process cost: the bytes of an idle peer, of its links, of a message, and
 * the time of each input. Real `Peer` machines, driven by their inputs, with effects that only
 * carry messages to each other: no runtime, no transport, no encoding, no hash.
 *
 *     node bench/peer-memory.ts [peers, default 20000] [--seeds]
 *
 * The peers stand in a ring; each dials the next four, and is dialled by the four before it. With
 * `--seeds` they register first, as a PeerNode does, and hold a lease with two seeds of three.
 * Not counted: the peers' names, the effects object and the table of links that stand for a runtime.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type PeerOptions, peerDefaults } from '../src/core/config.ts';
import type { Effects, Outgoing } from '../src/core/effects.ts';
import type {
  BodyCodec,
  DigestText,
  Gossip,
  GossipMessage,
  LinkId,
  Message,
  MessageId,
  PeerEntry,
} from '../src/core/messages.ts';
import type { PeerTimer } from '../src/core/peer/io.ts';
import { Peer } from '../src/core/peer/peer.ts';
import { bodyCodec } from '../src/wire/body.ts';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

const withSeeds = process.argv.includes('--seeds');
const size = Number(process.argv.slice(2).find((arg) => !arg.startsWith('-')) ?? 20_000);
const dialled = 4;
const seeds = ['10.255.0.1:5000', '10.255.0.2:5000', '10.255.0.3:5000'];
const now = { monotonicMs: 0.5, wallMs: 1_700_000_000_000.5 };
const { overlay, failureDetection, ...others } = peerDefaults.lan;
const options: PeerOptions = {
  ...others,
  overlay: { ...overlay, minDegree: dialled, maxOutDegree: dialled },
  failureDetection: { ...failureDetection, confirmation: withSeeds ? 'seeds' : 'peers' },
};

/** Every body is hashed and read once, and recognised by its sequence number from then on. */
const messages = new Map<number, GossipMessage>();
const codec: BodyCodec = {
  encode: bodyCodec.encode,
  hash: (body) => messageOf(body).id,
  decode: (_id, body) => messageOf(body),
};

/** As many links as a peer may have here, in both directions: the places of a peer in the table. */
const places = 32;

interface Queued {
  readonly peer: number;
  readonly link: LinkId;
  readonly what: Message | 'opened';
}

/** The peers, and the links between them. */
class Network {
  readonly ids = Array.from(
    { length: size },
    (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:7000`,
  );
  readonly indices = new Map([...seeds, ...this.ids].map((id, n) => [id, n - seeds.length]));
  readonly effects = this.ids.map((_, n) => new PeerEffects(this, n));
  readonly peers: Peer[] = new Array(size);
  /** Which peer's link is the other end of each link; a seed's is negative. */
  readonly #ends = new Int32Array(size * places);
  readonly #accepted = new Uint8Array(size);
  readonly #queue: Queued[] = [];
  /** Whether what the peers send arrives. */
  delivers = true;
  events = 0;
  timers = 0;

  /** Hands over everything that is under way; returns how many inputs that were. */
  run(): number {
    let inputs = 0;
    for (; inputs < this.#queue.length; inputs += 1) {
      const { peer, link, what } = this.#queue[inputs] as Queued;
      if (what === 'opened') this.peer(peer).handle({ type: 'link-opened', link }, now);
      else this.peer(peer).handle({ type: 'message', link, message: what }, now);
    }
    this.#queue.length = 0;
    return inputs;
  }

  peer(index: number): Peer {
    return this.peers[index] as Peer;
  }

  send(from: number, link: LinkId, message: Outgoing): void {
    if (!this.delivers) return;
    if (message.type === 'OPEN') {
      this.#open(from, link, this.indices.get(message.address) as number);
    } else if (message.type !== 'CLOSE') {
      const end = this.#ends[placeOf(from, link)] as number;
      if (end < 0) this.#answerAsSeed(from, link, message);
      else this.#queue.push({ peer: Math.floor(end / places), link: linkAt(end), what: message });
    }
  }

  #open(from: number, link: LinkId, to: number): void {
    this.#queue.push({ peer: from, link, what: 'opened' });
    if (to < 0) {
      this.#ends[placeOf(from, link)] = to;
      return;
    }
    const accepted = ((this.#accepted[to] as number) + 1) * -1;
    this.#accepted[to] = -accepted;
    this.#ends[placeOf(from, link)] = placeOf(to, accepted);
    this.#ends[placeOf(to, accepted)] = placeOf(from, link);
    this.#queue.push({ peer: to, link: accepted, what: 'opened' });
  }

  #answerAsSeed(peer: number, link: LinkId, message: Message): void {
    const answer = seedsAnswer(message, peer);
    if (answer !== undefined) this.#queue.push({ peer, link, what: answer });
  }
}

class PeerEffects implements Effects<PeerTimer> {
  readonly #network: Network;
  readonly #index: number;

  constructor(network: Network, index: number) {
    this.#network = network;
    this.#index = index;
  }

  send(to: LinkId, message: Outgoing): void {
    this.#network.send(this.#index, to, message);
  }

  schedule(): void {
    this.#network.timers += 1;
  }

  emit(): void {
    this.#network.events += 1;
  }
}

const network = new Network();
const { ids, effects, peers } = network;
const lists = ids.map((_, n) =>
  Array.from({ length: dialled }, (_, d) => entryOf((n + d + 1) % size)),
);
const bytes = new Map<string, number>();
const seed = { role: 'seed', id: '10.255.0.1:5000', incarnation: 0 } as const;
const digest: DigestText = (text) => text;
let before = heapBytes();

step('constructed', () => {
  for (const [n, id] of ids.entries()) {
    peers[n] = new Peer(options, {
      id,
      clusterId: 'bench',
      ...(withSeeds ? { seeds } : { ownIncarnation: 1 }),
      effects: effects[n] as PeerEffects,
      random: Math.random,
      codec,
      digest,
    });
  }
});
step(withSeeds ? '+ registered, 8 links settled' : '+ started, no link', () => {
  for (const peer of peers) peer.handle({ type: 'start' }, now);
  network.run();
});
if (!withSeeds) {
  step('+ 8 links settled', () => {
    for (const [n, peer] of peers.entries()) {
      const found = (lists[n] as PeerEntry[]).map(({ id }) => id);
      peer.handle({ type: 'peers-found', peers: found }, now);
    }
    network.run();
  });
}
if (peers.some(({ overlay: { degree } }) => degree !== 2 * dialled)) throw new Error('unsettled');
step('+ the first message', () => flood());
step('+ the second message', () => flood());
step('+ the third message', () => flood());
console.log(`${size} peers${withSeeds ? ' with seeds' : ''}, Node ${process.version}`);
console.table(Array.from(bytes, ([what, each]) => ({ what, 'bytes a peer': Math.round(each) })));

const rows: { what: string; 'ns each': number }[] = [];
const frames = Array.from({ length: 20_000 }, (_, n) => frameOf(1_000 + n));
const accepted = -1;
const count = 200_000;
time('an input of a flood over all peers', () => flood());
network.delivers = false;
time('a first receipt, 8 links', (peer) => {
  for (const message of frames) peer.handle({ type: 'message', link: accepted, message }, now);
  return frames.length;
});
time('a duplicate', (peer) => {
  for (let n = 0; n < count; n += 1) {
    const message = frames[n % frames.length] as Gossip;
    peer.handle({ type: 'message', link: accepted - 1 - (n % 3), message }, now);
  }
  return count;
});
time('a PING', (peer) => {
  const message: Message = { type: 'PING', nonce: 1 };
  for (let n = 0; n < count; n += 1) {
    peer.handle({ type: 'message', link: accepted, message }, now);
  }
  return count;
});
time('a round of pings to 8 neighbours', (peer) => {
  const timer = { type: 'failure:round-due', life: 1 } as const;
  const later = { ...now, monotonicMs: now.monotonicMs + 600 };
  for (let n = 0; n < count; n += 1) peer.handle({ type: 'timer', timer, lateMs: 0 }, later);
  return count;
});
console.table(rows);
console.log(`${network.events} events, ${network.timers} timers`);

/** Publishes at one peer, and runs until it is everywhere; returns the inputs that this took. */
function flood(): number {
  const content = { topic: 'bench', contentType: 'bytes', payload: new Uint8Array(200) } as const;
  network.peer(0).publish(content, now);
  return network.run();
}

function step(what: string, work: () => void): void {
  work();
  const after = heapBytes();
  bytes.set(what, (after - before) / size);
  before = after;
}

/** The best of five, each at another peer, since the machine may be busy with other things. */
function time(what: string, work: (peer: Peer) => number): void {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const begun = performance.now();
    const inputs = work(network.peer(attempt));
    best = Math.min(best, ((performance.now() - begun) * 1e6) / inputs);
  }
  rows.push({ what, 'ns each': Math.round(best) });
}

function heapBytes(): number {
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function placeOf(peer: number, link: LinkId): number {
  return peer * places + (link > 0 ? link - 1 : places / 2 - 1 - link);
}

function linkAt(place: number): LinkId {
  const at = place % places;
  return at < places / 2 ? at + 1 : places / 2 - 1 - at;
}

function entryOf(index: number): PeerEntry {
  return { id: ids[index] as string, incarnation: 1, rank: index + 1 };
}

function messageOf(body: Uint8Array): GossipMessage {
  const sequence = new DataView(body.buffer, body.byteOffset).getFloat64(6);
  let message = messages.get(sequence);
  if (message === undefined) {
    message = bodyCodec.decode(bodyCodec.hash(body), body) as GossipMessage;
    messages.set(sequence, message);
  }
  return message;
}

function frameOf(sequence: number): Gossip {
  const body = bodyCodec.encode({
    origin: '10.200.0.1:7000',
    incarnation: 1,
    sequence,
    timestampMs: now.wallMs,
    topic: 'bench',
    contentType: 'bytes',
    payload: new Uint8Array(200),
  });
  const id: MessageId = messageOf(body).id;
  return { type: 'GOSSIP', id, hops: 1, body };
}

/** What a seed would say, if every peer were registered and known to everybody. */
function seedsAnswer(message: Message, peer: number): Message | undefined {
  switch (message.type) {
    case 'HELLO':
      return { type: 'WELCOME', from: seed, capabilities: [] };
    case 'REGISTER': {
      const { request } = message;
      return { type: 'REGISTER_RESULT', request, outcome: 'ok', reason: '', incarnation: 1 };
    }
    case 'PEER_LIST_REQUEST': {
      const { request } = message;
      const list = lists[peer] as PeerEntry[];
      return { type: 'PEER_LIST', request, total: size, digest: 'same', peers: list };
    }
    default:
      return undefined;
  }
}
