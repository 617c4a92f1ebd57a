// biome-ignore-all lint/style/noExcessiveLinesPerFile: the one list of all that can happen, read by searching
/**
 * Everything that can happen in a node, as past facts. Each event is emitted once, by the machine
 * that decided it, and carries all that an observer needs: metrics, traces, logs and the
 * observatory are written against this file alone.
 */
import type { LinkCloseCause } from './effects.ts';
import type {
  Ballot,
  GossipMessage,
  Incarnation,
  LinkId,
  LinkPurpose,
  MemberStatus,
  MessageId,
  NodeId,
  NodeRole,
  PeerEntry,
  PeerId,
  PeerOver,
  RefusalCode,
  SeedId,
  SeedRefusal,
  Verdict,
} from './messages.ts';
import type { Ms } from './time.ts';

// ---------------------------------------------------------------- every node

/** Emitted when a node listens and its protocol begins; a peer is not registered yet. */
export interface NodeStarted {
  readonly type: 'node:started';
  readonly role: NodeRole;
  readonly id: NodeId;
}

/** Emitted last, when a node has closed everything. */
export interface NodeStopped {
  readonly type: 'node:stopped';
  readonly id: NodeId;
  readonly reason: string;
}

/** Emitted when a dialled link did not come up: no connection, or the other end said no. */
export interface LinkRefused {
  readonly type: 'link:refused';
  readonly purpose: LinkPurpose;
  readonly address: string;
  /** What the other end answered, or how the connection failed. */
  readonly code: RefusalCode | LinkCloseCause | 'handshake-timeout';
  readonly reason: string;
}

/** Emitted when this node refused somebody else's HELLO. */
export interface LinkRejected {
  readonly type: 'link:rejected';
  readonly purpose: LinkPurpose;
  /** Who the other end said it is. */
  readonly from: NodeId;
  readonly code: RefusalCode;
  readonly reason: string;
}

/** Emitted when the other end of a link broke the protocol: the link is closed, nothing else. */
export interface LinkViolated {
  readonly type: 'link:violated';
  readonly link: LinkId;
  /** Who it is, where known. */
  readonly from: NodeId | '';
  readonly reason: string;
}

// ---------------------------------------------------------------- peers: registration and membership

/** Emitted when a peer begins to register (at start, and again after it was declared dead). */
export interface RegistrationStarted {
  readonly type: 'peer:registering';
  readonly peer: PeerId;
  readonly quorum: number;
  readonly seeds: readonly SeedId[];
  /** 1 for the first try of this session. */
  readonly attempt: number;
}

/** Emitted when one seed has answered OK. */
export interface SeedRegistered {
  readonly type: 'seed:registered';
  readonly seed: SeedId;
  readonly incarnation: Incarnation;
  /** How many seeds have answered OK so far, and how many are needed. */
  readonly registered: number;
  readonly quorum: number;
}

/** Emitted when one seed could not be asked, or answered anything but OK. */
export interface SeedRegistrationFailed {
  readonly type: 'seed:registration-failed';
  readonly seed: SeedId;
  readonly code: SeedRefusal | RefusalCode | LinkCloseCause | 'timeout';
  readonly reason: string;
}

/** Emitted when a quorum of seeds has answered OK. */
export interface PeerRegistered {
  readonly type: 'peer:registered';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly seeds: readonly SeedId[];
  readonly attempts: number;
  readonly durationMs: Ms;
}

/** Emitted when a round over all seeds ended without a quorum; another one follows after `retryInMs`. */
export interface PeerRegistrationFailed {
  readonly type: 'peer:registration-failed';
  readonly peer: PeerId;
  readonly registered: number;
  readonly quorum: number;
  readonly answers: readonly {
    readonly seed: SeedId;
    readonly code: string;
    readonly reason: string;
  }[];
  readonly attempt: number;
  readonly retryInMs: Ms;
}

