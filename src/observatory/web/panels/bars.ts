import { svg } from '../dom.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** A mark beside the bar: what theory expects. */
  readonly expected?: number | undefined;
  /** A class that gives the bar its colour. */
  readonly kind: string;
  /** The bar in words. */
  readonly title: string;
}

const width = 480;

/** A small bar chart, with a mark for what was expected. Its numbers are text, so it can be read out. */
export function bars(
  list: readonly Bar[],
  { height, label, showValues }: { height: number; label: string; showValues: boolean },
): SVGSVGElement {
  const most = Math.max(1, ...list.map(({ value, expected = 0 }) => Math.max(value, expected)));
  const step = width / Math.max(list.length, 6);
  const inner = height - 34;
  const y = (value: number) => 16 + inner * (1 - value / most);
  const root = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    class: 'bars',
    role: 'img',
    'aria-label': `${label}: ${list.map(({ title }) => title).join('; ')}`,
  });
  root.append(svg('line', { x1: 0, x2: width, y1: y(0), y2: y(0), class: 'axis' }));
  for (const [n, bar] of list.entries()) {
    const left = n * step + step * 0.16;
    const size = step * 0.68;
    const rect = {
      x: left,
      width: size,
      y: y(bar.value),
      height: Math.max(0, y(0) - y(bar.value)),
    };
    const middle = left + size / 2;
    root.append(
      svg(
        'rect',
        { ...rect, rx: Math.min(3, size / 4), class: `bar ${bar.kind}` },
        svg('title', {}, bar.title),
      ),
      svg('text', { x: middle, y: height - 4, class: 'bar-label' }, bar.label),
    );
    if (showValues && bar.value > 0) {
      root.append(
        svg('text', { x: middle, y: y(bar.value) - 5, class: 'bar-value' }, String(bar.value)),
      );
    }
    if (bar.expected !== undefined) {
      const at = y(bar.expected);
      root.append(
        svg('line', {
          x1: left - step * 0.1,
          x2: left + size + step * 0.1,
          y1: at,
          y2: at,
          class: 'expected',
        }),
      );
    }
  }
  return root;
}
