/** Hearsay's simulator: the production protocol under virtual time, from ten peers to a million. */

export {
  allCheckers,
  type CheckersOptions,
  type PromisesReport,
  watchPromises,
} from './checkers/all-checkers.ts';
export type { Violation } from './checkers/checker.ts';
export type { Latency, NetworkModel } from './network/model.ts';
export type { RegionName } from './network/regions.ts';
export type { LifeChange, SimulationObserver } from './observer.ts';
export { type Drawings, drawRun } from './plots/run-plots.ts';
export { drawSweep } from './plots/sweep-plots.ts';
export { RunCollector } from './results/collector.ts';
export type * from './results/report.ts';
export { reportOf } from './results/report.ts';
export { csv, curvesCsv, messagesCsv, summaryJson } from './results/tables.ts';
export type { ScenarioProblem } from './scenario/check.ts';
export { checkScenario } from './scenario/check.ts';
export { loadScenario, parseScenario, scenarioNames } from './scenario/files.ts';
export {
  overridden,
  type ScenarioChanges,
  type ScenarioOverrides,
  withChanges,
} from './scenario/overrides.ts';
export type * from './scenario/scenario.ts';
export {
  type SimulateOptions,
  Simulation,
  type SimulationOptions,
  type SimulationProgress,
  type SimulationResult,
  simulate,
} from './simulate.ts';
export type { Census } from './swarm/census.ts';
export { drawScenario } from './swarm/draw.ts';
export { EventTail, type Happening } from './swarm/event-tail.ts';
export { type Finding, type Hunt, type HuntOptions, hunt } from './swarm/hunt.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './swarm/shrink.ts';
export { runTrial, type TrialOptions, type TrialResult, type Watch } from './swarm/trial.ts';
export {
  parsePlan,
  parseRuns,
  planJson,
  runLine,
  runsCsv,
  sweepSummaryJson,
} from './sweep/files.ts';
export {
  fitGrowth,
  type GrowthFit,
  type GrowthLaw,
  growthAt,
  growthText,
  type LawFit,
  lawNames,
  type Measured,
} from './sweep/growth.ts';
export type { MeasureName, SweepMeasures } from './sweep/measures.ts';
export {
  type PlannedRun,
  planSweep,
  runsOf,
  type Shard,
  type SweepParameter,
  type SweepPlan,
  shardOf,
  shown,
  weightOf,
} from './sweep/plan.ts';
export {
  type GrownMeasure,
  type Growth,
  type SweepPoint,
  type SweepSeries,
  type SweepSummary,
  summaryOf,
} from './sweep/summary.ts';
export { type SweepOptions, type SweepRun, sweep } from './sweep/sweep.ts';
export type { World } from './world.ts';
