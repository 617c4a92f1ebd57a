/** A set of small whole numbers: one bit each. */
export class Bits {
  #words = new Uint32Array(1);

  has(number: number): boolean {
    return ((this.#words[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0;
  }

  add(number: number): void {
    const at = number >>> 5;
    if (at >= this.#words.length) {
      const grown = new Uint32Array(Math.max(at + 1, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[at] = (this.#words[at] as number) | (1 << (number & 31));
  }

  copy(): Bits {
    const copy = new Bits();
    copy.#words = this.#words.slice();
    return copy;
  }

  /** The lowest number in the set that is so. */
  find(isSo: (number: number) => boolean): number | undefined {
    for (const [at, word] of this.#words.entries()) {
      if (word === 0) continue;
      for (let number = at * 32; number < at * 32 + 32; number += 1) {
        if (this.has(number) && isSo(number)) return number;
      }
    }
    return undefined;
  }
}
