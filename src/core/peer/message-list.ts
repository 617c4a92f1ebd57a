import type { DisseminationOptions } from '../config.ts';
import type { LinkId, MessageId } from '../messages.ts';
import type { Ms } from '../time.ts';
import { Forgotten, type Numbered } from './forgotten.ts';

/** What a peer remembers of one message. */
export interface Listed extends Numbered {
  readonly id: MessageId;
  /** The link of the first receipt; 0 for an own message. */
  readonly from: LinkId;
  /** Grows by one with every message listed: the order in which this peer came to know them. */
  readonly order: number;
  /** When it was published, as far as the hops before could tell, on this peer's monotonic clock. */
  readonly bornMs: Ms;
  /** When it was listed. */
  readonly listedMs: Ms;
  /** Links from the origin to this peer; 0 for an own message. */
  readonly hops: number;
  /** Whether it was pushed here while this peer was a member, not recovered from before. */
  readonly isPushed: boolean;
  /** The bytes, while they are retained. */
  body: Uint8Array | undefined;
}

/** Up to so many are gone through, one by one: of many peers in one process most remember few. */
const fewMax = 8;

/** Messages let go of, for one reason. */
export interface Eviction {
  readonly what: 'payload' | 'id';
  readonly bound: 'count' | 'bytes' | 'age';
  readonly ids: readonly MessageId[];
}

type Bounds = Pick<
  DisseminationOptions,
  | 'retainedMessagesMax'
  | 'retainedBytesMax'
  | 'retainedAgeMs'
  | 'seenIdsMax'
  | 'seenAgeMs'
  | 'forgottenOriginsMax'
>;

/**
 * The Message List: which messages this peer has seen, the bodies of the newest for those who lack
 * them, both bounded by number and age, the bodies by bytes, too. It forgets in the order in which
 * it learned.
 *
 * That order is kept in an array of its own: to find the oldest entry of a Map from which many were
 * deleted, JavaScript walks over all the holes (measured in bench/dissemination.ts: 20 times the
 * price of everything else).
 */
export class MessageList {
  /** All that are remembered, by id; made once they are too many to go through. */
  #seen: Map<MessageId, Listed> | undefined;
  /** All that are remembered, oldest first, from `#firstSeen` on. */
  #log: (Listed | undefined)[] = [];
  #firstSeen = 0;
  /** Before this place of the log no message has a body. */
  #firstRetained = 0;
  #retained = 0;
  #retainedBytes = 0;
  #lastOrder = 0;
  readonly #bounds: Bounds;
  /** Made when there are too many for the first time. */
  #forgotten: Forgotten | undefined;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Origins of whom some messages are remembered by their numbers alone. */
  get forgottenOrigins(): number {
    return this.#forgotten?.size ?? 0;
  }

  /** Whether this message, whose id is not remembered, was had before all the same. */
  hasForgotten(message: Numbered): boolean {
    return this.#forgotten?.has(message) ?? false;
  }

  /** Ids that are remembered. */
  get size(): number {
    return this.#log.length - this.#firstSeen;
  }

  /** Messages whose body is retained. */
  get retained(): number {
    return this.#retained;
  }

  get retainedBytes(): number {
    return this.#retainedBytes;
  }

  /** The order of the newest message; every later one has a greater one. */
  get lastOrder(): number {
    return this.#lastOrder;
  }

