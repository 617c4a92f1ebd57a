import { quorumOf } from '../../core/config.ts';
import { countOf } from '../scenario/check.ts';
import type { Choice, Crash, Fault, Scenario } from '../scenario/scenario.ts';
import { beginningMs } from './draw-faults.ts';
import { joinedMs } from './draw-topology.ts';
import { liarsMax } from './fault-budget.ts';

/**
 * Whether a scenario asks of the protocol what it promises (see FaultBudget). Draws always do; what the
 * shrinker makes of them has to, or it would find that three seeds do not survive the loss of two disks.
 */
export function isFair({ topology, faults = [] }: Scenario): boolean {
  const { seeds, peers } = topology;
  const quorum = seeds === 0 ? 0 : quorumOf(seeds);
  const crashes = faults.filter((fault): fault is Crash => fault.kind === 'crash');
  const vanishing = crashes.filter(({ disk }) => disk === 'vanish');
  const lost = crashes.filter(({ restartAfterMs }) => restartAfterMs === undefined);
  const disks = mostOf(
    vanishing.map(({ who }) => who.seeds),
    seeds,
  );
  const down = mostOf([...lost.map(({ who }) => who.seeds), ...brokenForEver(faults)], seeds);
  const liars = mostOf(
    faults.map((fault) => (fault.kind === 'malicious' ? fault.who.peers : undefined)),
    peers,
  );
  const begunMs = joinedMs(topology) + beginningMs;
  return (
    disks <= seeds - quorum &&
    down <= seeds - quorum &&
    (disks + down === 0 || disks + down < quorum) &&
    liars <= liarsMax(peers) &&
    (disks + down === 0 || faults.every(({ atMs }) => atMs >= begunMs))
  );
}

function brokenForEver(faults: readonly Fault[]): (Choice | undefined)[] {
  return faults.map((fault) => {
    const isForEver =
      fault.kind === 'disk' && fault.what !== 'slow' && fault.restartAfterMs === undefined;
    return isForEver ? fault.who.seeds : undefined;
  });
}

/** How many of `size` these choices hit at most: the named ones once, the drawn ones each time anew. */
function mostOf(choices: readonly (Choice | undefined)[], size: number): number {
  const named = new Set<number>();
  let drawn = 0;
  for (const choice of choices) {
    if (Array.isArray(choice)) for (const number of choice) named.add(number);
    else drawn += countOf(choice, size);
  }
  return Math.min(size, named.size + drawn);
}
