import type { LinkCloseCause } from '../../core/effects.ts';
import type {
  LinkUp,
  MessageDropped,
  MessagesEvicted,
  PeerProbed,
  PeerSilent,
  SuspicionCleared,
} from '../../core/events.ts';
import { codes, counter, type Declaration, every, gauge, histogram } from './declaration.ts';

/** From a loopback's hop to a slow continent, in seconds. */
const latencyBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
const hopBuckets = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20];
/** From a refused dial to a long silence, in seconds. */
const detectionBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 120];
const registrationBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const firstOrDuplicate = { result: ['first', 'duplicate'] };

/** What peers have: messages, links, membership, failure detection. */
export const peerMetrics = {
  // Messages
  published: counter(
    'messages_published',
    'Messages that this node’s application published. Every other living peer should receive each of them once.',
  ),
  received: counter(
    'messages_received',
    'Messages received over links: first receipts, which are deliveries, and duplicates, which are the price of flooding. Duplicates divided by first receipts is the redundancy (RMR).',
    firstOrDuplicate,
  ),
  receivedBytes: counter(
    'message_bytes_received',
    'Bytes of messages received over links, by first receipt or duplicate.',
    firstOrDuplicate,
  ),
  recovered: counter(
    'messages_recovered',
    'First receipts that this node had to ask for (IWANT) because nobody pushed them: what links had lost.',
  ),
  crossings: counter(
    'message_crossings',
    'Duplicates that crossed our own copy on the same link: both ends sent at once, so nobody could have avoided it.',
  ),
  dropped: counter(
    'messages_dropped',
    'Messages dropped here. id-mismatch and malformed: the sender is broken or hostile; overflow: a neighbour reads too slowly; slow-consumer: the own application does.',
    {
      cause: every<MessageDropped['cause']>()([
        'id-mismatch',
        'malformed',
        'overflow',
        'slow-consumer',
      ]),
    },
  ),
  gaps: counter(
    'message_gaps',
    'Messages that this node knows to exist and that no neighbour can give it any more: lost here. Should stay 0.',
  ),
  evicted: counter(
    'message_list_evictions',
    'Payloads and ids that the Message List forgot, by the bound that made it: age is normal, count and bytes mean that more is published than the bounds were made for.',
    {
      what: every<MessagesEvicted['what']>()(['payload', 'id']),
      bound: every<MessagesEvicted['bound']>()(['count', 'bytes', 'age']),
    },
  ),
  hops: histogram(
    'message_hops',
    'Links that messages had travelled from their origin when this node received them first.',
    hopBuckets,
  ),
  latency: histogram(
    'message_delivery_seconds',
    'Time from the publication, by the origin’s wall clock, to the first receipt here. Means something only where clocks agree.',
    latencyBuckets,
  ),
  messageIds: gauge(
    'message_list_ids',
    'Message ids that this node remembers, to recognise duplicates.',
  ),
  messagesRetained: gauge(
    'message_list_retained',
    'Messages whose payload this node keeps, to give it to neighbours that missed it.',
  ),
  messageBytesRetained: gauge('message_list_retained_bytes', 'Bytes of the payloads kept.'),

  // Links
  neighbours: gauge(
    'neighbours',
    'Links with other peers: the degree in the overlay. 0 while others are known means isolated.',
  ),
  knownPeers: gauge('known_peers', 'Other peers that this node knows to be members.'),
  linksUp: counter('links_up', 'Links with neighbours that came up, by who dialled.', {
    direction: every<LinkUp['direction']>()(['dialled', 'accepted']),
  }),
  linksDown: counter(
    'links_down',
    'Links with neighbours that ended. closed-there and broken are what a killed neighbour looks like.',
    {
      cause: every<LinkCloseCause>()([
        'closed-here',
        'closed-there',
        'refused',
        'unreachable',
        'broken',
        'bad-frame',
      ]),
    },
  ),
  isolated: counter(
    'isolations',
    'Times that this node lost its last neighbour although it knows other peers.',
  ),
  bridges: counter(
    'bridges_offered',
    'Times that the seeds asked this node for a link into another component of the overlay.',
  ),

  // Membership, as a peer sees it
  registrationAttempts: counter(
    'registration_attempts',
    'Rounds in which this peer asked the seeds to register it. More than one a start: some round found no quorum.',
  ),
  seedAnswers: counter(
    'registration_answers',
    'What single seeds answered when they were asked to register this peer: ok, or the code of the refusal.',
    { outcome: codes },
  ),
  registrations: counter(
    'registrations',
    'Rounds of registration of this peer that ended, by outcome: a quorum of seeds agreed, or it did not.',
    { outcome: ['quorum', 'no-quorum'] },
  ),
  registrationDuration: histogram(
    'registration_seconds',
    'Time from the first request of a life to its registration by a quorum.',
    registrationBuckets,
  ),
  peerListsReceived: counter('peer_lists_received', 'Peer Lists that seeds sent to this peer.'),
  joined: counter(
    'peers_joined',
    'Peers that this node heard of for the first time, restarted ones included.',
  ),
  left: counter('peers_left', 'Peers that said goodbye.'),
  leaves: counter(
    'leaves',
    'Leaves of this peer: committed by the seeds, or gone without their word.',
    { outcome: ['committed', 'untold'] },
  ),

  // Failure detection
  silences: counter(
    'peer_silences',
    'Neighbours that gave reason to look after them: silent for too long, a link lost without a goodbye, or somebody’s notice.',
    { trigger: every<PeerSilent['trigger']>()(['silence', 'link-lost', 'notice']) },
  ),
  probes: counter(
    'peer_probes',
    'Looks after such a peer, by this node and by those that it asked for help, and what they saw.',
    {
      outcome: every<PeerProbed['outcome']>()(['alive', 'silent', 'replaced', 'unanswered']),
    },
  ),
  suspicions: counter(
    'suspicions',
    'Times that this node came to believe that a peer is dead, and told the others.',
  ),
  suspicionsEnded: counter(
    'suspicions_ended',
    'How such beliefs ended: confirmed, or cleared. spoke, refuted and alive were false suspicions; replaced, left and unknown were overtaken by events.',
    {
      outcome: [
        'confirmed',
        ...every<SuspicionCleared['cause']>()([
          'spoke',
          'refuted',
          'replaced',
          'left',
          'alive',
          'unknown',
        ]),
      ],
    },
  ),
  noticesHeard: counter(
    'suspect_notices_heard',
    'Suspicions of other peers that this node was told (SUSPECT_NOTICE).',
  ),
  corroborated: counter(
    'peer_level_consensus',
    'Suspicions of this node that other peers’ own evidence confirmed: the peers agree, the seeds are asked next.',
  ),
  reported: counter('death_reports', 'Reports of such agreed deaths that this node sent to seeds.'),
  reportsRejected: counter(
    'death_reports_rejected',
    'Reports that a seed did not confirm, by the code of its answer.',
    { code: codes },
  ),
  confirmedDead: counter('deaths_confirmed', 'Deaths that this peer was told are confirmed.'),
  detection: histogram(
    'death_detection_seconds',
    'Time from the last sign of life of a neighbour to the confirmation of its death.',
    detectionBuckets,
  ),
  refuted: counter(
    'refutations',
    'Times that this node heard that it is suspected and said that it lives.',
  ),
  declaredDead: counter(
    'self_declared_dead',
    'Times that this node learned that it was removed although it lives. It registers again; should stay 0.',
  ),
  localHealth: gauge(
    'local_health_score',
    'How much this node doubts itself (Lifeguard): 0 is well; every timeout by which it judges others is multiplied by score + 1.',
    0,
  ),
} as const satisfies Record<string, Declaration>;
