import type { Committed, DecisionDomain } from '../../core/events.ts';
import { codes, counter, type Declaration, every, gauge, histogram } from './declaration.ts';

const consensusBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const commitBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1];

const domain = every<DecisionDomain>()(['registration', 'leave', 'death']);

/** What seeds have: consensus, each other, leases, their disk. */
export const seedMetrics = {
  // Consensus
  proposals: counter(
    'proposals',
    'Proposals that this seed made to all seeds, by what they are about.',
    { domain },
  ),
  votesCast: counter(
    'votes_cast',
    'Votes of this seed on proposals: promise is a yes, conflict a lost race of ballots, anything else the code of its no.',
    { domain, vote: codes },
  ),
  votesReceived: counter(
    'votes_received',
    'Votes of other seeds on proposals of this seed, in the same words.',
    { domain, vote: codes },
  ),
  decisions: counter(
    'decisions',
    'Decisions that a quorum of seeds committed, by how this seed learned of them: its own proposal, the word of the proposer, or later by repair.',
    { domain, via: every<Committed['via']>()(['own-proposal', 'commit', 'repair']) },
  ),
  rejections: counter(
    'proposals_rejected',
    'Proposals of this seed that came to nothing, by the code of the reason.',
    { domain, code: codes },
  ),
  quorumMisses: counter(
    'quorum_misses',
    'Proposals of this seed that failed because too few seeds could be reached or answered in time. Nothing was decided; should stay 0.',
    { domain },
  ),
  consensusDuration: histogram(
    'consensus_seconds',
    'Time from the proposal to its commit, of proposals of this seed.',
    consensusBuckets,
    { domain },
  ),
  conflicts: counter(
    'ballot_conflicts',
    'Rounds that lost a race against another seed’s higher ballot and were tried again. Some are normal when seeds are asked at the same time.',
  ),
  deathsReported: counter(
    'death_reports_received',
    'Reports of deaths that peers brought to this seed.',
  ),

  // Each other, leases, stores
  seedsReachable: gauge(
    'seeds_reachable',
    'Seeds that this seed can talk to, itself included. Below the quorum nothing can be decided.',
  ),
  quorum: gauge(
    'quorum',
    'Seeds that must agree on every decision: a majority of the configured ones, reachable or not.',
  ),
  seedLinksLost: counter('seed_links_lost', 'Links to other seeds that ended.'),
  listMismatches: counter(
    'seed_list_mismatches',
    'Seeds met that have another list of seeds (config.txt). Should stay 0.',
  ),
  repaired: counter(
    'registers_repaired',
    'Registers about which this seed had missed a decision, and that repair brought up to date.',
  ),
  recoveries: counter(
    'seed_recoveries',
    'Times that this seed found its disk empty and may not vote before the others readmit it.',
  ),
  readmissions: counter('seed_readmissions', 'Times that it was readmitted and votes again.'),
  voting: gauge('seed_voting', '1 while this seed votes, 0 while it may not.'),
  leasesLapsed: counter(
    'leases_lapsed',
    'Registered peers that this seed has not heard for the time of a lease; it looks after them itself.',
  ),
  removalsPaused: gauge(
    'removals_paused',
    '1 while this seed removes nobody because too large a share was reported dead at once: a partition looks like that. Should be 0.',
    0,
  ),
  tombstonesRemoved: counter(
    'tombstones_removed',
    'Records of peers long gone that this seed forgot.',
  ),
  components: gauge(
    'overlay_components',
    'Parts of the overlay that have no link with each other, as far as the peers tell this seed. Should be 1.',
  ),
  storeWrites: counter('store_writes', 'Records that this seed made durable.'),
  storeCommit: histogram(
    'store_commit_seconds',
    'How long the disk took for a transaction. Every answer of a seed waits for one.',
    commitBuckets,
  ),
  storeFailures: counter(
    'store_failures',
    'Writes that failed. The seed stops voting at the first; should stay 0.',
  ),
} as const satisfies Record<string, Declaration>;
