import { meanHopMs } from '../results/hop-time.ts';
import type { RunReport } from '../results/report.ts';
import { pushGossipShares } from '../results/theory.ts';
import { colours, duration, type Figure, type Plot, short } from './frame.ts';
import { nothing, subtitleOf } from './words.ts';

type Point = readonly [ms: number, percent: number];

/**
 * Coverage over time, each message a thin line. Beside it two theories, whose rounds are drawn as long
 * as a hop took on the mean: a flood over this overlay, and push gossip on a complete graph.
 */
export function coverageFigure(plot: Plot, report: RunReport): Figure {
  const { messages } = report;
  const { t100Ms, t99Ms, followed, converged, theory } = messages;
  if (followed === 0) return nothing(plot, 'No message was published', subtitleOf(report));
  const roundMs = meanHopMs(report) ?? 1;
  const endMs = Math.max(0.1, ...messages.curves.map(({ points }) => points.at(-1)?.[0] ?? 0));
  const gossip = gossipCurve(report, roundMs);
  const flood = floodCurve(report, roundMs);
  const end = Math.max(endMs, flood.at(-1)?.[0] ?? 0, gossip.at(-1)?.[0] ?? 0) * 1.04;
  const typical = t100Ms ?? t99Ms;
  const isAll = converged === followed;
  const count =
    followed === 1 ? 'The message' : `${isAll ? 'All' : `${converged} of`} ${followed} messages`;
  const title =
    typical === null
      ? `${count} reached everybody`
      : `${count} reached every peer, typically within ${duration(typical.median)}`;
  const rounds = theory.pushGossipRounds;
  return {
    title:
      followed === 1 && !isAll
        ? `The message reached ${short((messages.coverage?.mean ?? 0) * 100)} % of the peers`
        : title,
    subtitle: `Coverage over time; of the theories, a round takes ${duration(roundMs)}, the mean of a hop · ${subtitleOf(report)}`,
    legend: [
      { label: followed === 1 ? 'measured' : 'each message', colour: colours.blue },
      ...(flood.length > 0
        ? [
            {
              label: `flood: ${range(theory.eccentricity)} hops`,
              colour: colours.green,
              shape: 'dashes' as const,
            },
          ]
        : []),
      ...(rounds === null
        ? []
        : [
            {
              label: `push gossip: log₂ n + ln n = ${short(rounds)} rounds`,
              colour: colours.red,
              shape: 'dashes' as const,
            },
          ]),
    ],
    plot: {
      x: {
        label: 'time since the publication (ms) →',
        labelAnchor: 'right',
        domain: [0, end],
        labelArrow: 'none',
      },
      y: { label: '↑ peers that have it (%)', domain: [0, 100], grid: true, labelArrow: 'none' },
      marks: [
        plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
        plot.line(gossip, {
          stroke: colours.red,
          strokeWidth: 2,
          strokeDasharray: '5 3',
          clip: true,
        }),
        ...messages.curves.map(({ points }) =>
          plot.line(
            [
              ...points.map(([ms, , share]): Point => [ms, share * 100]),
              [end, 100 * (points.at(-1)?.[2] ?? 0)],
            ] as Point[],
            {
              curve: 'step-after',
              stroke: colours.blue,
              strokeWidth: messages.curves.length > 1 ? 1 : 2.5,
              strokeOpacity: messages.curves.length > 20 ? 0.3 : 0.8,
              clip: true,
            },
          ),
        ),
        plot.line(flood, {
          stroke: colours.green,
          strokeWidth: 2.5,
          strokeDasharray: '5 3',
          clip: true,
        }),
        ...(rounds === null
          ? []
          : [
              plot.ruleX(
                [rounds * roundMs].filter((ms) => ms <= end),
                { stroke: colours.red, strokeOpacity: 0.6, strokeDasharray: '1 3' },
              ),
            ]),
      ],
    },
  };
}

function floodCurve({ messages }: RunReport, roundMs: number): Point[] {
  const { distances } = messages.theory;
  const all = distances.reduce((sum, [, peers]) => sum + peers, 0);
  let reached = 0;
  return distances.map(([distance, peers]) => {
    reached += peers;
    return [distance * roundMs, (100 * reached) / all];
  });
}

function gossipCurve({ messages }: RunReport, roundMs: number): Point[] {
  const audience = Math.max(0, ...messages.each.map((message) => message.audience));
  if (audience < 2) return [];
  return pushGossipShares(audience).map((share, round) => [round * roundMs, share * 100]);
}

function range(spread: { readonly min: number; readonly max: number } | null): string {
  if (spread === null) return '?';
  return spread.min === spread.max ? String(spread.min) : `${spread.min} to ${spread.max}`;
}