/** Emitted when a seed's answer to a request for the Peer List has arrived. */
export interface PeerListReceived {
  readonly type: 'peer-list:received';
  readonly seed: SeedId;
  readonly total: number;
  readonly digest: string;
  readonly peers: readonly PeerEntry[];
  /** True for the first list from this seed in this registered life. */
  readonly first: boolean;
}

/** Emitted when a seed, as the answer to a renewal, has told what has changed on its Peer List since it was last seen. */
export interface PeerListUpdated {
  readonly type: 'peer-list:updated';
  readonly seed: SeedId;
  readonly total: number;
  readonly digest: string;
  readonly joined: readonly PeerEntry[];
  readonly gone: readonly PeerOver[];
}

/** Emitted when a peer that was not known, or a higher incarnation of one, becomes known. */
export interface PeerJoined {
  readonly type: 'peer:joined';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
}

/** Emitted when a peer is known to have left on purpose. */
export interface PeerLeft {
  readonly type: 'peer:left';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
}

// ---------------------------------------------------------------- peers: links

/** Emitted when a neighbour is linked. */
export interface LinkUp {
  readonly type: 'link:up';
  readonly link: LinkId;
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly direction: 'dialled' | 'accepted';
  /** Neighbours now, this one included. */
  readonly degree: number;
}

/** Emitted when the link to a neighbour is gone. */
export interface LinkDown {
  readonly type: 'link:down';
  readonly link: LinkId;
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly cause: LinkCloseCause;
  readonly reason: string;
  readonly degree: number;
}

/** Emitted when a peer has no neighbour left although it knows other peers. */
export interface PeerIsolated {
  readonly type: 'overlay:isolated';
  readonly peer: PeerId;
  readonly known: number;
}

/** Emitted when the seeds named peers of another component to link with. */
export interface BridgeOffered {
  readonly type: 'overlay:bridge-offered';
  readonly candidates: readonly PeerId[];
}

// ---------------------------------------------------------------- peers: messages

/** Emitted when the application's message got its id and went to all links. */
export interface MessagePublished {
  readonly type: 'message:published';
  readonly message: GossipMessage;
  /** Links it was sent over at once. */
  readonly links: number;
  readonly bytes: number;
}

/** Emitted on the first receipt of a message: a hop. */
export interface MessageReceived {
  readonly type: 'message:received';
  readonly message: GossipMessage;
  readonly hops: number;
  /** This node's wall clock minus the message's time; negative when clocks differ. */
  readonly latencyMs: Ms;
  readonly link: LinkId;
  readonly from: PeerId;
  /** Whether it came as an answer to IWANT instead of being pushed. */
  readonly recovered: boolean;
  /** The trace context that came with it. */
  readonly traceparent?: string;
  readonly bytes: number;
}

/** Emitted when a message that was seen before came again. */
export interface MessageDuplicate {
  readonly type: 'message:duplicate';
  readonly id: MessageId;
  readonly from: PeerId;
  /** True when it crossed our own copy, sent over the same link. */
  readonly crossing: boolean;
  readonly bytes: number;
}

/** Emitted when gossip was lost or refused here. */
export interface MessageDropped {
  readonly type: 'message:dropped';
  /**
   * - `id-mismatch`: the id is not the hash of the bytes; costs the sender the link
   * - `malformed`: the hashed bytes are no message; costs the sender the link
   * - `overflow`: a neighbour's outbox was full
   * - `slow-consumer`: an iterator over messages was not read and its buffer was full
   */
  readonly cause: 'id-mismatch' | 'malformed' | 'overflow' | 'slow-consumer';
  readonly peer: PeerId;
  readonly frames: number;
  readonly bytes: number;
}

/** Emitted when messages are known to exist that no neighbour asked can still give. */
export interface MessageGap {
  readonly type: 'message:gap';
  readonly ids: readonly MessageId[];
  readonly from: PeerId;
}

/** Emitted when the Message List let go of payloads or ids to keep its bounds. */
export interface MessagesEvicted {
  readonly type: 'message:evicted';
  readonly what: 'payload' | 'id';
  readonly bound: 'count' | 'bytes' | 'age';
  readonly count: number;
}

