import type { NodeEvent } from '../../core/events.ts';
import type { PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

class Calm implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'peer:suspected': {
        const other = this.#about.world.indexOf(event.peer);
        if (this.#about.incarnationOf(other) !== event.incarnation) return;
        return this.#judge(node, event.peer, atMs, 'suspected');
      }
      case 'link:refused':
        if (event.code !== 'handshake-timeout') return;
        return this.#judge(node, event.address, atMs, 'waited too long for the handshake of');
      default:
    }
  }

  #judge(node: number, peer: PeerId, atMs: Ms, how: string): void {
    const about = this.#about;
    const { world } = about;
    const other = world.indexOf(peer);
    if (other < 0 || !world.isRunning(other) || about.isLeaving(other)) return;
    if (about.isLiar(node) || about.isLiar(other) || this.#isLossy) return;
    const soundMs = Math.min(about.soundForMs(node, atMs), about.soundForMs(other, atMs));
    if (soundMs < this.#memoryMs) return;
    this.#accuse(
      [node, other],
      `${about.name(node)} ${how} ${about.name(other)}, which was there all the time, in a sound network`,
    );
  }

  get #isLossy(): boolean {
    return (this.#about.world.scenario.network.loss ?? 0) > 0;
  }

  /** As long as a look that was begun in a trouble may last, by this peer and its helpers. */
  get #memoryMs(): Ms {
    const { silenceMs, probeTimeoutMs, localHealthMax } =
      this.#about.world.peerOptions.failureDetection;
    return silenceMs + 2.5 * probeTimeoutMs * (localHealthMax + 1);
  }
}

export const calm: CheckerKind = {
  name: 'calm',
  promise:
    'in a network that is sound and loses nothing no living peer is suspected, and no handshake runs out of time: timers that are stale change nothing',
  start: (about, accuse) => new Calm(about, accuse),
};
