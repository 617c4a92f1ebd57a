import { EventsPerSecond, Seconds } from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { color, neutral } from './palette.ts';
import { chart, heatmap, shouldBeNone, stat, states } from './panels.ts';

const by = (labels: string, series: string) =>
  `sum by (${labels}) (rate(${series}[$__rate_interval]))`;
const buckets = (labels: string, name: string) => by(labels, `${name}_bucket{node=~"$node"}`);
const quantile = (q: number, name: string, labels = 'le') =>
  `histogram_quantile(${q}, ${buckets(labels, name)})`;

/**
 * Prometheus finds a peer when it is registered: what led to it is in the first scrape already, and
 * no rate would show it. So these are totals of the peers that are there.
 */
const registered = (q: number) =>
  `histogram_quantile(${q}, sum by (le) (hearsay_registration_seconds_bucket{node=~"$node"}))`;

/** Peer Lists of seeds only: a peer's is as old as its last answer. */
const ofSeeds = (metric: string) => `${metric}{node=~"$node"} and on (node) hearsay_seed_voting`;
const differentLists = `count(count_values("list", ${ofSeeds('hearsay_peer_list_digest')}))`;

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
          expr: 'sum(hearsay_seed_voting{node=~"$node"})',
          decimals: 0,
          steps: [
            [null, color.bad],
            [2, color.good],
          ],
        }),
        stat({
          title: 'Seeds reachable',
          means: 'Seeds that the worst connected seed can talk to, itself included.',
          bad: 'below a majority: that seed can decide nothing, whoever asks it.',
          width: 4,
          expr: 'min(hearsay_seeds_reachable{node=~"$node"})',
          decimals: 0,
          steps: [
            [null, color.bad],
            [2, color.good],
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
          unit: EventsPerSecond,
          width: 8,
          stacked: true,
          queries: [
            {
              expr: by('domain', 'hearsay_decisions_total{node=~"$node", via="own-proposal"}'),
              legend: 'committed: {{domain}}',
            },
            {
              expr: by('domain, code', 'hearsay_proposals_rejected_total{node=~"$node"}'),
              legend: 'rejected: {{domain}}, {{code}}',
              color: color.bad,
            },
          ],
        }),
        chart({
          title: 'Proposals',
          means: 'Proposals begun, by what they are about.',
          bad: 'many registrations without new peers: peers restart, or are removed and come back.',
          unit: EventsPerSecond,
          width: 8,
          queries: [
            { expr: by('domain', 'hearsay_proposals_total{node=~"$node"}'), legend: '{{domain}}' },
          ],
        }),
        chart({
          title: 'Quorum misses and conflicts',
          means:
            'By seed: proposals that found no quorum, and rounds that lost a race of ballots and were tried again. Conflicts cost time, not correctness.',
          bad: 'quorum misses at all; conflicts at the rate of the proposals: seeds keep outbidding each other.',
          unit: EventsPerSecond,
          width: 8,
          queries: [
            {
              expr: by('node', 'hearsay_quorum_misses_total{node=~"$node"}'),
              legend: 'no quorum: {{node}}',
              color: color.bad,
            },
            {
              expr: by('node', 'hearsay_ballot_conflicts_total{node=~"$node"}'),
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
          expr: buckets('le', 'hearsay_consensus_seconds'),
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
          unit: EventsPerSecond,
          width: 8,
          stacked: true,
          queries: [
            { expr: by('via', 'hearsay_decisions_total{node=~"$node"}'), legend: '{{via}}' },
          ],
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
          unit: EventsPerSecond,
          width: 8,
          stacked: true,
          queries: [
            { expr: by('vote', 'hearsay_votes_cast_total{node=~"$node"}'), legend: '{{vote}}' },
          ],
        }),
        chart({
          title: 'Votes by seed',
          means:
            'Votes that each seed cast, by verdict. All seeds should vote about equally often.',
          bad: 'a seed without votes: it is away, or may not vote.',
          unit: EventsPerSecond,
          width: 8,
          queries: [
            {
              expr: by('node, vote', 'hearsay_votes_cast_total{node=~"$node"}'),
              legend: '{{node}}: {{vote}}',
            },
          ],
        }),
        chart({
          title: 'Votes received',
          means:
            'Votes of other seeds that arrived at the proposers, by what was proposed and verdict.',
          bad: 'much fewer than the proposals times the other seeds: votes do not arrive.',
          unit: EventsPerSecond,
          width: 8,
          queries: [
            {
              expr: by('domain, vote', 'hearsay_votes_received_total{node=~"$node"}'),
              legend: '{{domain}}: {{vote}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Agreement and the seeds themselves',
      panels: [
        chart({
          title: 'Agreement of the Peer Lists',
          means:
            'How many different Peer Lists the seeds hold; 1 is agreement. A decision on its way shows as a short 2.',
          bad: 'a lasting value above 1.',
          width: 8,
          queries: [{ expr: differentLists, legend: 'different lists', color: color.second }],
        }),
        chart({
          title: 'Size of the Peer Lists',
          means: 'At seeds their own list, at peers the last one that they received.',
          bad: 'a node whose line parts from the others.',
          width: 8,
          queries: [{ expr: 'hearsay_peer_list_size{node=~"$node"}', legend: '{{node}}' }],
        }),
        states({
          title: 'Who votes',
          means: 'Each seed: whether it votes.',
          bad: 'red: it found its disk empty and waits to be readmitted, or its disk failed.',
          width: 8,
          expr: 'hearsay_seed_voting{node=~"$node"}',
          values: [
            [0, 'may not vote', color.bad],
            [1, 'votes', color.good],
          ],
        }),
        chart({
          title: 'Links between seeds',
          means: 'Seeds that each seed can talk to, itself included.',
          bad: 'a line below the number of seeds; below a majority, that seed can decide nothing.',
          width: 8,
          queries: [{ expr: 'hearsay_seeds_reachable{node=~"$node"}', legend: '{{node}}' }],
        }),
        chart({
          title: 'Seed trouble',
          means:
            'Links to seeds that ended, recoveries of seeds with an empty disk and their readmissions, seeds with another config.txt, and writes that failed.',
          bad: 'failed writes (that seed has stopped) and other seed lists (somebody’s config.txt is wrong).',
          unit: EventsPerSecond,
          width: 8,
          queries: [
            {
              expr: `sum(rate(hearsay_seed_links_lost_total{node=~"$node"}[$__rate_interval]))`,
              legend: 'links lost',
              color: color.warning,
            },
            {
              expr: `sum(rate(hearsay_seed_recoveries_total{node=~"$node"}[$__rate_interval]))`,
              legend: 'recoveries',
              color: color.main,
            },
            {
              expr: `sum(rate(hearsay_seed_readmissions_total{node=~"$node"}[$__rate_interval]))`,
              legend: 'readmissions',
              color: color.good,
            },
            {
              expr: `sum(rate(hearsay_seed_list_mismatches_total{node=~"$node"}[$__rate_interval]))`,
              legend: 'other seed list',
              color: color.second,
            },
            {
              expr: `sum(rate(hearsay_store_failures_total{node=~"$node"}[$__rate_interval]))`,
              legend: 'failed writes',
              color: color.bad,
            },
          ],
        }),
        chart({
          title: 'Repair and forgetting',
          means:
            'Registers that repair brought up to date, and tombstones of peers long gone that were removed.',
          bad: 'repair without pause: a seed keeps missing commits.',
          unit: EventsPerSecond,
          width: 8,
          queries: [
            {
              expr: by('node', 'hearsay_registers_repaired_total{node=~"$node"}'),
              legend: 'repaired: {{node}}',
            },
            {
              expr: `sum(rate(hearsay_tombstones_removed_total{node=~"$node"}[$__rate_interval]))`,
              legend: 'tombstones removed',
              color: color.quiet,
            },
          ],
        }),
        chart({
          title: 'Disk',
          means: 'How long the seeds’ disks take for a transaction. Every vote waits for one.',
          bad: 'a p99 above 100 ms: registrations wait for the disk.',
          unit: Seconds,
          width: 12,
          queries: [
            {
              expr: quantile(0.5, 'hearsay_store_commit_seconds'),
              legend: 'p50',
              color: color.good,
            },
            {
              expr: quantile(0.99, 'hearsay_store_commit_seconds'),
              legend: 'p99',
              color: color.warning,
            },
          ],
        }),
        chart({
          title: 'Writes',
          means: 'Records that each seed made durable. Several of one moment share a transaction.',
          bad: 'writes without registrations: seeds outbid each other, or repair does not end.',
          unit: EventsPerSecond,
          width: 12,
          queries: [
            { expr: by('node', 'hearsay_store_writes_total{node=~"$node"}'), legend: '{{node}}' },
          ],
        }),
      ],
    },
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
              expr: 'sum(hearsay_registration_attempts_total{node=~"$node"})',
              legend: 'rounds begun',
              color: color.quiet,
            },
            {
              expr: 'sum by (outcome) (hearsay_registrations_total{node=~"$node"})',
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
              expr: 'sum by (outcome) (hearsay_registration_answers_total{node=~"$node"})',
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
          unit: EventsPerSecond,
          width: 6,
          queries: [
            {
              expr: `sum(rate(hearsay_peer_lists_received_total{node=~"$node"}[$__rate_interval]))`,
              legend: 'Peer Lists',
              color: color.main,
            },
            {
              expr: by('outcome', 'hearsay_leaves_total{node=~"$node"}'),
              legend: 'leave: {{outcome}}',
            },
          ],
        }),
      ],
    },
  ],
});
