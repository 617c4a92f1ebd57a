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

export interface Figure {
  /** The finding, in one sentence. */
  readonly title: string;
  /** What is drawn, and of what. */
  readonly subtitle: string;
  readonly legend?: readonly {
    readonly label: string;
    readonly colour: string;
    readonly shape?: 'line' | 'dashes' | 'bar' | 'dot';
  }[];
  readonly plot: PlotOptions;
}

const width = 760;
const plotHeight = 400;
const margin = 24;
const headHeight = 62;
const legendHeight = 26;

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
  return { plot, draw: (figure) => framed(figure, drawn(plot, document, figure.plot)) };
}

function drawn(plot: Plot, document: unknown, options: PlotOptions): string {
  const svg = plot.plot({
    width: width - 2 * margin,
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
    renumbered(svg.outerHTML)
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

/** The library numbers its clipping paths through the life of the process: here each drawing begins at 1. */
function renumbered(svg: string): string {
  const numbers = new Map<string, number>();
  return svg.replaceAll(/plot-clip-\d+/g, (id) => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return `clip-${number}`;
  });
}

function framed({ title, subtitle, legend = [] }: Figure, plot: string): string {
  const top = headHeight + (legend.length > 0 ? legendHeight : 0);
  const height = top + plotHeight + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif">`,
    `<title>${escaped(title)}</title><desc>${escaped(subtitle)}</desc>`,
    '<style>svg{color:#1f2328}.paper{fill:#ffffff}.quiet{fill:#59636e}@media (prefers-color-scheme:dark){svg{color:#e6edf3}.paper{fill:#0d1117}.quiet{fill:#9198a1}}</style>',
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    `<text x="${margin}" y="30" font-size="16" font-weight="600" fill="currentColor">${escaped(title)}</text>`,
    `<text class="quiet" x="${margin}" y="51" font-size="12.5">${escaped(subtitle)}</text>`,
    ...legendOf(legend),
    `<svg x="${margin}" y="${top}" width="${width - 2 * margin}" height="${plotHeight}">${plot}</svg>`,
    '</svg>\n',
  ].join('\n');
}

function legendOf(legend: NonNullable<Figure['legend']>): string[] {
  let x = margin;
  return legend.map(({ label, colour, shape = 'line' }) => {
    const y = headHeight + 12;
    const sample = {
      line: `<path d="M${x} ${y}h20" stroke="${colour}" stroke-width="2.5"/>`,
      dashes: `<path d="M${x} ${y}h20" stroke="${colour}" stroke-width="2.5" stroke-dasharray="5 3"/>`,
      bar: `<rect x="${x + 4}" y="${y - 6}" width="12" height="12" fill="${colour}"/>`,
      dot: `<circle cx="${x + 10}" cy="${y}" r="4" fill="${colour}"/>`,
    }[shape];
    const text = `<text x="${x + 26}" y="${y + 4}" font-size="12" fill="currentColor">${escaped(label)}</text>`;
    // No font to measure with here: an average character is wide enough for all but shouting.
    x += 26 + Math.ceil(label.length * 6.8) + 20;
    return sample + text;
  });
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
