import * as v from 'valibot';
import {
  capabilities,
  count,
  digest,
  incarnation,
  list,
  messageId,
  name,
  nodeId,
  nodeIdOrEmpty,
  port,
  session,
  sessionOrEmpty,
  text,
  traceparent,
  wallClockMs,
} from './fields.ts';
import type { ControlType, MessageOf } from './kinds.ts';

/**
 * The schema of every control message. Unknown fields are ignored, so that a later version may add
 * some; a missing or wrong field makes a bad frame.
 */

// ---------------------------------------------------------------- what several messages share

const traced = { traceparent: v.exactOptional(traceparent) };
const request = count;
const nonce = count;
const identity = v.object({ role: v.picklist(['peer', 'seed']), id: nodeId, incarnation });
const peerEntry = v.object({ id: nodeId, incarnation, rank: count });
const peerEntries = list(peerEntry);
const peerOver = v.object({ id: nodeId, incarnation, status: v.picklist(['dead', 'left']) });
const peerListChanges = v.object({ joined: peerEntries, gone: list(peerOver) });
const nodeIds = list(nodeId);
const messageIds = list(messageId);

const seedRefusals = [
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
] as const;
const outcome = v.picklist(['ok', ...seedRefusals]);

/** A ballot no seed has proposed has round 0 and may name no seed. */
const ballot = v.object({ round: count, seed: nodeIdOrEmpty });

const registerValue = v.object({
  status: v.picklist(['alive', 'left', 'dead']),
  incarnation,
  session,
  registeredAtMs: wallClockMs,
  revision: count,
  changedAtMs: wallClockMs,
  evidence: text,
  metricsPort: v.exactOptional(port),
});

const intent = v.variant('type', [
  v.object({ type: v.literal('register'), session, metricsPort: v.exactOptional(port) }),
  v.object({ type: v.literal('leave'), incarnation, session: sessionOrEmpty }),
  v.object({ type: v.literal('confirm-dead'), incarnation, evidence: text }),
]);

const storeView = list(v.tuple([nodeId, name]));

const revisions = list(v.tuple([nodeId, count]));

const acceptorState = v.object({
  peer: nodeId,
  promised: ballot,
  acceptedBallot: ballot,
  accepted: v.exactOptional(registerValue),
  committed: v.exactOptional(registerValue),
});

// ---------------------------------------------------------------- the handshake of every link

const handshake = {
  HELLO: v.object({
    type: v.literal('HELLO'),
    version: count,
    clusterId: name,
    purpose: v.picklist(['neighbour', 'member', 'seed', 'probe']),
    from: identity,
    capabilities,
    challenge: v.exactOptional(name),
    seeds: v.exactOptional(nodeIds),
    storeId: v.exactOptional(name),
  }),
  WELCOME: v.object({
    type: v.literal('WELCOME'),
    from: identity,
    capabilities,
    proof: v.exactOptional(digest),
    storeId: v.exactOptional(name),
  }),
  REFUSE: v.object({
    type: v.literal('REFUSE'),
    code: v.picklist([
      'wrong-version',
      'wrong-cluster',
      'wrong-role',
      'self',
      'starting',
      'stopping',
      'full',
      'duplicate',
      'declared-dead',
    ]),
    reason: text,
    candidates: peerEntries,
  }),
  BYE: v.object({ type: v.literal('BYE'), reason: text }),
};

// ---------------------------------------------------------------- peer <-> seed

const member = {
  REGISTER: v.object({
    type: v.literal('REGISTER'),
    ...traced,
    request,
    peer: nodeId,
    session,
    metricsPort: v.exactOptional(port),
  }),
  REGISTER_RESULT: v.object({
    type: v.literal('REGISTER_RESULT'),
    request,
    outcome,
    reason: text,
    incarnation,
  }),
  PEER_LIST_REQUEST: v.object({ type: v.literal('PEER_LIST_REQUEST'), request, limit: count }),
  PEER_LIST: v.object({
    type: v.literal('PEER_LIST'),
    request,
    total: count,
    digest,
    peers: peerEntries,
  }),
  RENEW: v.object({
    type: v.literal('RENEW'),
    request,
    peer: nodeId,
    incarnation,
    neighbours: nodeIds,
    peerCount: count,
    listed: v.exactOptional(digest),
  }),
  RENEW_RESULT: v.object({
    type: v.literal('RENEW_RESULT'),
    request,
    status: v.picklist(['alive', 'dead', 'left', 'unknown']),
    total: count,
    digest,
    changes: v.exactOptional(peerListChanges),
    bridge: peerEntries,
  }),
  LEAVE: v.object({
    type: v.literal('LEAVE'),
    ...traced,
    request,
    peer: nodeId,
    incarnation,
    session: sessionOrEmpty,
  }),
  LEAVE_RESULT: v.object({ type: v.literal('LEAVE_RESULT'), request, outcome, reason: text }),
  DEAD_REPORT: v.object({
    type: v.literal('DEAD_REPORT'),
    ...traced,
    request,
    peer: nodeId,
    incarnation,
    reporter: nodeId,
    corroborators: nodeIds,
    text,
  }),
  DEAD_REPORT_RESULT: v.object({
    type: v.literal('DEAD_REPORT_RESULT'),
    request,
    outcome,
    reason: text,
  }),
  DEAD_CONFIRMED: v.object({
    type: v.literal('DEAD_CONFIRMED'),
    ...traced,
    peer: nodeId,
    incarnation,
    seed: nodeIdOrEmpty,
  }),
};

