import type { DisseminationOptions } from '../../core/config.ts';
import type { NodeEvent } from '../../core/events.ts';
import type { GossipMessage, MessageId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange, SimulationObserver } from '../observer.ts';
import type { World } from '../world.ts';
import { Bits } from './bits.ts';

/** What one life of a peer has published or received, in its order. */
class Shelf {
  readonly held = new Bits();
  readonly #order: number[] = [];
  readonly #atMs: Ms[] = [];

  add(message: number, atMs: Ms): void {
    this.held.add(message);
    this.#order.push(message);
    this.#atMs.push(atMs);
  }

  countSince(sinceMs: Ms): number {
    let first = this.#atMs.length;
    while (first > 0 && (this.#atMs[first - 1] as Ms) >= sinceMs) first -= 1;
    return this.#atMs.length - first;
  }

  /** How many messages came after this one, and how long ago it came last. */
  since(message: number, atMs: Ms): { readonly later: number; readonly ageMs: Ms } {
    const at = this.#order.lastIndexOf(message);
    return { later: this.#order.length - at - 1, ageMs: atMs - (this.#atMs[at] as Ms) };
  }
}

/** Messages by number, and which process has come to know which of them: what several checkers ask. */
export class Receipts implements SimulationObserver {
  readonly #numbers = new Map<MessageId, number>();
  readonly #published: ({ readonly message: GossipMessage; readonly atMs: Ms } | undefined)[] = [];
  readonly #shelves = new Map<number, Shelf>();
  #bounds:
    | Pick<DisseminationOptions, 'seenIdsMax' | 'seenAgeMs' | 'forgottenOriginsMax'>
    | undefined;
  /** Incarnations of origins that messages name. */
  readonly #origins = new Set<string>();

  begin(world: World): void {
    this.#bounds = world.peerOptions.dissemination;
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#shelves.delete(node);
  }

  /** To be called after everybody else has seen the event. */
  note(atMs: Ms, node: number, event: NodeEvent): void {
    if (event.type !== 'message:published' && event.type !== 'message:received') return;
    const { id, origin, incarnation } = event.message;
    const message = this.numberOf(id);
    this.#origins.add(`${incarnation} ${origin}`);
    if (event.type === 'message:published') {
      this.#published[message] = { message: event.message, atMs };
    }
    this.#shelf(node).add(message, atMs);
  }

  /** How many messages anybody has told of. */
  get messages(): number {
    return this.#numbers.size;
  }

  numberOf(id: MessageId): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(id, number);
    this.#published.push(undefined);
    return number;
  }

  /** As its origin published it; undefined when nobody has. */
  published(message: number): GossipMessage | undefined {
    return this.#published[message]?.message;
  }

  publishedAtMs(message: number): Ms {
    return this.#published[message]?.atMs ?? 0;
  }

  /** What a process has published or received. */
  heldBy(node: number): Bits | undefined {
    return this.#shelves.get(node)?.held;
  }

  /** How many messages a process has come to know after this one. */
  laterThan(node: number, message: number): number {
    return this.#shelves.get(node)?.since(message, 0).later ?? 0;
  }

  /** How many messages a process has come to know since then, one as often as it was new to it. */
  heldSince(node: number, sinceMs: Ms): number {
    return this.#shelves.get(node)?.countSince(sinceMs) ?? 0;
  }

  has(node: number, message: number): boolean {
    return this.#shelves.get(node)?.held.has(message) === true;
  }

  /**
   * Whether a process that has had this message may take it for a new one: its id is forgotten, and so is its
   * origin, since what makes room by number is remembered by the numbers of its origin, while there are not more
   * origins than a peer remembers that of.
   */
  mayHaveForgotten(node: number, message: number, atMs: Ms): boolean {
    const bounds = this.#bounds;
    if (bounds === undefined || !this.mayHaveForgottenId(node, message, atMs)) return false;
    const ageMs = this.#shelf(node).since(message, atMs).ageMs;
    if (ageMs >= bounds.seenAgeMs * clockMargin) return true;
    return this.#origins.size >= Math.floor(bounds.forgottenOriginsMax / 2);
  }

  /**
   * Whether the id of a message that a process has had may not be remembered: that memory is bounded by
   * number and age, and what falls out of it in that order is forgotten.
   */
  mayHaveForgottenId(node: number, message: number, atMs: Ms): boolean {
    const bounds = this.#bounds;
    const shelf = this.#shelves.get(node);
    if (bounds === undefined || shelf?.held.has(message) !== true) return false;
    const { later, ageMs } = shelf.since(message, atMs);
    // One more than those that came later is being listed now.
    return later + 1 >= bounds.seenIdsMax || ageMs >= bounds.seenAgeMs * clockMargin;
  }

  #shelf(node: number): Shelf {
    const known = this.#shelves.get(node);
    if (known !== undefined) return known;
    const shelf = new Shelf();
    this.#shelves.set(node, shelf);
    return shelf;
  }
}

/** Clocks may run fast. */
const clockMargin = 0.98;
