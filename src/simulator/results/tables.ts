import type { MessageReport, RunReport } from './report.ts';

const columns = [
  ['message', 'message'],
  ['id', 'id'],
  ['origin', 'origin'],
  ['published_ms', 'publishedAtMs'],
  ['audience', 'audience'],
  ['reached', 'reached'],
  ['coverage', 'coverage'],
  ['latecomers', 'latecomers'],
  ['t50_ms', 't50Ms'],
  ['t99_ms', 't99Ms'],
  ['t100_ms', 't100Ms'],
  ['mean_hops', 'meanHops'],
  ['ldh', 'ldh'],
  ['payload_frames', 'payloadFrames'],
  ['duplicates', 'duplicates'],
  ['rmr', 'rmr'],
  ['recovered', 'recovered'],
  ['eccentricity', 'eccentricity'],
  ['flood_sends', 'floodSends'],
] as const satisfies readonly (readonly [string, keyof MessageReport])[];

/** `messages.csv`: a line for each message; what is not known is empty. */
export function messagesCsv({ messages }: RunReport): string {
  const rows = messages.each.map((message) => columns.map(([, key]) => message[key] ?? ''));
  return csv([columns.map(([name]) => name), ...rows]);
}

/** `curves.csv`: the coverage of each message over time. */
export function curvesCsv({ messages }: RunReport): string {
  const rows = messages.curves.flatMap(({ message, points }) =>
    points.map((point) => [message, ...point]),
  );
  return csv([['message', 'after_ms', 'reached', 'coverage'], ...rows]);
}

/** `summary.json`: the report without what the two tables hold. */
export function summaryJson(report: RunReport): string {
  const { each: _each, curves: _curves, ...messages } = report.messages;
  return `${JSON.stringify({ hearsay: 'run', version: 1, ...report, messages }, undefined, 2)}\n`;
}

/** Rows as RFC 4180 has them, with the line ends that everybody uses. */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\n`).join('');
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
