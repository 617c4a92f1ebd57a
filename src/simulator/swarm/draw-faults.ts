import type { Ms } from '../../core/time.ts';
import type { Fault, Topology } from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';
import { drawLifeFault, drawSeedCrash } from './draw-life-faults.ts';
import { drawNetworkFault } from './draw-network-faults.ts';
import { drawNodeFault } from './draw-node-faults.ts';
import { joinedMs } from './draw-topology.ts';
import { drawBudget, type FaultBudget } from './fault-budget.ts';

type Kind = Fault['kind'];

const kinds = [
  'crash',
  'leave',
  'join',
  'churn',
  'pause',
  'slow',
  'clock-jump',
  'disk',
  'malicious',
  'partition',
  'cut',
  'swizzle-clog',
  'degrade',
] as const satisfies readonly Kind[];

const faultsMax = 12;
/**
 * What a new cluster needs until every seed has a first value: only then does a lost disk go unnoticed by nobody.
 * Until then, too, a seed that came late is as good as lost: it votes when n − q + 1 others do, so none may
 * stay down yet.
 */
export const beginningMs = 10_000;

/** What the faults of one script share. */
export interface FaultScene {
  readonly topology: Topology;
  readonly budget: FaultBudget;
  /** Faults begin no earlier. */
  readonly fromMs: Ms;
  /** All of them are over by then. */
  readonly untilMs: Ms;
  /** When peers register: what seeds agree about is under way just then. */
  readonly moments: Ms[];
  /** Peers that join later. */
  newcomers: number;
}

export function drawFaults(
  dice: Dice,
  { topology, untilMs }: { readonly topology: Topology; readonly untilMs: Ms },
): Fault[] {
  const budget = drawBudget(dice, topology);
  const isOneLost = budget.vanishing.length + budget.lostSeeds.length > 0;
  const fromMs = isOneLost ? joinedMs(topology) + beginningMs : 0;
  const scene: FaultScene = {
    topology,
    budget,
    fromMs,
    untilMs: Math.max(untilMs, fromMs + 1_000),
    moments: joinMoments(dice, topology),
    newcomers: 0,
  };
  const weights = drawWeights(dice);
  const count = dice.wholeSpread(1, faultsMax);
  const drawnFaults = Array.from({ length: count }, () => drawn(weights, dice))
    .sort(joinsFirst)
    .flatMap((kind) => drawFault(kind, scene, dice) ?? []);
  const faults = [...drawnFaults, ...drawSeedCrashes(scene, dice)];
  return faults.sort((one, other) => one.atMs - other.atMs);
}

/** Seeds that crash while they agree about something, and disks that are lost, are rare by chance and worth the most. */
function drawSeedCrashes(scene: FaultScene, dice: Dice): Fault[] {
  const { topology, budget } = scene;
  if (topology.seeds === 0) return [];
  const count = budget.vanishing.length > 0 ? dice.whole(1, 3) : dice.pick([0, 0, 1, 3]);
  return Array.from({ length: count }, () => drawSeedCrash(scene, dice));
}

/** Some kinds never, some often: the character of a script. */
function drawWeights(dice: Dice): ReadonlyMap<Kind, number> {
  const weights = kinds.map((kind) => [kind, dice.chance(0.5) ? dice.spread(0.05, 1) : 0] as const);
  return new Map(weights.some(([, weight]) => weight > 0) ? weights : [['crash', 1] as const]);
}

function drawn(weights: ReadonlyMap<Kind, number>, dice: Dice): Kind {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  let left = dice.between(0, total);
  for (const [kind, weight] of weights) {
    left -= weight;
    if (weight > 0 && left <= 0) return kind;
  }
  return 'crash';
}

/** Joins come first, so that crashes can be aimed at them. */
function joinsFirst(one: Kind, other: Kind): number {
  return Number(other === 'join') - Number(one === 'join');
}

function drawFault(kind: Kind, scene: FaultScene, dice: Dice): Fault | undefined {
  switch (kind) {
    case 'crash':
    case 'leave':
    case 'join':
    case 'churn':
      return drawLifeFault(kind, scene, dice);
    case 'pause':
    case 'slow':
    case 'clock-jump':
    case 'disk':
    case 'malicious':
      return drawNodeFault(kind, scene, dice);
    case 'partition':
    case 'cut':
    case 'swizzle-clog':
    case 'degrade':
      return drawNetworkFault(kind, scene, dice);
  }
}

/** When some of the peers of the beginning start. */
function joinMoments(dice: Dice, topology: Topology): Ms[] {
  const { start, peers } = topology;
  if (start.kind === 'settled') return [];
  const fromMs = joinedMs(topology) - start.spreadMs;
  return dice.some(10, peers).map((peer) => fromMs + (peer * start.spreadMs) / peers);
}
