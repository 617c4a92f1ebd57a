/** Disjoint sets with path halving and union by size (Tarjan 1975), over any keys. */
export class Components<Key> {
  readonly #parents = new Map<Key, Key>();
  readonly #sizes = new Map<Key, number>();

  add(key: Key): void {
    if (this.#parents.has(key)) return;
    this.#parents.set(key, key);
    this.#sizes.set(key, 1);
  }

  /** Both are added if they are new. */
  join(one: Key, other: Key): void {
    this.add(one);
    this.add(other);
    const a = this.#rootOf(one);
    const b = this.#rootOf(other);
    if (a === b) return;
    const sizeOfA = this.#sizes.get(a) ?? 0;
    const sizeOfB = this.#sizes.get(b) ?? 0;
    const [small, large] = sizeOfA < sizeOfB ? [a, b] : [b, a];
    this.#parents.set(small, large);
    this.#sizes.set(large, sizeOfA + sizeOfB);
  }

  /** The components, largest first. */
  all(): Key[][] {
    const members = new Map<Key, Key[]>();
    for (const key of this.#parents.keys()) {
      const root = this.#rootOf(key);
      const component = members.get(root);
      if (component === undefined) members.set(root, [key]);
      else component.push(key);
    }
    return [...members.values()].sort((one, other) => other.length - one.length);
  }

  #rootOf(key: Key): Key {
    let root = key;
    for (let parent = this.#parentOf(root); parent !== root; parent = this.#parentOf(root)) {
      const grandparent = this.#parentOf(parent);
      this.#parents.set(root, grandparent);
      root = grandparent;
    }
    return root;
  }

  #parentOf(key: Key): Key {
    return this.#parents.get(key) ?? key;
  }
}
