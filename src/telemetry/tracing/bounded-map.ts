/** A Map that lets go of its oldest entry instead of growing beyond `max`. */
export class BoundedMap<Key, Value> {
  readonly #max: number;
  readonly #onDropped: (value: Value) => void;
  readonly #entries = new Map<Key, Value>();

  constructor(max: number, onDropped: (value: Value) => void = () => undefined) {
    this.#max = max;
    this.#onDropped = onDropped;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** Makes it the newest entry. The value that it replaces counts as dropped. */
  set(key: Key, value: Value): void {
    this.drop(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    for (const oldest of this.#entries.keys()) {
      this.drop(oldest);
      return;
    }
  }

  /** Takes an entry out without dropping it. */
  take(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    this.#entries.delete(key);
    return value;
  }

  drop(key: Key): void {
    const value = this.take(key);
    if (value !== undefined) this.#onDropped(value);
  }

  /** Takes all entries out. */
  takeAll(): Value[] {
    const values = [...this.#entries.values()];
    this.#entries.clear();
    return values;
  }
}
