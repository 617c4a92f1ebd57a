/**
 * Every number of the protocol: what it means, its default and where the default comes from.
 * Two profiles differ in the peer's rhythm only: `lan` is the library's default, `classroom` is the
 * seed document's, used by the `peer` command and the example.
 */
import type { Ms } from './time.ts';

/** Options of a link's handshake, the same for peers and seeds. */
export interface LinkOptions {
  /** Give up a dial without a connection after this long. Default 3 s: a SYN and two retransmissions (RFC 6298). */
  readonly dialTimeoutMs: Ms;
  /** Close a link whose HELLO, or answer to it, has not come this long after it opened. Default 5 s: a guess. */
  readonly handshakeTimeoutMs: Ms;
}

/** Options of a peer's registration and lease. */
export interface RegistrationOptions {
  /** Ask the next seed when one has not answered REGISTER or a report for this long, its dial included; also how long a leave may take. Default 10 s: a seed's own round limit and a half. */
  readonly registerTimeoutMs: Ms;
  /** First pause after a round without a quorum; doubles with each, with full jitter. Default 500 ms: a guess. */
  readonly retryMinMs: Ms;
  /** Longest pause between rounds. Default 10 s: a guess that keeps 1,000 waiting peers under 100 tries a second. */
  readonly retryMaxMs: Ms;
  /** RENEW each registered seed this often. Default 10 s; seeds let a lease lapse after `leaseMs`. */
  readonly renewIntervalMs: Ms;
  /** A registered seed that has missed this many renewals is replaced by another one. Default 3, as with pings. */
  readonly renewalsMissedMax: number;
  /** Ask for Peer Lists out of turn (when isolated, or rumoured dead) at most this often. Default 2 s: a guess. */
  readonly refreshIntervalMs: Ms;
  /** Most entries to ask of a Peer List. Default 1,000: enough for rank-weighted choice, about 40 KB a list. */
  readonly peerListLimit: number;
  /** Most entries to ask of a Peer List that came before, and has changed too much to be told by its changes. Default 256: as many as those would have been. */
  readonly peerListAgainLimit: number;
  /** Most reports on their way to the seeds at once; more are answered `no-seed`. Default 64: a guess. */
  readonly reportsMax: number;
}

/** Options of the overlay: whom a peer links with. */
export interface OverlayOptions {
  /** Least number of links a peer dials for itself. Default 3: random 3-out graphs are connected with high probability. */
  readonly minDegree: number;
  /**
   * Most links a peer dials for itself: where the out-degree's power law is cut. Default 32, measured
   * on 5,000 peers: a fit that does not know of the cut finds 2.6 to 2.7 where 2.5 was asked for (with 16:
   * 2.85), and the mean out-degree is 5.6 (with 64: 6.2, for nothing but more traffic).
   */
  readonly maxOutDegree: number;
  /**
   * Most links of both directions; a full peer refuses with candidates. Default 128: one peer in 200
   * is full, at any size of the network, and the total degree of 5,000 peers is a power law with an
   * exponent of 2.7 to 2.95 (with 256: the same).
   */
  readonly maxDegree: number;
  /** Exponent of the degree's power law, in (2, 3.5]. Default 2.5; rank-based attachment uses α = 1 / (exponent − 1) (Fortunato, Flammini, Menczer 2006). */
  readonly degreeExponent: number;
  /** Look again for missing links this often (a lost one is replaced at once). Default 1 s: a guess. */
  readonly repairIntervalMs: Ms;
  /** Most dials for neighbours under way at once. Default 8: a guess. */
  readonly dialsMax: number;
  /** First pause before a peer is dialled again that refused, was out of reach, or whose link was lost; doubles each time in a row. Default 1 s: a guess. */
  readonly redialMinMs: Ms;
  /** Longest such pause, and the one after a refusal that time does not heal (another network, another version). Default 60 s: a guess. */
  readonly redialMaxMs: Ms;
  /** Most peers remembered as paused. Default 1,000: as many as one Peer List names. */
  readonly pausedMax: number;
  /** Most candidates that a full peer names, and that are taken from its refusal. Default 3: a guess. */
  readonly candidatesMax: number;
  /** Most peers remembered; those heard of longest ago are forgotten, but never a neighbour. Default 10,000: about 2 MB. */
  readonly knownPeersMax: number;
}

