import { randomStream } from '../engine/random.ts';
import { listenersOf, type SimulationObserver } from '../observer.ts';
import type { Fault } from '../scenario/scenario.ts';
import type { World } from '../world.ts';
import { beginLifeFault } from './lives.ts';
import { beginMisbehaviour } from './malicious.ts';
import { beginNetworkFault } from './network-faults.ts';
import { beginNodeFault } from './node-faults.ts';
import type { Population } from './population.ts';
import type { Stage } from './stage.ts';

/** Plans all faults of the world's scenario. */
export function planFaults(
  world: World,
  population: Population,
  observers: readonly SimulationObserver[],
): void {
  const onFault = listenersOf(observers, 'fault');
  const { faults = [] } = world.scenario;
  for (const [index, fault] of faults.entries()) {
    const say = (state: 'begun' | 'ended') => (nodes: readonly number[]) =>
      onFault?.(world.nowMs, index, fault, state, nodes);
    const random = randomStream(world.seed, 'fault', 'run', streamOf(index, faults));
    const stage = { world, population, random, begun: say('begun'), ended: say('ended') };
    world.at(fault.atMs, () => begin(fault, stage));
  }
}

/** By time, not by place in the list: one fault less does not change whom the others hit. */
function streamOf(index: number, faults: readonly Fault[]): number {
  const time = (at: number) => Math.round(faults[at]?.atMs ?? 0);
  let earlier = 0;
  for (let at = 0; at < index; at += 1) if (time(at) === time(index)) earlier += 1;
  return time(index) * 8 + earlier;
}

function begin(fault: Fault, stage: Stage): void {
  switch (fault.kind) {
    case 'crash':
    case 'leave':
    case 'join':
    case 'churn':
      return beginLifeFault(fault, stage);
    case 'pause':
    case 'slow':
    case 'clock-jump':
    case 'disk':
      return beginNodeFault(fault, stage);
    case 'partition':
    case 'cut':
    case 'swizzle-clog':
    case 'degrade':
      return beginNetworkFault(fault, stage);
    case 'malicious':
      return beginMisbehaviour(fault, stage);
  }
}
