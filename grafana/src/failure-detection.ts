import { EventsPerMinute, PercentUnit, Seconds } from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { color, neutral } from './palette.ts';
import { chart, heatmap, shouldBeNone, stat, states } from './panels.ts';
import { at, bucketRates, inRange, perMinute, perMinuteBy, quantile } from './promql.ts';

const detection = 'hearsay_death_detection_seconds';

/** Ends of a suspicion that say: it lived all the time. */
const falsely = 'outcome=~"spoke|refuted|alive"';
const ended = (outcome: string) => at('hearsay_suspicions_ended_total', outcome);

export const failureDetection = dashboard({
  uid: 'hearsay-failure-detection',
  title: 'Failure detection',
  description: 'Are the dead noticed soon, and the living left alone?',
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Deaths confirmed',
          means: 'Deaths that the seeds decided in the time range shown.',
          bad: 'more than you know of.',
          width: 4,
          expr: inRange(at('hearsay_decisions_total', 'domain="death"', 'via="own-proposal"')),
          decimals: 0,
          steps: neutral,
        }),
        stat({
          title: 'Open suspicions',
          means:
            'Beliefs of single nodes that a peer is dead, not yet confirmed and not cleared. Each is soon one or the other.',
          bad: 'a number that stays: no quorum of seeds, removals are paused, or one node sees others badly.',
          width: 4,
          expr: 'sum(hearsay_suspicions_total{node=~"$node"}) - sum(hearsay_suspicions_ended_total{node=~"$node"})',
          decimals: 0,
          steps: [
            [null, color.good],
            [1, color.warning],
          ],
        }),
        stat({
          title: 'Median detection time',
          means:
            'From a peer’s last sign of life to its confirmed death, for half of its neighbours, in the time range shown.',
          bad: 'much more than the silence that is allowed (3 s, classroom 15 s) plus two probes.',
          unit: Seconds,
          width: 4,
          expr: 'histogram_quantile(0.5, sum by (le) (increase(hearsay_death_detection_seconds_bucket{node=~"$node"}[$__range])))',
          steps: [
            [null, color.good],
            [30, color.warning],
            [60, color.bad],
          ],
        }),
        stat({
          title: 'False suspicions',
          means:
            'Share of the suspicions that ended in the time range shown and were wrong: the peer spoke, refuted, or was reached.',
          bad: 'above a few per cent: the network or the machines are too slow for the timeouts.',
          unit: PercentUnit,
          width: 4,
          expr: `${inRange(ended(falsely))} / ${inRange(at('hearsay_suspicions_ended_total'))}`,
          decimals: 1,
          steps: [
            [null, color.good],
            [0.05, color.warning],
            [0.25, color.bad],
          ],
          whenNothing: 'none',
        }),
        shouldBeNone({
          title: 'Living peers removed',
          means: 'Times that a living node learned that it was confirmed dead. It registers again.',
          bad: 'any: neighbours and a majority of the seeds could not reach it.',
          width: 4,
          counter: 'hearsay_self_declared_dead_total',
        }),
        stat({
          title: 'Seeds that pause removals',
          means:
            'A seed removes nobody while too large a share of the peers is reported dead at once: a partition must not empty the list.',
          bad: 'any: find out whether these peers are dead, or only cut off; resumeRemovals() overrides.',
          width: 4,
          expr: `sum(${at('hearsay_removals_paused')})`,
          decimals: 0,
          steps: [
            [null, color.good],
            [1, color.bad],
          ],
        }),
      ],
    },
    {
      title: 'Suspicions',
      panels: [
        chart({
          title: 'Suspicions by outcome',
          means:
            'How suspicions ended. confirmed: the peer was dead. spoke, refuted, alive: it lived. replaced, left, unknown: events overtook the suspicion.',
          bad: 'spoke, refuted or alive in any number.',
          unit: EventsPerMinute,
          width: 8,
          stacked: true,
          queries: [
            {
              expr: perMinute(ended('outcome="confirmed"')),
              legend: 'confirmed',
              color: color.main,
            },
            {
              expr: perMinuteBy('outcome', ended(falsely)),
              legend: 'false: {{outcome}}',
              color: color.bad,
            },
            {
              expr: perMinuteBy('outcome', ended('outcome=~"replaced|left|unknown"')),
              legend: '{{outcome}}',
              color: color.quiet,
            },
          ],
        }),
        heatmap({
          title: 'Detection time',
          means:
            'Confirmed deaths by the time since the last sign of life, one for each neighbour of the dead. A killed process refuses dials at once and is found in a second; a vanished host only by its silence.',
          bad: 'a minute and more.',
          unit: Seconds,
          width: 8,
          expr: bucketRates(detection),
        }),
        chart({
          title: 'Detection time, quantiles',
          means:
            'Half and 95 % of the neighbours of a dead peer know of its confirmed death in this time.',
          bad: 'far above the silence that is allowed.',
          unit: Seconds,
          width: 8,
          queries: [
            { expr: quantile(0.5, detection), legend: 'p50', color: color.good },
            { expr: quantile(0.95, detection), legend: 'p95', color: color.warning },
          ],
        }),
        chart({
          title: 'False suspicions by node',
          means: 'Who suspected peers that lived.',
          bad: 'one node above all others: it is the slow one, or its network is. Compare its local health.',
          unit: EventsPerMinute,
          width: 8,
          queries: [{ expr: perMinuteBy('node', ended(falsely)), legend: '{{node}}' }],
        }),
        chart({
          title: 'Local health',
          means:
            'How much each node doubts itself: late timers, unanswered pings, being suspected. Its timeouts are multiplied by score + 1.',
          bad: 'above 0 for long: that process or its machine is overloaded. Look at its event loop.',
          width: 8,
          max: 8,
          queries: [{ expr: at('hearsay_local_health_score'), legend: '{{node}}' }],
        }),
        states({
          title: 'Removals paused',
          means: 'Each seed: whether it confirms deaths at the moment.',
          bad: 'red: too many peers were reported dead at once.',
          width: 8,
          expr: at('hearsay_removals_paused'),
          values: [
            [0, 'removes the dead', color.good],
            [1, 'paused', color.bad],
          ],
        }),
      ],
    },
    {
      title: 'From silence to confirmation',
      panels: [
        chart({
          title: 'Silences',
          means: 'Neighbours that gave reason to look after them, by what it was.',
          bad: 'silence at a steady rate: packets are lost, or nodes stall.',
          unit: EventsPerMinute,
          width: 6,
          queries: [
            {
              expr: perMinuteBy('trigger', at('hearsay_peer_silences_total')),
              legend: '{{trigger}}',
            },
          ],
        }),
        chart({
          title: 'Probes',
          means: 'What nodes saw that looked: themselves, and helpers that they asked.',
          bad: 'unanswered: helpers do not answer either. Many alive: the silences were false.',
          unit: EventsPerMinute,
          width: 6,
          stacked: true,
          queries: [
            {
              expr: perMinuteBy('outcome', at('hearsay_peer_probes_total')),
              legend: '{{outcome}}',
            },
          ],
        }),
        chart({
          title: 'Suspicions and notices',
          means: 'Suspicions begun, and those heard of from others.',
          bad: 'notices without deaths.',
          unit: EventsPerMinute,
          width: 6,
          queries: [
            {
              expr: perMinute(at('hearsay_suspicions_total')),
              legend: 'suspicions',
              color: color.warning,
            },
            {
              expr: perMinute(at('hearsay_suspect_notices_heard_total')),
              legend: 'notices heard',
              color: color.third,
            },
          ],
        }),
        chart({
          title: 'Agreement of peers, and reports',
          means:
            'Deaths that peers agree on, the reports that they send to seeds, and those that arrive there.',
          bad: 'reports that do not arrive.',
          unit: EventsPerMinute,
          width: 6,
          queries: [
            {
              expr: perMinute(at('hearsay_peer_level_consensus_total')),
              legend: 'peers agree',
              color: color.warning,
            },
            {
              expr: perMinute(at('hearsay_death_reports_total')),
              legend: 'reports sent',
              color: color.main,
            },
            {
              expr: perMinute(at('hearsay_death_reports_received_total')),
              legend: 'reports received',
              color: color.second,
            },
          ],
        }),
        chart({
          title: 'Reports not confirmed',
          means: 'What seeds answered to reports that they did not confirm.',
          bad: 'alive: the seeds reach who the peers do not; no-quorum: seeds are away; paused: see above.',
          unit: EventsPerMinute,
          width: 6,
          queries: [
            {
              expr: perMinuteBy('code', at('hearsay_death_reports_rejected_total')),
              legend: '{{code}}',
            },
          ],
        }),
        chart({
          title: 'Confirmations heard',
          means: 'Deaths that peers were told are confirmed; each peer hears of each once.',
          bad: 'fewer than the deaths times the peers: some were not told.',
          unit: EventsPerMinute,
          width: 6,
          queries: [
            {
              expr: perMinute(at('hearsay_deaths_confirmed_total')),
              legend: 'confirmations',
              color: color.main,
            },
          ],
        }),
        chart({
          title: 'The suspected speak',
          means:
            'Nodes that heard that they are suspected and refuted it, and nodes that learned that they were removed although they live.',
          bad: 'removed at all; refuted often.',
          unit: EventsPerMinute,
          width: 6,
          queries: [
            {
              expr: perMinuteBy('node', at('hearsay_refutations_total')),
              legend: 'refuted: {{node}}',
            },
            {
              expr: perMinute(at('hearsay_self_declared_dead_total')),
              legend: 'removed',
              color: color.bad,
            },
          ],
        }),
        chart({
          title: 'Lapsed leases',
          means: 'Peers that a seed has not heard for the time of a lease, and looks after itself.',
          bad: 'many without deaths: peers cannot reach their seeds.',
          unit: EventsPerMinute,
          width: 6,
          queries: [
            { expr: perMinuteBy('node', at('hearsay_leases_lapsed_total')), legend: '{{node}}' },
          ],
        }),
      ],
    },
  ],
});
