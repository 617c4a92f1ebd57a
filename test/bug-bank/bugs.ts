import type { Bug } from './bug.ts';
import { consensusBugs } from './bugs/consensus.ts';
import { failureBugs } from './bugs/failures.ts';
import { messageBugs } from './bugs/messages.ts';
import { overlayBugs } from './bugs/overlay.ts';
import { seedBugs } from './bugs/seeds.ts';

/** The whole bank. */
export const bugs: readonly Bug[] = [
  ...messageBugs,
  ...overlayBugs,
  ...failureBugs,
  ...consensusBugs,
  ...seedBugs,
];

export function bugNamed(name: string): Bug {
  const bug = bugs.find((one) => one.name === name);
  if (bug !== undefined) return bug;
  throw new Error(`there is no bug '${name}', but: ${bugs.map((one) => one.name).join(', ')}`);
}
