import type { Random } from '../../core/effects.ts';
import type { Ms } from '../../core/time.ts';
import type { Who } from '../scenario/scenario.ts';
import type { World } from '../world.ts';
import type { Population } from './population.ts';
import { nodesOf } from './who.ts';

/** What a fault is played with. */
export interface Stage {
  readonly world: World;
  readonly population: Population;
  /** The fault's own stream: what it draws shifts nothing else. */
  readonly random: Random;
  /** Says that the fault has begun for these nodes. */
  begun(nodes: readonly number[]): void;
  /** Says that it is over. */
  ended(nodes: readonly number[]): void;
}

/** Those of the named nodes that run now. */
export function runningNodes(who: Who, { world, random }: Stage): number[] {
  return nodesOf(who, world, random, (node) => world.isRunning(node));
}

/** Evenly over `spreadMs`: when the item at this index has its turn. */
export function turnMs(index: number, count: number, spreadMs: Ms): Ms {
  return (index * spreadMs) / count;
}
