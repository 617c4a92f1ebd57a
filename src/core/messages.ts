import type { Ms } from './time.ts';

/** A peer's name: its advertised listen address `host:port` (IPv6 as `[::1]:port`). */
export type PeerId = string;

/** A seed's name: its address as config.txt lists it. */
export type SeedId = string;

export type NodeId = PeerId | SeedId;

/** A handle of one connection inside one node: positive when dialled, negative when accepted. */
export type LinkId = number;

/** The SHA-256 of a gossip message's body bytes: 64 lower-case hexadecimal digits. */
export type MessageId = string;

/** The number the seeds give to one registered life of a PeerId: 1, 2, …; 0 means 'not registered yet'. */
export type Incarnation = number;

/** 128 random bits in hexadecimal, made for one registered life; known to the peer and the seeds only. */
export type Session = string;

/** The protocol version that HELLO carries. Ends with different versions refuse each other. */
export const protocolVersion = 1;

// ---------------------------------------------------------------- the handshake of every link

/**
 * Why a link is dialled.
 * - `neighbour`: an overlay link between two peers
 * - `member`: a peer's lease with a seed: registration, peer lists, reports
 * - `seed`: seed to seed: consensus and repair
 * - `probe`: is this incarnation alive? Closed after the answer
 */
export type LinkPurpose = 'neighbour' | 'member' | 'seed' | 'probe';

export type NodeRole = 'peer' | 'seed';

/** Who one end of a link says it is. */
export interface NodeIdentity {
  readonly role: NodeRole;
  readonly id: NodeId;
  /** A peer's incarnation; 0 for a seed and for a peer that is not registered yet. */
  readonly incarnation: Incarnation;
}

/** First frame of the end that dialled. */
export interface Hello {
  readonly type: 'HELLO';
  readonly version: number;
  readonly clusterId: string;
  readonly purpose: LinkPurpose;
  readonly from: NodeIdentity;
  readonly capabilities: readonly string[];
  /** With purpose `probe`: random text that the answer must prove its session with. */
  readonly challenge?: string;
  /** With purpose `seed`: the seed list, so that a mismatch can be shown. */
  readonly seeds?: readonly SeedId[];
  /** With purpose `seed`: the id of the dialling seed's store. */
  readonly storeId?: string;
}

/** First frame of the end that accepted: the link is up. */
export interface Welcome {
  readonly type: 'WELCOME';
  readonly from: NodeIdentity;
  readonly capabilities: readonly string[];
  /** Answer to a challenge: digest of the session and the challenge. Only peers give it. */
  readonly proof?: string;
  readonly storeId?: string;
}

/**
 * - `wrong-version`, `wrong-cluster`: not our protocol version, not our seed list
 * - `wrong-role`: this kind of node takes no links of that purpose, or a seed outside of the list
 * - `self`: a node dialled its own address
 * - `starting`, `stopping`: not registered yet, or leaving
 * - `full`: no room for another neighbour; see the candidates
 * - `duplicate`: a link between the two exists and is kept instead
 * - `declared-dead`: the dialling incarnation was confirmed dead; it must register again
 */
export type RefusalCode =
  | 'wrong-version'
  | 'wrong-cluster'
  | 'wrong-role'
  | 'self'
  | 'starting'
  | 'stopping'
  | 'full'
  | 'duplicate'
  | 'declared-dead';

/** No link: why, and perhaps whom to ask instead. The refusing end closes after it. */
export interface Refuse {
  readonly type: 'REFUSE';
  readonly code: RefusalCode;
  readonly reason: string;
  /** With `full`: peers that may have room. */
  readonly candidates: readonly PeerEntry[];
}

/** The sender closes this link on purpose; it does not mean that the sender is dying. */
export interface Bye {
  readonly type: 'BYE';
  readonly reason: string;
}

// ---------------------------------------------------------------- trace context

/**
 * A message that may carry W3C trace context: `00-<trace id>-<parent id>-<flags>` of whoever sent it.
 * The runtime writes and reads it; core hands it on as it came, and looks at none of it.
 */
