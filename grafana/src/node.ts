import {
  BytesIEC,
  EventsPerMinute,
  PercentUnit,
  Seconds,
} from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { color, neutral } from './palette.ts';
import { chart, shouldBeNone, stat } from './panels.ts';
import { at, perMinute, perMinuteBy } from './promql.ts';

/** prom-client's metrics of the process: without the label `node` where several nodes share it. */
const ofProcess = '{job="hearsay", node=~"$node|"}';
const place = '{{node}} {{instance}}';

export const node = dashboard({
  uid: 'hearsay-node',
  title: 'Node',
  description: 'How is a single node: its links, its memory, its event loop?',
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Nodes',
          means: 'Nodes that Prometheus hears from.',
          bad: 'fewer than you run: they are down, or serve no metrics.',
          width: 4,
          expr: `count(${at('hearsay_build_info')})`,
          decimals: 0,
          steps: neutral,
        }),
        stat({
          title: 'Least degree',
          means: 'Links of the peer that has fewest. Peers dial at least 3 others.',
          bad: '0: a peer hears nothing. 1: it hangs on a single neighbour.',
          width: 4,
          expr: `min(${at('hearsay_neighbours')})`,
          decimals: 0,
          steps: [
            [null, color.bad],
            [1, color.warning],
            [2, color.good],
          ],
        }),
        stat({
          title: 'Parts of the overlay',
          means: 'Parts that have no link with each other, as far as peers tell the seeds.',
          bad: 'more than 1: messages do not cross. The seeds offer bridges; it should be over in seconds.',
          width: 4,
          expr: `max(${at('hearsay_overlay_components')})`,
          decimals: 0,
          steps: [
            [null, color.good],
            [2, color.bad],
          ],
        }),
        stat({
          title: 'Worst event-loop delay',
          means: 'The 99th percentile of how late timers are, at the worst process.',
          bad: 'above 100 ms: something blocks the loop. Above 250 ms the node begins to doubt itself.',
          unit: Seconds,
          width: 4,
          expr: `max(nodejs_eventloop_lag_p99_seconds${ofProcess})`,
          steps: [
            [null, color.good],
            [0.1, color.warning],
            [0.25, color.bad],
          ],
        }),
        stat({
          title: 'Waiting to be sent',
          means: 'Bytes in the outboxes of the node that has most.',
          bad: 'megabytes that stay: a neighbour reads too slowly.',
          unit: BytesIEC,
          width: 4,
          expr: `max(${at('hearsay_outbox_bytes')})`,
          steps: [
            [null, color.good],
            [1_048_576, color.warning],
            [8_388_608, color.bad],
          ],
        }),
        shouldBeNone({
          title: 'Protocol violations',
          means: 'Links closed because the other end broke the protocol.',
          bad: 'any: another version, a bug, or a stranger at the door.',
          width: 4,
          counter: 'hearsay_protocol_violations_total',
        }),
      ],
    },
    {
      title: 'Links',
      panels: [
        chart({
          title: 'Degree',
          means: 'Links of each peer with others. A few have many: the degrees follow a power law.',
          bad: 'a line at 0.',
          width: 8,
          queries: [{ expr: at('hearsay_neighbours'), legend: '{{node}}' }],
        }),
        chart({
          title: 'Known peers',
          means: 'Members that each peer knows besides itself.',
          bad: 'a line below the others: that peer does not get Peer Lists.',
          width: 8,
          queries: [{ expr: at('hearsay_known_peers'), legend: '{{node}}' }],
        }),
        chart({
          title: 'Peers that come and go',
          means:
            'Peers that nodes heard of for the first time, and goodbyes; each node counts for itself.',
          bad: 'a steady rate of both: members restart in a loop.',
          unit: EventsPerMinute,
          width: 8,
          queries: [
            {
              expr: perMinute(at('hearsay_peers_joined_total')),
              legend: 'joined',
              color: color.good,
            },
            {
              expr: perMinute(at('hearsay_peers_left_total')),
              legend: 'left',
              color: color.quiet,
            },
          ],
        }),
        chart({
          title: 'Links that come up',
          means: 'New links with neighbours, by who dialled.',
          bad: 'a steady rate in a quiet network: links do not last.',
          unit: EventsPerMinute,
          width: 8,
          stacked: true,
          queries: [
            {
              expr: perMinuteBy('direction', at('hearsay_links_up_total')),
              legend: '{{direction}}',
            },
          ],
        }),
        chart({
          title: 'Links that end',
          means:
            'Links with neighbours that ended. closed-here and closed-there are orderly or a killed process; broken is a reset.',
          bad: 'broken or bad-frame at a steady rate.',
          unit: EventsPerMinute,
          width: 8,
          stacked: true,
          queries: [
            { expr: perMinuteBy('cause', at('hearsay_links_down_total')), legend: '{{cause}}' },
          ],
        }),
        chart({
          title: 'Isolation and bridges',
          means:
            'Nodes that lost their last neighbour, bridges between parts of the overlay that the seeds offered, and the number of parts.',
          bad: 'isolations without a bridge or a new link soon after.',
          width: 8,
          queries: [
            {
              expr: 'sum(increase(hearsay_isolations_total{node=~"$node"}[$__rate_interval]))',
              legend: 'isolated',
              color: color.bad,
            },
            {
              expr: 'sum(increase(hearsay_bridges_offered_total{node=~"$node"}[$__rate_interval]))',
              legend: 'bridges offered',
              color: color.main,
            },
            {
              expr: `max(${at('hearsay_overlay_components')})`,
              legend: 'parts',
              color: color.second,
            },
          ],
        }),
        chart({
          title: 'Dials refused by others',
          means: 'Dials of the selected nodes that gave no link, by purpose and code.',
          bad: 'wrong-cluster or wrong-version: a node of another network. full and duplicate are everyday.',
          unit: EventsPerMinute,
          width: 12,
          queries: [
            {
              expr: perMinuteBy('purpose, code', at('hearsay_links_refused_total')),
              legend: '{{purpose}}: {{code}}',
            },
          ],
        }),
        chart({
          title: 'Dials refused here',
          means:
            'Dials of others that the selected nodes refused, and links closed for breaking the protocol.',
          bad: 'violations; strangers that keep knocking (wrong-cluster).',
          unit: EventsPerMinute,
          width: 12,
          queries: [
            {
              expr: perMinuteBy('purpose, code', at('hearsay_links_rejected_total')),
              legend: '{{purpose}}: {{code}}',
            },
            {
              expr: perMinute(at('hearsay_protocol_violations_total')),
              legend: 'violations',
              color: color.bad,
            },
          ],
        }),
      ],
    },
    {
      title: 'Messages kept and waiting',
      panels: [
        chart({
          title: 'Outbox',
          means: 'Bytes that wait to be sent, over all links of a node.',
          bad: 'a plateau: a neighbour reads too slowly; beyond the bound, gossip is dropped.',
          unit: BytesIEC,
          width: 6,
          queries: [{ expr: at('hearsay_outbox_bytes'), legend: '{{node}}' }],
        }),
        chart({
          title: 'Message List',
          means:
            'Ids that nodes remember, and messages whose payload they keep; the mean over nodes.',
          bad: 'at its bound (65,536 ids, 4,096 payloads): the oldest are forgotten before their time.',
          width: 6,
          queries: [
            {
              expr: `avg(${at('hearsay_message_list_ids')})`,
              legend: 'ids',
              color: color.main,
            },
            {
              expr: `avg(${at('hearsay_message_list_retained')})`,
              legend: 'payloads',
              color: color.second,
            },
          ],
        }),
        chart({
          title: 'Message List, bytes',
          means: 'Bytes of the payloads that each node keeps for others.',
          bad: 'at its bound (16 MiB).',
          unit: BytesIEC,
          width: 6,
          queries: [{ expr: at('hearsay_message_list_retained_bytes'), legend: '{{node}}' }],
        }),
        chart({
          title: 'Forgotten',
          means: 'Payloads and ids that the Message Lists let go of, by the bound that made it.',
          bad: 'count or bytes: more is published than the bounds were made for.',
          unit: EventsPerMinute,
          width: 6,
          stacked: true,
          queries: [
            {
              expr: perMinuteBy('what, bound', at('hearsay_message_list_evictions_total')),
              legend: '{{what}}: {{bound}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'The process',
      panels: [
        chart({
          title: 'Event-loop delay',
          means:
            'How late timers are: mean and 99th percentile of each process since the last scrape.',
          bad: 'peaks above 250 ms: timers and answers come too late, others begin to suspect this node.',
          unit: Seconds,
          width: 8,
          queries: [
            { expr: `nodejs_eventloop_lag_mean_seconds${ofProcess}`, legend: `mean: ${place}` },
            { expr: `nodejs_eventloop_lag_p99_seconds${ofProcess}`, legend: `p99: ${place}` },
          ],
        }),
        chart({
          title: 'Memory',
          means: 'Memory that the operating system gave to each process.',
          bad: 'a line that only rises.',
          unit: BytesIEC,
          width: 8,
          queries: [{ expr: `process_resident_memory_bytes${ofProcess}`, legend: place }],
        }),
        chart({
          title: 'JavaScript heap',
          means: 'Heap in use, and outside of it buffers: a sawtooth is normal.',
          bad: 'a sawtooth whose valleys rise.',
          unit: BytesIEC,
          width: 8,
          queries: [
            { expr: `nodejs_heap_size_used_bytes${ofProcess}`, legend: `heap: ${place}` },
            { expr: `nodejs_external_memory_bytes${ofProcess}`, legend: `buffers: ${place}` },
          ],
        }),
        chart({
          title: 'CPU',
          means: 'Share of one core that each process uses. JavaScript runs on one.',
          bad: 'near 100 %: that node is the bottleneck.',
          unit: PercentUnit,
          width: 8,
          queries: [
            {
              expr: `rate(process_cpu_seconds_total${ofProcess}[$__rate_interval])`,
              legend: place,
            },
          ],
        }),
        chart({
          title: 'Garbage collection',
          means: 'Share of the time that each process spends in garbage collection, by kind.',
          bad: 'above 5 %, or major collections that go with peaks of the event-loop delay.',
          unit: PercentUnit,
          width: 8,
          queries: [
            {
              expr: `sum by (node, instance, kind) (rate(nodejs_gc_duration_seconds_sum${ofProcess}[$__rate_interval]))`,
              legend: `{{kind}}: ${place}`,
            },
          ],
        }),
        chart({
          title: 'Versions',
          means: 'Nodes by role and by the versions of Hearsay and Node.js that they run.',
          bad: 'versions that you thought were gone.',
          width: 8,
          stacked: true,
          queries: [
            {
              expr: `count by (role, version, nodejs) (${at('hearsay_build_info')})`,
              legend: '{{role}}: Hearsay {{version}}, Node.js {{nodejs}}',
            },
          ],
        }),
      ],
    },
  ],
});
