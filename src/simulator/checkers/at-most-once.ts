import type { NodeEvent } from '../../core/events.ts';
import type { LinkId, Message } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { Bits } from './bits.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

/** One direction of one connection: what went over it, and what its sender first got over it. */
interface Direction {
  readonly generation: number;
  readonly sent: Bits;
  readonly came: Bits;
  /** An outbox overflowed: what was dropped may be sent again, and nobody knows what that was. */
  hasOverflowed: boolean;
}

class AtMostOnce implements Checker {
  readonly frameTypes = ['GOSSIP'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** By the sender's end. */
  readonly #directions = new Map<number, Direction>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  frame(
    atMs: Ms,
    end: number,
    generation: number,
    from: number,
    to: number,
    message: Message,
  ): void {
    if (message.type !== 'GOSSIP' || this.#about.isLiar(from)) return;
    const { receipts } = this.#about;
    const number = receipts.numberOf(message.id);
    const direction = this.#direction(end, generation);
    const isAgain = direction.sent.has(number) && !direction.hasOverflowed;
    const isBack = direction.came.has(number);
    if ((isAgain || isBack) && !receipts.mayHaveForgotten(from, number, atMs)) {
      const how = isAgain ? 'a second time' : 'back to where it came from';
      this.#say(from, to, number, how);
    }
    direction.sent.add(number);
  }

  event(_atMs: Ms, node: number, event: NodeEvent): void {
    if (event.type === 'message:received') this.#onReceived(node, event.link, event.message.id);
    else if (event.type === 'message:dropped' && event.cause === 'overflow') {
      this.#onOverflow(node, event.peer);
    }
  }

  #onReceived(node: number, link: LinkId, id: string): void {
    const { world, receipts } = this.#about;
    const end = world.process(node)?.ends.get(link);
    if (end === undefined || end < 0 || this.#about.isLiar(node)) return;
    const number = receipts.numberOf(id);
    const direction = this.#direction(end, world.network.ends.generationOf(end));
    // The frames of a receipt leave before its event is told.
    if (direction.sent.has(number) && !receipts.has(node, number)) {
      this.#say(node, world.network.ends.nodeOf(end ^ 1), number, 'back to where it came from');
    }
    direction.came.add(number);
  }

  #onOverflow(node: number, peer: string): void {
    const { ends } = this.#about.world.network;
    const other = this.#about.world.indexOf(peer);
    for (const end of this.#about.world.process(node)?.ends.values() ?? []) {
      if (end < 0 || ends.nodeOf(end ^ 1) !== other) continue;
      this.#direction(end, ends.generationOf(end)).hasOverflowed = true;
    }
  }

  #direction(end: number, generation: number): Direction {
    const known = this.#directions.get(end);
    if (known?.generation === generation) return known;
    const fresh = { generation, sent: new Bits(), came: new Bits(), hasOverflowed: false };
    this.#directions.set(end, fresh);
    return fresh;
  }

  #say(from: number, to: number, message: number, how: string): void {
    const about = this.#about;
    this.#accuse(
      [from, to],
      `${about.name(from)} sent message ${message + 1} to ${about.name(to)} ${how}, over the same link`,
    );
  }
}

export const atMostOnce: CheckerKind = {
  name: 'at-most-once',
  promise:
    'a message goes over each link at most once in each direction, and never back where it came from',
  start: (about, accuse) => new AtMostOnce(about, accuse),
};
