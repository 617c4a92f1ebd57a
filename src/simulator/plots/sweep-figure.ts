import { growthAt } from '../sweep/growth.ts';
import { shown } from '../sweep/plan.ts';
import type {
  GrownMeasure,
  Growth,
  SweepPoint,
  SweepSeries,
  SweepSummary,
} from '../sweep/summary.ts';
import { colours, type Figure, type FigureTable, type Plot, short } from './frame.ts';

type PanelOptions = Extract<Figure['plot'], { readonly marks?: unknown }>;

/** A panel of a comparison: a measure over the axis, each series a colour. */
export interface Panel {
  readonly measure: GrownMeasure;
  /** Over the column of laws, and the axis. */
  readonly label: string;
  readonly theory?: Theory;
}

/** A line for comparison. */
interface Theory {
  readonly label: string;
  /** `series`: in the series' colours, one each; `all`: one for all. */
  readonly of: 'series' | 'all';
  readonly at: (point: SweepPoint) => number | undefined;
}

export const sweepWidth = 1_000;

/** One colour for each value of the first of the other parameters, one shape for each of the rest. */
export interface Styled {
  readonly series: SweepSeries;
  readonly colour: string;
  readonly shape: 'line' | 'dashes' | 'dash-dot';
  readonly name: string;
}

const palette = [
  colours.blue,
  colours.orange,
  colours.green,
  colours.red,
  colours.sky,
  '#b56a9a',
  colours.grey,
] as const;
const shapes = ['line', 'dashes', 'dash-dot'] as const;
const dashArrays = { line: null, dashes: '6 3', 'dash-dot': '8 3 2 3' } as const;

export function styled({ series, scenario }: SweepSummary): Styled[] {
  const firsts: string[] = [];
  const rests: string[] = [];
  const indexIn = (list: string[], key: string) => {
    if (!list.includes(key)) list.push(key);
    return list.indexOf(key);
  };
  return series.map((one) => {
    const [first, ...rest] = Object.values(one.parameters).map(shown);
    return {
      series: one,
      colour: palette[indexIn(firsts, first ?? '') % palette.length] as string,
      shape: shapes[indexIn(rests, rest.join()) % shapes.length] as Styled['shape'],
      name: nameOf(one, scenario),
    };
  });
}

/** `loss 0.01, minDegree 4`; the last word of a path says enough. */
function nameOf({ parameters }: SweepSeries, otherwise: string): string {
  const words = Object.entries(parameters).map(
    ([name, value]) => `${name.split('.').at(-1)} ${shown(value)}`,
  );
  return words.length === 0 ? otherwise : words.join(', ');
}

/** Who is who, and what the theory's lines are, where there are no laws. */
export function legendOf(
  series: readonly Styled[],
  panels: readonly Panel[],
): NonNullable<Figure['legend']> {
  const theories = panels.flatMap(({ theory }) => theory?.label ?? []);
  return [
    ...series.map(({ name, colour, shape }) => ({ label: name, colour, shape })),
    ...theories.map((label) => ({ label, colour: colours.grey, shape: 'dots' as const })),
  ];
}

/** The laws of each series over the panels they belong to, and what the theory's lines are. */
export function tableOf(series: readonly Styled[], panels: readonly Panel[]): FigureTable {
  const laws = series.map(({ series: { growth }, colour, shape, name }) => ({
    colour,
    shape,
    cells: [name, ...panels.map(({ measure }) => lawOf(growth[measure]))],
  }));
  const theories = panels.map(({ theory }) => theory?.label ?? '');
  const theoryRow = {
    colour: colours.grey,
    shape: 'dots' as const,
    cells: ['theory', ...theories],
  };
  return { head: ['', ...panels.map(({ label }) => label)], rows: [...laws, theoryRow] };
}

function lawOf(law: Growth | undefined): string {
  if (law === undefined) return '';
  const fit = law.law === 'constant' ? 'constant' : `R² ${law.r2.toFixed(3)}`;
  return `${law.text} (${fit})${law.rivals.length > 0 ? '*' : ''}`;
}

