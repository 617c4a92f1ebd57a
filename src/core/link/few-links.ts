import type { LinkId } from '../messages.ts';
import type { Link } from './link.ts';

/** From this many links on, looking one up in a Map is quicker than going through all. */
export const fewLinksMax = 16;

/**
 * A few links by their ids: id, link, id, link, … in one array, which is replaced on change. A peer has
 * few links, and there may be many peers in one process: this takes a third of a Map's room, and a
 * look-up reads one place of the processor's cache, not one for each link that it passes.
 */
export type FewLinks<Entry extends Link> = readonly (LinkId | Entry)[];

export const noLinks: FewLinks<never> = [];

export function linkIn<Entry extends Link>(few: FewLinks<Entry>, id: LinkId): Entry | undefined {
  for (let at = 0; at < few.length; at += 2) if (few[at] === id) return few[at + 1] as Entry;
  return undefined;
}

export function fewLinksOf<Entry extends Link>(links: readonly Entry[]): FewLinks<Entry> {
  return links.flatMap((link) => [link.id, link]);
}

/** In the order in which they came. */
export function linksIn<Entry extends Link>(few: FewLinks<Entry>): Entry[] {
  return few.filter((one): one is Entry => typeof one !== 'number');
}
