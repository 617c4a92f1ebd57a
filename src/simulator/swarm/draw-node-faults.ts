import type {
  ClockJump,
  DiskFault,
  Malicious,
  Misbehaviour,
  Pause,
  Slow,
} from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';
import type { FaultScene } from './draw-faults.ts';
import { drawChoice, drawPeriod, drawWho } from './draw-who.ts';

type NodeFault = Pause | Slow | ClockJump | DiskFault | Malicious;

export function drawNodeFault(
  kind: NodeFault['kind'],
  scene: FaultScene,
  dice: Dice,
): NodeFault | undefined {
  const period = drawPeriod(dice, scene);
  const who = drawWho(dice, scene);
  switch (kind) {
    case 'pause':
      return { kind, ...period, who };
    case 'slow':
      return { kind, ...period, who, inputMs: dice.spread(0.05, 50) };
    case 'clock-jump': {
      const byMs = dice.spread(10, 10_000_000) * (dice.chance(0.5) ? 1 : -1);
      return { kind, atMs: period.atMs, who, byMs };
    }
    case 'disk':
      return scene.topology.seeds === 0 ? undefined : drawDisk(period, scene, dice);
    case 'malicious':
      return drawLiars(period, scene, dice);
  }
}

interface Period {
  readonly atMs: number;
  readonly forMs: number;
}

function drawDisk({ atMs, forMs }: Period, { topology }: FaultScene, dice: Dice): DiskFault {
  const who = { seeds: drawChoice(dice, topology.seeds) };
  const what = dice.pick(['EIO', 'ENOSPC', 'slow'] as const);
  if (what !== 'slow') return { kind: 'disk', atMs, who, what, restartAfterMs: forMs };
  return { kind: 'disk', atMs, who, what, forMs, factor: dice.wholeSpread(2, 2_000) };
}

const misbehaviours: readonly Misbehaviour[] = [
  'poison-suspicions',
  'forge-deaths',
  'replay',
  'silent-hub',
  'lie-incarnation',
  'forge-messages',
];
/** Where there are seeds, one can be registered there in somebody else's name. */
const misbehavioursAtSeeds: readonly Misbehaviour[] = [...misbehaviours, 'impersonate'];

function drawLiars(period: Period, { budget, topology }: FaultScene, dice: Dice): Malicious {
  const { liars } = budget;
  const chosen = dice.some(dice.whole(1, liars.length), liars.length);
  return {
    kind: 'malicious',
    ...period,
    who: { peers: chosen.flatMap((at) => liars[at] ?? []) },
    behaviour: dice.pick(topology.seeds === 0 ? misbehaviours : misbehavioursAtSeeds),
    intervalMs: dice.spread(100, 3_000),
  };
}
