import type { MessageId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { Delays } from './delays.ts';
import type { FloodTheory } from './overlay-graph.ts';

/** What became of one message. */
export class MessageRecord {
  readonly id: MessageId;
  readonly origin: number;
  readonly publishedAtMs: Ms;
  /**
   * The peers that were in the network when it was published, its origin among them, less those that
   * have ended since without it: coverage is the share of these.
   */
  audience: number;
  /** Of the audience, the origin among them. */
  reached = 1;
  /** First receipts of those who came later, or came back. */
  latecomers = 0;
  /** First receipts that were asked for (IWANT) instead of pushed. */
  recovered = 0;
  duplicates = 0;
  /** First receipts by number of hops. */
  readonly hops: number[] = [0];
  /** From the publication to the first receipt, of the audience. */
  readonly delays = new Delays();
  /** What a flood would do on the overlay of that moment; undefined where that was not worked out. */
  theory: FloodTheory | undefined;
  readonly #has: Uint8Array;

  constructor(
    id: MessageId,
    {
      origin,
      publishedAtMs,
      audience,
      nodes,
    }: { origin: number; publishedAtMs: Ms; audience: number; nodes: number },
  ) {
    this.id = id;
    this.origin = origin;
    this.publishedAtMs = publishedAtMs;
    this.audience = audience;
    this.#has = new Uint8Array(Math.ceil(nodes / 8));
    this.#mark(origin);
  }

  received(atMs: Ms, node: number, hops: number, isAudience: boolean): void {
    this.hops[hops] = (this.hops[hops] ?? 0) + 1;
    if (!isAudience || this.has(node)) {
      this.latecomers += 1;
      return;
    }
    this.#mark(node);
    this.reached += 1;
    this.delays.add(atMs - this.publishedAtMs);
  }

  has(node: number): boolean {
    return ((this.#has[node >>> 3] as number) & (1 << (node & 7))) !== 0;
  }

  #mark(node: number): void {
    this.#has[node >>> 3] = (this.#has[node >>> 3] as number) | (1 << (node & 7));
  }
}
