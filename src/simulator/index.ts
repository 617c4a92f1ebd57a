/** Hearsay's simulator: the production protocol under virtual time, from ten peers to a million. */

export type { Latency, NetworkModel } from './network/model.ts';
export type { RegionName } from './network/regions.ts';
export type { LifeChange, SimulationObserver } from './observer.ts';
export type { ScenarioProblem } from './scenario/check.ts';
export { checkScenario } from './scenario/check.ts';
export { loadScenario, parseScenario, scenarioNames } from './scenario/files.ts';
export type { ScenarioOverrides } from './scenario/overrides.ts';
export type * from './scenario/scenario.ts';
export {
  type SimulateOptions,
  Simulation,
  type SimulationOptions,
  type SimulationProgress,
  type SimulationResult,
  simulate,
} from './simulate.ts';
export type { World } from './world.ts';
