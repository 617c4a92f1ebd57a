import type { Ms } from '../../core/time.ts';
import type { SimulationObserver } from '../observer.ts';
import { agreement } from './agreement.ts';
import { atMostOnce } from './at-most-once.ts';
import { boundedMemory } from './bounded-memory.ts';
import { calm } from './calm.ts';
import type { CheckerKind, Violation } from './checker.ts';
import { Circumstances } from './circumstances.ts';
import { convergence } from './convergence.ts';
import { dialBacks } from './dial-backs.ts';
import { firstReceipt } from './first-receipt.ts';
import { gaps } from './gaps.ts';
import { helpers } from './helpers.ts';
import { incarnations } from './incarnations.ts';
import { knownPeers } from './known-peers.ts';
import { linearizable } from './linearizable.ts';
import { looks } from './looks.ts';
import { noFalseDeath } from './no-false-death.ts';
import { oneValue } from './one-value.ts';
import { ownSessions } from './own-sessions.ts';
import { quorum } from './quorum.ts';
import { readmission } from './readmission.ts';
import { refutation } from './refutation.ts';
import { removalBrake } from './removal-brake.ts';
import { renewals } from './renewals.ts';
import { rumours } from './rumours.ts';
import { sharedMessages } from './shared-messages.ts';
import { tombstones } from './tombstones.ts';
import { votes } from './votes.ts';

/** Every promise that is checked. */
export const checkerKinds: readonly CheckerKind[] = [
  atMostOnce,
  firstReceipt,
  oneValue,
  quorum,
  votes,
  readmission,
  incarnations,
  noFalseDeath,
  agreement,
  calm,
  refutation,
  removalBrake,
  convergence,
  boundedMemory,
  tombstones,
  knownPeers,
  linearizable,
  sharedMessages,
  ownSessions,
  dialBacks,
  helpers,
  looks,
  rumours,
  renewals,
  gaps,
];

export interface CheckersOptions {
  /**
   * From when on no fault is at work: what is promised for a quiet network has to hold 30 s later.
   * Default: the end of the scenario's last fault.
   */
  readonly quietFromMs?: Ms;
  /** Hears the first breach of each promise; `world.stop` ends the run there. */
  onViolation(violation: Violation): void;
}

/** What checks every promise of one run: give it to the run as its observers. */
export function allCheckers(options: CheckersOptions): SimulationObserver[] {
  return startCheckers(checkerKinds, options);
}

/** How a run kept its promises. */
export interface PromisesReport {
  readonly checked: number;
  readonly kept: number;
  /** The first breach of each that was not kept, in the order in which they were noticed. */
  readonly violations: readonly Violation[];
}

/** Checks every promise of one run; `report` says what came of it until now. */
export function watchPromises(): {
  readonly observers: readonly SimulationObserver[];
  readonly report: () => PromisesReport;
} {
  const violations: Violation[] = [];
  const observers = allCheckers({ onViolation: (violation) => void violations.push(violation) });
  const { length: checked } = checkerKinds;
  const report = () => ({
    checked,
    kept: checked - violations.length,
    violations: [...violations],
  });
  return { observers, report };
}

/** The same for some of the promises. */
export function startCheckers(
  kinds: readonly CheckerKind[],
  { quietFromMs, onViolation }: CheckersOptions,
): SimulationObserver[] {
  const about = new Circumstances({ quietFromMs });
  const broken = new Set<string>();
  const checkers = kinds.map(({ name, promise, start }) =>
    start(about, (nodes, what) => {
      if (broken.has(name)) return;
      broken.add(name);
      onViolation({ checker: name, promise, atMs: about.world.nowMs, nodes, what });
    }),
  );
  const noting: SimulationObserver = {
    event: (atMs, node, event) => about.receipts.note(atMs, node, event),
  };
  return [about, ...checkers, noting];
}
