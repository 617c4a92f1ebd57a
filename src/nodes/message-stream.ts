import type { GossipMessage } from '../core/messages.ts';
import { positive } from '../core/options.ts';

export interface MessageStreamOptions {
  /** Only messages of this topic. Default: all. */
  readonly topic?: string;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Messages kept for a slow reader, 1 or more; beyond it the oldest is dropped and `message:dropped` says so. Default 10,000. */
  readonly bufferMax?: number;
}

const messageBufferMaxDefault = 10_000;

/**
 * Messages as an async iterator: those received from the moment it was made until the node stops,
 * the signal aborts or the loop is left.
 */
export class MessageStream implements AsyncIterableIterator<GossipMessage, undefined> {
  readonly #topic: string | undefined;
  readonly #bufferMax: number;
  readonly #onDropped: (message: GossipMessage) => void;
  readonly #onEnd: (stream: MessageStream) => void;
  readonly #buffer: GossipMessage[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => this.end();
  readonly #waiting: ((result: IteratorResult<GossipMessage, undefined>) => void)[] = [];
  #ended = false;

  constructor(
    options: MessageStreamOptions,
    hooks: {
      onDropped: (message: GossipMessage) => void;
      onEnd: (stream: MessageStream) => void;
    },
  ) {
    this.#topic = options.topic;
    this.#bufferMax = positive(options.bufferMax ?? messageBufferMaxDefault, 'bufferMax');
    this.#onDropped = hooks.onDropped;
    this.#onEnd = hooks.onEnd;
    this.#signal = options.signal;
    if (this.#signal?.aborted) this.end();
    else this.#signal?.addEventListener('abort', this.#abort, { once: true });
  }

  push(message: GossipMessage): void {
    if (this.#ended || (this.#topic !== undefined && message.topic !== this.#topic)) return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) {
      reader({ value: message, done: false });
      return;
    }
    this.#buffer.push(message);
    if (this.#buffer.length <= this.#bufferMax) return;
    const oldest = this.#buffer.shift();
    if (oldest !== undefined) this.#onDropped(oldest);
  }

  /** No more messages come; those in the buffer can still be read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this.#abort);
    for (const reader of this.#waiting.splice(0)) reader({ value: undefined, done: true });
    this.#onEnd(this);
  }

  next(): Promise<IteratorResult<GossipMessage, undefined>> {
    const message = this.#buffer.shift();
    if (message !== undefined) return Promise.resolve({ value: message, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<GossipMessage, undefined>> {
    this.#buffer.length = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
