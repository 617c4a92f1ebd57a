import type { GossipMessage, GossipNode, MessageId, PeerId } from 'hearsay';

/** How one message spread. */
interface Spread {
  readonly message: GossipMessage;
  readonly publishedAtMs: number;
  /** For each peer that received it: after how long, and over how many links. */
  readonly receipts: Map<PeerId, { readonly afterMs: number; readonly hops: number }>;
  /** Payload frames received by all peers, duplicates included. */
  frames: number;
}

export interface ConvergenceRow {
  readonly id: MessageId;
  readonly origin: PeerId;
  /** Share of the living peers that have the message. */
  readonly coverage: number;
  readonly reached: number;
  readonly t50Ms: number | null;
  readonly t99Ms: number | null;
  readonly t100Ms: number | null;
  readonly hopsMax: number;
  /** Relative message redundancy: (frames received / (peers reached − 1)) − 1. */
  readonly rmr: number;
}

/** Watches every peer of one process and tells how far each message has come. */
export class Convergence {
  readonly #spreads = new Map<MessageId, Spread>();
  readonly #living = new Set<PeerId>();

  watch(node: GossipNode): void {
    node.on('node:started', ({ id }) => this.#living.add(id));
    node.on('message:published', ({ message }) => {
      const publishedAtMs = performance.now();
      this.#spreads.set(message.id, { message, publishedAtMs, receipts: new Map(), frames: 0 });
    });
    node.on('message:received', ({ message, hops }) => {
      const spread = this.#spreads.get(message.id);
      if (spread === undefined) return;
      spread.frames += 1;
      spread.receipts.set(node.id, { afterMs: performance.now() - spread.publishedAtMs, hops });
    });
    node.on('message:duplicate', ({ id }) => {
      const spread = this.#spreads.get(id);
      if (spread !== undefined) spread.frames += 1;
    });
  }

  /** A dead peer receives nothing more and is no part of the coverage. */
  forget(peer: PeerId): void {
    this.#living.delete(peer);
  }

  get messages(): number {
    return this.#spreads.size;
  }

  /** Messages that every living peer has. */
  get converged(): number {
    return this.rows().filter(({ coverage }) => coverage === 1).length;
  }

  rows(): ConvergenceRow[] {
    return [...this.#spreads.values()].map((spread) => this.#row(spread));
  }

  #row({ message, receipts, frames }: Spread): ConvergenceRow {
    const others = [...this.#living].filter((peer) => peer !== message.origin);
    const times = others
      .map((peer) => receipts.get(peer)?.afterMs)
      .filter((time) => time !== undefined)
      .sort((a, b) => a - b);
    // The origin has its own message from the start, so the n-th peer is the (n − 1)-th receipt.
    const originLives = this.#living.has(message.origin) ? 1 : 0;
    const timeOf = (share: number): number | null => {
      const peers = Math.ceil(share * this.#living.size) - originLives;
      return peers <= 0 ? 0 : (times[peers - 1] ?? null);
    };
    return {
      id: message.id,
      origin: message.origin,
      coverage: (times.length + originLives) / this.#living.size,
      reached: receipts.size + 1,
      t50Ms: timeOf(0.5),
      t99Ms: timeOf(0.99),
      t100Ms: timeOf(1),
      hopsMax: Math.max(0, ...Array.from(receipts.values(), ({ hops }) => hops)),
      rmr: receipts.size === 0 ? 0 : frames / receipts.size - 1,
    };
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
