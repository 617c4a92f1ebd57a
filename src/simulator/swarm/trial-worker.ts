import { serveTasks } from '../workers/serve.ts';
import { drawScenario } from './draw.ts';
import { runTrial } from './trial.ts';

/** A thread of a hunt: each task is a seed. */
serveTasks((seed: number) => runTrial(drawScenario(seed)));
