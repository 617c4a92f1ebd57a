import { MessagesPerSecond, PercentUnit, Seconds } from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { color, neutral } from './palette.ts';
import { chart, heatmap, shouldBeNone, stat } from './panels.ts';
import { at, bucketRates, quantile, rate, rateBy } from './promql.ts';

const first = at('hearsay_messages_received_total', 'result="first"');
const duplicate = at('hearsay_messages_received_total', 'result="duplicate"');

/** Receipts that happened, of those that should: each message once at each living peer but its origin. */
const coverage = `clamp_max(
  ${rate(first)}
  /
  (
    ${rate('hearsay_messages_published_total')} * count(hearsay_build_info{role="peer", node=~"$node"})
    - ${rate(at('hearsay_messages_published_total'))}
  ), 1)`;

const redundancy = `${rate(duplicate)} / ${rate(first)}`;

/** Little's law: what is under way is what arrives in a second, times how long each was under way. */
const inFlight = rate(at('hearsay_message_delivery_seconds_sum'));

const reached = (share: number) => quantile(share, 'hearsay_message_delivery_seconds');

export const convergence = dashboard({
  uid: 'hearsay-convergence',
  title: 'Convergence',
  description: 'Does every message reach everybody, how fast, and at what price?',
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Coverage',
          means:
            'Receipts that happened, of those that should: every message once at every living peer. 100 % means that messages converge. Empty while nothing is published.',
          bad: 'below 100 % for longer than a delivery takes: messages are lost, or peers are cut off. Look at gaps, drops and isolated nodes.',
          unit: PercentUnit,
          width: 4,
          expr: coverage,
          decimals: 1,
          steps: [
            [null, color.bad],
            [0.95, color.warning],
            [0.999, color.good],
          ],
        }),
        stat({
          title: 'Peers',
          means: 'Size of the Peer List: the members that the seeds have agreed are alive.',
          bad: 'a fall that nobody ordered: peers died, or are cut off.',
          width: 4,
          expr: 'max(hearsay_peer_list_size and on (node) hearsay_seed_voting)',
          decimals: 0,
          steps: neutral,
        }),
        stat({
          title: 'Published',
          means: 'Messages that applications publish, over all selected nodes.',
          bad: 'nothing by itself; a sudden change explains changes of everything below.',
          unit: MessagesPerSecond,
          width: 4,
          expr: rate(at('hearsay_messages_published_total')),
          steps: neutral,
        }),
        stat({
          title: 'Time to reach 99 %',
          means: 'The time in which 99 of 100 deliveries are done, from the publication on.',
          bad: 'seconds: slow links, overloaded nodes, or messages that had to be recovered. Clocks that disagree show here, too.',
          unit: Seconds,
          width: 4,
          expr: reached(0.99),
          steps: [
            [null, color.good],
            [1, color.warning],
            [5, color.bad],
          ],
        }),
        stat({
          title: 'Redundancy',
          means:
            'Duplicates for each first receipt (RMR): the price of flooding. A tree would have 0; a flood over links of mean degree k has about k − 2.',
          bad: 'far above the mean degree: messages go round again because ids are forgotten too early.',
          width: 4,
          expr: redundancy,
          decimals: 2,
          steps: neutral,
        }),
        shouldBeNone({
          title: 'Messages lost',
          means:
            'Messages that some node knows to exist and that no neighbour can give it any more, in the time range shown.',
          bad: 'any: they left every Message List before the node could ask. Keep payloads longer, or find what cut it off.',
          width: 4,
          counter: 'hearsay_message_gaps_total',
        }),
      ],
    },
    {
      title: 'Reaching everybody',
      panels: [
        chart({
          title: 'Coverage over time',
          means:
            'Receipts that happened, of those that should, of the selected nodes. The death of a peer shows as a short dip, until the seeds have confirmed it.',
          bad: 'a lasting value below 100 %.',
          unit: PercentUnit,
          width: 12,
          max: 1,
          queries: [{ expr: coverage, legend: 'coverage', color: color.good }],
        }),
        chart({
          title: 'Messages in flight',
          means:
            'Copies under way at a moment, on average: deliveries a second times their mean duration (Little’s law).',
          bad: 'growth while the publication rate stays the same: the network delivers more slowly than it is fed.',
          width: 12,
          queries: [{ expr: inFlight, legend: 'in flight', color: color.main }],
        }),
        heatmap({
          title: 'Time to reach peers',
          means:
            'Deliveries by the time that they took since the publication. Dots are single deliveries: click one to see its trace, the way that the message really took.',
          bad: 'a second band far above the first: some peers hear everything late.',
          unit: Seconds,
          width: 12,
          expr: bucketRates('hearsay_message_delivery_seconds'),
          exemplars: true,
        }),
        chart({
          title: 'Time to reach peers, quantiles',
          means:
            'The time in which half, 90 % and 99 % of the deliveries are done. Dots are single deliveries with their traces.',
          bad: 'a p99 that leaves the others behind: single slow nodes or links. All of them rising: load.',
          unit: Seconds,
          width: 12,
          exemplars: true,
          queries: [
            { expr: reached(0.5), legend: 'p50', color: color.good },
            { expr: reached(0.9), legend: 'p90', color: color.main },
            { expr: reached(0.99), legend: 'p99', color: color.warning },
          ],
        }),
      ],
    },
    {
      title: 'The way and its price',
      panels: [
        heatmap({
          title: 'Hops',
          means:
            'First receipts by the number of links that the message had travelled. The highest is the origin’s eccentricity in the overlay.',
          bad: 'much more than the logarithm of the number of peers: the overlay is a chain, or parts hang on single links.',
          width: 8,
          expr: bucketRates('hearsay_message_hops'),
        }),
        chart({
          title: 'Receipts and redundancy',
          means:
            'First receipts and duplicates a second. Crossings are the duplicates that nobody could have avoided: both ends sent at the same moment.',
          bad: 'duplicates that grow while first receipts do not.',
          unit: MessagesPerSecond,
          width: 8,
          stacked: true,
          queries: [
            { expr: rate(first), legend: 'first receipts', color: color.good },
            { expr: rate(duplicate), legend: 'duplicates', color: color.warning },
            {
              expr: rate(at('hearsay_message_crossings_total')),
              legend: 'of these crossings',
              color: color.quiet,
            },
          ],
        }),
        chart({
          title: 'Redundancy over time',
          means: 'Duplicates for each first receipt (RMR), over all selected nodes.',
          bad: 'a rise without a rise of the degree.',
          width: 8,
          queries: [{ expr: redundancy, legend: 'RMR', color: color.second }],
        }),
        chart({
          title: 'Bytes received',
          means: 'Bytes of messages received, by whether they were news.',
          bad: 'duplicates near the capacity of the links.',
          unit: 'Bps',
          width: 8,
          stacked: true,
          queries: [
            {
              expr: rateBy('result', at('hearsay_message_bytes_received_total')),
              legend: '{{result}}',
            },
          ],
        }),
        chart({
          title: 'Recovered',
          means:
            'First receipts that a node had to ask for, because the link that should have brought them was lost or full.',
          bad: 'a steady rate: links are lost or overflow all the time.',
          unit: MessagesPerSecond,
          width: 8,
          queries: [
            {
              expr: rate(at('hearsay_messages_recovered_total')),
              legend: 'recovered',
              color: color.main,
            },
          ],
        }),
        chart({
          title: 'Dropped and lost',
          means:
            'Messages dropped, by cause, and messages that are lost for a node. An overflow is made good by recovery.',
          bad: 'anything but 0. id-mismatch and malformed: a broken or hostile sender; overflow: a slow reader; slow-consumer: the application does not read its stream.',
          unit: MessagesPerSecond,
          width: 8,
          queries: [
            {
              expr: rateBy('cause', at('hearsay_messages_dropped_total')),
              legend: '{{cause}}',
            },
            {
              expr: rate(at('hearsay_message_gaps_total')),
              legend: 'lost',
              color: color.bad,
            },
          ],
        }),
      ],
    },
  ],
});
