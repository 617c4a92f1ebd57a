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
// An event in the pool: the next one of its slot (or of those that are free), kind, a, b, and due.
const eventWords = 8;
const kindAt = 1;
const aAt = 2;
const bAt = 3;
const eventDoubles = 4;
const dueAt = 2;

/**
 * The event queue: a hierarchical time wheel (Varghese, Lauck 1987) in typed arrays. Adding and
 * taking cost a few array accesses however many events are pending, and nothing is allocated for an
 * event but what its payload is.
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
  readonly #heads = new Int32Array(levels * slots).fill(nothing);
  readonly #tails = new Int32Array(levels * slots).fill(nothing);
  /** One bit a slot: whether it has events. */
  readonly #occupied = new Int32Array(levels * words);
  // The pool of events: 32 bytes for each, side by side, because reaching memory is what an event costs.
  #capacity = 0;
  #free = nothing;
  #words = new Int32Array(0);
  /** The same bytes. */
  #doubles = new Float64Array(0);
  readonly #payloads: unknown[] = [];

  constructor(capacity = 1024) {
    this.#grow(capacity);
  }

  get now(): Tick {
    return this.#now;
  }

  /** Events that are pending. */
  get size(): number {
    return this.#size;
  }

  /** Adds an event; one that is due in the past is due now. */
  add(due: Tick, kind: number, a: number, b: number, payload: unknown): void {
    if (this.#free === nothing) this.#grow(this.#capacity * 2);
    const event = this.#free;
    const at = event * eventWords;
    const words = this.#words;
    this.#free = words[at] as number;
    words[at + kindAt] = kind;
    words[at + aAt] = a;
    words[at + bAt] = b;
    this.#doubles[event * eventDoubles + dueAt] = due < this.#now ? this.#now : due;
    this.#payloads[event] = payload;
    this.#size += 1;
    this.#insert(event);
  }

  /** Takes the next event that is due at `until` or before; its parts are then in the fields. Without one it is `until` then. */
  take(until: Tick): boolean {
    for (;;) {
      const window = this.#windows[0] as number;
      const slot = this.#nextSlot(0, this.#now - window);
      if (slot !== nothing) {
        if (window + slot > until) return this.#waitFor(until);
        this.#now = window + slot;
        this.#remove(slot);
        return true;
      }
      if (!this.#turn(until)) return this.#waitFor(until);
    }
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

  #remove(slot: number): void {
    const event = this.#heads[slot] as number;
    const at = event * eventWords;
    const words = this.#words;
    const next = words[at] as number;
    this.#heads[slot] = next;
    if (next === nothing) this.#vacate(0, slot);
    this.kind = words[at + kindAt] as number;
    this.a = words[at + aAt] as number;
    this.b = words[at + bAt] as number;
    this.payload = this.#payloads[event];
    this.#payloads[event] = undefined;
    words[at] = this.#free;
    this.#free = event;
    this.#size -= 1;
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
    const at = level * slots + slot;
    let event = this.#heads[at] as number;
    this.#heads[at] = nothing;
    this.#vacate(level, slot);
    while (event !== nothing) {
      const next = this.#words[event * eventWords] as number;
      this.#insert(event);
      event = next;
    }
  }

  #insert(event: number): void {
    const due = this.#doubles[event * eventDoubles + dueAt] as number;
    for (let level = 0; level < levels; level += 1) {
      const offset = due - (this.#windows[level] as number);
      if (offset >= (spans[level] as number)) continue;
      this.#append(level, Math.floor(offset / (slotTicks[level] as number)), event);
      return;
    }
    throw new RangeError('a virtual time of more than 12 days');
  }

  #append(level: number, slot: number, event: number): void {
    const at = level * slots + slot;
    this.#words[event * eventWords] = nothing;
    if (this.#heads[at] === nothing) {
      this.#heads[at] = event;
      const word = level * words + (slot >>> 5);
      this.#occupied[word] = (this.#occupied[word] as number) | (1 << (slot & 31));
    } else {
      this.#words[(this.#tails[at] as number) * eventWords] = event;
    }
    this.#tails[at] = event;
  }

  #vacate(level: number, slot: number): void {
    const word = level * words + (slot >>> 5);
    this.#occupied[word] = (this.#occupied[word] as number) & ~(1 << (slot & 31));
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

  #grow(capacity: number): void {
    const before = this.#capacity;
    const words = new Int32Array(capacity * eventWords);
    words.set(this.#words);
    this.#words = words;
    this.#doubles = new Float64Array(words.buffer);
    for (let event = capacity - 1; event >= before; event -= 1) {
      words[event * eventWords] = this.#free;
      this.#free = event;
    }
    for (let event = before; event < capacity; event += 1) this.#payloads.push(undefined);
    this.#capacity = capacity;
  }
}
