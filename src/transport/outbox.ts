import type { MessageType } from '../wire/kinds.ts';
import type { FrameLimits } from '../wire/limits.ts';
import { Fifo } from './fifo.ts';

/** What may wait to be sent on one connection. */
export interface OutboxLimits {
  /**
   * Most bytes of gossip that wait. Beyond it the oldest gossip is dropped and reported: it has had
   * the most time to reach the other end over other links, while the newest has had none.
   * Should hold some of the largest gossip frames. Default 4 MiB: a third of a second at 100 Mbit/s.
   */
  readonly outboxBytesMax: number;
  /**
   * Most bytes of control frames that wait. Control is never dropped, so beyond it the connection
   * breaks: the other end has stopped reading. Must hold a few of the largest control frames.
   * Default 4 MiB: four of them.
   */
  readonly outboxControlBytesMax: number;
}

export const defaultOutboxLimits: OutboxLimits = {
  outboxBytesMax: 4 * 1024 * 1024,
  outboxControlBytesMax: 4 * 1024 * 1024,
};

/** Gossip that was not sent. */
export interface Dropped {
  readonly frames: number;
  readonly bytes: number;
}

/**
 * The frames that wait to be sent on one connection: control first, then gossip, each in its order.
 * Only a goodbye overtakes nothing: after it the other end reads no more.
 */
export class Outbox<Frame> {
  readonly #limits: OutboxLimits & FrameLimits;
  readonly #bytesOf: (frame: Frame) => number;
  readonly #control = new Fifo<Frame>();
  readonly #gossip = new Fifo<Frame>();
  readonly #goodbyes = new Fifo<Frame>();
  #controlBytes = 0;
  #gossipBytes = 0;
  #droppedFrames = 0;
  #droppedBytes = 0;

  constructor(limits: OutboxLimits & FrameLimits, bytesOf: (frame: Frame) => number) {
    this.#limits = limits;
    this.#bytesOf = bytesOf;
  }

  /** Bytes of all frames that wait. */
  get bytes(): number {
    return this.#controlBytes + this.#gossipBytes;
  }

  /**
   * Adds the frame of a message. Gossip is made to fit by dropping. A sentence is the answer when a
   * control frame does not fit, and the end of the connection: control is never dropped.
   */
  add(type: MessageType, frame: Frame): string | undefined {
    if (type !== 'GOSSIP') return this.#addControl(type, frame);
    this.#addGossip(frame);
    return undefined;
  }

  /** What was dropped since the last call; undefined when nothing was. */
  takeDropped(): Dropped | undefined {
    if (this.#droppedFrames === 0) return undefined;
    const dropped = { frames: this.#droppedFrames, bytes: this.#droppedBytes };
    this.#droppedFrames = 0;
    this.#droppedBytes = 0;
    return dropped;
  }

  /** Takes the frame that is next, when it has at most `bytesMax`. */
  take(bytesMax: number): Frame | undefined {
    const queue = this.#nextQueue();
    const frame = queue.peek();
    if (frame === undefined) return undefined;
    const bytes = this.#bytesOf(frame);
    if (bytes > bytesMax) return undefined;
    queue.shift();
    if (queue === this.#gossip) this.#gossipBytes -= bytes;
    else this.#controlBytes -= bytes;
    return frame;
  }

  clear(): void {
    this.#control.clear();
    this.#gossip.clear();
    this.#goodbyes.clear();
    this.#controlBytes = 0;
    this.#gossipBytes = 0;
  }

  #nextQueue(): Fifo<Frame> {
    if (this.#control.length > 0) return this.#control;
    return this.#gossip.length > 0 ? this.#gossip : this.#goodbyes;
  }

  #addControl(type: MessageType, frame: Frame): string | undefined {
    const { controlFrameBytesMax, outboxControlBytesMax } = this.#limits;
    const bytes = this.#bytesOf(frame);
    if (bytes > controlFrameBytesMax) {
      const limit = `controlFrameBytesMax, ${controlFrameBytesMax}`;
      return `A ${type} frame of ${bytes} bytes to send is longer than ${limit}.`;
    }
    if (this.#controlBytes + bytes > outboxControlBytesMax) {
      const limit = `outboxControlBytesMax, ${outboxControlBytesMax} bytes`;
      return `The other end has stopped reading: more control waits than ${limit}.`;
    }
    const isGoodbye = type === 'BYE' || type === 'LEAVE';
    (isGoodbye ? this.#goodbyes : this.#control).push(frame);
    this.#controlBytes += bytes;
    return undefined;
  }

  #addGossip(frame: Frame): void {
    const { gossipFrameBytesMax, outboxBytesMax } = this.#limits;
    const bytes = this.#bytesOf(frame);
    // A frame that no receiver would take is like one that does not fit.
    if (bytes > Math.min(gossipFrameBytesMax, outboxBytesMax)) return this.#drop(bytes);
    while (this.#gossipBytes + bytes > outboxBytesMax) {
      const oldest = this.#gossip.shift();
      if (oldest === undefined) break;
      const oldestBytes = this.#bytesOf(oldest);
      this.#gossipBytes -= oldestBytes;
      this.#drop(oldestBytes);
    }
    this.#gossip.push(frame);
    this.#gossipBytes += bytes;
  }

  #drop(bytes: number): void {
    this.#droppedFrames += 1;
    this.#droppedBytes += bytes;
  }
}
