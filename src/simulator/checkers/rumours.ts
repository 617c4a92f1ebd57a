import type { Message } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

/** Clocks may run fast. */
const clockMargin = 0.98;

class Rumours implements Checker {
  readonly frameTypes = ['DEAD_CONFIRMED', 'SUSPECT_NOTICE'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** By the sender's end: when each rumour went over it last. */
  readonly #sent = new Map<
    number,
    { readonly generation: number; readonly atMs: Map<string, Ms> }
  >();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  frame(atMs: Ms, end: number, generation: number, from: number, to: number, message: Message) {
    const { world } = this.#about;
    const key = keyOf(message);
    if (key === undefined || world.isSeed(from) || this.#about.isLiar(from)) return;
    const known = this.#sent.get(end);
    const sent = known?.generation === generation ? known.atMs : new Map<string, Ms>();
    if (known?.atMs !== sent) this.#sent.set(end, { generation, atMs: sent });
    const lastMs = sent.get(key) ?? Number.NEGATIVE_INFINITY;
    sent.set(key, atMs);
    const pauseMs = (world.peerOptions.failureDetection.suspicionRepeatMs / 2) * clockMargin;
    if (atMs - lastMs >= pauseMs) return;
    this.#accuse(
      [from, to],
      `${this.#about.name(from)} told ${this.#about.name(to)} ${key} again after ${Math.round(atMs - lastMs)} ms`,
    );
  }
}

/** A refutation may be said again to whoever has not heard it. */
function keyOf(message: Message): string | undefined {
  if (message.type === 'DEAD_CONFIRMED') {
    return `of the death of ${message.peer}, incarnation ${message.incarnation},`;
  }
  if (message.type !== 'SUSPECT_NOTICE') return undefined;
  const { peer, incarnation, refutation, by, byIncarnation, near } = message;
  // What was told to neighbours first may have to go to everybody after all.
  const whom = near === undefined ? '' : ', for neighbours';
  return `that ${by}, incarnation ${byIncarnation}, suspects ${peer}, incarnation ${incarnation}, refutation ${refutation}${whom},`;
}

export const rumours: CheckerKind = {
  name: 'rumours',
  promise:
    'a suspicion or a death goes over each link at most once within half of the pause after which it may be repeated',
  start: (about, accuse) => new Rumours(about, accuse),
};
