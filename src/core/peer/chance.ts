/** Small uses of the injected randomness. */
import type { Random } from '../effects.ts';
import type { Ms } from '../time.ts';

/** The items in an order that is uniformly random. For short lists: quadratic in their length. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const order: Item[] = [];
  for (const item of items) order.splice(Math.floor(random() * (order.length + 1)), 0, item);
  return order;
}

/**
 * A pause before trying again after so many failures in a row (0 for the first): uniform between 0
 * and a bound that doubles from `minMs` to `maxMs`. Full jitter spreads a crowd that failed at the
 * same moment over the whole interval.
 */
export function fullJitterMs(failures: number, minMs: Ms, maxMs: Ms, random: Random): Ms {
  return Math.round(random() * Math.min(maxMs, minMs * 2 ** failures));
}