  get(id: MessageId): Listed | undefined {
    if (this.#seen !== undefined) return this.#seen.get(id);
    for (let at = this.#log.length - 1; at >= this.#firstSeen; at -= 1) {
      const listed = this.#log[at];
      if (listed?.id === id) return listed;
    }
    return undefined;
  }

  add(message: Omit<Listed, 'order' | 'body'>, body: Uint8Array): Listed {
    this.#lastOrder += 1;
    const { id, origin, incarnation, sequence, bornMs, listedMs, hops, from, isPushed } = message;
    const order = this.#lastOrder;
    const listed: Listed = {
      id,
      from,
      order,
      bornMs,
      listedMs,
      hops,
      isPushed,
      body,
      origin,
      incarnation,
      sequence,
    };
    // An array that is made with its first entry takes room for one; a push makes room for seventeen.
    if (this.#log.length === 0) this.#log = [listed];
    else this.#log.push(listed);
    if (this.#seen !== undefined) this.#seen.set(id, listed);
    else if (this.size > fewMax) this.#seen = this.#byId();
    this.#retained += 1;
    this.#retainedBytes += body.length;
    return listed;
  }

  /** Retained messages, oldest first. */
  retainedIds(): MessageId[] {
    const ids: MessageId[] = [];
    for (let at = this.#firstRetained; at < this.#log.length; at += 1) {
      const listed = this.#log[at];
      if (listed?.body !== undefined) ids.push(listed.id);
    }
    return ids;
  }

  /** The newest `limit` messages that are remembered without their body, oldest first. */
  expiredIds(limit: number): MessageId[] {
    const expired: MessageId[] = [];
    for (let at = this.#firstRetained - 1; at >= this.#firstSeen; at -= 1) {
      if (expired.length >= limit) break;
      const listed = this.#log[at];
      if (listed !== undefined) expired.push(listed.id);
    }
    return expired.reverse();
  }

  /** Brings the list back within the bounds of number and bytes, after an addition. */
  shrink(): readonly Eviction[] {
    const { retainedMessagesMax, retainedBytesMax, seenIdsMax } = this.#bounds;
    const isWithin =
      this.#retained <= retainedMessagesMax &&
      this.#retainedBytes <= retainedBytesMax &&
      this.size <= seenIdsMax;
    if (isWithin) return nothing;
    return [
      this.#expire('count', () => this.#retained > retainedMessagesMax),
      this.#expire('bytes', () => this.#retainedBytes > retainedBytesMax),
      this.#forget('count', () => this.size > seenIdsMax),
    ].filter(isSome);
  }

  /** Lets go of what is too old. */
  age(nowMs: Ms): readonly Eviction[] {
    const { retainedAgeMs, seenAgeMs } = this.#bounds;
    this.#forgotten?.age(nowMs);
    return [
      this.#expire('age', ({ bornMs }) => nowMs - bornMs >= retainedAgeMs),
      this.#forget('age', ({ listedMs }) => nowMs - listedMs >= seenAgeMs),
    ].filter(isSome);
  }

  /** When `age` has something to do again, at the earliest; undefined for an empty list. */
  get nextAgeMs(): Ms | undefined {
    const { retainedAgeMs, seenAgeMs } = this.#bounds;
    const retained = this.#log[this.#firstRetained];
    if (retained !== undefined) return retained.bornMs + retainedAgeMs;
    const seen = this.#log[this.#firstSeen];
    return seen && seen.listedMs + seenAgeMs;
  }

  #expire(bound: Eviction['bound'], isOver: (oldest: Listed) => boolean): Eviction {
    const ids: MessageId[] = [];
    for (;;) {
      const oldest = this.#log[this.#firstRetained];
      if (oldest === undefined || !isOver(oldest)) return { what: 'payload', bound, ids };
      this.#firstRetained += 1;
      this.#release(oldest);
      ids.push(oldest.id);
    }
  }

  #forget(bound: Eviction['bound'], isOver: (oldest: Listed) => boolean): Eviction {
    const ids: MessageId[] = [];
    for (;;) {
      const oldest = this.#log[this.#firstSeen];
      if (oldest === undefined || !isOver(oldest)) break;
      this.#log[this.#firstSeen] = undefined;
      this.#firstSeen += 1;
      this.#firstRetained = Math.max(this.#firstRetained, this.#firstSeen);
      this.#release(oldest);
      this.#seen?.delete(oldest.id);
      ids.push(oldest.id);
      if (bound !== 'count') continue;
      this.#forgotten ??= new Forgotten(this.#bounds);
      this.#forgotten.add(oldest);
    }
    this.#compact();
    return { what: 'id', bound, ids };
  }

  #byId(): Map<MessageId, Listed> {
    const byId = new Map<MessageId, Listed>();
    for (const listed of this.#log) if (listed !== undefined) byId.set(listed.id, listed);
    return byId;
  }

  #release(listed: Listed): void {
    if (listed.body === undefined) return;
    this.#retained -= 1;
    this.#retainedBytes -= listed.body.length;
    listed.body = undefined;
  }

  /** Drops the empty front of the log once it is half of it: a constant cost for each message. */
  #compact(): void {
    if (this.#firstSeen * 2 <= this.#log.length) return;
    this.#log = this.#log.slice(this.#firstSeen);
    this.#firstRetained -= this.#firstSeen;
    this.#firstSeen = 0;
  }
}

const nothing: readonly Eviction[] = [];

function isSome({ ids }: Eviction): boolean {
  return ids.length > 0;
}