export interface Traced {
  /** Empty: it came with one that this version cannot read. */
  readonly traceparent?: string;
}

// ---------------------------------------------------------------- peer <-> seed

/** What others need to know of a member: whom to dial and how old it is in the network. */
export interface PeerEntry {
  readonly id: PeerId;
  readonly incarnation: Incarnation;
  /** Order of registration among the living, 1 for the oldest: the rank of rank-based attachment. */
  readonly rank: number;
}

export interface Register extends Traced {
  readonly type: 'REGISTER';
  readonly request: number;
  readonly peer: PeerId;
  readonly session: Session;
  /** Where the peer's host serves its metrics; absent when it serves none. */
  readonly metricsPort?: number;
}

/**
 * - `unverified`: the dial-back to the address did not answer with that session
 * - `not-admitted`: the seed's admit hook said no
 * - `session-over`: this session was confirmed dead or has left; register with a new one
 * - `no-quorum`: too few seeds answered in time; nothing was decided
 * - `conflict`: other proposals kept winning; nothing was decided
 * - `recovering`: this seed does not vote before it was readmitted
 * - `storage-failed`: this seed cannot write and votes on nothing
 * - `stale`: the incarnation named is not the current one; nothing was changed
 * - `unknown`: the seeds know no such peer
 * - `alive`: a quorum would not agree: seeds reached the peer themselves
 * - `paused`: removals are paused because too many peers were reported at once
 * - `stopping`: the seed is going down
 */
export type SeedRefusal =
  | 'unverified'
  | 'not-admitted'
  | 'session-over'
  | 'no-quorum'
  | 'conflict'
  | 'recovering'
  | 'storage-failed'
  | 'stale'
  | 'unknown'
  | 'alive'
  | 'paused'
  | 'stopping';

export interface RegisterResult {
  readonly type: 'REGISTER_RESULT';
  readonly request: number;
  readonly outcome: 'ok' | SeedRefusal;
  /** One sentence for people; empty with `ok`. */
  readonly reason: string;
  /** The incarnation given; 0 unless `ok`. */
  readonly incarnation: Incarnation;
}

export interface PeerListRequest {
  readonly type: 'PEER_LIST_REQUEST';
  readonly request: number;
  /** The most entries that the answer may hold. */
  readonly limit: number;
}

export interface PeerList {
  readonly type: 'PEER_LIST';
  readonly request: number;
  /** Size of the whole Peer List; the entries are a rank-weighted sample when there are fewer. */
  readonly total: number;
  /** Digest of the whole list: equal digests mean equal lists. */
  readonly digest: string;
  readonly peers: readonly PeerEntry[];
}

/** Keeps the lease; tells the seeds what the sender sees. */
export interface Renew {
  readonly type: 'RENEW';
  readonly request: number;
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly neighbours: readonly PeerId[];
  /** How many peers the sender knows. */
  readonly peerCount: number;
  /**
   * Digest of this seed's Peer List as the sender last saw it, which asks for the changes since, and for word of deaths
   * at once; absent when the sender follows another seed's list, or asks for all of this one.
   */
  readonly listed?: string;
}

/** An incarnation that is on the Peer List no more. */
export interface PeerOver {
  readonly id: PeerId;
  readonly incarnation: Incarnation;
  readonly status: 'dead' | 'left';
}

/** What has happened to a Peer List since it had an earlier digest. */
export interface PeerListChanges {
  readonly joined: readonly PeerEntry[];
  readonly gone: readonly PeerOver[];
}

export interface RenewResult {
  readonly type: 'RENEW_RESULT';
  readonly request: number;
  /** What the seed holds of that incarnation. Anything but `alive` means: register again. */
  readonly status: 'alive' | 'dead' | 'left' | 'unknown';
  readonly total: number;
  readonly digest: string;
  /** All that has changed since the list had the digest `listed`; absent when it did not, or too much has. */
  readonly changes?: PeerListChanges;
  /** Peers of another component of the overlay, to be linked with; usually empty. */
  readonly bridge: readonly PeerEntry[];
}

