import {
  type GrownMeasure,
  lawNames,
  type SweepPoint,
  type SweepSeries,
  type SweepSummary,
  shown,
} from '../../simulator/index.ts';

const linesMax = 60;

const columns: readonly [head: string, text: (point: SweepPoint) => string][] = [
  ['t50 ms', ({ measures }) => digits(measures.t50Ms?.median)],
  ['t99 ms', ({ measures }) => digits(measures.t99Ms?.median)],
  ['t100 ms', ({ measures }) => digits(measures.t100Ms?.median)],
  ['RMR', ({ measures }) => digits(measures.rmr?.median)],
  ['mean hops', ({ measures }) => digits(measures.meanHops?.median)],
  ['LDH', ({ measures }) => digits(measures.ldh?.median)],
  ['converged', ({ messages }) => `${messages.converged} of ${messages.published}`],
  ['runs', ({ runs }) => String(runs)],
];

const measures: Readonly<Partial<Record<GrownMeasure, string>>> = {
  t50Ms: 't50 (ms)',
  t99Ms: 't99 (ms)',
  t100Ms: 't100 (ms)',
  rmr: 'RMR',
  frames: 'payload frames of a message',
  meanHops: 'hops, the mean',
  ldh: 'LDH',
};

/** A sweep on the terminal: medians of every point, then the laws of growth. */
export function sweepTable(summary: SweepSummary): string {
  const { axis, series } = summary;
  const rows = series.flatMap((one) =>
    one.points.map((point) => [
      ...Object.values(one.parameters).map(shown),
      ...(axis === null ? [] : [shown(point.at)]),
      ...columns.map(([, text]) => text(point)),
    ]),
  );
  const names = [...Object.keys(series[0]?.parameters ?? {}), ...(axis === null ? [] : [axis])];
  const head = [...names.map(lastWord), ...columns.map(([name]) => name)];
  const more = rows.length - linesMax;
  return [
    aligned([head, ...rows.slice(0, linesMax)]),
    ...(more > 0 ? [`… and ${more} lines more in runs.csv and summary.json\n`] : []),
    lawTable(series),
    endOf(summary),
  ].join('');
}

function lawTable(series: readonly SweepSeries[]): string {
  const rows = series.flatMap(({ parameters, growth }) =>
    Object.entries(measures).flatMap(([name, label]) => {
      const law = growth[name as GrownMeasure];
      if (law === undefined) return [];
      const rivals = law.rivals.map((rival) => lawNames[rival]).join(', ');
      const fit = law.law === 'constant' ? '—' : law.r2.toFixed(4);
      return [[...Object.values(parameters).map(shown), label, law.text, fit, rivals]];
    }),
  );
  if (rows.length === 0) return '';
  const names = Object.keys(series[0]?.parameters ?? {}).map(lastWord);
  const head = [...names, 'growth of', 'law', 'R²', 'as likely'];
  return `\n${aligned([head, ...rows], names.length + 1)}`;
}

function endOf({ runs, partial }: SweepSummary): string {
  const { done, failed, planned } = runs;
  const failures = failed === 0 ? '' : `, ${failed} of them failed or ended early`;
  const rest = partial ? ' (partial)' : '';
  return `\n${done} of ${planned} runs${rest}${failures}\n`;
}

/** Numbers to the right; from column `textFrom` on, text to the left. */
function aligned(
  rows: readonly (readonly string[])[],
  textFrom = Number.POSITIVE_INFINITY,
): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) => {
      const cells = row.map((cell, column) =>
        column >= textFrom - 1
          ? cell.padEnd(widths[column] as number)
          : cell.padStart(widths[column] as number),
      );
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

function lastWord(path: string): string {
  return path.split('.').at(-1) ?? path;
}

function digits(value: number | undefined): string {
  if (value === undefined) return '—';
  return value >= 10_000 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
}