// ---------------------------------------------------------------- peers: failure detection

/** Emitted when a neighbour was silent for too long, or its link closed without a goodbye. */
export interface PeerSilent {
  readonly type: 'peer:silent';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly silentMs: Ms;
  readonly trigger: 'silence' | 'link-lost' | 'notice';
}

/** Emitted when a probe of a peer, by this node or by another one asked to, has an outcome. */
export interface PeerProbed {
  readonly type: 'peer:probed';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /** Who looked: this node's own id, or the helper's. */
  readonly by: PeerId;
  /** `unanswered`: the helper did not answer in time. */
  readonly outcome: 'alive' | 'silent' | 'replaced' | 'unanswered';
}

/** Emitted when this node itself comes to suspect an incarnation. */
export interface PeerSuspected {
  readonly type: 'peer:suspected';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly silentMs: Ms;
  /** Helpers whose probes failed too. */
  readonly failedProbes: readonly PeerId[];
}

/** Emitted when another peer's SUSPECT_NOTICE is heard for the first time. */
export interface SuspicionHeard {
  readonly type: 'peer:suspicion-heard';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly by: PeerId;
}

/** Emitted when this node's own suspicion ends without a death. */
export interface SuspicionCleared {
  readonly type: 'peer:suspicion-cleared';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /**
   * - `spoke`: a frame came from it
   * - `refuted`: its REFUTE arrived
   * - `replaced`: a newer incarnation has its address
   * - `left`: it left on purpose
   * - `alive`: the seeds, or a helper, reached it
   * - `unknown`: the seeds know no such peer
   */
  readonly cause: 'spoke' | 'refuted' | 'replaced' | 'left' | 'alive' | 'unknown';
  readonly suspectedForMs: Ms;
}

/** Emitted when peer-level consensus is reached: own suspicion and enough corroborations. */
export interface PeerCorroborated {
  readonly type: 'peer:corroborated';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly corroborators: readonly PeerId[];
  readonly needed: number;
}

/** Emitted when the peers' agreement was sent to a seed. */
export interface PeerReported {
  readonly type: 'peer:reported';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly seed: SeedId;
  /** `Dead Node:<ip>:<port>:<timestamp>:<self ip>` */
  readonly text: string;
}

/** Emitted when a seed did not confirm a report; it is repeated after `retryInMs` (null: not). */
export interface ReportRejected {
  readonly type: 'peer:report-rejected';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly seed: SeedId | '';
  readonly code: SeedRefusal | 'timeout' | 'no-seed';
  readonly reason: string;
  readonly retryInMs: Ms | null;
}

/** Emitted when DEAD_CONFIRMED arrives (on a GossipNode: when the peers agree); once an incarnation. */
export interface PeerConfirmedDead {
  readonly type: 'peer:confirmed-dead';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /** The seed that proposed it; empty on a GossipNode. */
  readonly seed: SeedId | '';
  /** Who told this node. */
  readonly from: NodeId;
  /** Since this node last heard of it, where it was a neighbour. */
  readonly silentMs: Ms | null;
}

/** Emitted when this node heard that it is suspected and said that it lives. */
export interface SelfRefuted {
  readonly type: 'self:refuted';
  readonly incarnation: Incarnation;
  readonly refutation: number;
  readonly by: PeerId;
}

/** Emitted when this node learns that its own incarnation was removed; it registers again. */
export interface SelfDeclaredDead {
  readonly type: 'self:declared-dead';
  readonly incarnation: Incarnation;
  readonly from: NodeId;
}

/** Emitted when a leave that this node asked for has ended: committed by a quorum of seeds, or not. */
export interface SelfLeft {
  readonly type: 'self:left';
  readonly incarnation: Incarnation;
  /** False: the seeds could not be told; they will find out when the lease lapses. */
  readonly committed: boolean;
  readonly reason: string;
}

/** Emitted when local health changes: 0 is well; timeouts are multiplied by score + 1 (Lifeguard). */
export interface LocalHealthChanged {
  readonly type: 'self:health-changed';
  readonly score: number;
  readonly cause: 'late-timer' | 'missed-answers' | 'suspected' | 'recovered';
}

