import fc from 'fast-check';
import { formatAddress } from '../../src/core/address.ts';
import type {
  AcceptorState,
  Ballot,
  Gossip,
  GossipMessage,
  Intent,
  Message,
  NodeIdentity,
  PeerEntry,
  PeerOver,
  RegisterValue,
  SeedRefusal,
} from '../../src/core/messages.ts';
import { traceBytes } from '../../src/core/trace-context.ts';
import { frameKinds, type MessageOf, type MessageType } from '../../src/wire/kinds.ts';

/** Random messages of every type: a type without an arbitrary does not compile. */
type MessageArbitraries = { [T in MessageType]: fc.Arbitrary<MessageOf<T>> };

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const hash = hex(64);
const session = hex(32);
const sessionOrEmpty = fc.oneof(fc.constant(''), session);
const count = fc.maxSafeNat();
const incarnation = fc.nat({ max: 0xff_ff_ff_ff });
const wallClockMs = fc.double({ min: 0, max: 8.64e15, noNaN: true }).map(Math.abs);
const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
const nodeId = fc
  .tuple(host, fc.integer({ min: 1, max: 65_535 }))
  .map(([name, port]) => formatAddress(name, port));
const nodeIdOrEmpty = fc.oneof(fc.constant(''), nodeId);
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 6 });
const capabilities = list(fc.string({ maxLength: 64 }));

const identity: fc.Arbitrary<NodeIdentity> = fc.record({
  role: fc.constantFrom('peer', 'seed'),
  id: nodeId,
  incarnation,
});
const peerEntry: fc.Arbitrary<PeerEntry> = fc.record({ id: nodeId, incarnation, rank: count });
const peerOver: fc.Arbitrary<PeerOver> = fc.record({
  id: nodeId,
  incarnation,
  status: fc.constantFrom('dead', 'left'),
});
const outcome: fc.Arbitrary<'ok' | SeedRefusal> = fc.constantFrom(
  'ok',
  'unverified',
  'not-admitted',
  'session-over',
  'no-quorum',
  'conflict',
  'recovering',
  'storage-failed',
  'stale',
  'unknown',
  'alive',
  'paused',
  'stopping',
);
const ballot: fc.Arbitrary<Ballot> = fc.record({ round: count, seed: nodeIdOrEmpty });
const port = fc.integer({ min: 1, max: 65_535 });
const value: fc.Arbitrary<RegisterValue> = fc.record(
  {
    status: fc.constantFrom('alive', 'left', 'dead'),
    incarnation,
    session,
    registeredAtMs: wallClockMs,
    revision: count,
    changedAtMs: wallClockMs,
    evidence: text,
    metricsPort: port,
  },
  {
    requiredKeys: [
      'status',
      'incarnation',
      'session',
      'registeredAtMs',
      'revision',
      'changedAtMs',
      'evidence',
    ],
  },
);
const intent: fc.Arbitrary<Intent> = fc.oneof(
  fc.record(
    { type: fc.constant('register'), session, metricsPort: port },
    { requiredKeys: ['type', 'session'] },
  ),
  fc.record({ type: fc.constant('leave'), incarnation, session: sessionOrEmpty }),
  fc.record({ type: fc.constant('confirm-dead'), incarnation, evidence: text }),
) as fc.Arbitrary<Intent>;
const acceptorState: fc.Arbitrary<AcceptorState> = fc.record(
  { peer: nodeId, promised: ballot, acceptedBallot: ballot, accepted: value, committed: value },
  { requiredKeys: ['peer', 'promised', 'acceptedBallot'] },
);
const revision = fc.tuple(nodeId, count);
const stores = list(fc.tuple(nodeId, session));

const traceparent = fc
  .tuple(hex(31), hex(15), hex(2))
  .map(([trace, parent, flags]) => `00-${trace}1-${parent}1-${flags}`);
/** A message that may carry trace context. */
const traced = <Traced extends Message>(message: fc.Arbitrary<Traced>): fc.Arbitrary<Traced> =>
  fc.oneof(
    message,
    fc.tuple(message, traceparent).map(([one, text]) => ({ ...one, traceparent: text })),
  );
