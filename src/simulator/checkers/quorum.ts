import type { NodeEvent } from '../../core/events.ts';
import type { Message, PeerId, RegisterValue } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

class Quorum implements Checker {
  readonly frameTypes = ['COMMIT', 'DEAD_CONFIRMED'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  frame(_at: Ms, _end: number, _generation: number, from: number, _to: number, message: Message) {
    if (!this.#about.world.isSeed(from)) return;
    const { disks } = this.#about;
    switch (message.type) {
      case 'COMMIT': {
        const { peer, ballot, value } = message;
        if (disks.isChosen(disks.acceptanceAt(peer, ballot))) return;
        return this.#say(from, `told the others of revision ${value.revision} of ${peer}`);
      }
      case 'DEAD_CONFIRMED': {
        const { peer, incarnation } = message;
        const isDeath = (value: RegisterValue) =>
          value.status === 'dead' && value.incarnation === incarnation;
        if (this.#isChosen(peer, isDeath)) return;
        return this.#say(from, `confirmed the death of incarnation ${incarnation} of ${peer}`);
      }
      default:
    }
  }

  event(_atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'registration:committed':
      case 'leave:committed':
      case 'death:committed': {
        const { peer, revision, via } = event;
        if (via !== 'own-proposal') return;
        if (this.#isChosen(peer, (value) => value.revision === revision)) return;
        return this.#say(node, `took revision ${revision} of ${peer} for committed`);
      }
      case 'peer:registered': {
        const { peer, incarnation, seeds } = event;
        if (seeds.length < this.#about.disks.quorum) {
          const what = `registered with ${seeds.length} of the ${this.#about.world.seeds} configured seeds`;
          return this.#accuse([node], `${this.#about.name(node)} ${what}, which is no quorum`);
        }
        if (this.#isChosen(peer, (value) => value.incarnation === incarnation)) return;
        return this.#say(node, `takes incarnation ${incarnation} for its own`);
      }
      default:
    }
  }

  #isChosen(peer: PeerId, isIt: (value: RegisterValue) => boolean): boolean {
    const { disks } = this.#about;
    return disks
      .acceptancesOf(peer)
      .some((acceptance) => isIt(acceptance.value) && disks.isChosen(acceptance));
  }

  #say(node: number, what: string): void {
    const { disks, world } = this.#about;
    const needed = `${disks.quorum} of the ${world.seeds} configured seeds`;
    this.#accuse(
      [node],
      `${this.#about.name(node)} ${what}, which ${needed} have not accepted on disk`,
    );
  }
}

export const quorum: CheckerKind = {
  name: 'quorum',
  promise:
    'nothing is confirmed unless a quorum of the configured seeds has accepted it, and has it on disk; a peer is registered with a quorum',
  start: (about, accuse) => new Quorum(about, accuse),
};
