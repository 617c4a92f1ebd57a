import type { Ms } from '../../core/time.ts';
import type { Load, Topology } from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';

interface Surroundings {
  readonly topology: Topology;
  /** The end of the safety phase. */
  readonly untilMs: Ms;
}

/** Messages of the safety phase: steady ones, bursts, rounds of all, single large ones. */
export function drawLoad(dice: Dice, { topology, untilMs }: Surroundings): Load[] {
  // A message costs what there are links for it.
  const messagesMax = Math.max(3, Math.round(600 / topology.peers));
  return Array.from({ length: dice.whole(1, 3) }, () => {
    const count = dice.wholeSpread(1, Math.min(40, messagesMax));
    const isRound = dice.chance(0.2);
    return {
      atMs: dice.between(0, untilMs),
      count: isRound ? Math.max(1, Math.round(count / topology.peers)) : count,
      intervalMs: dice.spread(0.1, 2_000),
      ...(isRound && { from: 'each' as const }),
      ...(!isRound && dice.chance(0.3) && { from: dice.whole(0, topology.peers - 1) }),
      ...(dice.chance(0.5) && { bytes: dice.wholeSpread(1, 60_000) }),
    };
  });
}

/** How many messages that makes. */
export function messagesOf(load: readonly Load[], peers: number): number {
  return load.reduce(
    (messages, { count = 1, from }) => messages + count * (from === 'each' ? peers : 1),
    0,
  );
}
