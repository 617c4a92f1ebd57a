import type { Ms } from '../../core/time.ts';
import type { World } from '../world.ts';

/** Looks at the world every so often until the end of the run; the looks are numbered from 0 on. */
export function sampleEvery(
  world: World,
  intervalMs: Ms,
  look: (atMs: Ms, number: number) => void,
): void {
  let looks = 0;
  const next = () => {
    look(world.nowMs, looks);
    looks += 1;
    if (world.nowMs + intervalMs <= world.scenario.durationMs) world.after(intervalMs, next);
  };
  world.at(intervalMs, next);
}

/** The nodes of the peers, in order. */
export function* peerNodes({ seeds, nodes }: World): IterableIterator<number> {
  for (let node = seeds; node < nodes; node += 1) yield node;
}

/** Of larger networks no more peers are looked at each time. */
const peersALook = 100;

/** In how many looks every peer has its turn. */
export function looksARound({ peers }: World): number {
  return Math.ceil(peers / peersALook);
}

/** The nodes of those peers whose turn it is at this look: of a small network all. */
export function* peersInTurn(world: World, look: number): IterableIterator<number> {
  const step = looksARound(world);
  for (let node = world.seeds + (look % step); node < world.nodes; node += step) yield node;
}

/** The nodes of the seeds, in order. */
export function* seedNodes({ seeds }: World): IterableIterator<number> {
  for (let node = 0; node < seeds; node += 1) yield node;
}