const gossip: fc.Arbitrary<Gossip> = fc.record(
  {
    type: fc.constant('GOSSIP' as const),
    id: hash,
    hops: fc.integer({ min: 1, max: 65_535 }),
    ageMs: fc.nat({ max: 0xff_ff_ff_ff }),
    trace: fc.uint8Array({ minLength: traceBytes, maxLength: traceBytes }),
    body: fc.uint8Array({ maxLength: 400 }),
  },
  { requiredKeys: ['type', 'id', 'hops', 'body'] },
);

const result = { outcome, request: count, reason: text };
const vote = { peer: nodeId, ballot, promised: ballot };

export const messageArbitraries: MessageArbitraries = {
  HELLO: fc.record(
    {
      type: fc.constant('HELLO' as const),
      version: count,
      clusterId: text,
      purpose: fc.constantFrom('neighbour', 'member', 'seed', 'probe'),
      from: identity,
      capabilities,
      challenge: session,
      seeds: list(nodeId),
      storeId: session,
    },
    { requiredKeys: ['type', 'version', 'clusterId', 'purpose', 'from', 'capabilities'] },
  ),
  WELCOME: fc.record(
    {
      type: fc.constant('WELCOME' as const),
      from: identity,
      capabilities,
      proof: hash,
      storeId: session,
    },
    { requiredKeys: ['type', 'from', 'capabilities'] },
  ),
  REFUSE: fc.record({
    type: fc.constant('REFUSE'),
    code: fc.constantFrom('wrong-version', 'wrong-cluster', 'wrong-role', 'self', 'full'),
    reason: text,
    candidates: list(peerEntry),
  }),
  BYE: fc.record({ type: fc.constant('BYE'), reason: text }),

  REGISTER: traced(
    fc.record(
      { type: fc.constant('REGISTER'), request: count, peer: nodeId, session, metricsPort: port },
      { requiredKeys: ['type', 'request', 'peer', 'session'] },
    ),
  ),
  REGISTER_RESULT: fc.record({ type: fc.constant('REGISTER_RESULT'), ...result, incarnation }),
  PEER_LIST_REQUEST: fc.record({
    type: fc.constant('PEER_LIST_REQUEST'),
    request: count,
    limit: count,
  }),
  PEER_LIST: fc.record({
    type: fc.constant('PEER_LIST'),
    request: count,
    total: count,
    digest: hash,
    peers: list(peerEntry),
  }),
  RENEW: fc.record(
    {
      type: fc.constant('RENEW'),
      request: count,
      peer: nodeId,
      incarnation,
      neighbours: list(nodeId),
      peerCount: count,
      listed: hash,
    },
    { requiredKeys: ['type', 'request', 'peer', 'incarnation', 'neighbours', 'peerCount'] },
  ),
  RENEW_RESULT: fc.record(
    {
      type: fc.constant('RENEW_RESULT'),
      request: count,
      status: fc.constantFrom('alive', 'dead', 'left', 'unknown'),
      total: count,
      digest: hash,
      changes: fc.record({ joined: list(peerEntry), gone: list(peerOver) }),
      bridge: list(peerEntry),
    },
    { requiredKeys: ['type', 'request', 'status', 'total', 'digest', 'bridge'] },
  ),
  LEAVE: traced(
    fc.record({
      type: fc.constant('LEAVE'),
      request: count,
      peer: nodeId,
      incarnation,
      session: sessionOrEmpty,
    }),
  ),
  LEAVE_RESULT: fc.record({ type: fc.constant('LEAVE_RESULT'), ...result }),
  DEAD_REPORT: traced(
    fc.record({
      type: fc.constant('DEAD_REPORT'),
      request: count,
      peer: nodeId,
      incarnation,
      reporter: nodeId,
      corroborators: list(nodeId),
      text,
    }),
  ),
  DEAD_REPORT_RESULT: fc.record({ type: fc.constant('DEAD_REPORT_RESULT'), ...result }),
  DEAD_CONFIRMED: traced(
    fc.record({
      type: fc.constant('DEAD_CONFIRMED'),
      peer: nodeId,
      incarnation,
      seed: nodeId,
    }),
  ),

  PROPOSE: traced(
    fc.record({ type: fc.constant('PROPOSE'), peer: nodeId, ballot, stores, intent }),
  ),
  VOTE: fc.record(
    {
      type: fc.constant('VOTE' as const),
      ...vote,
      answer: fc.constantFrom('promise', 'conflict', 'none'),
      acceptedBallot: ballot,
      accepted: value,
      verdict: outcome,
      reason: text,
    },
    {
      requiredKeys: [
        'type',
        'peer',
        'ballot',
        'promised',
        'answer',
        'acceptedBallot',
        'verdict',
        'reason',
      ],
    },
  ),
  ACCEPT: fc.record({ type: fc.constant('ACCEPT'), peer: nodeId, ballot, stores, value }),
  ACCEPTED: fc.record({
    type: fc.constant('ACCEPTED'),
    ...vote,
    answer: fc.constantFrom('accepted', 'conflict', 'none'),
  }),
  COMMIT: traced(fc.record({ type: fc.constant('COMMIT'), peer: nodeId, ballot, value })),
  REGISTER_DIGESTS: fc.record({ type: fc.constant('REGISTER_DIGESTS'), buckets: list(hash) }),
  REGISTER_REVISIONS: fc.record({
    type: fc.constant('REGISTER_REVISIONS'),
    buckets: list(count),
    revisions: list(revision),
  }),
  REGISTER_VALUES: fc.record({
    type: fc.constant('REGISTER_VALUES'),
    values: list(fc.tuple(nodeId, ballot, value)),
    want: list(nodeId),
  }),
  TOMBSTONES_OVER: fc.record({
    type: fc.constant('TOMBSTONES_OVER'),
    isAnswer: fc.boolean(),
    tombstones: list(revision),
  }),
  KNOWN_STORES: fc.record({
    type: fc.constant('KNOWN_STORES'),
    yours: sessionOrEmpty,
    voting: fc.boolean(),
    blank: fc.boolean(),
  }),
  COPY_REQUEST: fc.record({ type: fc.constant('COPY_REQUEST'), after: nodeIdOrEmpty }),
  COPY_RESULT: fc.record({
    type: fc.constant('COPY_RESULT'),
    after: nodeIdOrEmpty,
    registers: list(acceptorState),
    more: fc.boolean(),
    stores,
  }),

  PING: fc.record({ type: fc.constant('PING'), nonce: count }),
  PONG: fc.record({ type: fc.constant('PONG'), nonce: count }),
  PROBE: fc.record({ type: fc.constant('PROBE'), nonce: count, peer: nodeId, incarnation }),
  PROBE_RESULT: fc.record({
    type: fc.constant('PROBE_RESULT'),
    nonce: count,
    peer: nodeId,
    incarnation,
    outcome: fc.constantFrom('alive', 'silent', 'replaced'),
  }),
  SUSPECT_NOTICE: traced(
    fc.record(
      {
        type: fc.constant('SUSPECT_NOTICE'),
        peer: nodeId,
        incarnation,
        refutation: count,
        by: nodeId,
        byIncarnation: incarnation,
        near: fc.constant(true as const),
      },
      { requiredKeys: ['type', 'peer', 'incarnation', 'refutation', 'by', 'byIncarnation'] },
    ),
  ),
  REFUTE: fc.record({
    type: fc.constant('REFUTE'),
    peer: nodeId,
    incarnation,
    refutation: count,
  }),
  IHAVE: fc.record({ type: fc.constant('IHAVE'), ids: list(hash), expired: list(hash) }),
  IWANT: fc.record({ type: fc.constant('IWANT'), ids: list(hash) }),

  GOSSIP: gossip,
};

export const messageTypes = Object.keys(frameKinds) as MessageType[];

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  ...messageTypes.map((type): fc.Arbitrary<Message> => messageArbitraries[type]),
);

export const gossipMessage: fc.Arbitrary<Omit<GossipMessage, 'id'>> = fc.record({
  origin: nodeId,
  incarnation,
  sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  timestampMs: wallClockMs,
  topic: fc.string({ unit: 'grapheme', maxLength: 20 }),
  contentType: fc.constantFrom('bytes', 'text', 'json'),
  payload: fc.uint8Array({ maxLength: 400 }),
});

/** A message as a reader gives it: bytes are Buffers then, which `toEqual` tells from Uint8Arrays. */
export function asRead(message: Message): Message {
  if (message.type !== 'GOSSIP') return message;
  const { body, trace } = message;
  return {
    ...message,
    body: Buffer.from(body),
    ...(trace !== undefined && { trace: Buffer.from(trace) }),
  };
}
