import type { NodeEvent } from '../../core/events.ts';
import type { IHave, Message, MessageId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { msOf } from '../engine/ticks.ts';
import type { LifeChange } from '../observer.ts';
import type { World } from '../world.ts';
import { Bits } from './bits.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { sampleEvery } from './sampling.ts';

/** What came later after it was published was recovered somewhere, perhaps, and not pushed all along. */
const pushedMsMax: Ms = 4_000;
/** A process that has its turn late. */
const slackMs: Ms = 3_000;

/** A message that a neighbour has told a process of, and cannot give. */
interface Case {
  readonly atMs: Ms;
  /** The end of the link at the process. */
  readonly end: number;
  readonly generation: number;
  readonly neighbour: number;
  /** When the process has heard it for sure; undefined until the next look. */
  arrivesMs: Ms | undefined;
}

interface Process {
  /** What was pushed to it, or published by it. */
  readonly pushed: Bits;
  /** What it has told of as missing, or has asked anybody for. */
  readonly answered: Bits;
  /** The ends of links over which something that was pushed here was named, and their generations. */
  readonly ofOurTime: Map<number, number>;
  readonly cases: Map<number, Case>;
}

class Gaps implements Checker {
  readonly frameTypes = ['IWANT', 'IHAVE'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  readonly #processes = new Map<number, Process>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    // Peers of a laid overlay that nothing has touched would wake.
    if (world.settled === undefined) sampleEvery(world, 1_000, (atMs) => this.#look(atMs));
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#processes.delete(node);
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    const { receipts } = this.#about;
    if (event.type === 'message:published') {
      this.#of(node).pushed.add(receipts.numberOf(event.message.id));
    } else if (event.type === 'message:received') {
      const message = receipts.numberOf(event.message.id);
      const isPushed = !event.recovered && atMs - receipts.publishedAtMs(message) < pushedMsMax;
      if (isPushed) this.#of(node).pushed.add(message);
      this.#of(node).cases.delete(message);
    } else if (event.type === 'message:gap') {
      for (const id of event.ids) this.#answered(node, id);
    }
  }

  frame(atMs: Ms, end: number, generation: number, from: number, to: number, message: Message) {
    if (message.type === 'IWANT') for (const id of message.ids) this.#answered(from, id);
    if (message.type !== 'IHAVE') return;
    const isAbout = !this.#about.isLiar(from) && !this.#about.isLiar(to);
    if (isAbout) this.#onIHave(to, message, { atMs, end: end ^ 1, generation, neighbour: from });
  }

  /** Whatever a neighbour names after something that was pushed here is of this process's time. */
  #onIHave(node: number, { ids, expired }: IHave, came: Omit<Case, 'arrivesMs'>): void {
    const { receipts } = this.#about;
    const { pushed, answered, ofOurTime, cases } = this.#of(node);
    const { atMs, end, generation } = came;
    for (const id of [...expired, ...ids]) {
      const message = receipts.numberOf(id);
      const isKnown = receipts.has(node, message);
      if (isKnown && pushed.has(message) && !this.#mayForget(node, message, atMs)) {
        ofOurTime.set(end, generation);
      }
      const isMissed = !isKnown && expired.includes(id) && ofOurTime.get(end) === generation;
      if (isMissed && !answered.has(message) && !cases.has(message)) {
        cases.set(message, { ...came, arrivesMs: undefined });
      }
    }
  }

  #mayForget(node: number, message: number, atMs: Ms): boolean {
    return this.#about.receipts.mayHaveForgottenId(node, message, atMs + slackMs);
  }

  #look(atMs: Ms): void {
    for (const [node, { cases }] of this.#processes) {
      for (const [message, one] of cases) {
        one.arrivesMs ??= this.#arrivalMs(one);
        if (!this.#isOpen(node, one, atMs)) cases.delete(message);
        else if (atMs - one.arrivesMs >= this.#reportMs) this.#onSilence(node, message, one);
      }
    }
  }

  /** Whether the process has heard of it for sure, and has room for all that it misses. */
  #isOpen(node: number, { end, generation, atMs: sinceMs }: Case, atMs: Ms): boolean {
    const { world, receipts } = this.#about;
    const { wantedIdsMax } = world.peerOptions.dissemination;
    return (
      receipts.messages <= wantedIdsMax &&
      world.network.ends.generationOf(end) === generation &&
      world.process(node)?.ends.values().includes(end) === true &&
      this.#about.soundForMs(node, atMs) >= atMs - sinceMs
    );
  }

  #onSilence(node: number, message: number, { neighbour, atMs }: Case): void {
    const { world } = this.#about;
    const afterMs = Math.round(world.nowMs - atMs);
    this.#accuse(
      [node, neighbour],
      `${this.#about.name(node)} was told by ${this.#about.name(neighbour)} of message ${message + 1}, which that cannot give any more, has not got it since, and has not said that it misses it after ${afterMs} ms`,
    );
  }

  #arrivalMs({ atMs, end }: Case): Ms {
    return Math.max(atMs, msOf(this.#about.world.network.ends.lastArrivalAt(end)));
  }

  /** Another neighbour may still have it, so a gap is told of only after a while: at the second look, at most. */
  get #reportMs(): Ms {
    return 2.1 * this.#about.world.peerOptions.dissemination.recoveryTimeoutMs + slackMs;
  }

  #answered(node: number, id: MessageId): void {
    const { answered, cases } = this.#of(node);
    const message = this.#about.receipts.numberOf(id);
    answered.add(message);
    cases.delete(message);
  }

  #of(node: number): Process {
    const known = this.#processes.get(node);
    if (known !== undefined) return known;
    const process: Process = {
      pushed: new Bits(),
      answered: new Bits(),
      ofOurTime: new Map(),
      cases: new Map(),
    };
    this.#processes.set(node, process);
    return process;
  }
}

export const gaps: CheckerKind = {
  name: 'gaps',
  promise:
    'a message that a neighbour names after one that was pushed to this peer, and that nobody gives any more, is told of as a gap',
  start: (about, accuse) => new Gaps(about, accuse),
};
