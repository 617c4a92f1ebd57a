import type { LinkCloseCause } from '../../src/core/effects.ts';
import type { Message } from '../../src/core/messages.ts';
import type { ConnectionHandler } from '../../src/transport/transport.ts';

export type Recorded =
  | { readonly type: 'opened' }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'overflowed'; readonly frames: number; readonly bytes: number }
  | { readonly type: 'closed'; readonly cause: LinkCloseCause; readonly reason: string };

/** A handler that keeps what it hears, and lets tests wait for more without a clock. */
export class Recorder implements ConnectionHandler {
  readonly events: Recorded[] = [];
  /** Called with every message, after it was recorded. */
  onMessage: ((message: Message) => void) | undefined;
  readonly #waiting: (() => void)[] = [];

  opened(): void {
    this.#record({ type: 'opened' });
  }

  message(message: Message): void {
    this.#record({ type: 'message', message });
    this.onMessage?.(message);
  }

  overflowed(frames: number, bytes: number): void {
    this.#record({ type: 'overflowed', frames, bytes });
  }

  closed(cause: LinkCloseCause, reason: string): void {
    this.#record({ type: 'closed', cause, reason });
  }

  get types(): Recorded['type'][] {
    return this.events.map(({ type }) => type);
  }

  get messages(): Message[] {
    return this.events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
  }

  get end(): { readonly cause: LinkCloseCause; readonly reason: string } | undefined {
    return this.events.find((event) => event.type === 'closed');
  }

  get overflow(): { readonly frames: number; readonly bytes: number } | undefined {
    return this.events.find((event) => event.type === 'overflowed');
  }

  async untilOpened(): Promise<void> {
    await this.until(() => this.types.includes('opened'));
  }

  async untilClosed(): Promise<LinkCloseCause> {
    await this.until(() => this.end !== undefined);
    return this.end?.cause as LinkCloseCause;
  }

  /** Resolves with all messages once there are at least `count`. */
  async untilMessages(count: number): Promise<Message[]> {
    let seen = 0;
    // Counted by the way: filtering all events for each of many would be quadratic.
    for (let at = 0; seen < count; ) {
      await this.until(() => this.events.length > at);
      for (; at < this.events.length; at += 1) if (this.events[at]?.type === 'message') seen += 1;
    }
    return this.messages;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #record(event: Recorded): void {
    this.events.push(event);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
