import type { TrialResult } from '../../../../src/simulator/swarm/trial.ts';
import { serveTasks } from '../../../../src/simulator/workers/serve.ts';

/** For hunt.test.ts: seed 7 breaks a promise, seed 13 kills its thread. */
serveTasks((seed: number): TrialResult => {
  if (seed === 13) process.exit(1);
  const promise = 'there are no sevens';
  const what = 'there was a seven';
  const violation = { checker: 'no-sevens', promise, atMs: 1, nodes: [], what };
  return {
    ...(seed === 7 && { violation }),
    virtualMs: 1_000,
    events: 10,
    faults: { crash: 2 },
    isAborted: false,
  };
});
