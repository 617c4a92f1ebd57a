import { EventsPerMinute, Seconds } from '@grafana/grafana-foundation-sdk/units';
import type { Row } from './dashboard.ts';
import { color } from './palette.ts';
import { chart, states } from './panels.ts';
import { at, perMinute, perMinuteBy, quantile } from './promql.ts';

/** Peer Lists of seeds only: a peer's is as old as its last answer. */
export const ofSeeds = (metric: string) =>
  `${metric}{node=~"$node"} and on (node) hearsay_seed_voting`;
/** 1 when all seeds agree. */
export const differentLists = `count(count_values("list", ${ofSeeds('hearsay_peer_list_digest')}))`;

/** The part of the registration dashboard about the seeds: do they agree, and are they well? */
export const seedsThemselves: Row = {
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
      queries: [{ expr: at('hearsay_peer_list_size'), legend: '{{node}}' }],
    }),
    states({
      title: 'Who votes',
      means: 'Each seed: whether it votes.',
      bad: 'red: it found its disk empty and waits to be readmitted, or its disk failed.',
      width: 8,
      expr: at('hearsay_seed_voting'),
      values: [
        [0, 'may not vote', color.bad],
        [1, 'votes', color.good],
      ],
    }),
    chart({
      title: 'Links between seeds',
      means:
        'Seeds that each seed can talk to, itself included, and the majority that decisions need.',
      bad: 'a line below the number of seeds; below the quorum, that seed can decide nothing.',
      width: 8,
      queries: [
        { expr: at('hearsay_seeds_reachable'), legend: '{{node}}' },
        { expr: `max(${at('hearsay_quorum')})`, legend: 'quorum', color: color.bad },
      ],
    }),
    chart({
      title: 'Seed trouble',
      means:
        'Links to seeds that ended, recoveries of seeds with an empty disk and their readmissions, seeds with another config.txt, and writes that failed.',
      bad: 'failed writes (that seed has stopped) and other seed lists (somebody’s config.txt is wrong).',
      unit: EventsPerMinute,
      width: 8,
      queries: [
        {
          expr: perMinute(at('hearsay_seed_links_lost_total')),
          legend: 'links lost',
          color: color.warning,
        },
        {
          expr: perMinute(at('hearsay_seed_recoveries_total')),
          legend: 'recoveries',
          color: color.main,
        },
        {
          expr: perMinute(at('hearsay_seed_readmissions_total')),
          legend: 'readmissions',
          color: color.good,
        },
        {
          expr: perMinute(at('hearsay_seed_list_mismatches_total')),
          legend: 'other seed list',
          color: color.second,
        },
        {
          expr: perMinute(at('hearsay_store_failures_total')),
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
      unit: EventsPerMinute,
      width: 8,
      queries: [
        {
          expr: perMinuteBy('node', at('hearsay_registers_repaired_total')),
          legend: 'repaired: {{node}}',
        },
        {
          expr: perMinute(at('hearsay_tombstones_removed_total')),
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
      unit: EventsPerMinute,
      width: 12,
      queries: [
        { expr: perMinuteBy('node', at('hearsay_store_writes_total')), legend: '{{node}}' },
      ],
    }),
  ],
};