export interface Leave extends Traced {
  readonly type: 'LEAVE';
  readonly request: number;
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /** Given to seeds as proof of identity; empty between neighbours. */
  readonly session: Session;
}

export interface LeaveResult {
  readonly type: 'LEAVE_RESULT';
  readonly request: number;
  readonly outcome: 'ok' | SeedRefusal;
  readonly reason: string;
}

/** The peers' agreement that an incarnation is dead, for the seeds to confirm. */
export interface DeadReport extends Traced {
  readonly type: 'DEAD_REPORT';
  readonly request: number;
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly reporter: PeerId;
  /** Peers with evidence of their own. */
  readonly corroborators: readonly PeerId[];
  /** `Dead Node:<ip>:<port>:<reporter's wall clock in ms>:<reporter's ip>`. */
  readonly text: string;
}

export interface DeadReportResult {
  readonly type: 'DEAD_REPORT_RESULT';
  readonly request: number;
  /** `ok`: confirmed (by this report or before it). */
  readonly outcome: 'ok' | SeedRefusal;
  readonly reason: string;
}

/** The seeds' committed decision. Seeds send it to their members, peers tell their neighbours once. */
export interface DeadConfirmed extends Traced {
  readonly type: 'DEAD_CONFIRMED';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /** The seed whose proposal was committed. */
  readonly seed: SeedId;
}

// ---------------------------------------------------------------- seed <-> seed

/** Ordered by round, then by the proposing seed's id; `round` 0 is below every real ballot. */
export interface Ballot {
  readonly round: number;
  readonly seed: SeedId;
}

export type MemberStatus = 'alive' | 'left' | 'dead';

/** What one register holds: all that the seeds agree on about one PeerId. */
export interface RegisterValue {
  readonly status: MemberStatus;
  readonly incarnation: Incarnation;
  readonly session: Session;
  /** Wall clock of the proposing seed at the registration of this incarnation, ms. */
  readonly registeredAtMs: number;
  /** Grows by one with every committed change of this register. */
  readonly revision: number;
  /** Wall clock of the proposing seed when this revision was proposed, ms; tombstones age by it. */
  readonly changedAtMs: number;
  /** For a death: who reported and the report's text. Otherwise empty. */
  readonly evidence: string;
  /**
   * Where the metrics of this incarnation are served, on the host of the PeerId: what `/sd` tells
   * Prometheus. Only a port, so that nobody can point Prometheus at somebody else's host.
   */
  readonly metricsPort?: number;
}

/** What a proposal wants to happen; the acceptors' verdicts judge it. */
export type Intent =
  | { readonly type: 'register'; readonly session: Session; readonly metricsPort?: number }
  | { readonly type: 'leave'; readonly incarnation: Incarnation; readonly session: Session }
  | { readonly type: 'confirm-dead'; readonly incarnation: Incarnation; readonly evidence: string };

/**
 * The stores of those seeds whose answers a proposer will count for one ballot. An acceptor that
 * knows one of these seeds under another store says no: that seed has lost its disk (section 4).
 */
export type StoreView = readonly (readonly [seed: SeedId, storeId: string])[];

/** CASPaxos prepare, with the intent so that acceptors can judge it. */
export interface Propose extends Traced {
  readonly type: 'PROPOSE';
  readonly peer: PeerId;
  readonly ballot: Ballot;
  readonly stores: StoreView;
  readonly intent: Intent;
}

/** An acceptor's judgement of an intent; see SeedRefusal for the words. */
export type Verdict = 'ok' | SeedRefusal;

/** CASPaxos promise or conflict, together with the verdict. */
export interface Vote {
  readonly type: 'VOTE';
  readonly peer: PeerId;
  /** The ballot voted on. */
  readonly ballot: Ballot;
  /** `promise`, or `conflict` when a higher ballot was promised; `none` when the verdict is not ok. */
  readonly answer: 'promise' | 'conflict' | 'none';
  /** The highest ballot this acceptor has promised. */
  readonly promised: Ballot;
  readonly acceptedBallot: Ballot;
  /** The value accepted at `acceptedBallot`; absent when there is none. */
  readonly accepted?: RegisterValue;
  readonly verdict: Verdict;
  readonly reason: string;
}

