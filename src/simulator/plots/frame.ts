import type * as PlotLibrary from '@observablehq/plot';

export type Plot = typeof PlotLibrary;
type PlotOptions = PlotLibrary.PlotOptions;

/**
 * Okabe and Ito's colours, which people with any kind of colour vision tell apart, as far as they are
 * seen on white and on black alike.
 */
export const colours = {
  blue: '#0072b2',
  sky: '#3a9bd9',
  orange: '#d98a00',
  green: '#009e73',
  red: '#d55e00',
  grey: '#8a8f98',
} as const;

type Shape = 'line' | 'dashes' | 'dash-dot' | 'dots' | 'bar' | 'dot';

export interface Figure {
  /** The finding, in one sentence. */
  readonly title: string;
  /** What is drawn, and of what. */
  readonly subtitle: string;
  readonly legend?: readonly {
    readonly label: string;
    readonly colour: string;
    readonly shape?: Shape;
  }[];
  /** Lines that say something of each panel, instead of a legend. */
  readonly table?: FigureTable;
  /** One, or several side by side. */
  readonly plot: PlotOptions | readonly PlotOptions[];
  readonly width?: number;
}

/** The first cell names the line and has its colour; the others stand over the panels. */
export interface FigureTable {
  readonly head: readonly string[];
  readonly rows: readonly {
    readonly cells: readonly string[];
    readonly colour: string;
    readonly shape: Shape;
  }[];
}

const usualWidth = 760;
const plotHeight = 400;
const margin = 24;
const headHeight = 62;
const legendHeight = 26;
const rowHeight = 19;
/** No font to measure with here: an average character is wide enough for all but shouting. */
const charWidth = 6.8;

/** Draws figures as SVG documents that stand for themselves, on light and dark backgrounds. */
export interface Draughtsman {
  readonly plot: Plot;
  draw(figure: Figure): string;
}

/** Loads the plotting library: some hundred milliseconds that only those pay who draw. */
export async function openPlots(): Promise<Draughtsman> {
  const [plot, { parseHTML }] = await Promise.all([
    import('@observablehq/plot'),
    import('linkedom'),
  ]);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const draw = (figure: Figure) => {
    const panels = [figure.plot].flat() as PlotOptions[];
    const width = panelWidthOf(figure, panels.length);
    return framed(
      figure,
      panels.map((options, index) => drawn(plot, document, { width, ...options }, index)),
    );
  };
  return { plot, draw };
}

function panelWidthOf({ width = usualWidth }: Figure, panels: number): number {
  return Math.floor((width - 2 * margin) / panels);
}

function drawn(plot: Plot, document: unknown, options: PlotOptions, panel: number): string {
  const svg = plot.plot({
    height: plotHeight,
    marginLeft: 60,
    marginBottom: 46,
    marginRight: 24,
    marginTop: 30,
    ...options,
    // The types of a browser are not ours: any document that can make SVG elements will do.
    document: document as never,
  }) as unknown as { readonly outerHTML: string };
  return (
    renumbered(svg.outerHTML, panel)
      .replace(/<style>[\s\S]*?<\/style>/, '')
      .replace(/ style="[^"]*"/, '')
      .replace('font-size="10"', 'font-size="12"')
      // Coordinates, not the numbers that people read.
      .replaceAll(/<[^>]+>/g, (tag) => tag.replaceAll(/\d+\.\d{3,}/g, toHundredths))
  );
}

function toHundredths(number: string): string {
  return String(Math.round(Number(number) * 100) / 100);
}

/** The library numbers its clipping paths through the life of the process: here each panel begins at 1. */
function renumbered(svg: string, panel: number): string {
  const numbers = new Map<string, number>();
  return svg.replaceAll(/plot-clip-\d+/g, (id) => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return `clip-${panel === 0 ? '' : `${panel}-`}${number}`;
  });
}

