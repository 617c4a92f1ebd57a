import type { LinkId } from '../messages.ts';
import type { Link } from './link.ts';

/** From this many links on, looking one up in a Map is quicker than going through all. */
const fewMax = 16;

const none: readonly never[] = [];

/**
 * Links by their ids. A peer has few, and there may be many peers in one process: a short array
 * takes a third of a Map's room. A seed's many links are in a Map.
 */
export class LinkTable<Entry extends Link> {
  /** Replaced on change. */
  #few: readonly Entry[] = none;
  #many: Map<LinkId, Entry> | undefined;

  get(id: LinkId): Entry | undefined {
    if (this.#many !== undefined) return this.#many.get(id);
    for (const link of this.#few) if (link.id === id) return link;
    return undefined;
  }

  all(): Iterable<Entry> {
    return this.#many?.values() ?? this.#few;
  }

  add(link: Entry): void {
    if (this.#many === undefined && this.#few.length === fewMax) {
      this.#many = new Map(this.#few.map((one) => [one.id, one]));
      this.#few = none;
    }
    if (this.#many === undefined) this.#few = this.#few.concat(link);
    else this.#many.set(link.id, link);
  }

  delete(link: Entry): void {
    if (this.#many === undefined) this.#few = this.#few.filter((other) => other !== link);
    else this.#many.delete(link.id);
  }
}
