import type { LinkId } from '../../core/messages.ts';

/** From this many links on, looking one up in a Map is quicker than going through all. */
const fewMax = 16;

/**
 * The ends of a process's links, by the links' ids. Few of them, as peers have, are pairs of numbers in
 * one short array: of a million peers' Maps most would be empty room, and cold.
 */
export class LinkEnds {
  /** Link, end, link, end, … */
  #few: number[] = [];
  #many: Map<LinkId, number> | undefined;

  get(link: LinkId): number | undefined {
    if (this.#many !== undefined) return this.#many.get(link);
    const at = this.#placeOf(link);
    return at < 0 ? undefined : this.#few[at + 1];
  }

  has(link: LinkId): boolean {
    return this.get(link) !== undefined;
  }

  set(link: LinkId, end: number): void {
    const at = this.#many === undefined ? this.#placeOf(link) : -1;
    if (at >= 0) this.#few[at + 1] = end;
    else if (this.#many === undefined && this.#few.length < 2 * fewMax) this.#few.push(link, end);
    else this.#spread().set(link, end);
  }

  /** Instead of what was there: links and their ends in turn. */
  assign(pairs: number[]): void {
    this.clear();
    if (pairs.length <= 2 * fewMax) this.#few = pairs;
    else
      for (let at = 0; at < pairs.length; at += 2)
        this.set(pairs[at] as LinkId, pairs[at + 1] as number);
  }

  delete(link: LinkId): void {
    if (this.#many !== undefined) this.#many.delete(link);
    else if (this.has(link)) this.#few.splice(this.#placeOf(link), 2);
  }

  clear(): void {
    this.#few = [];
    this.#many = undefined;
  }

  /** In the order in which they came. */
  entries(): (readonly [LinkId, number])[] {
    if (this.#many !== undefined) return [...this.#many];
    return this.#few.flatMap((link, at) =>
      at % 2 === 0 ? [[link, this.#few[at + 1] as number] as const] : [],
    );
  }

  values(): number[] {
    return this.entries().map(([, end]) => end);
  }

  #placeOf(link: LinkId): number {
    const few = this.#few;
    for (let at = 0; at < few.length; at += 2) if (few[at] === link) return at;
    return -1;
  }

  #spread(): Map<LinkId, number> {
    this.#many ??= new Map(this.entries());
    this.#few = [];
    return this.#many;
  }
}
