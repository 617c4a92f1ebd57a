import type { Incarnation, Message, PeerId, Refute, SuspectNotice } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { msOf } from '../engine/ticks.ts';
import type { LifeChange } from '../observer.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { sampleEvery } from './sampling.ts';

/** From the notice to the answer: the way there, and lost packets on it. */
const answerMs: Ms = 15_000;

interface Charge {
  readonly atMs: Ms;
  /** When it is there for sure; undefined until the next look. */
  arrivesMs: Ms | undefined;
  readonly end: number;
  readonly generation: number;
  readonly incarnation: Incarnation;
  readonly refutation: number;
  readonly from: number;
}

class Refutation implements Checker {
  readonly frameTypes = ['SUSPECT_NOTICE', 'REFUTE'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** What each process was told about itself, and has not answered. */
  readonly #charges = new Map<number, Charge[]>();
  /** What each process has said of its incarnation. */
  readonly #said = new Map<number, Pick<Charge, 'incarnation' | 'refutation'>>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    sampleEvery(world, 5_000, (atMs) => this.#look(atMs));
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#charges.delete(node);
    this.#said.delete(node);
  }

  frame(atMs: Ms, end: number, generation: number, from: number, to: number, message: Message) {
    if (message.type === 'SUSPECT_NOTICE')
      this.#onNotice(message, { atMs, end, generation, from }, to);
    else if (message.type === 'REFUTE') this.#onRefute(message, from);
  }

  #onNotice(
    { peer, incarnation, refutation, by, byIncarnation }: SuspectNotice,
    came: Omit<Charge, 'arrivesMs' | 'incarnation' | 'refutation'>,
    to: number,
  ): void {
    const { world } = this.#about;
    if (world.idOf(to) !== peer || this.#about.incarnationOf(to) !== incarnation) return;
    // What a liar says may be about to be over; so may be what somebody says who is over.
    if (this.#isOver(by, byIncarnation) || this.#about.isLiar(came.from)) return;
    const said = this.#said.get(to);
    if (said?.incarnation === incarnation && said.refutation > refutation) return;
    const charges = this.#charges.get(to) ?? [];
    this.#charges.set(to, charges);
    charges.push({ ...came, incarnation, refutation, arrivesMs: undefined });
  }

  #onRefute({ peer, incarnation, refutation }: Refute, from: number): void {
    if (this.#about.world.idOf(from) !== peer) return;
    this.#said.set(from, { incarnation, refutation });
    const open = this.#charges.get(from);
    if (open === undefined) return;
    const left = open.filter(
      (charge) => charge.incarnation === incarnation && charge.refutation >= refutation,
    );
    if (left.length === 0) this.#charges.delete(from);
    else this.#charges.set(from, left);
  }

  #look(atMs: Ms): void {
    for (const [node, charges] of this.#charges) {
      const left = charges.filter((charge) => this.#isOpen(node, charge, atMs));
      this.#charges.set(node, left);
      for (const charge of left) charge.arrivesMs ??= this.#arrivalMs(charge);
      const ripe = left.find(({ arrivesMs = atMs }) => atMs - arrivesMs >= answerMs);
      if (ripe === undefined) continue;
      this.#accuse(
        [node, ripe.from],
        `${this.#about.name(node)} was told that it is suspected and has not refuted it`,
      );
    }
  }

  /** Frames that were sent in a bad time may still be on their way, and nothing overtakes them. */
  #arrivalMs({ atMs, end }: Charge): Ms {
    const { ends } = this.#about.world.network;
    return Math.max(atMs, msOf(ends.lastArrivalAt(end ^ 1)));
  }

  /** Whether the charge reached the process for sure, and still means it. */
  #isOpen(node: number, { atMs, end, generation, incarnation }: Charge, nowMs: Ms): boolean {
    const about = this.#about;
    const { ends } = about.world.network;
    if (about.isLiar(node) || about.isLeaving(node)) return false;
    if (about.incarnationOf(node) !== incarnation) return false;
    if (ends.generationOf(end) !== generation) return false;
    return about.soundForMs(node, nowMs) >= nowMs - atMs;
  }

  #isOver(peer: PeerId, incarnation: Incarnation): boolean {
    const node = this.#about.world.indexOf(peer);
    return node < 0 || this.#about.incarnationOf(node) !== incarnation;
  }
}

export const refutation: CheckerKind = {
  name: 'refutation',
  promise: 'a living peer that is told that it is suspected says that it lives',
  start: (about, accuse) => new Refutation(about, accuse),
};
