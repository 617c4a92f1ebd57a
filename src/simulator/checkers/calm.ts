import type { NodeEvent } from '../../core/events.ts';
import type { LinkId, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { endedByOther } from '../network/network.ts';
import type { LifeChange } from '../observer.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

/** Until then the other end may have given the link up for another one, and not know yet that this end took it. */
const establishedMs: Ms = 2_500;

class Calm implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** When each node's present process began: the one before may have gone without a word. */
  readonly #startedMs = new Map<number, Ms>();
  /** When each link of each process came up. */
  readonly #upMs = new Map<number, Map<LinkId, Ms>>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  life(atMs: Ms, node: number, change: LifeChange): void {
    this.#upMs.delete(node);
    if (change === 'started') this.#startedMs.set(node, atMs);
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'peer:suspected': {
        const other = this.#about.world.indexOf(event.peer);
        if (this.#about.incarnationOf(other) !== event.incarnation) return;
        return this.#judge(node, event.peer, atMs, this.#lookMs, 'suspected');
      }
      case 'link:up': {
        const links = this.#upMs.get(node) ?? new Map<LinkId, Ms>();
        this.#upMs.set(node, links.set(event.link, atMs));
        return;
      }
      case 'link:down': {
        const upMs = this.#upMs.get(node)?.get(event.link) ?? atMs;
        this.#upMs.get(node)?.delete(event.link);
        if (event.reason !== endedByOther || atMs - upMs < establishedMs) return;
        return this.#judge(
          node,
          event.peer,
          atMs,
          this.#handshakeMs,
          'lost without a goodbye the link with',
        );
      }
      case 'link:refused':
        if (event.code !== 'handshake-timeout') return;
        return this.#judge(
          node,
          event.address,
          atMs,
          this.#handshakeMs,
          'waited too long for the handshake of',
        );
      default:
    }
  }

  #judge(node: number, peer: PeerId, atMs: Ms, memoryMs: Ms, how: string): void {
    const about = this.#about;
    const { world } = about;
    const other = world.indexOf(peer);
    if (other < 0 || !world.isRunning(other) || about.isLeaving(other)) return;
    if (about.isLiar(node) || about.isLiar(other) || this.#isLossy) return;
    const soundMs = Math.min(about.soundForMs(node, atMs), about.soundForMs(other, atMs));
    const startedMs = this.#startedMs.get(other) ?? Number.NEGATIVE_INFINITY;
    if (Math.min(soundMs, atMs - startedMs) < memoryMs) return;
    this.#accuse(
      [node, other],
      `${about.name(node)} ${how} ${about.name(other)}, which was there all the time, in a sound network`,
    );
  }

  get #isLossy(): boolean {
    return (this.#about.world.scenario.network.loss ?? 0) > 0;
  }

  /** As long as a look that was begun in a trouble may last, by this peer and its helpers. */
  get #lookMs(): Ms {
    const { silenceMs, probeTimeoutMs, localHealthMax } =
      this.#about.world.peerOptions.failureDetection;
    return silenceMs + 2.5 * probeTimeoutMs * (localHealthMax + 1);
  }

  /** As long as a handshake that was begun in a trouble may last, by a slow clock. */
  get #handshakeMs(): Ms {
    const { peerOptions, seedOptions } = this.#about.world;
    const { dialTimeoutMs, handshakeTimeoutMs } = peerOptions.links;
    const ofSeeds = seedOptions.links.dialTimeoutMs + seedOptions.links.handshakeTimeoutMs;
    return 1.1 * Math.max(dialTimeoutMs + handshakeTimeoutMs, ofSeeds);
  }
}

export const calm: CheckerKind = {
  name: 'calm',
  promise:
    'in a network that is sound and loses nothing no living peer is suspected, no link between two of them ends without a goodbye, and no handshake runs out of time: timers that are stale change nothing',
  start: (about, accuse) => new Calm(about, accuse),
};
