import type { Tick } from './ticks.ts';

const slotBits = 12;
const slots = 1 << slotBits;
const slotMask = slots - 1;
const words = slots >>> 5;
const levels = 3;
/** Ticks that one slot of each level spans. */
const slotTicks: readonly number[] = [1, slots, slots * slots];
/** Ticks that a whole level spans. */
const spans: readonly number[] = [slots, slots * slots, slots * slots * slots];
const nothing = -1;
// A chunk of events: the next chunk of its slot (or of those that are free), a word to spare, and for each event a, b and kind, and the low half of due.
const chunkEvents = 10;
const chunkWords = 32;
const firstAt = 2;
const eventWords = 3;
const kindBits = 4;
const kindMask = (1 << kindBits) - 1;

/** Room for events that are looked up: kind, `a` and payload of each. */
export interface Upcoming {
  readonly kinds: Uint8Array;
  readonly a: Int32Array;
  readonly payloads: unknown[];
}

/**
 * The event queue: a hierarchical time wheel (Varghese, Lauck 1987) in typed arrays. Adding and
 * taking cost a few array accesses however many events are pending, and nothing is allocated for an
 * event but what its payload is.
 *
 * With many pending, what an event costs is to reach its memory. So a slot is a list of chunks of ten
 * events: to take one is to read on, and to add one is to write where nothing has to be read.
 *
 * Events of one tick come out in the order in which they were added. That holds across levels
 * because a level's windows are aligned: an event is put into level 0 only while its window is the
 * current one, and all that were waiting for this window on level 1 were moved down when it began.
 */
export class TimeWheel {
  /** The event taken last. */
  kind = 0;
  a = 0;
  b = 0;
  payload: unknown;

  /** When the event taken last was due; nothing may be added before it. */
  #now: Tick = 0;
  #size = 0;
  /** First tick of the window that each level shows now. */
  readonly #windows = [0, 0, 0];
  /** The first and the last chunk of each slot, and how many events that one has. */
  readonly #heads = new Int32Array(levels * slots).fill(nothing);
  readonly #tails = new Int32Array(levels * slots);
  readonly #fills = new Uint8Array(levels * slots);
  /** One bit a slot: whether it has events. */
  readonly #occupied = new Int32Array(levels * words);
  /** What is due now: the chunk that is being taken, which of its events is next, how many it has, and the last chunk has. */
  #due = nothing;
  #dueNext = 0;
  #dueFill = 0;
  #dueLast = nothing;
  #dueLastFill = 0;
  #capacity = 0;
  #used = 0;
  #free = nothing;
  #words = new Int32Array(0);
  /** Of each chunk's events. */
  readonly #payloads: unknown[] = [];

  constructor(chunks = 1024) {
    this.#grow(chunks);
  }

  get now(): Tick {
    return this.#now;
  }

  /** Events that are pending. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds an event; one that is due in the past is due now. `kind` is one of 0 to 15, `a` has 32 bits,
   * `b` is not negative and has 27.
   */
  add(due: Tick, kind: number, a: number, b: number, payload: unknown): void {
    this.#size += 1;
    this.#insert(due < this.#now ? this.#now : due, (b << kindBits) | kind, a, payload);
  }

