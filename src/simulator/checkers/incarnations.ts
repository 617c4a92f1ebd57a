import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, PeerId, RegisterValue } from '../../core/messages.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

class Incarnations implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** Of each register, its values by revision. */
  readonly #values = new Map<PeerId, Map<number, RegisterValue>>();
  /** What each peer was given last, over all its lives. */
  readonly #own = new Map<number, { readonly incarnation: Incarnation; readonly life: number }>();
  /** Of what each process knows of the others: who lives not for the first time. */
  readonly #returned = new Map<number, Map<PeerId, Incarnation>>();
  /** How often each process has come to know somebody. */
  readonly #joined = new Map<number, number>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#returned.delete(node);
    this.#joined.delete(node);
  }

  durable(_atMs: Ms, seed: number, write: StorageWrite): void {
    if (write.type !== 'register' || write.state.committed === undefined) return;
    const { peer, committed } = write.state;
    const values = this.#values.get(peer) ?? new Map<number, RegisterValue>();
    this.#values.set(peer, values);
    if (values.has(committed.revision)) return;
    values.set(committed.revision, committed);
    for (const other of values.values()) {
      const [before, after] =
        other.revision < committed.revision ? [other, committed] : [committed, other];
      if (isRising(before, after)) continue;
      this.#accuse(
        [seed],
        `${peer} is incarnation ${after.incarnation} at revision ${after.revision}, and was incarnation ${before.incarnation}, ${before.session === after.session ? 'the same' : 'another'} session, at revision ${before.revision}`,
      );
    }
  }

  event(_atMs: Ms, node: number, event: NodeEvent): void {
    if (event.type === 'peer:registered') this.#onRegistered(node, event.incarnation);
    else if (event.type === 'peer:joined') this.#onJoined(node, event.peer, event.incarnation);
  }

  #onRegistered(node: number, incarnation: Incarnation): void {
    const life = this.#about.world.lifeOf(node);
    const last = this.#own.get(node);
    this.#own.set(node, { incarnation, life });
    if (last === undefined || incarnation > last.incarnation) return;
    if (incarnation === last.incarnation && life === last.life) return;
    this.#accuse(
      [node],
      `${this.#about.name(node)} registered as incarnation ${incarnation} after it had been incarnation ${last.incarnation}`,
    );
  }

  #onJoined(node: number, peer: PeerId, incarnation: Incarnation): void {
    const joined = (this.#joined.get(node) ?? 0) + 1;
    this.#joined.set(node, joined);
    let returned = this.#returned.get(node);
    const last = returned?.get(peer) ?? 1;
    if (incarnation > last) {
      returned ??= new Map();
      this.#returned.set(node, returned.set(peer, incarnation));
      return;
    }
    const { world } = this.#about;
    // Who had to forget a peer may hear of an earlier life of it.
    const isForgetful = joined >= world.peerOptions.overlay.knownPeersMax;
    if (incarnation === last || isForgetful) return;
    if (this.#about.isLiar(node) || this.#about.isLiar(world.indexOf(peer))) return;
    this.#accuse(
      [node],
      `${this.#about.name(node)} took ${peer} for incarnation ${incarnation} after it had known incarnation ${last}`,
    );
  }
}

/** A later revision has a higher incarnation, or is about the same session of the same one. */
function isRising(before: RegisterValue, after: RegisterValue): boolean {
  if (before.incarnation === after.incarnation) return before.session === after.session;
  return before.incarnation < after.incarnation;
}

export const incarnations: CheckerKind = {
  name: 'incarnations',
  promise:
    'incarnations only rise: each registered life of a peer has a higher one than all before',
  start: (about, accuse) => new Incarnations(about, accuse),
};
