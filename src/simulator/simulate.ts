import { setImmediate } from 'node:timers/promises';
import type { Ms } from '../core/time.ts';
import { Population } from './faults/population.ts';
import { planFaults } from './faults/script.ts';
import { planLoad } from './load.ts';
import { listenersOf, type SimulationObserver } from './observer.ts';
import { checkScenario } from './scenario/check.ts';
import { overridden, type ScenarioOverrides } from './scenario/overrides.ts';
import type { Scenario } from './scenario/scenario.ts';
import { World } from './world.ts';

export interface SimulationOptions {
  /** The number that everything random comes from: a whole one. Default: the scenario's, otherwise 1. */
  readonly seed?: number;
  /** Changes to the scenario, checked together with it. */
  readonly overrides?: ScenarioOverrides;
  readonly observers?: readonly SimulationObserver[];
}

export interface SimulateOptions extends SimulationOptions {
  /** Aborting it ends the run early; what was simulated until then is the result. */
  readonly signal?: AbortSignal;
  /** Called from time to time while the run goes on. */
  readonly onProgress?: (progress: SimulationProgress) => void;
}

export interface SimulationProgress {
  readonly virtualMs: Ms;
  readonly durationMs: Ms;
  readonly deliveries: number;
}

export interface SimulationResult {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Virtual time that has passed. */
  readonly virtualMs: Ms;
  /** Inputs that machines were given: frames, timers, links, disk completions, commands. */
  readonly deliveries: number;
  readonly framesSent: number;
  /** 16 hexadecimal digits over every input that was delivered: equal for equal runs. */
  readonly traceHash: string;
  /** `complete`, or why it ended before its time. */
  readonly ended: 'complete' | 'aborted' | { readonly stopped: string };
}

/** Events between two looks at the signal. */
const eventsPerSlice = 50_000;

/**
 * A run that its caller drives: `advance` step by step, look at `world` between steps. Throws
 * HearsayError `scenario-invalid` for a scenario that makes no sense.
 */
export class Simulation {
  readonly scenario: Scenario;
  readonly world: World;
  readonly #onEnd: SimulationObserver['end'];
  #isAborted = false;
  #hasEnded = false;

  constructor(
    scenario: Scenario,
    { seed, overrides = {}, observers = [] }: SimulationOptions = {},
  ) {
    this.scenario = checkScenario(overridden(scenario, overrides), scenario.name);
    this.world = new World(this.scenario, seed ?? this.scenario.seed ?? 1, observers);
    this.#onEnd = listenersOf(observers, 'end');
    listenersOf(observers, 'begin')?.(this.world);
    const population = new Population(this.world);
    population.plan();
    planLoad(this.world);
    planFaults(this.world, population, observers);
  }

  /** Runs on until this virtual time, or for so many events; returns whether the run is over. */
  advance(untilMs: Ms = this.scenario.durationMs, eventsMax?: number): boolean {
    const { durationMs } = this.scenario;
    const isDone = this.world.advance(Math.min(untilMs, durationMs), eventsMax);
    const isOver = (isDone && untilMs >= durationMs) || this.world.stopReason !== undefined;
    if (isOver) this.#end();
    return isOver;
  }

  /** Ends the run here. */
  abort(): void {
    this.#isAborted = !this.#hasEnded;
    this.#end();
  }

  result(): SimulationResult {
    const { world, scenario } = this;
    const isWhole = !this.#isAborted && world.stopReason === undefined;
    return {
      scenario,
      seed: world.seed,
      virtualMs: isWhole && this.#hasEnded ? scenario.durationMs : world.nowMs,
      deliveries: world.deliveries,
      framesSent: world.network.framesSent,
      traceHash: world.traceHash,
      ended: this.#isAborted ? 'aborted' : endOf(world),
    };
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd?.(this.world.nowMs);
  }
}

/**
 * Runs a scenario under virtual time, with the very machines that run live. The same scenario and seed
 * give the same run. Throws HearsayError `scenario-invalid`, before anything is simulated.
 *
 * @example
 * const { traceHash } = await simulate(await loadScenario('lan-1000'), { seed: 42 });
 */
export async function simulate(
  scenario: Scenario,
  options: SimulateOptions = {},
): Promise<SimulationResult> {
  const { signal, onProgress } = options;
  const simulation = new Simulation(scenario, options);
  const { world } = simulation;
  const { durationMs } = simulation.scenario;
  while (!simulation.advance(durationMs, eventsPerSlice)) {
    onProgress?.({ virtualMs: world.nowMs, durationMs, deliveries: world.deliveries });
    // Lets signals and timers of the program have their turn.
    await setImmediate();
    if (signal?.aborted) simulation.abort();
    if (signal?.aborted) break;
  }
  return simulation.result();
}

function endOf({ stopReason }: World): SimulationResult['ended'] {
  return stopReason === undefined ? 'complete' : { stopped: stopReason };
}
