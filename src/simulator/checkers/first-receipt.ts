import type { NodeEvent } from '../../core/events.ts';
import type { GossipMessage } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';

class FirstReceipt implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    if (event.type !== 'message:received' || this.#about.isLiar(node)) return;
    const { receipts } = this.#about;
    const number = receipts.numberOf(event.message.id);
    const who = this.#about.name(node);
    if (receipts.has(node, number) && !receipts.mayHaveForgotten(node, number, atMs)) {
      this.#accuse([node], `the application of ${who} was given message ${number + 1} twice`);
    }
    const published = receipts.published(number);
    if (published === undefined && this.#about.hasLiars) return;
    if (published === undefined) {
      this.#accuse([node], `the application of ${who} was given a message that nobody published`);
    } else if (!isSame(published, event.message)) {
      this.#accuse([node], `message ${number + 1} came to ${who} with another content than it has`);
    }
  }
}

function isSame(one: GossipMessage, other: GossipMessage): boolean {
  return (
    one.origin === other.origin &&
    one.incarnation === other.incarnation &&
    one.sequence === other.sequence &&
    one.timestampMs === other.timestampMs &&
    one.topic === other.topic &&
    one.contentType === other.contentType &&
    Buffer.compare(one.payload, other.payload) === 0
  );
}

export const firstReceipt: CheckerKind = {
  name: 'first-receipt',
  promise:
    'a process gives each message to its application once, as it was published, for as long as its bounded memory of ids and of origins lasts',
  start: (about, accuse) => new FirstReceipt(about, accuse),
};
