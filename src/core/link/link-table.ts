import type { LinkId } from '../messages.ts';
import type { Link } from './link.ts';

/** From this many links on, looking one up in a Map is quicker than going through all. */
const fewMax = 16;

const none: readonly never[] = [];

/**
 * Links by their ids. A peer has few, and there may be many peers in one process: one short array
 * takes a third of a Map's room. Each id stands before its link there, so that a look-up reads one
 * place of the processor's cache, not one for each link that it passes. A seed's many links are in
 * a Map.
 */
export class LinkTable<Entry extends Link> {
  /** Id, link, id, link, … Replaced on change. */
  #few: readonly (LinkId | Entry)[] = none;
  #many: Map<LinkId, Entry> | undefined;

  get(id: LinkId): Entry | undefined {
    if (this.#many !== undefined) return this.#many.get(id);
    const few = this.#few;
    for (let at = 0; at < few.length; at += 2) if (few[at] === id) return few[at + 1] as Entry;
    return undefined;
  }

  /** In the order in which they came. */
  all(): Iterable<Entry> {
    return this.#many?.values() ?? this.#fewLinks();
  }

  add(link: Entry): void {
    if (this.#many === undefined && this.#few.length >= 2 * fewMax) {
      this.#many = new Map(this.#fewLinks().map((one) => [one.id, one]));
      this.#few = none;
    }
    if (this.#many === undefined) this.#few = [...this.#few, link.id, link];
    else this.#many.set(link.id, link);
  }

  /** Instead of what was there. */
  assign(links: readonly Entry[]): void {
    this.#many = undefined;
    this.#few = none;
    if (links.length <= fewMax) this.#setFew(links);
    else for (const link of links) this.add(link);
  }

  delete(link: Entry): void {
    if (this.#many !== undefined) this.#many.delete(link.id);
    else this.#setFew(this.#fewLinks().filter((one) => one !== link));
  }

  #setFew(links: readonly Entry[]): void {
    this.#few = links.flatMap((link) => [link.id, link]);
  }

  #fewLinks(): Entry[] {
    return this.#few.filter((one): one is Entry => typeof one !== 'number');
  }
}
