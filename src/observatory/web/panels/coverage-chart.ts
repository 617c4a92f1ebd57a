import uPlot from 'uplot';
import type { Convergence, Spread } from '../../model/spread.ts';
import { byId } from '../dom.ts';
import type { Theme } from '../theme.ts';

/** How many of the messages before are drawn faintly behind. */
const contextMax = 8;

/** One message's coverage, growing; behind it the messages before, to compare with. */
export class CoverageChart {
  readonly #parent = byId('coverage-chart');
  #plot: uPlot | undefined;
  #theme: Theme | undefined;
  #moments: readonly { readonly atMs: number; readonly label: string }[] = [];

  constructor() {
    new ResizeObserver(() => this.#resize()).observe(this.#parent);
  }

  show(spread: Spread, figures: Convergence, before: readonly Spread[], theme: Theme): void {
    if (theme !== this.#theme) this.#make(theme);
    const { t50Ms, t99Ms, t100Ms, population } = figures;
    const named = [
      { atMs: t50Ms, label: 't50' },
      { atMs: t99Ms, label: 't99' },
      { atMs: t100Ms, label: 't100' },
    ];
    const isDistinct = (n: number) => named[n]?.atMs !== named[n + 1]?.atMs;
    this.#moments = named.flatMap(({ atMs, label }, n) =>
      atMs === null || !isDistinct(n) ? [] : [{ atMs, label }],
    );
    const curves = [...before.slice(-contextMax), spread].map((each) => curveOf(each, population));
    const xs = [...new Set(curves.flatMap(([times]) => times))].sort((a, b) => a - b);
    const end = Math.max(xs.at(-1) ?? 0, 0.5);
    const data = curves.map((curve) => steps(curve, [...xs, end * 1.06]));
    const places = [...xs, end * 1.06];
    const none = places.map(() => null);
    const missing = Array.from({ length: contextMax + 1 - data.length }, () => none);
    this.#plot?.setData([places, ...missing, ...data] as uPlot.AlignedData);
  }

  clear(): void {
    this.#moments = [];
    const none = Array.from({ length: contextMax + 2 }, () => []);
    this.#plot?.setData(none as unknown as uPlot.AlignedData);
  }

  #make(theme: Theme): void {
    this.#theme = theme;
    this.#plot?.destroy();
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const line = (stroke: string, width: number, fill?: string): uPlot.Series => ({
      stroke,
      width,
      points: { show: false },
      ...(stepped && { paths: stepped }),
      ...(fill !== undefined && { fill }),
    });
    const axis = {
      stroke: theme.muted,
      font: '11px "Inter Variable", system-ui, sans-serif',
      ticks: { show: false },
      grid: { stroke: theme.faint, width: 1 },
    };
    this.#plot = new uPlot(
      {
        ...this.#size(),
        legend: { show: false },
        cursor: { show: false },
        padding: [16, 8, 0, 0],
        scales: { x: { time: false }, y: { range: [0, 1] } },
        axes: [
          {
            ...axis,
            size: 26,
            space: 60,
            grid: { show: false },
            values: (_, values) => values.map(tick),
          },
          {
            ...axis,
            size: 40,
            splits: () => [0, 0.5, 1],
            values: (_, values) => values.map((value) => `${100 * value} %`),
          },
        ],
        series: [
          {},
          ...Array.from({ length: contextMax }, () => line(theme.faint, 1.5)),
          line(theme.accent, 2.5, `${theme.accent}1f`),
        ],
        hooks: { draw: [(plot) => this.#drawMoments(plot, theme)] },
      },
      [[]],
      this.#parent,
    );
  }

  /** t50, t99 and t100 as marks on the curve. */
  #drawMoments(plot: uPlot, theme: Theme): void {
    const { ctx: context } = plot;
    const ratio = devicePixelRatio;
    context.save();
    context.textAlign = 'left';
    context.textBaseline = 'alphabetic';
    context.font = `${11 * ratio}px "Inter Variable", system-ui, sans-serif`;
    let free = Number.NEGATIVE_INFINITY;
    for (const { atMs, label } of this.#moments) {
      const x = plot.valToPos(atMs, 'x', true);
      context.strokeStyle = theme.muted;
      context.setLineDash([2 * ratio, 3 * ratio]);
      context.lineWidth = ratio;
      context.beginPath();
      context.moveTo(x, plot.bbox.top - 2 * ratio);
      context.lineTo(x, plot.bbox.top + plot.bbox.height);
      context.stroke();
      context.fillStyle = theme.muted;
      const width = context.measureText(label).width;
      const left = Math.max(
        free,
        Math.min(x - width / 2, plot.bbox.left + plot.bbox.width - width),
      );
      context.fillText(label, left, plot.bbox.top - 5 * ratio);
      free = left + width + 6 * ratio;
    }
    context.restore();
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(120, this.#parent.clientWidth), height: this.#parent.clientHeight };
  }

  #resize(): void {
    if (this.#parent.clientWidth > 0) this.#plot?.setSize(this.#size());
  }
}

function tick(value: number): string {
  return value >= 1_000 ? `${value / 1_000} s` : `${value} ms`;
}

type Curve = readonly [times: readonly number[], shares: readonly number[]];

/** The share of the population that had the message at each receipt, from the origin on. */
function curveOf({ atMs, publishedAtMs, receivers, population }: Spread, wanted: number): Curve {
  const times = [0];
  let have = 1;
  const total = Math.max(1, wanted);
  const shares = [have / total];
  for (const [n, receiver] of receivers.entries()) {
    if (!population.has(receiver)) continue;
    have += 1;
    times.push((atMs[n] ?? 0) - publishedAtMs);
    shares.push(Math.min(1, have / total));
  }
  return [times, shares];
}

/** The curve's value at each of the places, which are sorted. */
function steps([times, shares]: Curve, places: readonly number[]): number[] {
  let at = 0;
  return places.map((place) => {
    while ((times[at + 1] ?? Number.POSITIVE_INFINITY) <= place) at += 1;
    return shares[at] ?? 0;
  });
}
