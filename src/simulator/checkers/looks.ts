import type { NodeEvent } from '../../core/events.ts';
import type { LinkId, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

/** Clocks may run fast. */
const clockMargin = 0.98;

class Looks implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** By process: since when it has looked for each peer, and nothing has come of it. */
  readonly #dialledMs = new Map<number, Map<PeerId, Ms>>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#dialledMs.delete(node);
  }

  dial(atMs: Ms, from: number, to: number, link: LinkId): void {
    const { world } = this.#about;
    if (world.isSeed(from) || to < 0) return;
    if (world.peer(from)?.links.get(link)?.purpose !== 'probe') return;
    const dialled = this.#dialledMs.get(from) ?? new Map<PeerId, Ms>();
    this.#dialledMs.set(from, dialled.set(world.idOf(to), atMs));
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    // Somebody has said no, or the connection broke.
    if (event.type === 'link:refused' && event.purpose === 'probe') {
      this.#dialledMs.get(node)?.delete(event.address);
    }
    if (event.type !== 'peer:probed' || event.outcome !== 'silent') return;
    const { world } = this.#about;
    if (event.by !== world.idOf(node)) return;
    const dialledMs = this.#dialledMs.get(node)?.get(event.peer);
    const { probeTimeoutMs } = world.peerOptions.failureDetection;
    if (dialledMs === undefined || atMs - dialledMs >= probeTimeoutMs * clockMargin) return;
    this.#accuse(
      [node],
      `${this.#about.name(node)} takes ${event.peer} for silent ${Math.round(atMs - dialledMs)} ms after it dialled it, and nobody has said no`,
    );
  }
}

export const looks: CheckerKind = {
  name: 'looks',
  promise:
    'a peer that is looked for has its time to answer, whatever timer an earlier look has left',
  start: (about, accuse) => new Looks(about, accuse),
};