// ---------------------------------------------------------------- seeds: consensus

/** What the seeds decide about; the prefix of the consensus events. */
export type DecisionDomain = 'registration' | 'leave' | 'death';

/** Emitted on the proposing seed when a round begins. */
export interface Proposed<Domain extends DecisionDomain = DecisionDomain> {
  readonly type: `${Domain}:proposed`;
  readonly peer: PeerId;
  readonly ballot: Ballot;
  /** For a death: the incarnation meant; otherwise 0. */
  readonly incarnation: Incarnation;
  /** For a death: the report's text. */
  readonly evidence: string;
}

/** Emitted on the proposing seed for each vote, its own included; and on a voting seed for its own vote. */
export interface Voted<Domain extends DecisionDomain = DecisionDomain> {
  readonly type: `${Domain}:vote`;
  readonly peer: PeerId;
  readonly ballot: Ballot;
  /** Who voted. */
  readonly seed: SeedId;
  readonly answer: 'promise' | 'conflict' | 'none';
  readonly verdict: Verdict;
  readonly reason: string;
}

/** Emitted on every seed when it learns of a committed decision. */
export interface Committed<Domain extends DecisionDomain = DecisionDomain> {
  readonly type: `${Domain}:committed`;
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly revision: number;
  /** The seed whose proposal it was. */
  readonly proposer: SeedId;
  /** On the proposer: seeds that accepted and seeds configured; elsewhere null. */
  readonly votes: { readonly yes: number; readonly quorum: number; readonly seeds: number } | null;
  /** How this seed learned of it. */
  readonly via: 'own-proposal' | 'commit' | 'repair';
  /** On the proposer: from the proposal to the commit. */
  readonly durationMs: Ms | null;
}

/** Emitted on the proposing seed when its proposal came to nothing. */
export interface Rejected<Domain extends DecisionDomain = DecisionDomain> {
  readonly type: `${Domain}:rejected`;
  readonly peer: PeerId;
  readonly code: SeedRefusal;
  readonly reason: string;
  readonly votes: { readonly yes: number; readonly quorum: number; readonly seeds: number };
  readonly durationMs: Ms;
}

/** Emitted when a round lost to a higher ballot; it is tried again after a jittered pause. */
export interface RegisterConflict {
  readonly type: 'register:conflict';
  readonly peer: PeerId;
  readonly ballot: Ballot;
  readonly promised: Ballot;
}

/** Emitted when a peer's report of a death arrives at a seed. */
export interface DeathReported {
  readonly type: 'death:reported';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly reporter: PeerId;
  readonly corroborators: readonly PeerId[];
  readonly text: string;
}

// ---------------------------------------------------------------- seeds: each other, leases, storage

/** Emitted when the link to another seed is up. */
export interface SeedUp {
  readonly type: 'seed:up';
  readonly seed: SeedId;
  /** Seeds reachable now, this one included. */
  readonly reachable: number;
  readonly quorum: number;
}

/** Emitted when the link to another seed is gone. */
export interface SeedDown {
  readonly type: 'seed:down';
  readonly seed: SeedId;
  readonly reason: string;
  readonly reachable: number;
  readonly quorum: number;
}

/** Emitted when another seed was refused, or refused us, because its seed list differs. */
export interface SeedListMismatch {
  readonly type: 'seed:list-mismatch';
  readonly seed: SeedId;
  readonly onlyHere: readonly SeedId[];
  readonly onlyThere: readonly SeedId[];
}

/** Emitted when seed-to-seed repair brought values that this seed had missed. */
export interface SeedRepaired {
  readonly type: 'seed:repaired';
  readonly from: SeedId;
  readonly registers: number;
}

/** Emitted when this seed's store is new and others remember another one: it votes on nothing until readmitted. */
export interface SeedRecovering {
  readonly type: 'seed:recovering';
  /** How many other seeds it must copy all registers from. */
  readonly copiesNeeded: number;
  readonly reason: string;
}

