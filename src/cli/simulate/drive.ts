import { setImmediate } from 'node:timers/promises';
import type { Simulation } from '../../simulator/index.ts';
import type { ProgressLine } from './progress-line.ts';

/** Events between two looks at the signal: a tenth of a second. */
const eventsPerSlice = 20_000;

/** Runs a simulation to its end, or until it is interrupted, and says how far it is. */
export async function drive(
  simulation: Simulation,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: ProgressLine },
): Promise<void> {
  const { world, scenario } = simulation;
  while (!simulation.advance(scenario.durationMs, eventsPerSlice)) {
    progress.show(() => {
      const at = `${(world.nowMs / 1_000).toFixed(1)} of ${scenario.durationMs / 1_000} s`;
      const share = Math.floor((100 * world.nowMs) / scenario.durationMs);
      const perSecond = Math.round(world.deliveries / (progress.elapsedMs / 1_000));
      return `virtual time ${at} (${share} %), ${world.deliveries.toLocaleString('en-US')} events, ${perSecond.toLocaleString('en-US')} events/s`;
    });
    // Signals have their turn.
    await setImmediate();
    if (signal.aborted) return simulation.abort();
  }
}
