/** The small interfaces through which a peer's machines know each other. */
import type { LinkClosed } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type {
  DeadConfirmed,
  DeadReport,
  Incarnation,
  LinkId,
  NodeId,
  PeerEntry,
  PeerId,
  PeerListChanges,
  RenewResult,
  SeedId,
  SeedRefusal,
} from '../messages.ts';
import type { Instant } from '../time.ts';

/** The overlay, as dissemination sees it. */
export interface Outlets {
  /** The ids of the links to all neighbours: to send to all is not to reach for each link. */
  linkIds(): readonly LinkId[];
}

/** The overlay, as failure detection sees it. */
export interface Neighbourhood {
  readonly degree: number;
  /** The links to all neighbours, in no order that means anything; later changes do not show in it. */
  links(): readonly Link[];
  /** The link to this peer, whatever its incarnation; undefined when it is no neighbour. */
  linkTo(peer: PeerId): Link | undefined;
}

/** Hears of every neighbour that comes and goes; `down` also for links that this side closed. */
export interface NeighbourListener {
  neighbourUp(link: Link, now: Instant): void;
  neighbourDown(link: Link, closed: LinkClosed, now: Instant): void;
}

/** Hears what the seeds say to this peer. */
export interface RegistrationListener {
  /** A quorum of seeds has answered OK. Called again, with a higher incarnation, after a removal. */
  registered(incarnation: Incarnation, now: Instant): void;
  /** Peers from a Peer List. */
  peersLearned(peers: readonly PeerEntry[], now: Instant): void;
  /** A whole Peer List: others than these are not in the network. */
  listReplaced(peers: readonly PeerEntry[], now: Instant): void;
  /** What has happened to this seed's Peer List since it was last told. */
  listChanged(changes: PeerListChanges, seed: SeedId, now: Instant): void;
  /** Peers of another component of the overlay, to be linked with. */
  bridgeOffered(peers: readonly PeerEntry[], now: Instant): void;
  /** A seed no longer holds this incarnation as alive. The registration starts again by itself, with a new session. */
  removed(status: Exclude<RenewResult['status'], 'alive'>, seed: SeedId, now: Instant): void;
  deadConfirmed(confirmed: DeadConfirmed, seed: SeedId, now: Instant): void;
  reportAnswered(answer: ReportAnswer, now: Instant): void;
  /** A quorum of seeds has committed the leave, or cannot be reached in time: the peer may stop. */
  leaveEnded(committed: boolean, reason: string, now: Instant): void;
}

/** What became of a report that was handed to the registration. */
export interface ReportAnswer {
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /** The seed that answered; empty when none could be asked. */
  readonly seed: SeedId | '';
  readonly outcome: 'ok' | SeedRefusal | 'timeout' | 'no-seed';
  readonly reason: string;
}

/** Takes a report to the seeds, one seed after the other until one has an answer that stands. */
export interface Reporter {
  report(report: Omit<DeadReport, 'type' | 'request'>, now: Instant): void;
}

/** Hears what failure detection has found out. */
export interface FailureListener {
  /** This incarnation is confirmed dead: it is to be forgotten everywhere. Called once an incarnation. */
  dead(peer: PeerId, incarnation: Incarnation, now: Instant): void;
  /** The address is alive as another incarnation: the old one's link and memory are worthless. */
  replaced(peer: PeerId, incarnation: Incarnation, now: Instant): void;
  /** Somebody says that our own incarnation is dead: ask the seeds. */
  selfDeclaredDead(incarnation: Incarnation, from: NodeId, now: Instant): void;
}
