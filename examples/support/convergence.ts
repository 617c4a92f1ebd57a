import { type GossipNode, NetworkModel, type Convergence as Row, recordEvent } from 'hearsay';

/** A message in figures, and who published it. */
export interface ConvergenceRow extends Row {
  readonly origin: string;
}

/** Watches every peer of one process and tells how far each message has come. */
export class Convergence {
  readonly #model = new NetworkModel([], { messagesMax: Number.POSITIVE_INFINITY });
  readonly #begun = performance.now();

  watch(node: GossipNode): void {
    let id = '';
    node.observe((event) => {
      if (event.type === 'node:started') id = event.id;
      if (id !== '') this.#model.apply(recordEvent(performance.now() - this.#begun, id, event));
    });
  }

  get messages(): number {
    return this.#model.messages.size;
  }

  rows(): ConvergenceRow[] {
    return Array.from(this.#model.messages.all(), (spread) => ({
      ...this.#model.convergenceOf(spread),
      origin: this.#model.members.list[spread.origin]?.id ?? '',
    }));
  }
}

/** The rows as a table of text. */
export function convergenceTable(rows: readonly ConvergenceRow[]): string {
  const time = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} ms`);
  const cells = rows.map((row) => [
    row.id.slice(0, 8),
    row.origin,
    `${(100 * row.coverage).toFixed(0)} %`,
    time(row.t50Ms),
    time(row.t99Ms),
    time(row.t100Ms),
    String(row.hopsMax),
    row.rmr.toFixed(2),
  ]);
  const head = ['message', 'origin', 'coverage', 't50', 't99', 't100', 'max hops', 'RMR'];
  return alignColumns([head, ...cells]);
}

function alignColumns(lines: readonly (readonly string[])[]): string {
  const [head = []] = lines;
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const text = lines.map((line) =>
    line.map((cell, column) => pad(cell, widths[column] ?? 0, column < 2)).join('  '),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [text[0], rule, ...text.slice(1)].join('\n');
}

function pad(cell: string, width: number, left: boolean): string {
  return left ? cell.padEnd(width) : cell.padStart(width);
}
