import type { Ms } from '../../core/time.ts';
import type { Choice, Who } from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';
import type { FaultScene } from './draw-faults.ts';

/** Mostly few of so many nodes: by number, by count, by share, or all. */
export function drawChoice(dice: Dice, size: number): Choice {
  if (dice.chance(0.1)) return 'all';
  const count = dice.wholeSpread(1, size);
  switch (dice.pick(['count', 'numbers', 'share'] as const)) {
    case 'count':
      return count;
    case 'numbers':
      return dice.some(count, size);
    case 'share':
      return { share: dice.between(0.05, 0.6) };
  }
}

/** Peers, seeds, or both. */
export function drawWho(dice: Dice, { topology: { peers, seeds } }: FaultScene): Who {
  const whom = seeds === 0 ? 'peers' : dice.pick(['peers', 'peers', 'seeds', 'both'] as const);
  return {
    ...(whom !== 'seeds' && { peers: drawChoice(dice, peers) }),
    ...(whom !== 'peers' && { seeds: drawChoice(dice, seeds) }),
  };
}

/** When something begins and how long it lasts, within the safety phase. */
export function drawPeriod(
  dice: Dice,
  { fromMs, untilMs }: FaultScene,
): { readonly atMs: Ms; readonly forMs: Ms } {
  const forMs = dice.spread(100, Math.min(20_000, untilMs - fromMs));
  return { atMs: dice.between(fromMs, untilMs - forMs), forMs };
}