function framed(figure: Figure, panels: readonly string[]): string {
  const { title, subtitle, legend = [], table, width = usualWidth } = figure;
  const legendTop = headHeight + (legend.length > 0 ? legendHeight : 0);
  const top = legendTop + (table ? (table.rows.length + 1) * rowHeight + 8 : 0);
  const height = top + plotHeight + 12;
  const panelWidth = panelWidthOf(figure, panels.length);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif">`,
    `<title>${escaped(title)}</title><desc>${escaped(subtitle)}</desc>`,
    '<style>svg{color:#1f2328}.paper{fill:#ffffff}.quiet{fill:#59636e}@media (prefers-color-scheme:dark){svg{color:#e6edf3}.paper{fill:#0d1117}.quiet{fill:#9198a1}}</style>',
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    `<text x="${margin}" y="30" font-size="16" font-weight="600" fill="currentColor">${escaped(title)}</text>`,
    `<text class="quiet" x="${margin}" y="51" font-size="12.5">${escaped(subtitle)}</text>`,
    ...legendOf(legend),
    ...(table ? tableOf(table, width) : []),
    ...panels.map(
      (panel, index) =>
        `<svg x="${margin + index * panelWidth}" y="${top}" width="${panelWidth}" height="${plotHeight}">${panel}</svg>`,
    ),
    '</svg>\n',
  ].join('\n');
}

function legendOf(legend: NonNullable<Figure['legend']>): string[] {
  let x = margin;
  return legend.map(({ label, colour, shape = 'line' }) => {
    const y = headHeight + 12;
    const drawnSample = sample({ x, y }, colour, shape);
    const text = `<text x="${x + 26}" y="${y + 4}" font-size="12" fill="currentColor">${escaped(label)}</text>`;
    x += 26 + Math.ceil(label.length * charWidth) + 20;
    return drawnSample + text;
  });
}

function tableOf({ head, rows }: FigureTable, width: number): string[] {
  const first = Math.max(...rows.map(({ cells: [name = ''] }) => name.length)) * charWidth + 46;
  const column = (width - 2 * margin - first) / Math.max(1, head.length - 1);
  const xOf = (index: number) =>
    Math.round(margin + (index === 0 ? 26 : first + (index - 1) * column));
  const line = (cells: readonly string[], y: number, style: string) =>
    cells
      .map(
        (cell, index) =>
          `<text x="${xOf(index)}" y="${y}" font-size="12" ${style}>${escaped(cell)}</text>`,
      )
      .join('');
  return [
    line(head, headHeight + 14, 'class="quiet"'),
    ...rows.map(({ cells, colour, shape }, index) => {
      const y = headHeight + 14 + (index + 1) * rowHeight;
      return sample({ x: margin, y: y - 4 }, colour, shape) + line(cells, y, 'fill="currentColor"');
    }),
  ];
}

function sample(
  { x, y }: { readonly x: number; readonly y: number },
  colour: string,
  shape: Shape,
): string {
  const line = `<path d="M${x} ${y}h20" stroke="${colour}" stroke-width="2.5"`;
  return {
    line: `${line}/>`,
    dashes: `${line} stroke-dasharray="5 3"/>`,
    'dash-dot': `${line} stroke-dasharray="8 3 2 3"/>`,
    dots: `${line} stroke-dasharray="2 3"/>`,
    bar: `<rect x="${x + 4}" y="${y - 6}" width="12" height="12" fill="${colour}"/>`,
    dot: `<circle cx="${x + 10}" cy="${y}" r="4" fill="${colour}"/>`,
  }[shape];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A number for a title: short, with thin spaces between thousands. */
export function short(number: number, digits = 3): string {
  if (Math.abs(number) >= 10_000) return Math.round(number).toLocaleString('en-US');
  return String(Number(number.toPrecision(digits)));
}

/** A duration for a title. */
export function duration(ms: number): string {
  return ms >= 1_000 ? `${short(ms / 1_000)} s` : `${short(ms)} ms`;
}
