/**
 * A thread that runs the swarm's scenarios one after the other, with a bug planted in its core or with
 * none, until a promise is broken. What the simulator and the core are made of is loaded after planting.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { bugNamed } from '../bugs.ts';
import type { Hunt, Tried } from '../hunt.ts';
import { plant } from '../plant.ts';

const { bug, from, seeds } = workerData as Hunt;
if (bug !== undefined) plant(bugNamed(bug));

const { drawScenario } = await import('../../../src/simulator/swarm/draw.ts');
const { runTrial } = await import('../../../src/simulator/swarm/trial.ts');

for (let seed = from; seed < from + seeds; seed += 1) {
  const { violation, events } = await runTrial(drawScenario(seed), {});
  const tried: Tried = { seed, events, ...(violation && { violation }) };
  parentPort?.postMessage(tried);
  if (violation !== undefined) break;
}
