import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, Message, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

/** Helpers have a probe's time and half of it again; clocks may run fast. */
const helpersTimeoutFactor = 1.5 * 0.98;

class Helpers implements Checker {
  readonly frameTypes = ['PROBE'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** By process: whom it asked about whom, and when. An entry goes with the link to the helper. */
  readonly #asked = new Map<number, Map<PeerId, Map<string, Ms>>>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#asked.delete(node);
  }

  frame(atMs: Ms, _end: number, _generation: number, from: number, to: number, message: Message) {
    // A liar repeats questions that it has asked long ago.
    if (message.type !== 'PROBE' || this.#about.isLiar(from)) return;
    const helper = this.#about.world.idOf(to);
    const asked = this.#asked.get(from) ?? new Map<PeerId, Map<string, Ms>>();
    this.#asked.set(from, asked);
    const questions = asked.get(helper) ?? new Map<string, Ms>();
    asked.set(helper, questions.set(keyOf(message.peer, message.incarnation), atMs));
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    if (event.type === 'link:down') this.#asked.get(node)?.delete(event.peer);
    if (event.type !== 'peer:probed' || event.outcome !== 'unanswered') return;
    const { by, peer, incarnation } = event;
    const askedMs = this.#asked.get(node)?.get(by)?.get(keyOf(peer, incarnation));
    const { probeTimeoutMs } = this.#about.world.peerOptions.failureDetection;
    // Over a link that is gone no answer comes.
    if (askedMs === undefined || atMs - askedMs >= probeTimeoutMs * helpersTimeoutFactor) return;
    const after = `${Math.round(atMs - askedMs)} ms`;
    this.#accuse(
      [node],
      `${this.#about.name(node)} gave up ${by}, which it had asked about ${peer}, after ${after}`,
    );
  }
}

function keyOf(peer: PeerId, incarnation: Incarnation): string {
  return `${peer} ${incarnation}`;
}

export const helpers: CheckerKind = {
  name: 'helpers',
  promise: 'whoever is asked to look for a silent peer has its time to answer',
  start: (about, accuse) => new Helpers(about, accuse),
};