// ---------------------------------------------------------------- seed <-> seed

const seed = {
  PROPOSE: v.object({
    type: v.literal('PROPOSE'),
    ...traced,
    peer: nodeId,
    ballot,
    stores: storeView,
    intent,
  }),
  VOTE: v.object({
    type: v.literal('VOTE'),
    peer: nodeId,
    ballot,
    answer: v.picklist(['promise', 'conflict', 'none']),
    promised: ballot,
    acceptedBallot: ballot,
    accepted: v.exactOptional(registerValue),
    verdict: outcome,
    reason: text,
  }),
  ACCEPT: v.object({
    type: v.literal('ACCEPT'),
    peer: nodeId,
    ballot,
    stores: storeView,
    value: registerValue,
  }),
  ACCEPTED: v.object({
    type: v.literal('ACCEPTED'),
    peer: nodeId,
    ballot,
    answer: v.picklist(['accepted', 'conflict', 'none']),
    promised: ballot,
  }),
  COMMIT: v.object({
    type: v.literal('COMMIT'),
    ...traced,
    peer: nodeId,
    ballot,
    value: registerValue,
  }),
  REGISTER_DIGESTS: v.object({ type: v.literal('REGISTER_DIGESTS'), buckets: list(digest) }),
  REGISTER_REVISIONS: v.object({
    type: v.literal('REGISTER_REVISIONS'),
    buckets: list(count),
    revisions,
  }),
  REGISTER_VALUES: v.object({
    type: v.literal('REGISTER_VALUES'),
    values: list(v.tuple([nodeId, ballot, registerValue])),
    want: nodeIds,
  }),
  TOMBSTONES_OVER: v.object({
    type: v.literal('TOMBSTONES_OVER'),
    isAnswer: v.boolean(),
    tombstones: revisions,
  }),
  KNOWN_STORES: v.object({
    type: v.literal('KNOWN_STORES'),
    yours: name,
    voting: v.boolean(),
    blank: v.boolean(),
  }),
  COPY_REQUEST: v.object({ type: v.literal('COPY_REQUEST'), after: nodeIdOrEmpty }),
  COPY_RESULT: v.object({
    type: v.literal('COPY_RESULT'),
    after: nodeIdOrEmpty,
    registers: list(acceptorState),
    more: v.boolean(),
    stores: storeView,
  }),
};

// ---------------------------------------------------------------- peer <-> peer

const neighbour = {
  PING: v.object({ type: v.literal('PING'), nonce }),
  PONG: v.object({ type: v.literal('PONG'), nonce }),
  PROBE: v.object({ type: v.literal('PROBE'), nonce, peer: nodeId, incarnation }),
  PROBE_RESULT: v.object({
    type: v.literal('PROBE_RESULT'),
    nonce,
    peer: nodeId,
    incarnation,
    outcome: v.picklist(['alive', 'silent', 'replaced']),
  }),
  SUSPECT_NOTICE: v.object({
    type: v.literal('SUSPECT_NOTICE'),
    ...traced,
    peer: nodeId,
    incarnation,
    refutation: count,
    by: nodeId,
    byIncarnation: incarnation,
    near: v.exactOptional(v.literal(true)),
  }),
  REFUTE: v.object({ type: v.literal('REFUTE'), peer: nodeId, incarnation, refutation: count }),
  IHAVE: v.object({ type: v.literal('IHAVE'), ids: messageIds, expired: messageIds }),
  IWANT: v.object({ type: v.literal('IWANT'), ids: messageIds }),
};

// ---------------------------------------------------------------- all of them

const schemas = { ...handshake, ...member, ...seed, ...neighbour };

/** Looks a schema up by the type that a frame's kind stands for. */
export function schemaOf<T extends ControlType>(type: T): v.GenericSchema<unknown, MessageOf<T>> {
  const checked: { [K in ControlType]: v.GenericSchema<unknown, MessageOf<K>> } = schemas;
  return checked[type];
}

/**
 * `schemaOf` compiles only if each schema yields its message. This says the converse: each message
 * fits its schema. An optional field or a word that a schema forgot would be lost on the wire.
 */
type Fits<T extends ControlType> = [MessageOf<T>] extends [
  ReadonlyDeep<v.InferOutput<(typeof schemas)[T]>>,
]
  ? keyof MessageOf<T> extends keyof v.InferOutput<(typeof schemas)[T]>
    ? true
    : T
  : T;
type ReadonlyDeep<T> = { readonly [K in keyof T]: ReadonlyDeep<T[K]> };
type AssertTrue<T extends true> = T;
/** @public Only the compiler reads this. */
export type EveryMessageFitsItsSchema = AssertTrue<{ [T in ControlType]: Fits<T> }[ControlType]>;
