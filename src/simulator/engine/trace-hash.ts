/**
 * A running hash over everything that was delivered: two runs with the same one did the same. Two
 * lanes of 32 bits, mixed as in MurmurHash3 (Appleby); against chance, not against an adversary.
 */
export class TraceHash {
  #low = 0x9747b28c | 0;
  #high = 0x2f6b3d51 | 0;

  /** `word` counts by its low 32 bits. */
  add(word: number): void {
    let mixed = Math.imul(word | 0, 0xcc9e2d51);
    mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    const low = this.#low ^ mixed;
    this.#low = (Math.imul((low << 13) | (low >>> 19), 5) + 0xe6546b64) | 0;
    const high = this.#high ^ Math.imul(word ^ low, 0x85ebca6b);
    this.#high = (Math.imul((high << 17) | (high >>> 15), 9) + 0x561ccd1b) | 0;
  }

  addText(text: string): void {
    this.add(text.length);
    for (let at = 0; at < text.length; at += 1) this.add(text.charCodeAt(at));
  }

  /** 16 hexadecimal digits. */
  get digest(): string {
    return hex(this.#high) + hex(this.#low);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
