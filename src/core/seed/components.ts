const none = -1;

/** Disjoint sets of the numbers below `size`, with path halving and union by size (Tarjan 1975). */
export class Components {
  /** `none` for a number that is in no set. */
  readonly #parents: Int32Array;
  readonly #sizes: Int32Array;

  constructor(size: number) {
    this.#parents = new Int32Array(size).fill(none);
    this.#sizes = new Int32Array(size);
  }

  add(one: number): void {
    if (this.#parents[one] !== none) return;
    this.#parents[one] = one;
    this.#sizes[one] = 1;
  }

  /** Both are added if they are new. */
  join(one: number, other: number): void {
    this.add(one);
    this.add(other);
    const a = this.#rootOf(one);
    const b = this.#rootOf(other);
    if (a === b) return;
    const sizeOfA = this.#sizes[a] as number;
    const sizeOfB = this.#sizes[b] as number;
    const [small, large] = sizeOfA < sizeOfB ? [a, b] : [b, a];
    this.#parents[small] = large;
    this.#sizes[large] = sizeOfA + sizeOfB;
  }

  /** The components, largest first. */
  all(): number[][] {
    const members = new Map<number, number[]>();
    for (let one = 0; one < this.#parents.length; one += 1) {
      if (this.#parents[one] === none) continue;
      const root = this.#rootOf(one);
      const component = members.get(root);
      if (component === undefined) members.set(root, [one]);
      else component.push(one);
    }
    return [...members.values()].sort((one, other) => other.length - one.length);
  }

  #rootOf(one: number): number {
    const parents = this.#parents;
    let root = one;
    let parent = parents[root] as number;
    while (parent !== root) {
      const grandparent = parents[parent] as number;
      parents[root] = grandparent;
      root = grandparent;
      parent = parents[root] as number;
    }
    return root;
  }
}
