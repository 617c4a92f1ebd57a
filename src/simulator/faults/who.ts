import type { Random } from '../../core/effects.ts';
import { countOf } from '../scenario/check.ts';
import type { Choice, Who } from '../scenario/scenario.ts';
import type { World } from '../world.ts';

/** The nodes that a scenario names, drawn where it leaves that open; in ascending order. */
export function nodesOf(
  who: Who,
  world: World,
  random: Random,
  isEligible: (node: number) => boolean = () => true,
): number[] {
  const seeds = chosen(who.seeds, world.seeds, 0, random, isEligible);
  const peers = chosen(who.peers, world.peers, world.seeds, random, isEligible);
  return [...seeds, ...peers];
}

/** Numbers of `size`, from `first` on. Named ones are taken as they are; others are drawn among the eligible. */
function chosen(
  choice: Choice | undefined,
  size: number,
  first: number,
  random: Random,
  isEligible: (node: number) => boolean,
): number[] {
  if (choice === undefined) return [];
  if (typeof choice === 'object' && !('share' in choice)) {
    return [...new Set(choice)].sort((one, other) => one - other).map((number) => first + number);
  }
  const eligible: number[] = [];
  for (let number = 0; number < size; number += 1) {
    if (isEligible(first + number)) eligible.push(first + number);
  }
  if (choice === 'all') return eligible;
  return drawn(eligible, Math.min(countOf(choice, size), eligible.length), random);
}

/** So many of the items, each as likely, in their order. */
function drawn(items: readonly number[], count: number, random: Random): number[] {
  const rest = shuffle([...items], random);
  return rest.slice(0, count).sort((one, other) => one - other);
}

/** In place, in linear time (Fisher, Yates). */
export function shuffle<Item>(items: Item[], random: Random): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const at = Math.floor(random() * (last + 1));
    const item = items[at] as Item;
    items[at] = items[last] as Item;
    items[last] = item;
  }
  return items;
}
