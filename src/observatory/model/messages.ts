import type { MessagePublished, MessageReceived } from '../../core/events.ts';
import type { MessageId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { RecordedEvent, RecordedMessage } from '../../telemetry/event-record.ts';
import type { ModelLimits } from './limits.ts';
import type { Links } from './links.ts';
import type { Member, Members } from './members.ts';
import type { Spread } from './spread.ts';

type Published = Extract<RecordedEvent, { readonly type: MessagePublished['type'] }>;
type Received = Extract<RecordedEvent, { readonly type: MessageReceived['type'] }>;

/** The last messages, oldest first, and how each one spread. */
export class Messages {
  readonly #limits: ModelLimits;
  readonly #members: Members;
  readonly #links: Links;
  readonly #spreads: Map<MessageId, Spread>;
  #receipts: number;

  constructor(
    limits: ModelLimits,
    parts: { readonly members: Members; readonly links: Links },
    spreads: readonly Spread[] = [],
  ) {
    this.#limits = limits;
    this.#members = parts.members;
    this.#links = parts.links;
    this.#spreads = new Map(spreads.map((spread) => [spread.id, spread]));
    this.#receipts = spreads.reduce((sum, { receivers }) => sum + receivers.length, 0);
  }

  get size(): number {
    return this.#spreads.size;
  }

  get(id: MessageId): Spread | undefined {
    return this.#spreads.get(id);
  }

  all(): IterableIterator<Spread> {
    return this.#spreads.values();
  }

  published(by: Member, { message }: Published, atMs: Ms): void {
    if (!this.#spreads.has(message.id)) this.#begin(message, by, atMs);
  }

  received(by: Member, event: Received, atMs: Ms): void {
    const { message, hops, from, latencyMs } = event;
    let spread = this.#spreads.get(message.id);
    if (spread === undefined) {
      // Published where nobody looks on, or before anybody did: its age tells when.
      const origin = this.#members.ensure(message.origin, 'peer', atMs);
      if (origin === undefined) return;
      spread = this.#begin(message, origin, Math.min(atMs, atMs - latencyMs));
    }
    if (by.index === spread.origin) return;
    spread.receivers.push(by.index);
    spread.atMs.push(atMs);
    spread.hops.push(hops);
    spread.senders.push(this.#members.ensure(from, 'peer', atMs)?.index ?? -1);
    if (event.recovered) spread.recovered += 1;
    this.#receipts += 1;
    this.#keepBounds();
  }

  duplicate(id: MessageId): void {
    const spread = this.#spreads.get(id);
    if (spread !== undefined) spread.duplicates += 1;
  }

  #begin(message: RecordedMessage, origin: Member, publishedAtMs: Ms): Spread {
    const population = this.#members.population();
    const isSmall = population.size <= this.#limits.expectationNodesMax;
    const spread: Spread = {
      id: message.id,
      origin: origin.index,
      publishedAtMs,
      topic: message.topic,
      excerpt: message.excerpt,
      payloadBytes: message.payloadBytes,
      population,
      expected: isSmall ? this.#links.distancesFrom(origin.index, population) : null,
      links: this.#links.size,
      receivers: [],
      atMs: [],
      hops: [],
      senders: [],
      duplicates: 0,
      recovered: 0,
    };
    this.#spreads.set(spread.id, spread);
    this.#keepBounds();
    return spread;
  }

  #keepBounds(): void {
    const { messagesMax, receiptsMax } = this.#limits;
    for (const [id, { receivers }] of this.#spreads) {
      const isWithin = this.#spreads.size <= messagesMax && this.#receipts <= receiptsMax;
      if (isWithin || this.#spreads.size === 1) return;
      this.#spreads.delete(id);
      this.#receipts -= receivers.length;
    }
  }
}
