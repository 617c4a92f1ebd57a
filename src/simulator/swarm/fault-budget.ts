import { quorumOf } from '../../core/config.ts';
import type { Topology } from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';

/**
 * What may be lost for good without breaking a promise. A seed whose disk has vanished reads the
 * registers of n − q + 1 others that vote before it votes again, and no quorum may have lost what it
 * had accepted: so of n seeds at most n − q ever lose their disk, and together with those that stay
 * down they are fewer than a quorum.
 */
export interface FaultBudget {
  /** The seeds whose disk may vanish. */
  readonly vanishing: readonly number[];
  /** Seeds that may stay down. */
  readonly lostSeeds: readonly number[];
  /** The peers that may lie: a network of liars keeps no promise. */
  readonly liars: readonly number[];
  /** How many peers may die or leave for good. */
  lostPeers: number;
}

export function drawBudget(dice: Dice, { seeds, peers }: Topology): FaultBudget {
  const quorum = seeds === 0 ? 0 : quorumOf(seeds);
  const bearable = seeds - quorum;
  const vanishing = dice.chance(0.3) ? dice.whole(0, bearable) : 0;
  const lostMax = Math.max(0, Math.min(bearable, quorum - 1 - vanishing));
  const lost = dice.chance(0.2) ? dice.whole(0, lostMax) : 0;
  const chosen = dice.some(vanishing + lost, seeds);
  return {
    vanishing: chosen.slice(0, vanishing),
    lostSeeds: chosen.slice(vanishing),
    liars: dice.some(dice.wholeSpread(1, liarsMax(peers)), peers),
    lostPeers: Math.floor(peers * dice.between(0, 0.5)),
  };
}

export function liarsMax(peers: number): number {
  return Math.max(1, Math.floor(peers / 5));
}
