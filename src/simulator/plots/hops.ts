import type { RunReport } from '../results/report.ts';
import { colours, type Figure, type Plot, short } from './frame.ts';
import { nothing, subtitleOf } from './words.ts';

/** How many links first receipts had travelled, beside the distances in the overlay: no flood is shorter. */
export function hopsFigure(plot: Plot, report: RunReport): Figure {
  const { hops, ldh, theory } = report.messages;
  const receipts = total(hops);
  if (receipts === 0) return nothing(plot, 'No message was received', subtitleOf(report));
  const mean = hops.reduce((sum, [hop, count]) => sum + hop * count, 0) / receipts;
  const distances = theory.distances.filter(([distance]) => distance > 0);
  const away = total(distances);
  const ideal = distances.reduce((sum, [hop, count]) => sum + hop * count, 0) / Math.max(1, away);
  const beside = away > 0 ? `, where the shortest ways have ${short(ideal)}` : '';
  return {
    title: `A delivery takes ${short(mean)} hops on the mean${beside}`,
    subtitle: `First receipts by the links that they had travelled, ${ldh?.max ?? 0} at most · ${subtitleOf(report)}`,
    legend: [
      { label: 'measured', colour: colours.blue, shape: 'bar' },
      ...(away > 0
        ? [
            {
              label: 'distance from the origin in the overlay',
              colour: colours.green,
              shape: 'dot' as const,
            },
          ]
        : []),
    ],
    plot: {
      x: {
        label: 'hops →',
        labelAnchor: 'right',
        tickFormat: 'd',
        labelArrow: 'none',
        type: 'band',
        domain: upTo(Math.max(ldh?.max ?? 0, distances.at(-1)?.[0] ?? 0)),
      },
      y: { label: '↑ share of deliveries (%)', grid: true, zero: true, labelArrow: 'none' },
      marks: [
        plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
        plot.barY(percent(hops), {
          x: '0',
          y: '1',
          fill: colours.blue,
          fillOpacity: 0.85,
          insetLeft: 6,
          insetRight: 6,
        }),
        plot.dot(percent(distances), {
          x: '0',
          y: '1',
          fill: colours.green,
          r: 5,
          stroke: 'currentColor',
          strokeWidth: 0.8,
        }),
      ],
    },
  };
}

type Histogram = readonly (readonly [number, number])[];

function total(histogram: Histogram): number {
  return histogram.reduce((sum, [, count]) => sum + count, 0);
}

function percent(histogram: Histogram): [number, number][] {
  const all = total(histogram);
  return histogram.map(([value, count]) => [value, (100 * count) / all]);
}

function upTo(hops: number): number[] {
  return Array.from({ length: hops }, (_, index) => index + 1);
}