/** Options of dissemination and the Message List. */
export interface DisseminationOptions {
  /** Most payload bytes of one message. Default 256 KiB: a guess; larger payloads belong in a store, with their address gossiped. */
  readonly payloadBytesMax: number;
  /** Keep payloads for recovery: most messages. Default 4,096: a guess. */
  readonly retainedMessagesMax: number;
  /** Keep payloads for recovery: most bytes. Default 16 MiB: a guess. */
  readonly retainedBytesMax: number;
  /** Keep payloads for recovery: longest. Default 2 min: longer than any link repair. */
  readonly retainedAgeMs: Ms;
  /** Remember ids to recognise duplicates: most ids. Default 65,536: about 13 MB. Must not be less than `retainedMessagesMax`. */
  readonly seenIdsMax: number;
  /** Remember ids: longest. Default 10 min: a guess; must not be less than `retainedAgeMs`. */
  readonly seenAgeMs: Ms;
  /** Remember which of their messages' ids were forgotten because there were too many: of so many incarnations of origins. Default 10,000: as many as peers are known; up to 2 MB, 5 MB where many messages were lost. */
  readonly forgottenOriginsMax: number;
  /** Ids in one IHAVE or IWANT frame. Default 512: 33 KB. */
  readonly idsPerFrameMax: number;
  /** Ask another neighbour for a missing message when the one that was asked gives nothing for this long. Default 3 s: as much silence as a neighbour is allowed. */
  readonly recoveryTimeoutMs: Ms;
  /** Most missing messages asked for at once; the next announcement brings the others. Default 16,384: four neighbours' windows. */
  readonly wantedIdsMax: number;
  /** Tell a neighbour whose outbox was full what it may have missed after this long. Default 1 s: a guess; a full outbox needs some time to drain. */
  readonly overflowPauseMs: Ms;
}

/** Options of failure detection. */
export interface FailureDetectionOptions {
  /** PING each neighbour that often. Profiles: lan 1 s (SWIM, memberlist LAN), classroom 5 s (the seed document). */
  readonly pingIntervalMs: Ms;
  /** Silence beyond this starts the probes; multiplied by local health + 1. lan 3 s, classroom 15 s: three missed pings. */
  readonly silenceMs: Ms;
  /** How long a probe (own dial or a helper's) may take; multiplied likewise. Default 2 s: a guess above the 98th percentile of echoes at 25 % loss. */
  readonly probeTimeoutMs: Ms;
  /** Other peers asked to probe. Default 3 (SWIM's k, memberlist's IndirectChecks). */
  readonly helpers: number;
  /** Most probes of peers on behalf of others under way at once; more are not answered. Default 64: a guess, half of the most links. */
  readonly helperProbesMax: number;
  /** Corroborations that peer-level consensus needs besides the own suspicion. Default 1 (the seed document). */
  readonly corroborations: number;
  /** Pause between repetitions of a notice and a report while a suspicion stands. Default 5 s: a guess. */
  readonly suspicionRepeatMs: Ms;
  /** A timer later than this raises local health. Default 250 ms: ten times a busy event loop's delay. */
  readonly lateTimerMs: Ms;
  /** Highest local health score. Default 8 (Lifeguard's S). */
  readonly localHealthMax: number;
  /** Most suspicions, notices and confirmations remembered. Default 10,000: a guess. */
  readonly memoryMax: number;
  /** Who confirms a death: the seeds, or (GossipNode) the peers' own agreement. */
  readonly confirmation: 'seeds' | 'peers';
}

export interface PeerOptions {
  readonly links: LinkOptions;
  readonly registration: RegistrationOptions;
  readonly overlay: OverlayOptions;
  readonly dissemination: DisseminationOptions;
  readonly failureDetection: FailureDetectionOptions;
}

export type Profile = 'lan' | 'classroom';

const linkDefaults: LinkOptions = { dialTimeoutMs: 3_000, handshakeTimeoutMs: 5_000 };

const lan: PeerOptions = {
  links: linkDefaults,
  registration: {
    registerTimeoutMs: 10_000,
    retryMinMs: 500,
    retryMaxMs: 10_000,
    renewIntervalMs: 10_000,
    renewalsMissedMax: 3,
    refreshIntervalMs: 2_000,
    peerListLimit: 1_000,
    peerListAgainLimit: 256,
    reportsMax: 64,
  },
  overlay: {
    minDegree: 3,
    maxOutDegree: 32,
    maxDegree: 128,
    degreeExponent: 2.5,
    repairIntervalMs: 1_000,
    dialsMax: 8,
    redialMinMs: 1_000,
    redialMaxMs: 60_000,
    pausedMax: 1_000,
    candidatesMax: 3,
    knownPeersMax: 10_000,
  },
  dissemination: {
    payloadBytesMax: 256 * 1024,
    retainedMessagesMax: 4_096,
    retainedBytesMax: 16 * 1024 * 1024,
    retainedAgeMs: 120_000,
    seenIdsMax: 65_536,
    seenAgeMs: 600_000,
    forgottenOriginsMax: 10_000,
    idsPerFrameMax: 512,
    recoveryTimeoutMs: 3_000,
    wantedIdsMax: 16_384,
    overflowPauseMs: 1_000,
  },
  failureDetection: {
    pingIntervalMs: 1_000,
    silenceMs: 3_000,
    probeTimeoutMs: 2_000,
    helpers: 3,
    helperProbesMax: 64,
    corroborations: 1,
    suspicionRepeatMs: 5_000,
    lateTimerMs: 250,
    localHealthMax: 8,
    memoryMax: 10_000,
    confirmation: 'seeds',
  },
};

