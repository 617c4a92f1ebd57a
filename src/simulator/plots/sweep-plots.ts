import { pushGossipRounds } from '../results/theory.ts';
import type { GrownMeasure, SweepPoint, SweepSummary } from '../sweep/summary.ts';
import { type Figure, openPlots, type Plot, short } from './frame.ts';
import type { Drawings } from './run-plots.ts';
import {
  legendOf,
  type Panel,
  panelOf,
  type Styled,
  styled,
  sweepWidth,
  tableOf,
} from './sweep-figure.ts';

/** More lines than this in one figure are a tangle. */
const seriesMax = 12;

/**
 * The comparison as SVG documents by file name: `convergence.svg`, `hops.svg`, `redundancy.svg`; of very
 * many series in several parts, `convergence-2.svg` and so on. The same summary gives the same bytes.
 */
export async function drawSweep(summary: SweepSummary): Promise<Drawings> {
  const { plot, draw } = await openPlots();
  const all = styled(summary);
  const parts = Array.from({ length: Math.ceil(all.length / seriesMax) }, (_, part) =>
    all.slice(part * seriesMax, (part + 1) * seriesMax),
  );
  return new Map(
    Object.entries(comparisons).flatMap(([name, comparison]) =>
      parts.map((series, part): [string, string] => [
        `${name}${part === 0 ? '' : `-${part + 1}`}.svg`,
        draw(figureOf(plot, summary, comparison, series)),
      ]),
    ),
  );
}

interface Comparison {
  readonly panels: readonly Panel[];
  /** The measure whose growth is the title. */
  readonly headline: GrownMeasure;
  /** Said of the headline: by how much it grows, and where nothing was grown. */
  readonly grows: (times: string) => string;
  readonly subject: string;
}

const hopOf = ({ measures }: SweepPoint) => measures.hopMs?.median;
const sizeOf = ({ measures }: SweepPoint) => measures.peers?.median;

const comparisons: Readonly<Record<string, Comparison>> = {
  convergence: {
    headline: 't99Ms',
    grows: (times) => `take ${times} times as long to reach 99 %`,
    subject: 'Time to reach 99 % of the peers',
    panels: [
      { measure: 't50Ms', label: 'half of the peers, t50 (ms)' },
      { measure: 't99Ms', label: '99 %, t99 (ms)' },
      {
        measure: 't100Ms',
        label: 'everybody, t100 (ms)',
        theory: {
          label: 'eccentricity × mean time of a hop',
          of: 'series',
          at: (point) => product(point.measures.eccentricity?.median, hopOf(point)),
        },
      },
    ],
  },
  hops: {
    headline: 'ldh',
    grows: (times) => `make the longest way ${times} times as long`,
    subject: 'The longest way of a message (LDH)',
    panels: [
      {
        measure: 'meanHops',
        label: 'hops of a first receipt, the mean',
        theory: {
          label: 'mean distance in the overlay',
          of: 'series',
          at: ({ measures }) => measures.meanDistance?.median,
        },
      },
      {
        measure: 'ldh',
        label: 'hops of the longest way (LDH)',
        theory: {
          label: 'push gossip: log₂ n + ln n rounds',
          of: 'all',
          at: (point) => {
            const size = sizeOf(point);
            return size === undefined ? undefined : pushGossipRounds(size);
          },
        },
      },
      { measure: 'eccentricity', label: 'eccentricity of the origin' },
    ],
  },
  redundancy: {
    headline: 'rmr',
    grows: (times) =>
      `leave each peer with ${times === '1.0' ? 'as many' : `${times} times the`} spare copies`,
    subject: 'Spare copies that a peer gets (RMR)',
    panels: [
      {
        measure: 'rmr',
        label: 'spare copies a peer (RMR)',
        theory: {
          label: 'flood: (2E − (n − 1)) / (n − 1) − 1',
          of: 'series',
          at: (point) => {
            const size = sizeOf(point);
            const sends = point.measures.floodSends?.median;
            return size === undefined || sends === undefined ? undefined : sends / (size - 1) - 1;
          },
        },
      },
      {
        measure: 'frames',
        label: 'payload frames of a message',
        theory: {
          label: 'a tree: n − 1',
          of: 'all',
          at: (point) => {
            const size = sizeOf(point);
            return size === undefined ? undefined : size - 1;
          },
        },
      },
    ],
  },
};

function figureOf(
  plot: Plot,
  summary: SweepSummary,
  comparison: Comparison,
  series: readonly Styled[],
): Figure {
  const { panels } = comparison;
  const { axis, partial, runs, scenario, repeats, seed } = summary;
  const laws = series.flatMap(({ series: { growth } }) =>
    panels.flatMap(({ measure }) => growth[measure] ?? []),
  );
  const points = `${scenario}: ${repeats} runs a point from seed ${seed}${partial ? `, ${runs.done} of ${runs.planned} runs` : ''}; medians, the runs’ range`;
  const hasRivals = laws.some(({ rivals }) => rivals.length > 0);
  const note = hasRivals ? '; * another law is as likely' : '';
  return {
    title: titleOf(summary, comparison),
    subtitle: laws.length > 0 ? `${points}, and the law fitted to the runs${note}` : points,
    width: sweepWidth,
    ...(laws.length > 0
      ? { table: tableOf(series, panels) }
      : { legend: legendOf(series, panels) }),
    plot: panels.map((panel) => panelOf(plot, panel, { series, axis })),
  };
}

function titleOf(
  { series, axis, scenario }: SweepSummary,
  { headline, grows, subject }: Comparison,
): string {
  const ratios = series.flatMap(({ growth, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    const [from, to] = [first?.measures[headline]?.median, last?.measures[headline]?.median];
    const isKnown = growth[headline] !== undefined && from !== undefined && to !== undefined;
    return isKnown ? [{ times: to / from, sizes: Number(last?.at) / Number(first?.at) }] : [];
  });
  const [one] = ratios;
  if (one === undefined) return `${subject}, by ${axis?.split('.').at(-1) ?? scenario}`;
  const times = ratios.map((ratio) => ratio.times);
  const [least, most] = [Math.min(...times).toFixed(1), Math.max(...times).toFixed(1)];
  const range = least === most ? least : `${least} to ${most}`;
  return `${short(one.sizes)} times the peers ${grows(range)}`;
}

function product(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one * other;
}
