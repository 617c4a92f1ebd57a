import type { DigestText } from '../messages.ts';

const words = 4;

/**
 * A digest of a set of texts that does not depend on their order and can be kept up to date: the
 * exclusive or of the first 128 bits of each text's SHA-256. Adding and removing are the same step.
 * Equal digests mean equal sets, except by a chance of 2^−128; it does not resist forgery.
 */
export class XorDigest {
  readonly #digest: DigestText;
  readonly #words = new Uint32Array(words);
  /** Asked for with every renewal, and changed much less often; undefined until it is made. */
  #text: string | undefined;

  constructor(digest: DigestText) {
    this.#digest = digest;
  }

  /** Adds a text that is not in the set, or removes one that is. */
  toggle(text: string): void {
    this.#text = undefined;
    const hex = this.#digest(text);
    for (let word = 0; word < words; word += 1) {
      const bits = Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16);
      this.#words[word] = (this.#words[word] ?? 0) ^ bits;
    }
  }

  /** 32 hexadecimal digits; zeros for the empty set. */
  get text(): string {
    this.#text ??= Array.from(this.#words, (word) => word.toString(16).padStart(8, '0')).join('');
    return this.#text;
  }
}
