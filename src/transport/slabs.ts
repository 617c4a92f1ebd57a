/**
 * Reused memory for writes. A slab belongs to one write from `take` until its callback gives it
 * back: until then the operating system may still be reading it.
 */
export class SlabPool {
  readonly slabBytes: number;
  readonly #slabsKeptMax: number;
  readonly #free: Buffer[] = [];

  constructor(slabBytes: number, slabsKeptMax: number) {
    this.slabBytes = slabBytes;
    this.#slabsKeptMax = slabsKeptMax;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes);
  }

  giveBack(slab: Buffer): void {
    if (this.#free.length < this.#slabsKeptMax) this.#free.push(slab);
  }
}