/** Emitted when this seed may vote again. */
export interface SeedReadmitted {
  readonly type: 'seed:readmitted';
  readonly copiedFrom: readonly SeedId[];
  readonly registers: number;
}

/** Emitted when a peer's lease ran out without a word; this seed probes it and may propose its death. */
export interface LeaseLapsed {
  readonly type: 'lease:lapsed';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly sinceMs: Ms;
}

/** Emitted when so many deaths were reported at once that removals stop until it calms down. */
export interface RemovalsPaused {
  readonly type: 'removals:paused';
  readonly reported: number;
  readonly listSize: number;
  readonly shareMax: number;
  readonly windowMs: Ms;
}

/** Emitted when removals go on. */
export interface RemovalsResumed {
  readonly type: 'removals:resumed';
  readonly cause: 'calm' | 'operator';
}

/** Emitted when tombstones were removed that every seed held and whose retention was over. */
export interface TombstonesRemoved {
  readonly type: 'tombstones:removed';
  readonly count: number;
}

/** Emitted when the seeds' view of the overlay (from RENEW) changes its number of components. */
export interface ComponentsSeen {
  readonly type: 'overlay:components-seen';
  readonly components: number;
  readonly smallest: number;
  readonly peers: number;
}

/** Emitted when this seed's Peer List changed. */
export interface PeerListChanged {
  readonly type: 'peer-list:changed';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly status: MemberStatus;
  readonly size: number;
  readonly digest: string;
}

/** Emitted by the runtime after each durable write of a seed. */
export interface StorageCommitted {
  readonly type: 'storage:committed';
  readonly writes: number;
  readonly durationMs: Ms;
}

/** Emitted when a write failed: the end of this seed's voting. The node stops. */
export interface StorageFailed {
  readonly type: 'storage:failed';
  readonly reason: string;
}

// ---------------------------------------------------------------- the union

export type PeerEvent =
  | RegistrationStarted
  | SeedRegistered
  | SeedRegistrationFailed
  | PeerRegistered
  | PeerRegistrationFailed
  | PeerListReceived
  | PeerListUpdated
  | PeerJoined
  | PeerLeft
  | LinkUp
  | LinkDown
  | PeerIsolated
  | BridgeOffered
  | MessagePublished
  | MessageReceived
  | MessageDuplicate
  | MessageDropped
  | MessageGap
  | MessagesEvicted
  | PeerSilent
  | PeerProbed
  | PeerSuspected
  | SuspicionHeard
  | SuspicionCleared
  | PeerCorroborated
  | PeerReported
  | ReportRejected
  | PeerConfirmedDead
  | SelfRefuted
  | SelfDeclaredDead
  | SelfLeft
  | LocalHealthChanged;

export type SeedEvent =
  | Proposed<'registration'>
  | Proposed<'leave'>
  | Proposed<'death'>
  | Voted<'registration'>
  | Voted<'leave'>
  | Voted<'death'>
  | Committed<'registration'>
  | Committed<'leave'>
  | Committed<'death'>
  | Rejected<'registration'>
  | Rejected<'leave'>
  | Rejected<'death'>
  | RegisterConflict
  | DeathReported
  | SeedUp
  | SeedDown
  | SeedListMismatch
  | SeedRepaired
  | SeedRecovering
  | SeedReadmitted
  | LeaseLapsed
  | RemovalsPaused
  | RemovalsResumed
  | TombstonesRemoved
  | ComponentsSeen
  | PeerListChanged
  | StorageCommitted
  | StorageFailed;

/** Events that nodes of either role emit. */
export type CommonEvent = NodeStarted | NodeStopped | LinkRefused | LinkRejected | LinkViolated;

export type NodeEvent = CommonEvent | PeerEvent | SeedEvent;

/** The listener signatures of an event union, keyed by event type: what a typed EventEmitter wants. */
export type EventListeners<Event extends { readonly type: string } = NodeEvent> = {
  [Type in Event['type']]: (event: Extract<Event, { readonly type: Type }>) => void;
};
