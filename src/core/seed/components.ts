const none = -1;

/** Disjoint sets of the numbers below `max`, with path halving and union by size (Tarjan 1975). */
export class Components {
  /** `none` for a number that is in no set. */
  readonly #parents: Int32Array;
  readonly #sizes: Int32Array;
  #count = 0;
  #size = 0;

  constructor(max: number) {
    this.#parents = new Int32Array(max).fill(none);
    this.#sizes = new Int32Array(max);
  }

  /** How many components there are. */
  get count(): number {
    return this.#count;
  }

  /** How many numbers are in any of them. */
  get size(): number {
    return this.#size;
  }

  add(one: number): void {
    if (this.#parents[one] !== none) return;
    this.#parents[one] = one;
    this.#sizes[one] = 1;
    this.#count += 1;
    this.#size += 1;
  }

  /** Both are added if they are new. */
  join(one: number, other: number): void {
    this.add(one);
    this.add(other);
    const a = this.#rootOf(one);
    const b = this.#rootOf(other);
    if (a === b) return;
    this.#count -= 1;
    if ((this.#sizes[a] as number) < (this.#sizes[b] as number)) this.#hang(a, b);
    else this.#hang(b, a);
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

  #hang(root: number, below: number): void {
    this.#parents[root] = below;
    this.#sizes[below] = (this.#sizes[below] as number) + (this.#sizes[root] as number);
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
