import type { Cut, Degrade, Partition, SwizzleClog } from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';
import type { FaultScene } from './draw-faults.ts';
import { drawPeriod, drawWho } from './draw-who.ts';

type NetworkFault = Partition | Cut | SwizzleClog | Degrade;

export function drawNetworkFault(
  kind: NetworkFault['kind'],
  scene: FaultScene,
  dice: Dice,
): NetworkFault {
  switch (kind) {
    case 'partition':
      return drawPartition(scene, dice);
    case 'cut':
      return {
        kind,
        ...drawPeriod(dice, scene),
        from: drawWho(dice, scene),
        to: drawWho(dice, scene),
        oneWay: dice.chance(0.5),
      };
    case 'swizzle-clog':
      return drawSwizzle(scene, dice);
    case 'degrade':
      return {
        kind,
        ...drawPeriod(dice, scene),
        ...(dice.chance(0.7) && { loss: dice.spread(0.01, 0.6) }),
        ...(dice.chance(0.5) && { latencyFactor: dice.spread(1, 100) }),
      };
  }
}

function drawPartition(scene: FaultScene, dice: Dice): Partition {
  const shape = dice.pick(['split', 'split', 'ring', 'one-way'] as const);
  const groups = shape === 'ring' ? dice.whole(4, 8) : dice.whole(2, 4);
  const period = drawPeriod(dice, scene);
  return {
    kind: 'partition',
    ...period,
    shape,
    groups,
    ...(dice.chance(0.4) && { first: drawWho(dice, scene) }),
    ...(dice.chance(0.3) && { flapMs: dice.spread(Math.min(50, period.forMs), period.forMs) }),
  };
}

/** Everybody is clogged for as long as there are nodes times the step, twice. */
function drawSwizzle(scene: FaultScene, dice: Dice): SwizzleClog {
  const { topology, newcomers, fromMs, untilMs } = scene;
  const nodes = topology.seeds + topology.peers + newcomers;
  const stepMs = dice.spread(1, Math.min(1_000, (untilMs - fromMs) / (2 * nodes)));
  return {
    kind: 'swizzle-clog',
    atMs: dice.between(fromMs, untilMs - 2 * nodes * stepMs),
    who: drawWho(dice, scene),
    stepMs,
  };
}
