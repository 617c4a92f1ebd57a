/** Scenarios as plain data: what a JSON file in scenarios/ says, and what `simulate` takes. */
import type { PeerOptions, Profile, SeedOptions } from '../../core/config.ts';
import type { Overrides } from '../../core/options.ts';
import type { Ms } from '../../core/time.ts';
import type { NetworkModel } from '../network/model.ts';
import type { DiskCrash } from '../nodes/seed-disk.ts';

export interface Scenario {
  readonly name: string;
  /** What it shows, for people. */
  readonly description?: string;
  /** The number that everything random comes from, unless the caller says another: such a scenario is one certain run. */
  readonly seed?: number;
  readonly topology: Topology;
  readonly network: NetworkModel;
  readonly load?: readonly Load[];
  /** What goes wrong and when, in any order. */
  readonly faults?: readonly Fault[];
  /** Virtual time of the whole run. */
  readonly durationMs: Ms;
  /** Changes to the nodes' options: those of `PeerOptions` and `SeedOptions`. */
  readonly options?: {
    readonly peer?: Overrides<PeerOptions>;
    readonly seed?: Overrides<SeedOptions>;
  };
}

export interface Topology {
  /** 0, or at least 2. Without seeds the peers' own agreement confirms deaths, as with GossipNodes. */
  readonly seeds: number;
  /** Peers at the beginning; `join` faults bring more. */
  readonly peers: number;
  /** The peers' defaults. Default `lan`. */
  readonly profile?: Profile;
  readonly start: Start;
  /** How wrong clocks are. Default: all are right. */
  readonly clocks?: {
    /** Wall clocks are off by up to this much, either way. */
    readonly offsetMaxMs?: Ms;
    /** Clocks run fast or slow by up to this share: 0.0001 is 100 ppm. */
    readonly driftMax?: number;
  };
  /** How long a transaction of a seed's disk takes, uniformly between. Default 0.2 to 5 ms: an SSD's fsync. */
  readonly disks?: { readonly minMs: Ms; readonly maxMs: Ms };
}

export type Start =
  /** Peers register, or are told of others, one after the other, evenly over `spreadMs`, from `afterMs` (default 3,000 with seeds) on. */
  | { readonly kind: 'join'; readonly spreadMs: Ms; readonly afterMs?: Ms }
  /**
   * The overlay is there from the beginning: laid by core's rank-based attachment, link by link in the
   * order of the peers, without simulating the handshakes. A peer's machine is made when the first
   * frame, or fault, touches it (`when-touched`, the default) or before the run (`at-start`), and resumes
   * with links that are up. Only without seeds.
   */
  | { readonly kind: 'settled'; readonly machines?: 'when-touched' | 'at-start' };

/** Messages that peers publish. */
export interface Load {
  readonly atMs: Ms;
  /** Who publishes: `any` draws a living peer for each message; `each` has every living peer publish. Default `any`. */
  readonly from?: 'any' | 'each' | number;
  /** Messages, or rounds of `each`. Default 1. */
  readonly count?: number;
  /** Between two of them. Default 1,000. */
  readonly intervalMs?: Ms;
  /** Payload bytes. Default: the seed document's text `<timestamp>:<ip>:<number>`. */
  readonly bytes?: number;
  readonly topic?: string;
}

/** How many, or which, of the peers or the seeds; those not named by number are drawn. */
export type Choice = 'all' | number | readonly number[] | { readonly share: number };

/** Nodes that a fault is about. Peers and seeds are numbered from 0. */
export interface Who {
  readonly peers?: Choice;
  readonly seeds?: Choice;
}

interface Timed {
  readonly atMs: Ms;
}

interface Lasting extends Timed {
  readonly forMs: Ms;
}

/** Processes end without a word. */
export interface Crash extends Timed {
  readonly kind: 'crash';
  readonly who: Who;
  /** `kill` (default): the hosts close their connections. `power-off`: they are silent. */
  readonly how?: 'kill' | 'power-off';
  /** One after the other over so long. Default 0. */
  readonly spreadMs?: Ms;
  /** A new process starts after so long. Default: none does. */
  readonly restartAfterMs?: Ms;
  /** What becomes of the transaction that a seed's crash interrupts, or (`vanish`) of the whole disk. Default `lost`. */
  readonly disk?: DiskCrash | 'vanish';
}

