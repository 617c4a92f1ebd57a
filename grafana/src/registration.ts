import { EventsPerMinute, Seconds } from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { color, neutral } from './palette.ts';
import { chart, heatmap, shouldBeNone, stat } from './panels.ts';
import { at, bucketRates, perMinute, perMinuteBy, quantile } from './promql.ts';
import { differentLists, ofSeeds, seedsThemselves } from './seeds.ts';

/**
 * Prometheus finds a peer when it is registered: what led to it is in the first scrape already, and
 * no rate would show it. So these are totals of the peers that are there.
 */
const registered = (q: number) =>
  `histogram_quantile(${q}, sum by (le) (hearsay_registration_seconds_bucket{node=~"$node"}))`;

export const registration = dashboard({
  uid: 'hearsay-registration',
  title: 'Registration consensus',
  description: 'Do the seeds agree on who is in the network, and how hard is it for them?',
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Seeds that vote',
          means:
            'Seeds whose votes count. A majority of the configured ones is needed for every decision.',
          bad: 'fewer than a majority: nobody can register, and no death is confirmed. One less than configured: the next loss may be one too many.',
          width: 4,
          expr: `sum(${at('hearsay_seed_voting')})`,
          decimals: 0,
          steps: [
            [null, color.bad],
            [2, color.good],
          ],
        }),
        stat({
          title: 'Seeds to spare',
          means:
            'How many more seeds may fail before the worst connected one reaches no majority any more.',
          bad: '0: the next loss stops all decisions. Below 0: that seed can decide nothing, whoever asks it.',
          width: 4,
          expr: `min(${at('hearsay_seeds_reachable')} - ${at('hearsay_quorum')})`,
          decimals: 0,
          steps: [
            [null, color.bad],
            [0, color.warning],
            [1, color.good],
          ],
        }),
        stat({
          title: 'Different Peer Lists',
          means: 'How many different Peer Lists the seeds hold. 1 means that they agree.',
          bad: 'more than 1 for longer than a few seconds: a seed misses decisions and repair does not reach it.',
          width: 4,
          expr: differentLists,
          decimals: 0,
          steps: [
            [null, color.good],
            [2, color.warning],
          ],
        }),
        stat({
          title: 'Peers',
          means: 'Size of the Peer List.',
          bad: 'a fall that nobody ordered.',
          width: 4,
          expr: `max(${ofSeeds('hearsay_peer_list_size')})`,
          decimals: 0,
          steps: neutral,
        }),
        stat({
          title: 'Median time to register',
          means:
            'Half of the peers shown took less for their registration: from the first request to the quorum.',
          bad: 'seconds: seeds are away, or their disks or verdicts are slow.',
          unit: Seconds,
          width: 4,
          expr: registered(0.5),
          steps: [
            [null, color.good],
            [1, color.warning],
            [5, color.bad],
          ],
        }),
        shouldBeNone({
          title: 'Quorum misses',
          means:
            'Proposals that failed because too few seeds could be reached or answered in time.',
          bad: 'any: for a moment, nothing could be decided.',
          width: 4,
          counter: 'hearsay_quorum_misses_total',
        }),
      ],
    },
    {
      title: 'Rounds',
      panels: [
        chart({
          title: 'Rounds by outcome',
          means:
            'Proposals of the selected seeds: committed, by what they decided, and rejected, by the code of the reason.',
          bad: 'rejections. no-quorum: seeds are away; unverified: an address did not answer the dial-back; alive: a death that was none; paused: too many deaths at once.',
          unit: EventsPerMinute,
          width: 8,
          stacked: true,
          queries: [
            {
              expr: perMinuteBy('domain', at('hearsay_decisions_total', 'via="own-proposal"')),
              legend: 'committed: {{domain}}',
            },
            {
              expr: perMinuteBy('domain, code', at('hearsay_proposals_rejected_total')),
              legend: 'rejected: {{domain}}, {{code}}',
              color: color.bad,
            },
          ],
        }),
        chart({
          title: 'Proposals',
          means: 'Proposals begun, by what they are about.',
          bad: 'many registrations without new peers: peers restart, or are removed and come back.',
          unit: EventsPerMinute,
          width: 8,
          queries: [
            { expr: perMinuteBy('domain', at('hearsay_proposals_total')), legend: '{{domain}}' },
          ],
        }),
        chart({
          title: 'Quorum misses and conflicts',
          means:
            'By seed: proposals that found no quorum, and rounds that lost a race of ballots and were tried again. Conflicts cost time, not correctness.',
          bad: 'quorum misses at all; conflicts at the rate of the proposals: seeds keep outbidding each other.',
          unit: EventsPerMinute,
          width: 8,
          queries: [
            {
              expr: perMinuteBy('node', at('hearsay_quorum_misses_total')),
              legend: 'no quorum: {{node}}',
              color: color.bad,
            },
            {
              expr: perMinuteBy('node', at('hearsay_ballot_conflicts_total')),
              legend: 'conflict: {{node}}',
              color: color.warning,
            },
          ],
        }),
        heatmap({
          title: 'Duration of rounds',
          means: 'Committed rounds by the time from the proposal to the commit.',
          bad: 'a band above a second: dial-backs run into their timeout, or a seed is slow.',
          unit: Seconds,
          width: 8,
          expr: bucketRates('hearsay_consensus_seconds'),
        }),
        chart({
          title: 'Duration, by decision',
          means:
            'Median and 95th percentile from the proposal to the commit. Deaths take longest: every seed first tries to reach the peer.',
          bad: 'registrations near the round limit (6 s).',
          unit: Seconds,
          width: 8,
          queries: [
            {
              expr: quantile(0.5, 'hearsay_consensus_seconds', 'le, domain'),
              legend: '{{domain}}, p50',
            },
            {
              expr: quantile(0.95, 'hearsay_consensus_seconds', 'le, domain'),
              legend: '{{domain}}, p95',
            },
          ],
        }),
        chart({
          title: 'How seeds learn of decisions',
          means:
            'Decisions, by the way in which a seed learned of them: its own proposal, the commit of the proposer, or repair.',
          bad: 'repair at a steady rate: commits do not arrive.',
          unit: EventsPerMinute,
          width: 8,
          stacked: true,
          queries: [{ expr: perMinuteBy('via', at('hearsay_decisions_total')), legend: '{{via}}' }],
        }),
      ],
    },
    {
      title: 'Votes',
      panels: [
        chart({
          title: 'Votes by verdict',
          means:
            'Votes cast. promise is a yes; conflict is a lost race of ballots; anything else is a no, with its code.',
          bad: 'unverified for peers that you know: they cannot be dialled back. alive: peers are suspected that the seeds can reach.',
          unit: EventsPerMinute,
          width: 8,
          stacked: true,
          queries: [
            { expr: perMinuteBy('vote', at('hearsay_votes_cast_total')), legend: '{{vote}}' },
          ],
        }),
        chart({
          title: 'Votes by seed',
          means:
            'Votes that each seed cast, by verdict. All seeds should vote about equally often.',
          bad: 'a seed without votes: it is away, or may not vote.',
          unit: EventsPerMinute,
          width: 8,
          queries: [
            {
              expr: perMinuteBy('node, vote', at('hearsay_votes_cast_total')),
              legend: '{{node}}: {{vote}}',
            },
          ],
        }),
        chart({
          title: 'Votes received',
          means:
            'Votes of other seeds that arrived at the proposers, by what was proposed and verdict.',
          bad: 'much fewer than the proposals times the other seeds: votes do not arrive.',
          unit: EventsPerMinute,
          width: 8,
          queries: [
            {
              expr: perMinuteBy('domain, vote', at('hearsay_votes_received_total')),
              legend: '{{domain}}: {{vote}}',
            },
          ],
        }),
      ],
    },
    seedsThemselves,
    {
      title: 'As peers see it',
      panels: [
        chart({
          title: 'Registrations',
          means:
            'Rounds in which the peers shown asked the seeds, since each of them started, and how they ended: a quorum registered the peer, or not.',
          bad: 'no-quorum: peers wait outside, or waited.',
          width: 6,
          queries: [
            {
              expr: `sum(${at('hearsay_registration_attempts_total')})`,
              legend: 'rounds begun',
              color: color.quiet,
            },
            {
              expr: `sum by (outcome) (${at('hearsay_registrations_total')})`,
              legend: '{{outcome}}',
            },
          ],
        }),
        chart({
          title: 'Answers of single seeds',
          means:
            'What each seed said that the peers shown asked since they started: ok, or the code of its refusal.',
          bad: 'refused and timeout: seeds are down; wrong-cluster: another config.txt.',
          width: 6,
          stacked: true,
          queries: [
            {
              expr: `sum by (outcome) (${at('hearsay_registration_answers_total')})`,
              legend: '{{outcome}}',
            },
          ],
        }),
        chart({
          title: 'Time to register',
          means: 'From the first request to the quorum, of the peers shown.',
          bad: 'seconds: seeds are away, or their disks or verdicts are slow.',
          unit: Seconds,
          width: 6,
          queries: [
            { expr: registered(0.5), legend: 'p50', color: color.good },
            { expr: registered(0.99), legend: 'p99', color: color.warning },
          ],
        }),
        chart({
          title: 'Peer Lists and leaves',
          means:
            'Peer Lists that peers received, and goodbyes, by whether the seeds could be told.',
          bad: 'untold leaves: the seeds find out only when the lease lapses.',
          unit: EventsPerMinute,
          width: 6,
          queries: [
            {
              expr: perMinute(at('hearsay_peer_lists_received_total')),
              legend: 'Peer Lists',
              color: color.main,
            },
            {
              expr: perMinuteBy('outcome', at('hearsay_leaves_total')),
              legend: 'leave: {{outcome}}',
            },
          ],
        }),
      ],
    },
  ],
});
