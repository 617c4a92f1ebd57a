import type { LinkId } from '../messages.ts';
import type { Link } from './link.ts';

/** From this many links on, looking one up in a Map is quicker than going through all. */
const fewMax = 16;

const none: readonly never[] = [];

/**
 * Links by their ids. A peer has few, and there may be many peers in one process: short arrays take
 * a third of a Map's room. The ids have an array of their own, so that a look-up reads one line of
 * the processor's cache, not one for each link that it passes. A seed's many links are in a Map.
 */
export class LinkTable<Entry extends Link> {
  /** Replaced on change. */
  #few: readonly Entry[] = none;
  /** The ids of `#few`, in the same order. */
  #ids: readonly LinkId[] = none;
  #many: Map<LinkId, Entry> | undefined;

  get(id: LinkId): Entry | undefined {
    if (this.#many !== undefined) return this.#many.get(id);
    const ids = this.#ids;
    for (let at = 0; at < ids.length; at += 1) if (ids[at] === id) return this.#few[at];
    return undefined;
  }

  all(): Iterable<Entry> {
    return this.#many?.values() ?? this.#few;
  }

  add(link: Entry): void {
    if (this.#many === undefined && this.#few.length >= fewMax) {
      this.#many = new Map(this.#few.map((one) => [one.id, one]));
      this.#few = none;
      this.#ids = none;
    }
    if (this.#many === undefined) this.#setFew(this.#few.concat(link));
    else this.#many.set(link.id, link);
  }

  /** Instead of what was there. */
  assign(links: readonly Entry[]): void {
    this.#many = undefined;
    this.#setFew(none);
    if (links.length <= fewMax) this.#setFew(links);
    else for (const link of links) this.add(link);
  }

  delete(link: Entry): void {
    if (this.#many === undefined) this.#setFew(this.#few.filter((other) => other !== link));
    else this.#many.delete(link.id);
  }

  #setFew(few: readonly Entry[]): void {
    this.#few = few;
    this.#ids = few.map(({ id }) => id);
  }
}
