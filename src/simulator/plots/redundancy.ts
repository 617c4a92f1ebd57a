import type { RunReport } from '../results/report.ts';
import { colours, type Figure, type Plot, short } from './frame.ts';
import { nothing, subtitleOf } from './words.ts';

/** What each message cost, and how long its longest way was: relative redundancy and last delivery hop. */
export function redundancyFigure(plot: Plot, report: RunReport): Figure {
  const { rmr, ldh, each, theory } = report.messages;
  if (rmr === null || ldh === null) {
    return nothing(plot, 'No message was received', subtitleOf(report));
  }
  const values = each.flatMap(({ message, rmr: redundancy, ldh: last }) =>
    redundancy === null
      ? []
      : [
          { message, value: redundancy, measure: 'RMR: spare payload frames a peer' },
          { message, value: last, measure: 'LDH: hops of the longest way' },
        ],
  );
  const isDense = each.length > 400;
  const sends = theory.floodSends;
  const beside = sends === null ? '' : `; a flood needs ${short(sends.median)} frames`;
  return {
    title: `Each peer gets ${short(rmr.median)} spare copies, and the last one after ${short(ldh.median)} hops`,
    subtitle: `Medians in the title${beside} · ${subtitleOf(report)}`,
    plot: {
      marginTop: 40,
      marginRight: 24,
      x: {
        label: 'message, in the order of publication →',
        labelAnchor: 'right',
        tickFormat: 'd',
        labelArrow: 'none',
        ...(each.length === 1 && { domain: [0, 2], ticks: [1] }),
      },
      y: { label: null, grid: true, zero: true, nice: true },
      fx: { label: null, padding: 0.14 },
      marks: [
        plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
        plot.dot(values, {
          fx: 'measure',
          x: 'message',
          y: 'value',
          fill: (one: { readonly measure: string }) =>
            one.measure.startsWith('RMR') ? colours.orange : colours.blue,
          fillOpacity: isDense ? 0.4 : 0.85,
          r: isDense ? 1.5 : 3,
        }),
      ],
    },
  };
}
