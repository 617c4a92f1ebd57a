import { convergence } from './convergence.ts';
import type { Dashboard } from './dashboard.ts';
import { failureDetection } from './failure-detection.ts';
import { node } from './node.ts';
import { registration } from './registration.ts';

/** Every dashboard, by the file that it is written to. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'convergence.json': convergence,
  'registration.json': registration,
  'failure-detection.json': failureDetection,
  'node.json': node,
};

export function textOf(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