  /** Takes the next event that is due at `until` or before; its parts are then in the fields. Without one it is `until` then. */
  take(until: Tick): boolean {
    while (this.#due === nothing) {
      const window = this.#windows[0] as number;
      const slot = this.#nextSlot(0, this.#now - window);
      if (slot !== nothing) {
        if (window + slot > until) return this.#waitFor(until);
        this.#now = window + slot;
        this.#begin(slot);
      } else if (!this.#turn(until)) return this.#waitFor(until);
    }
    if (this.#now > until) return false;
    this.#takeDue();
    return true;
  }

  /**
   * Looks up the next events, without taking them: as many as there is room for in `into` and the first
   * level shows. Returns how many.
   */
  upcoming(into: Upcoming): number {
    const { length: most } = into.a;
    const last = this.#dueLast;
    let found = 0;
    let from = this.#dueNext;
    for (let chunk = this.#due; chunk !== nothing && found < most; ) {
      const fill = chunk === last ? this.#dueLastFill : chunkEvents;
      found = this.#lookInto(chunk, from, fill, into, found);
      from = 0;
      chunk = this.#chunkAfter(chunk, last);
    }
    let slot = this.#nextSlot(0, this.#now - (this.#windows[0] as number));
    for (; slot !== nothing && found < most; slot = this.#nextSlot(0, slot + 1)) {
      found = this.#lookIntoSlot(slot, into, found);
    }
    return found;
  }

  #lookIntoSlot(slot: number, into: Upcoming, before: number): number {
    const last = this.#tails[slot] as number;
    let found = before;
    for (let chunk = this.#heads[slot] as number; chunk !== nothing && found < into.a.length; ) {
      const fill = chunk === last ? (this.#fills[slot] as number) : chunkEvents;
      found = this.#lookInto(chunk, 0, fill, into, found);
      chunk = this.#chunkAfter(chunk, last);
    }
    return found;
  }

  #chunkAfter(chunk: number, last: number): number {
    return chunk === last ? nothing : (this.#words[chunk * chunkWords] as number);
  }

  #lookInto(
    chunk: number,
    from: number,
    fill: number,
    { kinds, a, payloads }: Upcoming,
    found: number,
  ): number {
    let at = found;
    for (let index = from; index < fill && at < a.length; index += 1) {
      const word = chunk * chunkWords + firstAt + index * eventWords;
      kinds[at] = (this.#words[word + 1] as number) & kindMask;
      a[at] = this.#words[word] as number;
      payloads[at] = this.#payloads[chunk * chunkEvents + index];
      at += 1;
    }
    return at;
  }

  /** Nothing is due until then: it is then. */
  #waitFor(until: Tick): false {
    if (until <= this.#now) return false;
    this.#now = until;
    this.#showWindowsOf(until, levels);
    return false;
  }

  /** Levels below `above` show the windows that this tick is in; all that waits there is later. */
  #showWindowsOf(tick: Tick, above: number): void {
    for (let level = 0; level < above; level += 1) {
      const span = spans[level] as number;
      this.#windows[level] = Math.floor(tick / span) * span;
    }
  }

  /** All of this slot of level 0 is due now. */
  #begin(slot: number): void {
    this.#dueLast = this.#tails[slot] as number;
    this.#dueLastFill = this.#fills[slot] as number;
    this.#show(this.#vacated(0, slot));
  }

