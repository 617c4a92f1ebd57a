import type { Message, PeerId, RegisterValue } from '../../core/messages.ts';
import { isSameValue } from '../../core/seed/registers.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

class OneValue implements Checker {
  readonly frameTypes = ['COMMIT', 'REGISTER_VALUES'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** What each revision of each register is, and who said it first. */
  readonly #known = new Map<PeerId, Map<number, { value: RegisterValue; seed: number }>>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  frame(_at: Ms, _end: number, _generation: number, from: number, _to: number, message: Message) {
    if (!this.#about.world.isSeed(from)) return;
    if (message.type === 'COMMIT') this.#committed(from, message.peer, message.value);
    else if (message.type === 'REGISTER_VALUES') {
      for (const [peer, , value] of message.values) this.#committed(from, peer, value);
    }
  }

  durable(_atMs: Ms, seed: number, write: StorageWrite): void {
    if (write.type !== 'register' || write.state.committed === undefined) return;
    this.#committed(seed, write.state.peer, write.state.committed);
  }

  #committed(seed: number, peer: PeerId, value: RegisterValue): void {
    const revisions = this.#known.get(peer) ?? new Map();
    this.#known.set(peer, revisions);
    const known = revisions.get(value.revision);
    if (known === undefined) revisions.set(value.revision, { value, seed });
    else if (!isSameValue(known.value, value)) {
      const there = this.#about.name(known.seed);
      const here = this.#about.name(seed);
      this.#accuse(
        [known.seed, seed],
        `revision ${value.revision} of ${peer} is ${textOf(known.value)} on ${there}, and ${textOf(value)} on ${here}`,
      );
    }
  }
}

function textOf({ status, incarnation, session }: RegisterValue): string {
  return `${status} as incarnation ${incarnation} (session ${session.slice(0, 8)})`;
}

export const oneValue: CheckerKind = {
  name: 'one-value',
  promise: 'a register never has two committed values for one revision',
  start: (about, accuse) => new OneValue(about, accuse),
};
