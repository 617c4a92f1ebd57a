import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, Message, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { seedNodes } from './sampling.ts';

/** Where more is lost, a seed's dial may fail by chance alone, and the next seed's, too. */
const lossMax = 0.05;

class NoFalseDeath implements Checker {
  readonly frameTypes = ['HELLO', 'REFUSE'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** Which incarnation said hello over each connection. */
  readonly #greetings = new Map<
    number,
    { readonly generation: number; readonly incarnation: Incarnation }
  >();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    const { world } = this.#about;
    if (event.type === 'death:committed' && event.via === 'own-proposal') {
      this.#judge(node, event.peer, event.incarnation, atMs);
    } else if (event.type === 'peer:confirmed-dead' && !this.#about.isLiar(node)) {
      // Without seeds the word of one neighbour is enough (docs/PROTOCOL.md): one liar can bury whom it likes.
      if (world.seeds === 0 && this.#about.hasLiars) return;
      if (world.seeds === 0) this.#judge(node, event.peer, event.incarnation, atMs);
      else this.#mustBeCommitted(node, event.peer, event.incarnation);
    }
  }

  frame(_at: Ms, end: number, generation: number, from: number, to: number, message: Message) {
    if (message.type === 'HELLO' && message.purpose === 'neighbour') {
      this.#greetings.set(end, { generation, incarnation: message.from.incarnation });
    } else if (message.type === 'REFUSE' && message.code === 'declared-dead') {
      const greeting = this.#greetings.get(end ^ 1);
      if (greeting?.generation === generation) this.#onTurnedAway(from, to, greeting.incarnation);
    }
  }

  /** Whom the seeds hold for alive, nobody takes for dead. */
  #onTurnedAway(by: number, node: number, incarnation: Incarnation): void {
    const about = this.#about;
    if (about.world.seeds === 0 || about.isLiar(by) || about.isLiar(node)) return;
    if (about.hasManyLiars || about.isLeaving(node)) return;
    if (about.incarnationOf(node) !== incarnation) return;
    const isOver = about.disks
      .acceptancesOf(about.world.idOf(node))
      .some(
        ({ value }) =>
          value.incarnation > incarnation ||
          (value.incarnation === incarnation && value.status !== 'alive'),
      );
    if (isOver) return;
    this.#accuse(
      [by, node],
      `${about.name(by)} turned ${about.name(node)} away as dead, of which the seeds know nothing`,
    );
  }

  /** Where there are seeds, they alone confirm deaths, whatever anybody says. */
  #mustBeCommitted(node: number, peer: PeerId, incarnation: Incarnation): void {
    const { disks } = this.#about;
    const isKnown = disks
      .acceptancesOf(peer)
      .some(
        (acceptance) =>
          disks.isChosen(acceptance) &&
          acceptance.value.status === 'dead' &&
          acceptance.value.incarnation === incarnation,
      );
    // Liars that are enough for the peers' own agreement can deceive a peer; see docs/PROTOCOL.md.
    if (isKnown || this.#about.hasManyLiars) return;
    this.#accuse(
      [node],
      `${this.#about.name(node)} took incarnation ${incarnation} of ${peer} for dead, which the seeds have not confirmed`,
    );
  }

  #judge(by: number, peer: PeerId, incarnation: Incarnation, atMs: Ms): void {
    const { world } = this.#about;
    const node = world.indexOf(peer);
    if (node < 0 || !world.isRunning(node) || this.#about.isLiar(node)) return;
    if (this.#about.incarnationOf(node) !== incarnation || this.#about.isLeaving(node)) return;
    if (this.#soundForMs(node, by, atMs) < this.#detectionMs) return;
    this.#accuse(
      [node, by],
      `${this.#about.name(by)} confirmed the death of incarnation ${incarnation} of ${peer}, which was alive, and nothing kept anybody from hearing it`,
    );
  }

  /** How long nothing was wrong with this peer, those who judge it, and the network between them. */
  #soundForMs(node: number, by: number, atMs: Ms): Ms {
    const { world } = this.#about;
    const isLossy = (world.scenario.network.loss ?? 0) > lossMax;
    if (isLossy) return 0;
    const judges = [by, ...seedNodes(world)];
    return Math.min(...[node, ...judges].map((one) => this.#about.soundForMs(one, atMs)));
  }

  /** What was lost before this time can have played no part in a decision that is taken now. */
  get #detectionMs(): Ms {
    const { seeds, seedOptions, peerOptions } = this.#about.world;
    if (seeds > 0) {
      const { verdictCacheMs, verdictTimeoutMs, roundTimeoutMs } = seedOptions;
      return verdictCacheMs + 2 * verdictTimeoutMs + roundTimeoutMs;
    }
    const { silenceMs, probeTimeoutMs, localHealthMax } = peerOptions.failureDetection;
    return (silenceMs + 4 * probeTimeoutMs) * (localHealthMax + 1);
  }
}

export const noFalseDeath: CheckerKind = {
  name: 'no-false-death',
  promise:
    'no peer that is alive, reachable and responsive is confirmed dead, and where there are seeds nobody is but by their decision',
  start: (about, accuse) => new NoFalseDeath(about, accuse),
};