export interface Accept {
  readonly type: 'ACCEPT';
  readonly peer: PeerId;
  readonly ballot: Ballot;
  readonly stores: StoreView;
  readonly value: RegisterValue;
}

export interface Accepted {
  readonly type: 'ACCEPTED';
  readonly peer: PeerId;
  readonly ballot: Ballot;
  readonly answer: 'accepted' | 'conflict' | 'none';
  readonly promised: Ballot;
}

/** Told to all seeds once a quorum has accepted. */
export interface Commit extends Traced {
  readonly type: 'COMMIT';
  readonly peer: PeerId;
  readonly ballot: Ballot;
  readonly value: RegisterValue;
}

/** Repair, step 1: what I hold, in buckets; equal bucket digests need no further talk. */
export interface RegisterDigests {
  readonly type: 'REGISTER_DIGESTS';
  readonly buckets: readonly string[];
}

/** Repair, step 2: my committed revisions in the buckets that differ. */
export interface RegisterRevisions {
  readonly type: 'REGISTER_REVISIONS';
  readonly buckets: readonly number[];
  readonly revisions: readonly (readonly [peer: PeerId, revision: number])[];
}

/** Repair, step 3: the committed values that you lack, and (`want`) the ones that I lack. */
export interface RegisterValues {
  readonly type: 'REGISTER_VALUES';
  readonly values: readonly (readonly [peer: PeerId, ballot: Ballot, value: RegisterValue])[];
  readonly want: readonly PeerId[];
}

/** A tombstone may go when every seed says that it holds it and that its retention is over. */
export interface TombstonesOver {
  readonly type: 'TOMBSTONES_OVER';
  /** Whether these are the receiver's own words about tombstones that the sender holds no more. */
  readonly isAnswer: boolean;
  readonly tombstones: readonly (readonly [peer: PeerId, revision: number])[];
}

/** What the sender knows of the receiver's store, and what its own is worth; sent when a seed link comes up. */
export interface KnownStores {
  readonly type: 'KNOWN_STORES';
  /** The store id under which the sender knows the receiver; empty when it knows none. */
  readonly yours: string;
  /** Whether the sender may be copied from: it votes and is not itself recovering. */
  readonly voting: boolean;
  /** Whether the sender's store holds no value of any register: it took part in no decision yet. */
  readonly blank: boolean;
}

/** A seed with an empty disk asks for everything before it votes again. */
export interface CopyRequest {
  readonly type: 'COPY_REQUEST';
  /** Continue after this PeerId in string order; empty to begin. */
  readonly after: PeerId;
}

/** One acceptor's whole state of one register. */
export interface AcceptorState {
  readonly peer: PeerId;
  readonly promised: Ballot;
  readonly acceptedBallot: Ballot;
  readonly accepted?: RegisterValue;
  /** The newest revision this seed knows to be committed. */
  readonly committed?: RegisterValue;
}

export interface CopyResult {
  readonly type: 'COPY_RESULT';
  readonly after: PeerId;
  readonly registers: readonly AcceptorState[];
  /** The stores under which the sender knows the other seeds. */
  readonly stores: StoreView;
  /** Whether there is more after the last of `registers`. */
  readonly more: boolean;
}

// ---------------------------------------------------------------- peer <-> peer

export interface Ping {
  readonly type: 'PING';
  readonly nonce: number;
}

export interface Pong {
  readonly type: 'PONG';
  readonly nonce: number;
}

/** 'Please look whether this incarnation lives, and tell me.' */
export interface Probe {
  readonly type: 'PROBE';
  readonly nonce: number;
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
}

export interface ProbeResult {
  readonly type: 'PROBE_RESULT';
  readonly nonce: number;
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /** `replaced`: the address answers, but not as that incarnation. */
  readonly outcome: 'alive' | 'silent' | 'replaced';
}