export function panelOf(
  plot: Plot,
  panel: Panel,
  { series, axis }: { readonly series: readonly Styled[]; readonly axis: string | null },
): PanelOptions {
  const { measure, label, theory } = panel;
  const points = series.flatMap((style) =>
    style.series.points.flatMap((point) => {
      const { measures, at } = point;
      const spread = measures[measure];
      return spread === undefined ? [] : [{ style, at, point, ...spread }];
    }),
  );
  const xs = [...new Set(points.map(({ at }) => at))];
  const numbers = xs.filter((at) => typeof at === 'number');
  const isNumeric = numbers.length === xs.length && xs.length > 0;
  const values = points.flatMap(({ min, max }) => [min, max]);
  const isTall = isLogarithmic(values, 12);
  return {
    marginLeft: 48,
    marginRight: 14,
    marginBottom: 44,
    x: {
      ...(isNumeric ? numericAxis(numbers) : { type: 'point', domain: xs.map(shown) }),
      label: `${axis?.split('.').at(-1) ?? ''} →`,
      labelAnchor: 'right',
      labelArrow: 'none',
    },
    y: {
      label: `↑ ${label}`,
      labelArrow: 'none',
      grid: true,
      ...(isTall
        ? { type: 'log', ...logarithmicAxis(values), tickFormat: compact }
        : { zero: true, nice: true, ticks: 6, tickFormat: '~s' }),
    },
    marks: [
      ...(theory ? theoryMarks(plot, theory, series, { isTall, isNumeric }) : []),
      ...series.flatMap((style) => lineOf(plot, style, measure, isNumeric)),
      plot.ruleX(points, {
        x: ({ at }) => (isNumeric ? at : shown(at)),
        y1: 'min',
        y2: 'max',
        stroke: ({ style }) => style.colour,
        strokeWidth: 1.5,
        strokeOpacity: 0.55,
      }),
      plot.dot(points, {
        x: ({ at }) => (isNumeric ? at : shown(at)),
        y: 'median',
        fill: ({ style }) => style.colour,
        r: 3.5,
      }),
    ],
  };
}

/** The fitted law, or from median to median where there is none. */
function lineOf(plot: Plot, style: Styled, measure: GrownMeasure, isNumeric: boolean) {
  const { series, colour, shape } = style;
  const law = series.growth[measure];
  const medians = series.points.flatMap(({ at, measures }): [unknown, number][] => {
    const spread = measures[measure];
    return spread === undefined ? [] : [[isNumeric ? at : shown(at), spread.median]];
  });
  const ends = medians.map(([at]) => at as number);
  const line = law === undefined ? medians : curveOf(ends, (size) => growthAt(law, size));
  const dash = dashArrays[shape];
  const style_ = { stroke: colour, strokeWidth: 2, ...(dash && { strokeDasharray: dash }) };
  return [plot.line(line as [number, number][], { ...style_, clip: true })];
}

function curveOf(sizes: readonly number[], at: (size: number) => number): [number, number][] {
  const first = Math.min(...sizes);
  const ratio = Math.max(...sizes) / first;
  return Array.from({ length: 61 }, (_, step) => {
    const size = first * ratio ** (step / 60);
    return [size, at(size)];
  });
}

function theoryMarks(
  plot: Plot,
  { of, at }: Theory,
  series: readonly Styled[],
  { isTall, isNumeric }: { readonly isTall: boolean; readonly isNumeric: boolean },
) {
  const shownSeries = of === 'all' ? series.slice(0, 1) : series;
  return shownSeries.map(({ series: { points }, colour }) => {
    const line = points.flatMap((point): [unknown, number][] => {
      const value = at(point);
      const isDrawn = value !== undefined && (value > 0 || !isTall);
      return isDrawn ? [[isNumeric ? point.at : shown(point.at), value]] : [];
    });
    return plot.line(line as [number, number][], {
      stroke: of === 'all' ? colours.grey : colour,
      strokeWidth: 1.6,
      strokeDasharray: '1.5 3',
      clip: true,
    });
  });
}

function numericAxis(numbers: readonly number[]): PanelOptions['x'] {
  const ticks = numbers.toSorted((one, other) => one - other);
  const isLog = isLogarithmic(ticks, 10);
  return {
    type: isLog ? 'log' : 'linear',
    ticks: isLog ? ticks : 5,
    tickFormat: isLog ? compact : '~g',
    inset: 8,
  };
}

/** 1, 10, 100, with 3, 30, 300 between where there are few of them; some air above and below. */
function logarithmicAxis(values: readonly number[]): { domain: number[]; ticks: number[] } {
  const domain = [Math.min(...values) / 1.8, Math.max(...values) * 1.4] as const;
  const [from, to] = [Math.floor(Math.log10(domain[0])), Math.ceil(Math.log10(domain[1]))];
  const steps = to - from > 4 ? [1] : [1, 3];
  const ticks = Array.from({ length: to - from + 1 }, (_, index) =>
    steps.map((step) => step * 10 ** (from + index)),
  ).flat();
  return {
    domain: [...domain],
    ticks: ticks.filter((tick) => tick >= domain[0] && tick <= domain[1]),
  };
}

function isLogarithmic(values: readonly number[], ratio: number): boolean {
  const least = Math.min(...values);
  return least > 0 && Math.max(...values) / least >= ratio;
}

function compact(value: number): string {
  if (value >= 1e6) return `${short(value / 1e6)}M`;
  return value >= 1_000 ? `${short(value / 1_000)}k` : short(value);
}
