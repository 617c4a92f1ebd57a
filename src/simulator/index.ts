/** Hearsay's simulator: the production protocol under virtual time, from ten peers to a million. */

export { allCheckers, type CheckersOptions } from './checkers/all-checkers.ts';
export type { Violation } from './checkers/checker.ts';
export type { Latency, NetworkModel } from './network/model.ts';
export type { RegionName } from './network/regions.ts';
export type { LifeChange, SimulationObserver } from './observer.ts';
export { type Drawings, drawRun } from './plots/run-plots.ts';
export { RunCollector } from './results/collector.ts';
export type * from './results/report.ts';
export { reportOf } from './results/report.ts';
export { csv, curvesCsv, messagesCsv, summaryJson } from './results/tables.ts';
export type { ScenarioProblem } from './scenario/check.ts';
export { checkScenario } from './scenario/check.ts';
export { loadScenario, parseScenario, scenarioNames } from './scenario/files.ts';
export { overridden, type ScenarioOverrides } from './scenario/overrides.ts';
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