/** One peer's suspicion, flooded so that others who hold evidence, and the suspect, hear of it. */
export interface SuspectNotice extends Traced {
  readonly type: 'SUSPECT_NOTICE';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /** The suspect's refutation number that this suspicion answers to; a higher one clears it. */
  readonly refutation: number;
  readonly by: PeerId;
  readonly byIncarnation: Incarnation;
  /** Not to be passed on: enough peers agree already, and the seeds are being asked. */
  readonly near?: true;
}

/** 'I am alive': flooded by a suspect. */
export interface Refute {
  readonly type: 'REFUTE';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly refutation: number;
}

/** A message on one hop. `body` is forwarded as it came; the header around it changes with each hop. */
export interface Gossip {
  readonly type: 'GOSSIP';
  readonly id: MessageId;
  /** Links travelled when this frame arrives: 1 on the origin's own links. 1…65535. */
  readonly hops: number;
  /**
   * How long ago it was published, as far as the hops before could tell: the time that it lay in
   * Message Lists. Absent below 1 s, as on every message that is pushed on at once.
   */
  readonly ageMs?: Ms;
  /**
   * Trace context of the hop before and of the origin, outside of the hashed bytes; see
   * trace-context.ts. The runtime writes and reads it, core hands it on as it came.
   */
  readonly trace?: Uint8Array;
  /** Kept and sent on by whoever gets it: nobody may write to it any more. */
  readonly body: Uint8Array;
}

/** 'I can give you these' (`ids`) and 'I had these once' (`expired`), on a new link, newest last. */
export interface IHave {
  readonly type: 'IHAVE';
  readonly ids: readonly MessageId[];
  readonly expired: readonly MessageId[];
}

export interface IWant {
  readonly type: 'IWANT';
  readonly ids: readonly MessageId[];
}

// ---------------------------------------------------------------- the unions

export type HandshakeMessage = Hello | Welcome | Refuse | Bye;

export type MemberMessage =
  | Register
  | RegisterResult
  | PeerListRequest
  | PeerList
  | Renew
  | RenewResult
  | Leave
  | LeaveResult
  | DeadReport
  | DeadReportResult
  | DeadConfirmed;

export type SeedMessage =
  | Propose
  | Vote
  | Accept
  | Accepted
  | Commit
  | RegisterDigests
  | RegisterRevisions
  | RegisterValues
  | TombstonesOver
  | KnownStores
  | CopyRequest
  | CopyResult;

export type NeighbourMessage =
  | Ping
  | Pong
  | Probe
  | ProbeResult
  | SuspectNotice
  | Refute
  | Gossip
  | IHave
  | IWant
  | Leave
  | DeadConfirmed;

/** Everything that can travel over a link. */
export type Message = HandshakeMessage | MemberMessage | SeedMessage | NeighbourMessage;

// ---------------------------------------------------------------- the application's view

export type ContentType = 'bytes' | 'text' | 'json';

/** A gossip payload with its origin, incarnation, sequence number and time. */
export interface GossipMessage {
  readonly id: MessageId;
  readonly origin: PeerId;
  readonly incarnation: Incarnation;
  /** 1, 2, … for each incarnation of the origin. */
  readonly sequence: number;
  /** The origin's wall clock when it was published, ms since 1970. */
  readonly timestampMs: Ms;
  readonly topic: string;
  readonly contentType: ContentType;
  readonly payload: Uint8Array;
}

/** Turns messages into the bytes that are hashed and sent, and back. Given to core by wire/. */
export interface BodyCodec {
  encode(message: Omit<GossipMessage, 'id'>): Uint8Array;
  /** Undefined when the bytes are no message body. */
  decode(id: MessageId, body: Uint8Array): GossipMessage | undefined;
  /** The MessageId of these bytes. */
  hash(body: Uint8Array): MessageId;
}

/** Digest of short texts (session proofs, list digests): hexadecimal SHA-256. Given to core. */
export type DigestText = (text: string) => string;
