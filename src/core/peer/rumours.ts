import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type {
  DeadConfirmed,
  Incarnation,
  LinkId,
  PeerId,
  Refute,
  SuspectNotice,
} from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import type { Neighbourhood } from './parts.ts';

/** What is flooded: every peer passes it on, over all links but the one it came over. */
export type Rumour = SuspectNotice | Refute | DeadConfirmed;

export interface RumoursOptions {
  readonly suspicionRepeatMs: Ms;
  readonly memoryMax: number;
}

export interface RumoursDependencies {
  readonly links: Pick<Links, 'send'>;
  readonly neighbourhood: Pick<Neighbourhood, 'links' | 'linkTo'>;
}

/**
 * Passes rumours on, and remembers them so that none goes in circles.
 *
 * A death is told once. Suspicions and refutations are repeated by their authors while they stand,
 * and each repetition is to go through the whole network again, so these are remembered for half of
 * the pause between repetitions: shorter than the pause, much longer than a flood takes.
 *
 * Whatever may still be on its way is never forgotten for something newer: it would be news again when
 * it comes round, and so would the other, for ever. What there is no room for stops here; suspicions and
 * refutations are repeated, and a death is known to the seeds.
 */
export class Rumours {
  readonly #options: RumoursOptions;
  readonly #with: RumoursDependencies;
  /** When each suspicion and refutation was last news, the oldest first. */
  #repeated: Map<string, Ms> | undefined;
  /** Apart from the others, so that no flood of suspicions can make a death news again. */
  #deaths: Map<string, Ms> | undefined;
  /** What this peer last said in its own defence. */
  #refuted:
    | {
        readonly incarnation: Incarnation;
        readonly refutation: number;
        readonly saidMs: Ms;
        readonly heardBy: Set<LinkId>;
      }
    | undefined;

  constructor(options: RumoursOptions, dependencies: RumoursDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** Whether it is to be taken in and passed on; from then on it is remembered. */
  isNews(rumour: Rumour, now: Instant): boolean {
    if (rumour.type === 'DEAD_CONFIRMED') return this.newsOf(rumour, now) === 'news';
    this.#repeated ??= new Map();
    const key = keyOf(rumour);
    const knownMs = this.#repeated.get(key);
    if (knownMs !== undefined && this.#isOnItsWay(knownMs, now)) return false;
    this.#repeated.delete(key);
    return this.#remember(this.#repeated, key, now);
  }

  /** The same of a death, telling what was heard before from what there is no room to remember. */
  newsOf(death: DeadConfirmed, now: Instant): 'news' | 'heard' | 'no-room' {
    this.#deaths ??= new Map();
    const key = keyOfDeath(death);
    if (this.#deaths.has(key)) return 'heard';
    return this.#remember(this.#deaths, key, now) ? 'news' : 'no-room';
  }

  /**
   * This peer's own refutation, of what came over this link: to all neighbours, or, when they have just been told,
   * to this one if it was none of them then. It has a place of its own in memory.
   */
  defend(refute: Refute, accusedOver: Link, now: Instant): void {
    const { incarnation, refutation } = refute;
    const last = this.#refuted;
    const isSame = last?.incarnation === incarnation && last.refutation === refutation;
    if (isSame && this.#isOnItsWay(last.saidMs, now)) {
      if (last.heardBy.has(accusedOver.id)) return;
      last.heardBy.add(accusedOver.id);
      this.#with.links.send(accusedOver, refute);
      return;
    }
    const heardBy = new Set(this.#with.neighbourhood.links().map(({ id }) => id));
    this.#refuted = { incarnation, refutation, saidMs: now.monotonicMs, heardBy };
    this.spread(refute);
  }

  /** Whether this death was news before. */
  hasHeardOf(death: DeadConfirmed): boolean {
    return this.#deaths?.has(keyOfDeath(death)) ?? false;
  }

  /** To this peer alone, if it is a neighbour. */
  tell(peer: PeerId, rumour: Rumour): void {
    const link = this.#with.neighbourhood.linkTo(peer);
    if (link !== undefined) this.#with.links.send(link, rumour);
  }

  /** To all neighbours, except over the link it came over. */
  spread(rumour: Rumour, cameOver?: Link): void {
    for (const link of this.#with.neighbourhood.links()) {
      if (link !== cameOver) this.#with.links.send(link, rumour);
    }
  }

  /** False when there is no room. */
  #remember(memory: Map<string, Ms>, key: string, now: Instant): boolean {
    for (const [oldest, knownMs] of memory) {
      if (memory.size < this.#options.memoryMax) break;
      if (this.#isOnItsWay(knownMs, now)) return false;
      memory.delete(oldest);
    }
    memory.set(key, now.monotonicMs);
    return true;
  }

  #isOnItsWay(knownMs: Ms, now: Instant): boolean {
    return now.monotonicMs - knownMs < this.#options.suspicionRepeatMs / 2;
  }
}

function keyOf(rumour: SuspectNotice | Refute): string {
  const { peer, incarnation, refutation } = rumour;
  // Who has heard a notice that was not to be passed on passes on the next one.
  const by =
    rumour.type === 'REFUTE'
      ? ''
      : `${rumour.by} ${rumour.byIncarnation}${rumour.near ? ' near' : ''}`;
  return `${peer} ${incarnation} ${refutation} ${by}`;
}

function keyOfDeath({ peer, incarnation }: DeadConfirmed): string {
  return `${peer} ${incarnation}`;
}
