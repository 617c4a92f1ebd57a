/** One metric: what it counts or measures, in words for somebody who sees it for the first time. */
export interface Declaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Labels besides `node`; each takes a handful of values. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const counter = (name: string, help: string, ...labels: string[]): Declaration => ({
  name: `hearsay_${name}_total`,
  type: 'counter',
  help,
  labels,
});
const gauge = (name: string, help: string): Declaration => ({
  name: `hearsay_${name}`,
  type: 'gauge',
  help,
  labels: [],
});
const histogram = (
  name: string,
  help: string,
  buckets: readonly number[],
  ...labels: string[]
): Declaration => ({ name: `hearsay_${name}`, type: 'histogram', help, labels, buckets });

/** From a loopback's hop to a slow continent, in seconds. */
const latencyBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
const hopBuckets = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20];
/** From a refused dial to a long silence, in seconds. */
const detectionBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 120];
const consensusBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const registrationBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const commitBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1];

/**
 * Every metric of Hearsay. Names are in base units; every series has the label `node`, the address
 * of a node in this process. No label ever holds a message id or the address of another node.
 */
export const catalogue = {
  // Messages
  published: counter('messages_published', 'Messages that this node’s application published.'),
  received: counter(
    'messages_received',
    'Payload frames received, by result: first receipts (deliveries) and duplicates. Their quotient is the redundancy.',
    'result',
  ),
  receivedBytes: counter(
    'message_bytes_received',
    'Bytes of message bodies received, by result.',
    'result',
  ),
  recovered: counter(
    'messages_recovered',
    'First receipts that were asked for (IWANT) instead of pushed: what links had lost.',
  ),
  crossings: counter(
    'message_crossings',
    'Duplicates that crossed our own copy on the same link: unavoidable ones.',
  ),
  dropped: counter(
    'messages_dropped',
    'Payload frames dropped, by cause: bad ids, bad bytes, a full outbox, an application that does not read.',
    'cause',
  ),
  gaps: counter(
    'message_gaps',
    'Messages that are known to exist and that no neighbour can still give. Should stay 0.',
  ),
  evicted: counter(
    'message_list_evictions',
    'Payloads and ids that the Message List let go of, by the bound that made it.',
    'what',
    'bound',
  ),
  hops: histogram(
    'message_hops',
    'Links that first receipts had travelled from their origin.',
    hopBuckets,
  ),
  latency: histogram(
    'message_delivery_seconds',
    'From the publication (the origin’s wall clock) to the first receipt. Needs clocks that agree.',
    latencyBuckets,
  ),
  messageIds: gauge('message_list_ids', 'Message ids remembered.'),
  messagesRetained: gauge(
    'message_list_retained',
    'Messages whose payload is retained for others.',
  ),
  messageBytesRetained: gauge(
    'message_list_retained_bytes',
    'Bytes of payloads retained for others.',
  ),

  // Links
  neighbours: gauge('neighbours', 'Links with other peers: the degree in the overlay.'),
  knownPeers: gauge('known_peers', 'Peers that this node knows of.'),
  outboxBytes: gauge('outbox_bytes', 'Bytes that wait to be sent, over all links.'),
  linksUp: counter('links_up', 'Links with neighbours that came up.', 'direction'),
  linksDown: counter('links_down', 'Links with neighbours that ended, by cause.', 'cause'),
  linksRefused: counter(
    'links_refused',
    'Dials of this node that gave no link, by purpose and code.',
    'purpose',
    'code',
  ),
  linksRejected: counter(
    'links_rejected',
    'Dials of others refused here, by purpose and code.',
    'purpose',
    'code',
  ),
  violations: counter(
    'protocol_violations',
    'Links closed because the other end broke the protocol.',
  ),
  isolated: counter('isolations', 'Times that no neighbour was left although others are known.'),
  bridges: counter(
    'bridges_offered',
    'Times that the seeds asked for a link with another component.',
  ),

  // Membership, as a peer sees it
  registrationAttempts: counter(
    'registration_attempts',
    'Rounds of asking seeds for registration.',
  ),
  seedAnswers: counter(
    'registration_answers',
    'What single seeds answered to REGISTER: ok, or a refusal.',
    'outcome',
  ),
  registrations: counter(
    'registrations',
    'Registrations of this peer, by outcome: a quorum agreed, or a round ended without one.',
    'outcome',
  ),
  registrationDuration: histogram(
    'registration_seconds',
    'From the first REGISTER of a life to the quorum.',
    registrationBuckets,
  ),
  joined: counter('peers_joined', 'Peers heard of for the first time, or in a new incarnation.'),
  left: counter('peers_left', 'Peers that said goodbye.'),

  // Failure detection
  silences: counter(
    'peer_silences',
    'Neighbours that gave no sign of life, by what made us look.',
    'trigger',
  ),
  probes: counter(
    'peer_probes',
    'Looks at silent peers, own and of helpers, by outcome.',
    'outcome',
  ),
  suspicions: counter('suspicions', 'Suspicions begun here.'),
  suspicionsEnded: counter(
    'suspicions_ended',
    'Suspicions ended here, by outcome: confirmed, or why they were false.',
    'outcome',
  ),
  noticesHeard: counter('suspect_notices_heard', 'SUSPECT_NOTICEs of other peers.'),
  corroborated: counter('peer_level_consensus', 'Deaths that this node and others agreed on.'),
  reported: counter('death_reports', 'Reports of deaths sent to seeds.'),
  reportsRejected: counter(
    'death_reports_rejected',
    'Reports that a seed did not confirm, by code.',
    'code',
  ),
  confirmedDead: counter('deaths_confirmed', 'Deaths that this peer was told are confirmed.'),
  detection: histogram(
    'death_detection_seconds',
    'From the last sign of life of a neighbour to the confirmation of its death.',
    detectionBuckets,
  ),
  refuted: counter(
    'refutations',
    'Times that this node said it lives because others suspected it.',
  ),
  declaredDead: counter(
    'self_declared_dead',
    'Times that this node learned of its own removal. It registers again; should stay 0.',
  ),
  leaves: counter('leaves', 'Leaves of this peer, by outcome.', 'outcome'),
  localHealth: gauge(
    'local_health_score',
    'How much this node doubts itself: 0 is well, every timeout is multiplied by score + 1.',
  ),

  // Peer Lists
  peerListSize: gauge(
    'peer_list_size',
    'Size of the Peer List, at a seed its own, at a peer the last one received.',
  ),
  peerListDigest: gauge(
    'peer_list_digest',
    'The first 48 bits of the Peer List’s digest: nodes that show the same number have the same list.',
  ),
  peerListsReceived: counter('peer_lists_received', 'Peer Lists received from seeds.'),

  // Seeds: consensus
  proposals: counter('proposals', 'Rounds that this seed proposed, by what about.', 'domain'),
  votesCast: counter(
    'votes_cast',
    'Votes of this seed on proposals, by verdict or conflict.',
    'domain',
    'vote',
  ),
  votesReceived: counter(
    'votes_received',
    'Votes of other seeds on this seed’s proposals, by verdict or conflict.',
    'domain',
    'vote',
  ),
  decisions: counter(
    'decisions',
    'Committed decisions, by how this seed came to know them.',
    'domain',
    'via',
  ),
  rejections: counter(
    'proposals_rejected',
    'Proposals of this seed that came to nothing, by code; no-quorum is a missed quorum.',
    'domain',
    'code',
  ),
  consensusDuration: histogram(
    'consensus_seconds',
    'From this seed’s proposal to the commit.',
    consensusBuckets,
    'domain',
  ),
  conflicts: counter(
    'ballot_conflicts',
    'Rounds that lost to a higher ballot and were tried again.',
  ),
  deathsReported: counter(
    'death_reports_received',
    'Reports of deaths that peers brought to this seed.',
  ),

  // Seeds: each other and their stores
  seedsReachable: gauge('seeds_reachable', 'Seeds that this seed can talk to, itself included.'),
  seedLinksLost: counter('seed_links_lost', 'Links to other seeds that ended.'),
  listMismatches: counter(
    'seed_list_mismatches',
    'Seeds met that use another config.txt. Should stay 0.',
  ),
  repaired: counter('registers_repaired', 'Registers that repair brought up to date here.'),
  recoveries: counter(
    'seed_recoveries',
    'Times that this seed may not vote before it was readmitted.',
  ),
  readmissions: counter('seed_readmissions', 'Readmissions of this seed.'),
  voting: gauge('seed_voting', '1 while this seed votes, 0 while it may not.'),
  leasesLapsed: counter('leases_lapsed', 'Leases of peers that ran out without a word.'),
  removalsPaused: gauge(
    'removals_paused',
    '1 while removals are paused because too many were reported at once.',
  ),
  tombstonesRemoved: counter(
    'tombstones_removed',
    'Records of peers long gone that were forgotten.',
  ),
  components: gauge(
    'overlay_components',
    'Components of the overlay, as far as this seed hears. Should be 1.',
  ),
  storeWrites: counter('store_writes', 'Writes made durable.'),
  storeCommit: histogram(
    'store_commit_seconds',
    'How long the disk took for a transaction.',
    commitBuckets,
  ),
  storeFailures: counter(
    'store_failures',
    'Failed writes; the seed stops at the first. Should stay 0.',
  ),
} as const satisfies Record<string, Declaration>;

export type MetricKey = keyof typeof catalogue;
