import type { NodeEvent } from '../../core/events.ts';
import type { Accepted, Ballot, Message, PeerId, Vote } from '../../core/messages.ts';
import { compareBallots, isAbove, noBallot } from '../../core/seed/ballot.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

/** What one store's seed has said and written of one register. */
interface Word {
  /** The highest ballot that it has told anybody it promised, or accepted. */
  said: Ballot;
  /** The highest promise that was on its disk. */
  written: Ballot;
}

class Votes implements Checker {
  readonly frameTypes = ['VOTE', 'ACCEPTED'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** By store, then by register. */
  readonly #words = new Map<string, Map<PeerId, Word>>();
  /** Seeds whose disk has failed. */
  readonly #broken = new Set<number>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#broken.delete(node);
  }

  frame(_at: Ms, _end: number, _generation: number, from: number, _to: number, message: Message) {
    if (!this.#about.world.isSeed(from)) return;
    if (message.type === 'VOTE' && message.answer === 'promise') this.#onPromise(from, message);
    else if (message.type === 'ACCEPTED' && message.answer === 'accepted') {
      this.#onAccepted(from, message);
    }
  }

  /** A seed that proposes votes, too, without a frame. */
  event(_atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'registration:vote':
      case 'leave:vote':
      case 'death:vote':
        if (event.answer !== 'promise' || event.seed !== this.#about.world.idOf(node)) return;
        this.#mustBeAdmitted(node, 'promised');
        this.#mustBeWritten(node, event.peer, event.ballot, 'promised');
        return;
      case 'storage:failed':
        this.#broken.add(node);
        return;
      default:
    }
  }

  durable(_atMs: Ms, seed: number, write: StorageWrite): void {
    if (write.type !== 'register') return;
    const { peer, promised } = write.state;
    const word = this.#wordOf(seed, peer);
    if (word === undefined) return;
    if (isAbove(word.written, promised)) {
      this.#say(
        seed,
        `wrote promise ${textOf(promised)} over ${textOf(word.written)} for ${peer}: promises only rise`,
      );
    }
    word.written = promised;
  }

  #onPromise(seed: number, { peer, ballot }: Vote): void {
    this.#mustBeAdmitted(seed, 'promised');
    this.#mustBeWritten(seed, peer, ballot, 'promised');
    const word = this.#wordOf(seed, peer);
    if (word === undefined) return;
    if (!isAbove(ballot, word.said)) {
      this.#say(
        seed,
        `promised ${textOf(ballot)} for ${peer} after it had promised ${textOf(word.said)}`,
      );
    }
    word.said = ballot;
  }

  #onAccepted(seed: number, { peer, ballot }: Accepted): void {
    this.#mustBeAdmitted(seed, 'accepted');
    const { disks } = this.#about;
    const onDisk = disks.stateOf(seed, peer)?.acceptedBallot ?? noBallot;
    if (isAbove(ballot, onDisk)) {
      this.#say(seed, `said that it accepted ${textOf(ballot)} for ${peer} before it was on disk`);
    }
    const word = this.#wordOf(seed, peer);
    if (word === undefined) return;
    if (compareBallots(ballot, word.said) < 0) {
      this.#say(
        seed,
        `accepted ${textOf(ballot)} for ${peer} after it had promised ${textOf(word.said)}`,
      );
    }
    word.said = ballot;
  }

  #mustBeWritten(seed: number, peer: PeerId, ballot: Ballot, how: string): void {
    const onDisk = this.#about.disks.stateOf(seed, peer)?.promised ?? noBallot;
    if (isAbove(ballot, onDisk)) {
      this.#say(seed, `said that it ${how} ${textOf(ballot)} for ${peer} before it was on disk`);
    }
  }

  #mustBeAdmitted(seed: number, how: string): void {
    if (this.#broken.has(seed)) this.#say(seed, `${how} something after its disk had failed`);
    if (this.#about.disks.storeOf(seed)?.isAdmitted === true) return;
    this.#say(seed, `${how} something with a store that is new and was not admitted yet`);
  }

  #wordOf(seed: number, peer: PeerId): Word | undefined {
    const store = this.#about.disks.storeOf(seed);
    if (store === undefined) return undefined;
    const words = this.#words.get(store.id) ?? new Map<PeerId, Word>();
    this.#words.set(store.id, words);
    const known = words.get(peer);
    if (known !== undefined) return known;
    const word = { said: noBallot, written: noBallot };
    words.set(peer, word);
    return word;
  }

  #say(seed: number, what: string): void {
    this.#accuse([seed], `${this.#about.name(seed)} ${what}`);
  }
}

function textOf({ round, seed }: Ballot): string {
  return seed === '' ? `ballot ${round}` : `ballot ${round} of ${seed}`;
}

export const votes: CheckerKind = {
  name: 'votes',
  promise:
    'a seed says only what is on its disk, its promises only rise, and with a new store it votes on nothing before it was admitted',
  start: (about, accuse) => new Votes(about, accuse),
};
