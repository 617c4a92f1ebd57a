import type { Ms } from '../../core/time.ts';
import { countOf } from '../scenario/check.ts';
import type { Churn, Crash, Join, LeaveFault, Who } from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';
import type { FaultScene } from './draw-faults.ts';
import { drawChoice, drawPeriod } from './draw-who.ts';

type LifeFault = Crash | LeaveFault | Join | Churn;

/** What comes back, comes back after at most so long. */
const downMaxMs = 15_000;
const newcomersMax = 8;

export function drawLifeFault(
  kind: LifeFault['kind'],
  scene: FaultScene,
  dice: Dice,
): LifeFault | undefined {
  switch (kind) {
    case 'crash': {
      const isOfSeeds = scene.topology.seeds > 0 && dice.chance(0.5);
      return isOfSeeds ? drawSeedCrash(scene, dice) : drawPeerCrash(scene, dice);
    }
    case 'leave':
      return drawLeave(scene, dice);
    case 'join':
      return drawJoin(scene, dice);
    case 'churn':
      return drawChurn(scene, dice);
  }
}

/** Seeds crash where it hurts: while they agree about somebody who has just come. */
export function drawSeedCrash(scene: FaultScene, dice: Dice): Crash {
  const { budget, topology, untilMs } = scene;
  const downMs = drawDown(scene, dice);
  const atMs = drawMoment(scene, dice, downMs);
  const how = dice.pick(['kill', 'power-off'] as const);
  const vanishes = budget.vanishing.length > 0 && dice.chance(0.5);
  const stays = !vanishes && budget.lostSeeds.length > 0 && dice.chance(0.5);
  if (stays) return { kind: 'crash', atMs, who: { seeds: [dice.pick(budget.lostSeeds)] }, how };
  const seeds = vanishes ? [dice.pick(budget.vanishing)] : drawChoice(dice, topology.seeds);
  scene.moments.push(atMs + downMs);
  return {
    kind: 'crash',
    atMs,
    who: { seeds },
    how,
    restartAfterMs: Math.min(downMs, untilMs - atMs),
    disk: vanishes ? 'vanish' : dice.pick(['lost', 'kept', 'torn'] as const),
  };
}

function drawPeerCrash(scene: FaultScene, dice: Dice): Crash {
  const { topology, moments } = scene;
  const downMs = drawDown(scene, dice);
  const atMs = drawMoment(scene, dice, downMs);
  const spreadMs = dice.maybe(0.3, () => dice.between(0, scene.untilMs - atMs - downMs));
  const who = { peers: drawChoice(dice, topology.peers) };
  const how = dice.pick(['kill', 'power-off'] as const);
  const crash = {
    kind: 'crash',
    atMs,
    who,
    how,
    ...(spreadMs !== undefined && { spreadMs }),
  } as const;
  if (dice.chance(0.4) && afford(who, scene)) return crash;
  moments.push(atMs + downMs);
  return { ...crash, restartAfterMs: downMs };
}

function drawLeave(scene: FaultScene, dice: Dice): LeaveFault | undefined {
  const { atMs, forMs } = drawPeriod(dice, scene);
  const who = { peers: dice.wholeSpread(1, Math.max(1, scene.budget.lostPeers)) };
  return afford(who, scene) ? { kind: 'leave', atMs, who, spreadMs: forMs } : undefined;
}

function drawJoin(scene: FaultScene, dice: Dice): Join {
  const { atMs, forMs } = drawPeriod(dice, scene);
  const peers = dice.wholeSpread(1, newcomersMax);
  const spreadMs = dice.chance(0.3) ? 0 : forMs;
  scene.newcomers += peers;
  for (let index = 0; index < peers; index += 1) {
    scene.moments.push(atMs + (index * spreadMs) / peers);
  }
  return { kind: 'join', atMs, peers, spreadMs };
}

function drawChurn(scene: FaultScene, dice: Dice): Churn {
  const { atMs, forMs } = drawPeriod(dice, scene);
  // Who goes last comes back within twice the mean.
  const downMs = dice.spread(10, Math.max(20, forMs / 4));
  const lastsMs = Math.max(forMs / 4, forMs - 2 * downMs);
  return {
    kind: 'churn',
    atMs,
    forMs: lastsMs,
    intervalMs: dice.spread(100, 5_000),
    downMs,
    leaveShare: dice.between(0, 1),
  };
}

function drawDown({ fromMs, untilMs }: FaultScene, dice: Dice): Ms {
  return dice.spread(20, Math.min(downMaxMs, untilMs - fromMs));
}

/** Often a moment after somebody has come: anything from the first frame to the last vote is hit. */
function drawMoment({ fromMs, untilMs, moments }: FaultScene, dice: Dice, downMs: Ms): Ms {
  const latestMs = untilMs - downMs;
  if (moments.length === 0 || dice.chance(0.4)) return dice.between(fromMs, latestMs);
  const atMs = dice.pick(moments) + dice.spread(0.2, 1_000);
  return Math.max(fromMs, Math.min(atMs, latestMs));
}

/** Takes the peers from the budget of those that may be lost. */
function afford(who: Who, { budget, topology }: FaultScene): boolean {
  const count = countOf(who.peers, topology.peers);
  if (count > budget.lostPeers) return false;
  budget.lostPeers -= count;
  return true;
}
