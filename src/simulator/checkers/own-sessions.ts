import type { Message, Session } from '../../core/messages.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

class OwnSessions implements Checker {
  readonly frameTypes = ['REGISTER'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** Sessions that a peer has asked to be registered with, itself. */
  readonly #own = new Set<Session>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  frame(_at: Ms, _end: number, _generation: number, from: number, _to: number, message: Message) {
    if (message.type !== 'REGISTER' || message.peer !== this.#about.world.idOf(from)) return;
    this.#own.add(message.session);
  }

  durable(_atMs: Ms, seed: number, write: StorageWrite): void {
    if (write.type !== 'register' || write.state.committed === undefined) return;
    const { peer, committed } = write.state;
    const node = this.#about.world.indexOf(peer);
    if (this.#own.has(committed.session) || this.#about.isLiar(node)) return;
    this.#accuse(
      [seed, node],
      `${this.#about.name(seed)} holds ${peer} for registered with a session that this peer never asked for`,
    );
  }
}

export const ownSessions: CheckerKind = {
  name: 'own-sessions',
  promise: 'an address is registered by the peer that listens there, and by nobody else',
  start: (about, accuse) => new OwnSessions(about, accuse),
};
