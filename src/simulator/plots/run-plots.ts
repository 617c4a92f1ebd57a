import type { RunReport } from '../results/report.ts';
import { coverageFigure } from './coverage.ts';
import { degreesFigure } from './degrees.ts';
import { detectionFigure, registrationFigure } from './durations.ts';
import { type Figure, openPlots } from './frame.ts';
import { hopsFigure } from './hops.ts';
import { redundancyFigure } from './redundancy.ts';

/** Name of a file, and its text. */
export type Drawings = ReadonlyMap<string, string>;

/**
 * The plots of a run as SVG documents by file name: `coverage.svg`, `hops.svg`, `degrees.svg`,
 * `redundancy.svg`, `detection.svg`, `registration.svg`. A run in which nothing of the kind happened
 * gets a plot that says so. The same report gives the same bytes.
 */
export async function drawRun(report: RunReport): Promise<Drawings> {
  const { plot, draw } = await openPlots();
  const figures: Readonly<Record<string, Figure>> = {
    'coverage.svg': coverageFigure(plot, report),
    'hops.svg': hopsFigure(plot, report),
    'degrees.svg': degreesFigure(plot, report),
    'redundancy.svg': redundancyFigure(plot, report),
    'detection.svg': detectionFigure(plot, report),
    'registration.svg': registrationFigure(plot, report),
  };
  return new Map(Object.entries(figures).map(([name, figure]) => [name, draw(figure)]));
}