/** The defaults of a peer, by profile. */
export const peerDefaults: Readonly<Record<Profile, PeerOptions>> = {
  lan,
  classroom: {
    ...lan,
    failureDetection: { ...lan.failureDetection, pingIntervalMs: 5_000, silenceMs: 15_000 },
  },
};

/** Options of a seed. */
export interface SeedOptions {
  readonly links: LinkOptions;
  /** How acceptors judge: `checked` probes and asks the admit hook; `always-ok` is the seed document's simple vote. */
  readonly verdicts: 'checked' | 'always-ok';
  /** How long the dial-back of a verdict may take. Default 2 s, as a peer's probe. */
  readonly verdictTimeoutMs: Ms;
  /** What a dial-back found serves other judgements of that peer for this long, the next round's for instance. Default 3 s: half a proposal. */
  readonly verdictCacheMs: Ms;
  /** Most dial-backs under way at once; others wait in order. Default 64: a guess. */
  readonly probesMax: number;
  /** A proposal without a quorum of answers ends after this long. Default 6 s: a verdict's dial, twice over. */
  readonly roundTimeoutMs: Ms;
  /** Rounds tried when other ballots win, before `conflict`. Default 8: a guess. */
  readonly roundsMax: number;
  /** First pause before the next round; doubles, with full jitter. Default 20 ms: ten round trips of a LAN. */
  readonly conflictPauseMs: Ms;
  /** Most proposals under way at once; others wait in order. Default 256: a guess. */
  readonly proposalsMax: number;
  /** Most proposals waiting; beyond it a request is answered `no-quorum` with the reason. Default 10,000: a guess. */
  readonly waitingMax: number;
  /** Dial a missing seed again this often. Default 1 s: a guess. */
  readonly seedDialIntervalMs: Ms;
  /** PING seed links this often, and take one for lost after three without a frame. Default 2 s: a guess. */
  readonly seedPingIntervalMs: Ms;
  /** Compare registers with another seed this often. Default 5 s: a guess. */
  readonly repairIntervalMs: Ms;
  /** Buckets of the repair digest, the same on all seeds. Default 64: one frame; equal lists cost nothing more. A list of more than a million wants more. */
  readonly repairBuckets: number;
  /** Most registers with their values in one frame of repair or copying. Default 200: even with the longest evidence they fit a control frame. */
  readonly registersPerFrameMax: number;
  /** A peer without RENEW for this long is probed. Default 60 s: six renewals. */
  readonly leaseMs: Ms;
  /** Keep tombstones at least this long. Default 24 h: longer than any delayed report. */
  readonly tombstoneRetentionMs: Ms;
  /** Removals pause when more than this share of the Peer List is reported dead within `removalWindowMs`. Default 0.15: a guess; half a rack in a network of racks. */
  readonly removalShareMax: number;
  /** …but never below this many deaths: in a small network one death is a large share. Default 5: a guess. */
  readonly removalCountMin: number;
  /** Default 60 s: a guess. */
  readonly removalWindowMs: Ms;
  /** Most entries of one answered Peer List, whatever the request's limit. Default 1,000. */
  readonly peerListLimit: number;
  /** Most changes of the Peer List told with a renewal; when more have happened the peer asks for a list. Default 256: a quarter of a list. */
  readonly listChangesMax: number;
  /** Most links with peers at once; further ones are refused as `full`. Default 65,536: file descriptors end before that. */
  readonly membersMax: number;
  /** Most neighbours remembered of one peer's RENEW, for the view of the overlay. Default 256: twice a peer's most links. */
  readonly reportedNeighboursMax: number;
}

/** The defaults of a seed. */
export const seedDefaults: SeedOptions = {
  links: linkDefaults,
  verdicts: 'checked',
  verdictTimeoutMs: 2_000,
  verdictCacheMs: 3_000,
  probesMax: 64,
  roundTimeoutMs: 6_000,
  roundsMax: 8,
  conflictPauseMs: 20,
  proposalsMax: 256,
  waitingMax: 10_000,
  seedDialIntervalMs: 1_000,
  seedPingIntervalMs: 2_000,
  repairIntervalMs: 5_000,
  repairBuckets: 64,
  registersPerFrameMax: 200,
  leaseMs: 60_000,
  tombstoneRetentionMs: 24 * 3_600_000,
  removalShareMax: 0.15,
  removalCountMin: 5,
  removalWindowMs: 60_000,
  peerListLimit: 1_000,
  listChangesMax: 256,
  membersMax: 65_536,
  reportedNeighboursMax: 256,
};

/** How many seeds make a majority of `n` configured ones; of the configured, never of the reachable. */
export const quorumOf = (configuredSeeds: number): number => Math.floor(configuredSeeds / 2) + 1;
