/** The worker thread of a sweep: one run after the other. */
import { RunCollector } from '../results/collector.ts';
import { reportOf } from '../results/report.ts';
import { Simulation } from '../simulate.ts';
import { serveTasks } from '../workers/serve.ts';
import { measuresOf } from './measures.ts';
import type { PlannedRun } from './plan.ts';
import type { SweepRun } from './sweep.ts';

serveTasks(({ scenario, seed }: PlannedRun): Pick<SweepRun, 'ended' | 'measures'> => {
  const collector = new RunCollector();
  const simulation = new Simulation(scenario, { seed, observers: [collector] });
  simulation.advance();
  const result = simulation.result();
  return {
    ended: result.ended,
    measures: measuresOf(reportOf(result, collector, simulation.world)),
  };
});