/** Peers leave with goodbyes. */
export interface LeaveFault extends Timed {
  readonly kind: 'leave';
  readonly who: Who;
  readonly spreadMs?: Ms;
}

/** New peers come. */
export interface Join extends Timed {
  readonly kind: 'join';
  readonly peers: number;
  readonly spreadMs?: Ms;
}

/** Peers crash, one each `intervalMs` on the mean, and come back after `downMs` on the mean. */
export interface Churn extends Lasting {
  readonly kind: 'churn';
  readonly intervalMs: Ms;
  readonly downMs: Ms;
  /** Share of them that leave with a goodbye instead. Default 0. */
  readonly leaveShare?: number;
}

/** Processes stop and go on: SIGSTOP, a garbage collection, a suspended machine. */
export interface Pause extends Lasting {
  readonly kind: 'pause';
  readonly who: Who;
}

/** Each input takes a process so long. */
export interface Slow extends Lasting {
  readonly kind: 'slow';
  readonly who: Who;
  readonly inputMs: Ms;
}

/**
 * - `split`: so many groups, none of which reaches another
 * - `ring`: groups in a ring reach their two neighbours only
 * - `one-way`: the first group is not heard by the others
 */
export interface Partition extends Lasting {
  readonly kind: 'partition';
  readonly shape: 'split' | 'ring' | 'one-way';
  /** Default 2; at least 4 for a ring. */
  readonly groups?: number;
  /** Who is in the first group; the others are dealt to the other groups. Default: all are dealt alike, by draw. */
  readonly first?: Who;
  /** Comes and goes with this period, half of it each. Default: it stays. */
  readonly flapMs?: Ms;
}

/** Packets from some nodes to others are lost. */
export interface Cut extends Lasting {
  readonly kind: 'cut';
  readonly from: Who;
  readonly to: Who;
  /** Default: both ways. */
  readonly oneWay?: boolean;
}

/** Nodes are clogged one after the other, all of them at once for a while, and set free in another order (FoundationDB's swizzle-clogging). */
export interface SwizzleClog extends Timed {
  readonly kind: 'swizzle-clog';
  readonly who: Who;
  /** Between two nodes. */
  readonly stepMs: Ms;
}

/** The whole network gets worse. */
export interface Degrade extends Lasting {
  readonly kind: 'degrade';
  /** Added to the network's loss. */
  readonly loss?: number;
  readonly latencyFactor?: number;
}

/** Wall clocks jump. */
export interface ClockJump extends Timed {
  readonly kind: 'clock-jump';
  readonly who: Who;
  readonly byMs: Ms;
}

/** Seed disks fail with the next write, or become slow. */
export interface DiskFault extends Timed {
  readonly kind: 'disk';
  readonly who: Who;
  readonly what: 'EIO' | 'ENOSPC' | 'slow';
  /** Of `slow`. Default 100. */
  readonly factor?: number;
  /** Of `slow`: how long. Default: for ever. A seed whose write failed has stopped; `restartAfterMs` starts it on a sound disk. */
  readonly forMs?: Ms;
  readonly restartAfterMs?: Ms;
}

/**
 * - `poison-suspicions`: floods SUSPECT_NOTICE about living peers
 * - `forge-deaths`: tells neighbours DEAD_CONFIRMED, and seeds DEAD_REPORT, about living peers
 * - `replay`: sends again what it has received
 * - `silent-hub`: keeps its links, and neither forwards nor announces any message
 * - `lie-incarnation`: says a higher incarnation of itself than it was given
 * - `forge-messages`: passes some messages on with other bytes under the same id
 * - `impersonate`: greets seeds as another peer and registers that one's address
 */
export type Misbehaviour =
  | 'poison-suspicions'
  | 'forge-deaths'
  | 'replay'
  | 'silent-hub'
  | 'lie-incarnation'
  | 'forge-messages'
  | 'impersonate';

/** Peers that run the protocol and, besides, send what they should not. */
export interface Malicious extends Timed {
  readonly kind: 'malicious';
  readonly who: Who;
  readonly behaviour: Misbehaviour;
  /** Between two misdeeds of one peer. Default 1,000. */
  readonly intervalMs?: Ms;
  /** Default: to the end. */
  readonly forMs?: Ms;
}

export type Fault =
  | Crash
  | LeaveFault
  | Join
  | Churn
  | Pause
  | Slow
  | Partition
  | Cut
  | SwizzleClog
  | Degrade
  | ClockJump
  | DiskFault
  | Malicious;
