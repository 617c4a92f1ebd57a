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
// An event in the pool: the next one (of its slot, of those that are due, or of those that are free), a, b and kind, and the low half of due.
const eventWords = 4;
const aAt = 1;
const bAndKindAt = 2;
const dueAt = 3;
const kindBits = 4;
const kindMask = (1 << kindBits) - 1;

/**
 * The event queue: a hierarchical time wheel (Varghese, Lauck 1987) in typed arrays. Adding and
 * taking cost a few array accesses however many events are pending, and nothing is allocated for an
 * event but what its payload is.
 *
 * A slot is a stack: to append to it would be to reach for the event that came last, which with many
 * pending is in no cache. It is turned round when its time comes. So events of one tick come out in
 * the order in which they were added. That holds across levels because a level's windows are aligned:
 * an event is put into level 0 only while its window is the current one, and all that were waiting for
 * this window on level 1 were moved down when it began.
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
  /** One bit a slot: whether it has events. */
  readonly #occupied = new Int32Array(levels * words);
  /** The first of those that are due now. */
  #due = nothing;
  // The pool of events: 16 bytes for each, side by side, because reaching memory is what an event costs.
  #capacity = 0;
  #used = 0;
  #free = nothing;
  #words = new Int32Array(0);
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

  /**
   * Adds an event; one that is due in the past is due now. `kind` is one of 0 to 15, `a` has 32 bits,
   * `b` is not negative and has 27.
   */
  add(due: Tick, kind: number, a: number, b: number, payload: unknown): void {
    const event = this.#allocate();
    const at = event * eventWords;
    const words = this.#words;
    words[at + aAt] = a;
    words[at + bAndKindAt] = (b << kindBits) | kind;
    this.#payloads[event] = payload;
    this.#size += 1;
    this.#insert(event, due < this.#now ? this.#now : due);
  }

  /** Takes the next event that is due at `until` or before; its parts are then in the fields. Without one it is `until` then. */
  take(until: Tick): boolean {
    while (this.#due === nothing) {
      const window = this.#windows[0] as number;
      const slot = this.#nextSlot(0, this.#now - window);
      if (slot !== nothing) {
        if (window + slot > until) return this.#waitFor(until);
        this.#now = window + slot;
        this.#due = this.#emptied(0, slot);
      } else if (!this.#turn(until)) return this.#waitFor(until);
    }
    if (this.#now > until) return false;
    this.#takeDue();
    return true;
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

  #takeDue(): void {
    const event = this.#due;
    const at = event * eventWords;
    const words = this.#words;
    this.#due = words[at] as number;
    const bAndKind = words[at + bAndKindAt] as number;
    this.kind = bAndKind & kindMask;
    this.a = words[at + aAt] as number;
    this.b = bAndKind >>> kindBits;
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
    let event = this.#emptied(level, slot);
    const begins = this.#now;
    while (event !== nothing) {
      const at = event * eventWords;
      const next = this.#words[at] as number;
      this.#insert(event, begins + (((this.#words[at + dueAt] as number) - begins) >>> 0));
      event = next;
    }
  }

  #insert(event: number, due: Tick): void {
    for (let level = 0; level < levels; level += 1) {
      const offset = due - (this.#windows[level] as number);
      if (offset >= (spans[level] as number)) continue;
      this.#words[event * eventWords + dueAt] = due;
      this.#push(level, Math.floor(offset / (slotTicks[level] as number)), event);
      return;
    }
    throw new RangeError('a virtual time of more than 12 days');
  }

  #push(level: number, slot: number, event: number): void {
    const at = level * slots + slot;
    const before = this.#heads[at] as number;
    this.#words[event * eventWords] = before;
    this.#heads[at] = event;
    if (before !== nothing) return;
    const word = level * words + (slot >>> 5);
    this.#occupied[word] = (this.#occupied[word] as number) | (1 << (slot & 31));
  }

  /** Empties a slot; returns the first of its events, in the order in which they were added. */
  #emptied(level: number, slot: number): number {
    const word = level * words + (slot >>> 5);
    this.#occupied[word] = (this.#occupied[word] as number) & ~(1 << (slot & 31));
    let event = this.#heads[level * slots + slot] as number;
    this.#heads[level * slots + slot] = nothing;
    let first = nothing;
    while (event !== nothing) {
      const before = this.#words[event * eventWords] as number;
      this.#words[event * eventWords] = first;
      first = event;
      event = before;
    }
    return first;
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

  #allocate(): number {
    const event = this.#free;
    if (event !== nothing) {
      this.#free = this.#words[event * eventWords] as number;
      return event;
    }
    if (this.#used === this.#capacity) this.#grow(this.#capacity * 2);
    this.#payloads.push(undefined);
    this.#used += 1;
    return this.#used - 1;
  }

  #grow(capacity: number): void {
    const words = new Int32Array(capacity * eventWords);
    words.set(this.#words);
    this.#words = words;
    this.#capacity = capacity;
  }
}