  #show(chunk: number): void {
    this.#due = chunk;
    this.#dueNext = 0;
    this.#dueFill = chunk === this.#dueLast ? this.#dueLastFill : chunkEvents;
  }

  #takeDue(): void {
    const chunk = this.#due;
    const index = this.#dueNext;
    const at = chunk * chunkWords + firstAt + index * eventWords;
    const words = this.#words;
    this.a = words[at] as number;
    const bAndKind = words[at + 1] as number;
    this.kind = bAndKind & kindMask;
    this.b = bAndKind >>> kindBits;
    const payloadAt = chunk * chunkEvents + index;
    this.payload = this.#payloads[payloadAt];
    this.#payloads[payloadAt] = undefined;
    this.#size -= 1;
    this.#dueNext = index + 1;
    if (this.#dueNext < this.#dueFill) return;
    const next = this.#chunkAfter(chunk, this.#dueLast);
    this.#release(chunk);
    this.#show(next);
  }

  /** Level 0 is empty: moves on to the next window that has events, if it begins early enough. */
  #turn(until: Tick): boolean {
    for (let level = 1; level < levels; level += 1) {
      const window = this.#windows[level] as number;
      const ticks = slotTicks[level] as number;
      const slot = this.#nextSlot(level, Math.floor((this.#now - window) / ticks));
      if (slot === nothing) continue;
      const begins = window + slot * ticks;
      if (begins > until) return false;
      this.#now = begins;
      this.#showWindowsOf(begins, level);
      this.#moveDown(level, slot);
      return true;
    }
    return false;
  }

  #moveDown(level: number, slot: number): void {
    const last = this.#tails[level * slots + slot] as number;
    const lastFill = this.#fills[level * slots + slot] as number;
    let chunk = this.#vacated(level, slot);
    while (chunk !== nothing) {
      const next = this.#chunkAfter(chunk, last);
      this.#moveChunk(chunk, chunk === last ? lastFill : chunkEvents);
      this.#release(chunk);
      chunk = next;
    }
  }

  #moveChunk(chunk: number, fill: number): void {
    const begins = this.#now;
    for (let index = 0; index < fill; index += 1) {
      const at = chunk * chunkWords + firstAt + index * eventWords;
      const words = this.#words;
      const due = begins + (((words[at + 2] as number) - begins) >>> 0);
      const payloadAt = chunk * chunkEvents + index;
      const payload = this.#payloads[payloadAt];
      this.#payloads[payloadAt] = undefined;
      this.#insert(due, words[at + 1] as number, words[at] as number, payload);
    }
  }

  #insert(due: Tick, bAndKind: number, a: number, payload: unknown): void {
    for (let level = 0; level < levels; level += 1) {
      const offset = due - (this.#windows[level] as number);
      if (offset >= (spans[level] as number)) continue;
      const slot = level * slots + Math.floor(offset / (slotTicks[level] as number));
      const index = this.#placeIn(slot);
      const chunk = this.#tails[slot] as number;
      const at = chunk * chunkWords + firstAt + index * eventWords;
      const words = this.#words;
      words[at] = a;
      words[at + 1] = bAndKind;
      words[at + 2] = due;
      this.#payloads[chunk * chunkEvents + index] = payload;
      return;
    }
    throw new RangeError('a virtual time of more than 12 days');
  }

  /** Makes room for one event at the end of a slot's last chunk; returns where. */
  #placeIn(slot: number): number {
    const isEmpty = this.#heads[slot] === nothing;
    const fill = this.#fills[slot] as number;
    if (!isEmpty && fill < chunkEvents) {
      this.#fills[slot] = fill + 1;
      return fill;
    }
    const chunk = this.#newChunk();
    if (isEmpty) {
      this.#heads[slot] = chunk;
      const word = slot >>> 5;
      this.#occupied[word] = (this.#occupied[word] as number) | (1 << (slot & 31));
    } else this.#words[(this.#tails[slot] as number) * chunkWords] = chunk;
    this.#tails[slot] = chunk;
    this.#fills[slot] = 1;
    return 0;
  }

  /** Takes all that a slot has out of it; returns its first chunk. */
  #vacated(level: number, slot: number): number {
    const at = level * slots + slot;
    const word = at >>> 5;
    this.#occupied[word] = (this.#occupied[word] as number) & ~(1 << (at & 31));
    const head = this.#heads[at] as number;
    this.#heads[at] = nothing;
    return head;
  }

  /** The first slot from `from` on that has events. */
  #nextSlot(level: number, from: number): number {
    if (from > slotMask) return nothing;
    let word = from >>> 5;
    let bits = (this.#occupied[level * words + word] as number) & (-1 << (from & 31));
    while (bits === 0) {
      word += 1;
      if (word === words) return nothing;
      bits = this.#occupied[level * words + word] as number;
    }
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }

  #newChunk(): number {
    const chunk = this.#free;
    if (chunk !== nothing) {
      this.#free = this.#words[chunk * chunkWords] as number;
      return chunk;
    }
    if (this.#used === this.#capacity) this.#grow(this.#capacity * 2);
    for (let event = 0; event < chunkEvents; event += 1) this.#payloads.push(undefined);
    this.#used += 1;
    return this.#used - 1;
  }

  #release(chunk: number): void {
    this.#words[chunk * chunkWords] = this.#free;
    this.#free = chunk;
  }

  #grow(chunks: number): void {
    const words = new Int32Array(chunks * chunkWords);
    words.set(this.#words);
    this.#words = words;
    this.#capacity = chunks;
  }
}
