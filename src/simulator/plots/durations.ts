import type { Ms } from '../../core/time.ts';
import type { DelayReport, RunReport } from '../results/report.ts';
import { colours, duration, type Figure, type Plot } from './frame.ts';
import { nothing, subtitleOf } from './words.ts';

/** From deaths to their confirmation. */
export function detectionFigure(plot: Plot, report: RunReport): Figure {
  const { untilConfirmed, untilKnown, killed, falseConfirmations } = report.detection;
  if (untilConfirmed === null) {
    const title = killed === 0 ? 'Nobody died' : `Of ${killed} deaths none was confirmed`;
    return nothing(plot, title, subtitleOf(report));
  }
  const mistakes = falseConfirmations === 0 ? '' : `, and ${falseConfirmations} that was none`;
  return {
    title: `${untilConfirmed.count} of ${killed} deaths confirmed${mistakes}, half of them within ${duration(untilConfirmed.p50Ms)}`,
    subtitle: `Share of deaths, by time since the process ended · ${subtitleOf(report)}`,
    legend: [
      { label: 'confirmed', colour: colours.red },
      ...(untilKnown === null
        ? []
        : [
            {
              label: 'known to a peer (each peer counts)',
              colour: colours.blue,
              shape: 'dashes' as const,
            },
          ]),
    ],
    plot: cumulative(plot, 'time since the death', [
      { times: untilConfirmed, of: killed, colour: colours.red },
      ...(untilKnown === null
        ? []
        : [{ times: untilKnown, of: untilKnown.count, colour: colours.blue, dash: '5 3' }]),
    ]),
  };
}

/** From the first REGISTER to the quorum. */
export function registrationFigure(plot: Plot, report: RunReport): Figure {
  const { times, failedRounds } = report.registration;
  if (times === null) {
    const title =
      report.scenario.topology.seeds === 0
        ? 'No seeds, so nobody registered'
        : 'No registration succeeded';
    return nothing(plot, title, subtitleOf(report));
  }
  const failures = failedRounds === 0 ? 'no round failed' : `${failedRounds} rounds failed`;
  return {
    title: `Half of ${times.count.toLocaleString('en-US')} registrations within ${duration(times.p50Ms)}, 99 % within ${duration(times.p99Ms)}`,
    subtitle: `Time from the first REGISTER to the quorum; ${failures} · ${subtitleOf(report)}`,
    plot: cumulative(plot, 'time', [{ times, of: times.count, colour: colours.blue }]),
  };
}

interface Series {
  readonly times: DelayReport;
  /** What the whole is. */
  readonly of: number;
  readonly colour: string;
  readonly dash?: string;
}

/** Shares over time: a distribution that hides nothing in bins. */
function cumulative(plot: Plot, label: string, series: readonly Series[]): Figure['plot'] {
  const endMs = Math.max(...series.map(({ times }) => times.maxMs)) * 1.05;
  const unitMs = endMs < 1_000 ? 1 : 1_000;
  return {
    x: {
      label: `${label} (${unitMs === 1 ? 'ms' : 's'}) →`,
      labelAnchor: 'right',
      domain: [0, endMs / unitMs],
      labelArrow: 'none',
    },
    y: { label: '↑ share (%)', domain: [0, 100], grid: true, labelArrow: 'none' },
    marks: [
      plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
      ...series.flatMap(({ times, of, colour, dash }) => [
        plot.line(steps(times, { of, endMs, unitMs }), {
          curve: 'step-after',
          stroke: colour,
          strokeWidth: 2.5,
          ...(dash && { strokeDasharray: dash }),
        }),
      ]),
    ],
  };
}

function steps(
  { histogram }: DelayReport,
  { of, endMs, unitMs }: { readonly of: number; readonly endMs: Ms; readonly unitMs: Ms },
): [number, number][] {
  let seen = 0;
  const points: [number, number][] = [[0, 0]];
  for (const [ms, count] of histogram) {
    seen += count;
    points.push([ms / unitMs, (100 * seen) / of]);
  }
  points.push([endMs / unitMs, (100 * seen) / of]);
  return points;
}
