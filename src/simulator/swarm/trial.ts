import { setImmediate } from 'node:timers/promises';
import type { Ms } from '../../core/time.ts';
import { allCheckers } from '../checkers/all-checkers.ts';
import type { Violation } from '../checkers/checker.ts';
import type { SimulationObserver } from '../observer.ts';
import { peersOf } from '../scenario/check.ts';
import type { Fault, Scenario } from '../scenario/scenario.ts';
import { Simulation } from '../simulate.ts';

/** What looks for broken promises: given what hears of one, the observers of a run. */
export type Watch = (onViolation: (violation: Violation) => void) => readonly SimulationObserver[];

export interface TrialOptions {
  /** Default: every checker. */
  readonly watch?: Watch;
  /** More events than these are a finding: the run is one that does not calm down. Default: eventsMaxOf. */
  readonly eventsMax?: number;
  readonly observers?: readonly SimulationObserver[];
  readonly signal?: AbortSignal;
}

/** What became of one run, as plain data. */
export interface TrialResult {
  /** The first promise that was broken. */
  readonly violation?: Violation;
  readonly virtualMs: Ms;
  readonly events: number;
  /** How many nodes each kind of fault has hit; 1 for one that is about the network. */
  readonly faults: Readonly<Partial<Record<Fault['kind'], number>>>;
  readonly isAborted: boolean;
}

/** The name of what is no checker's finding: a run without an end. */
export const noEndInSight = 'no-end-in-sight';
/** …and of an error that was thrown. */
const crashed = 'error';

const watchAll: Watch = (onViolation) => allCheckers({ onViolation });

/** Events between two looks at the signal: some tens of milliseconds. */
const eventsPerSlice = 20_000;

/**
 * How many events a run may have: some ten times as many as a busy one has. Smaller scenarios have a lower
 * bound, so that one without an end is shrunk quickly.
 */
function eventsMaxOf(scenario: Scenario): number {
  const nodes = scenario.topology.seeds + peersOf(scenario);
  return eventsAtLeast + eventsPerNodeSecond * nodes * (scenario.durationMs / 1_000);
}

const eventsAtLeast = 100_000;
const eventsPerNodeSecond = 500;

/** Runs a scenario until its end or the first broken promise. */
export async function runTrial(
  scenario: Scenario,
  options: TrialOptions = {},
): Promise<TrialResult> {
  const { watch = watchAll, eventsMax = eventsMaxOf(scenario), observers = [], signal } = options;
  let violation: Violation | undefined;
  const faults: Partial<Record<Fault['kind'], number>> = {};
  const counting: SimulationObserver = {
    fault: (_atMs, _index, { kind }, state, nodes) => {
      if (state === 'begun') faults[kind] = (faults[kind] ?? 0) + Math.max(1, nodes.length);
    },
  };
  const found = (one: Violation) => {
    violation ??= one;
    simulation.world.stop(one.what);
  };
  const simulation = new Simulation(scenario, {
    observers: [...observers, counting, ...watch(found)],
  });
  const { world } = simulation;
  try {
    while (!simulation.advance(scenario.durationMs, Math.min(eventsPerSlice, eventsMax))) {
      if (world.deliveries > eventsMax) found(endless(world.nowMs, world.deliveries));
      if (signal === undefined) continue;
      await setImmediate();
      if (signal.aborted) simulation.abort();
      if (signal.aborted) break;
    }
  } catch (error) {
    violation ??= thrown(world.nowMs, error);
  }
  return {
    ...(violation !== undefined && { violation }),
    virtualMs: world.nowMs,
    events: world.deliveries,
    faults,
    isAborted: signal?.aborted === true,
  };
}

function endless(atMs: Ms, events: number): Violation {
  const what = `no end in sight: ${events} events in ${(atMs / 1_000).toFixed(1)} s of virtual time`;
  return { checker: noEndInSight, promise: 'a run calms down', atMs, nodes: [], what };
}

/** The result of a run that took its thread with it. */
export function failed(error: Error): TrialResult {
  return { violation: thrown(0, error), virtualMs: 0, events: 0, faults: {}, isAborted: false };
}

function thrown(atMs: Ms, error: unknown): Violation {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { checker: crashed, promise: 'no input makes a node throw', atMs, nodes: [], what };
}
