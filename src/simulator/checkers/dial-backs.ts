import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

/** From the judgement to the promise on disk, and clocks that are slow. */
const slackMs: Ms = 3_000;

class DialBacks implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** By seed: when its present process dialled each peer last. */
  readonly #dialledMs = new Map<number, Map<number, Ms>>();
  /** Which incarnation a ballot wants confirmed dead. */
  readonly #deaths = new Map<string, Incarnation>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#dialledMs.delete(node);
  }

  dial(atMs: Ms, from: number, to: number): void {
    if (!this.#about.world.isSeed(from)) return;
    const dialled = this.#dialledMs.get(from) ?? new Map<number, Ms>();
    this.#dialledMs.set(from, dialled.set(to, atMs));
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'death:proposed':
        this.#deaths.set(keyOf(event), event.incarnation);
        return;
      case 'registration:vote':
      case 'death:vote': {
        const isOwn = event.seed === this.#about.world.idOf(node);
        if (!isOwn || event.answer !== 'promise') return;
        if (event.type === 'death:vote' && this.#isOver(event)) return;
        const what = event.type === 'death:vote' ? 'death' : 'registration';
        return this.#mustHaveDialled(node, event.peer, what, atMs);
      }
      default:
    }
  }

  #mustHaveDialled(seed: number, peer: PeerId, what: string, atMs: Ms): void {
    const { seedOptions } = this.#about.world;
    const { verdictCacheMs, verdictTimeoutMs } = seedOptions;
    const windowMs = verdictCacheMs + verdictTimeoutMs + slackMs;
    if (seedOptions.verdicts === 'always-ok') return;
    if (this.#about.steadyForMs(seed, atMs) < windowMs) return;
    const dialledMs = this.#dialledMs.get(seed)?.get(this.#about.world.indexOf(peer));
    if (dialledMs !== undefined && atMs - dialledMs <= windowMs) return;
    const when = dialledMs === undefined ? 'never' : `${Math.round(atMs - dialledMs)} ms before`;
    this.#accuse(
      [seed],
      `${this.#about.name(seed)} agreed to the ${what} of ${peer}, which it had dialled back ${when}`,
    );
  }

  /** What is over already needs no look any more. */
  #isOver(ballot: BallotOf): boolean {
    const incarnation = this.#deaths.get(keyOf(ballot)) ?? 0;
    return this.#about.disks
      .acceptancesOf(ballot.peer)
      .some(
        ({ value }) =>
          value.incarnation > incarnation ||
          (value.incarnation === incarnation && value.status !== 'alive'),
      );
  }
}

interface BallotOf {
  readonly peer: PeerId;
  readonly ballot: { readonly round: number; readonly seed: string };
}

function keyOf({ peer, ballot: { round, seed } }: BallotOf): string {
  return `${peer} ${round} ${seed}`;
}

export const dialBacks: CheckerKind = {
  name: 'dial-backs',
  promise:
    'a seed agrees to a registration or a death only after it has dialled the address itself, no longer ago than its options allow',
  start: (about, accuse) => new DialBacks(about, accuse),
};
