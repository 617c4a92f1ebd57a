import type { DisseminationOptions } from '../config.ts';
import type { LinkId, MessageId } from '../messages.ts';
import type { Ms } from '../time.ts';

/** What a peer remembers of one message. */
export interface Listed {
  readonly id: MessageId;
  /** Grows by one with every message listed: the order in which this peer came to know them. */
  readonly order: number;
  /** When it was published, as far as the hops before could tell, on this peer's monotonic clock. */
  readonly bornMs: Ms;
  /** When it was listed. */
  readonly listedMs: Ms;
  /** Links from the origin to this peer; 0 for an own message. */
  readonly hops: number;
  /** The link of the first receipt; 0 for an own message. */
  readonly from: LinkId;
  /** Whether it was pushed here while this peer was a member, not recovered from before. */
  readonly isPushed: boolean;
  /** The bytes, while they are retained. */
  body: Uint8Array | undefined;
}

/** Messages let go of, for one reason. */
export interface Eviction {
  readonly what: 'payload' | 'id';
  readonly bound: 'count' | 'bytes' | 'age';
  readonly ids: readonly MessageId[];
}

type Bounds = Pick<
  DisseminationOptions,
  'retainedMessagesMax' | 'retainedBytesMax' | 'retainedAgeMs' | 'seenIdsMax' | 'seenAgeMs'
>;

/**
 * The Message List: which messages this peer has seen, the bodies of the newest for those who lack
 * them, both bounded by number and age, the bodies by bytes, too. It forgets in the order in which
 * it learned.
 */
export class MessageList {
  readonly #bounds: Bounds;
  readonly #seen = new Map<MessageId, Listed>();
  /** Those of `#seen` with a body: the same order. */
  readonly #retained = new Map<MessageId, Listed>();
  #retainedBytes = 0;
  #lastOrder = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Ids that are remembered. */
  get size(): number {
    return this.#seen.size;
  }

  /** Messages whose body is retained. */
  get retained(): number {
    return this.#retained.size;
  }

  get retainedBytes(): number {
    return this.#retainedBytes;
  }

  /** The order of the newest message; every later one has a greater one. */
  get lastOrder(): number {
    return this.#lastOrder;
  }

  get(id: MessageId): Listed | undefined {
    return this.#seen.get(id);
  }

  add(message: Omit<Listed, 'order' | 'body'>, body: Uint8Array): Listed {
    this.#lastOrder += 1;
    const listed: Listed = { ...message, order: this.#lastOrder, body };
    this.#seen.set(listed.id, listed);
    this.#retained.set(listed.id, listed);
    this.#retainedBytes += body.length;
    return listed;
  }

  /** Retained messages, oldest first. */
  retainedIds(): MessageId[] {
    return [...this.#retained.keys()];
  }

  /** The newest `limit` messages that are remembered without their body, oldest first. */
  expiredIds(limit: number): MessageId[] {
    const expired: MessageId[] = [];
    // What expired is older than what is retained, and so stands before it.
    const skip = Math.max(0, this.#seen.size - this.#retained.size - limit);
    let position = 0;
    for (const { id, body } of this.#seen.values()) {
      if (position >= skip && body === undefined) expired.push(id);
      if (expired.length >= limit) break;
      position += 1;
    }
    return expired;
  }

  /** Brings the list back within the bounds of number and bytes, after an addition. */
  shrink(): readonly Eviction[] {
    const { retainedMessagesMax, retainedBytesMax, seenIdsMax } = this.#bounds;
    const isWithin =
      this.#retained.size <= retainedMessagesMax &&
      this.#retainedBytes <= retainedBytesMax &&
      this.#seen.size <= seenIdsMax;
    if (isWithin) return nothing;
    return [
      this.#expire('count', () => this.#retained.size > retainedMessagesMax),
      this.#expire('bytes', () => this.#retainedBytes > retainedBytesMax),
      this.#forget('count', () => this.#seen.size > seenIdsMax),
    ].filter(isSome);
  }

  /** Lets go of what is too old. */
  age(nowMs: Ms): readonly Eviction[] {
    const { retainedAgeMs, seenAgeMs } = this.#bounds;
    return [
      this.#expire('age', ({ bornMs }) => nowMs - bornMs >= retainedAgeMs),
      this.#forget('age', ({ listedMs }) => nowMs - listedMs >= seenAgeMs),
    ].filter(isSome);
  }

  /** When `age` has something to do again, at the earliest; undefined for an empty list. */
  get nextAgeMs(): Ms | undefined {
    const { retainedAgeMs, seenAgeMs } = this.#bounds;
    const [retained] = this.#retained.values();
    if (retained !== undefined) return retained.bornMs + retainedAgeMs;
    const [seen] = this.#seen.values();
    return seen && seen.listedMs + seenAgeMs;
  }

  #expire(bound: Eviction['bound'], isOver: (oldest: Listed) => boolean): Eviction {
    const ids: MessageId[] = [];
    for (const listed of this.#retained.values()) {
      if (!isOver(listed)) break;
      this.#release(listed);
      ids.push(listed.id);
    }
    return { what: 'payload', bound, ids };
  }

  #forget(bound: Eviction['bound'], isOver: (oldest: Listed) => boolean): Eviction {
    const ids: MessageId[] = [];
    for (const listed of this.#seen.values()) {
      if (!isOver(listed)) break;
      this.#release(listed);
      this.#seen.delete(listed.id);
      ids.push(listed.id);
    }
    return { what: 'id', bound, ids };
  }

  #release(listed: Listed): void {
    if (listed.body === undefined) return;
    this.#retainedBytes -= listed.body.length;
    listed.body = undefined;
    this.#retained.delete(listed.id);
  }
}

const nothing: readonly Eviction[] = [];

function isSome({ ids }: Eviction): boolean {
  return ids.length > 0;
}
