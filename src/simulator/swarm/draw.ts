import { checkScenario, peersOf } from '../scenario/check.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { Dice } from './dice.ts';
import { drawFaults } from './draw-faults.ts';
import { drawLoad, messagesOf } from './draw-load.ts';
import { drawNetwork } from './draw-network.ts';
import { drawOptions } from './draw-options.ts';
import { drawTopology, joinedMs } from './draw-topology.ts';

/** Virtual time without faults at the end: promises for a quiet network are due 30 s after the last fault. */
const livenessMs = 42_000;
/** When, in the liveness phase, the last message is published: it has to arrive everywhere. */
const lastMessageMs = 26_000;

/**
 * The scenario of a number: which network, which options, what goes wrong, all drawn from it, and the
 * probabilities of all that, too, so that each number has a character of its own. First a safety
 * phase with faults, then a liveness phase without.
 *
 * Draws are fair: nothing happens that Hearsay does not promise to bear. More than n − q lost disks, for
 * instance, are what no quorum survives.
 */
export function drawScenario(seed: number): Scenario {
  const topology = drawTopology(new Dice(seed, 1));
  const network = drawNetwork(new Dice(seed, 2));
  const dice = new Dice(seed, 4);
  const safetyMs = Math.round(joinedMs(topology) + dice.spread(8_000, 40_000));
  const faults = drawFaults(new Dice(seed, 5), { topology, untilMs: safetyMs });
  const lastMs = safetyMs + lastMessageMs;
  const load = [
    ...drawLoad(new Dice(seed, 6), { topology, untilMs: safetyMs }),
    { atMs: lastMs, topic: 'last' },
  ];
  const messages = messagesOf(load, peersOf({ topology, faults }));
  const options = drawOptions(new Dice(seed, 3), { topology, messages });
  const scenario: Scenario = {
    name: `swarm-${seed}`,
    seed,
    topology,
    network,
    load,
    faults,
    durationMs: safetyMs + livenessMs,
    options,
  };
  return checkScenario(scenario, `the scenario drawn from ${seed}`);
}
