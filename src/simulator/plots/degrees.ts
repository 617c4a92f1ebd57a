import { probabilityIn } from '../results/power-law.ts';
import type { RunReport } from '../results/report.ts';
import { colours, type Figure, type Plot, short } from './frame.ts';
import { nothing, subtitleOf } from './words.ts';

/** Who has how many neighbours, on logarithmic axes, where a power law is a straight line. */
export function degreesFigure(plot: Plot, report: RunReport): Figure {
  const { degrees, powerLaw, meanDegree, maxDegree, links, peers } = report.overlay;
  const linked = degrees.filter(([degree]) => degree > 0);
  if (linked.length === 0)
    return nothing(plot, 'Nobody had a neighbour at the end', subtitleOf(report));
  const fit = powerLaw === null ? [] : fitLine(powerLaw, maxDegree, peers, linked.at(-1)?.[0] ?? 1);
  const title =
    powerLaw === null
      ? `A peer has ${short(meanDegree)} neighbours on the mean`
      : `Degrees follow a power law with exponent ${powerLaw.exponent.toFixed(2)} from ${powerLaw.min} on`;
  return {
    title,
    subtitle: `${links.toLocaleString('en-US')} links at the end, ${short(meanDegree)} a peer · ${subtitleOf(report)}`,
    legend: [
      { label: 'measured', colour: colours.blue, shape: 'dot' },
      ...(powerLaw === null
        ? []
        : [
            {
              label: `maximum likelihood, Kolmogorov-Smirnov distance ${short(powerLaw.distance, 2)}`,
              colour: colours.red,
            },
          ]),
    ],
    plot: {
      x: {
        type: 'log',
        label: 'degree: neighbours of a peer →',
        labelAnchor: 'right',
        domain: [1, Math.max(10, (linked.at(-1)?.[0] ?? 1) * 1.3)],
        tickFormat: ',d',
        ticks: 6,
        labelArrow: 'none',
      },
      y: {
        type: 'log',
        label: '↑ peers',
        domain: [0.7, Math.max(10, ...linked.map(([, count]) => count)) * 1.5],
        grid: true,
        tickFormat: '~s',
        ticks: 5,
        labelArrow: 'none',
      },
      marks: [
        plot.line(fit, { stroke: colours.red, strokeWidth: 2, clip: true }),
        plot.dot(linked as [number, number][], { fill: colours.blue, fillOpacity: 0.85, r: 4 }),
      ],
    },
  };
}

/** How many peers the fit expects at each degree. */
function fitLine(
  fit: NonNullable<RunReport['overlay']['powerLaw']>,
  max: number,
  peers: number,
  last: number,
): [number, number][] {
  const fitted = Math.min(fit.count, peers);
  return Array.from({ length: last - fit.min + 1 }, (_, index) => {
    const degree = fit.min + index;
    return [degree, fitted * probabilityIn(fit, degree, max)];
  });
}
