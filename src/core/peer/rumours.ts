import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { DeadConfirmed, Refute, SuspectNotice } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { dropOldest } from './bounded.ts';
import type { Neighbourhood } from './parts.ts';

/** What is flooded: every peer passes it on, over all links but the one it came over. */
export type Rumour = SuspectNotice | Refute | DeadConfirmed;

export interface RumoursOptions {
  readonly suspicionRepeatMs: Ms;
  readonly memoryMax: number;
}

export interface RumoursDependencies {
  readonly links: Pick<Links, 'send'>;
  readonly neighbourhood: Pick<Neighbourhood, 'links'>;
}

/**
 * Passes rumours on, and remembers them so that none goes in circles.
 *
 * A death is told once. Suspicions and refutations are repeated by their authors while they stand,
 * and each repetition is to go through the whole network again, so these are remembered for half of
 * the pause between repetitions: shorter than the pause, much longer than a flood takes.
 */
export class Rumours {
  readonly #options: RumoursOptions;
  readonly #with: RumoursDependencies;
  #spreadMs: Map<string, Ms> | undefined;
  /** Apart from the others, so that no flood of suspicions can make a death news again. */
  #deaths: Set<string> | undefined;

  constructor(options: RumoursOptions, dependencies: RumoursDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** Whether it is to be passed on; from then on it is remembered. */
  isNews(rumour: Rumour, now: Instant): boolean {
    return rumour.type === 'DEAD_CONFIRMED'
      ? this.#isNewDeath(rumour)
      : this.#isNewAgain(keyOf(rumour), now);
  }

  /** To all neighbours, except over the link it came over. */
  spread(rumour: Rumour, cameOver?: Link): void {
    for (const link of this.#with.neighbourhood.links()) {
      if (link !== cameOver) this.#with.links.send(link, rumour);
    }
  }

  #isNewDeath({ peer, incarnation }: DeadConfirmed): boolean {
    this.#deaths ??= new Set();
    const key = `${peer} ${incarnation}`;
    if (this.#deaths.has(key)) return false;
    this.#deaths.add(key);
    dropOldest(this.#deaths, this.#options.memoryMax);
    return true;
  }

  #isNewAgain(key: string, now: Instant): boolean {
    this.#spreadMs ??= new Map();
    const spreadMs = this.#spreadMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (now.monotonicMs - spreadMs < this.#options.suspicionRepeatMs / 2) return false;
    this.#spreadMs.delete(key);
    this.#spreadMs.set(key, now.monotonicMs);
    dropOldest(this.#spreadMs, this.#options.memoryMax);
    return true;
  }
}

function keyOf(rumour: SuspectNotice | Refute): string {
  const { peer, incarnation, refutation } = rumour;
  const by = rumour.type === 'REFUTE' ? '' : `${rumour.by} ${rumour.byIncarnation}`;
  return `${peer} ${incarnation} ${refutation} ${by}`;
}
