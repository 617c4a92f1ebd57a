import type { Ms } from '../../core/time.ts';
import type { World } from '../world.ts';

/** Looks at the world every so often until the end of the run. */
export function sampleEvery(world: World, intervalMs: Ms, look: (atMs: Ms) => void): void {
  const next = () => {
    look(world.nowMs);
    if (world.nowMs + intervalMs <= world.scenario.durationMs) world.after(intervalMs, next);
  };
  world.at(intervalMs, next);
}

/** The nodes of the peers, in order. */
export function* peerNodes({ seeds, nodes }: World): IterableIterator<number> {
  for (let node = seeds; node < nodes; node += 1) yield node;
}

/** The nodes of the seeds, in order. */
export function* seedNodes({ seeds }: World): IterableIterator<number> {
  for (let node = 0; node < seeds; node += 1) yield node;
}
