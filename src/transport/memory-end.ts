import type { LinkCloseCause } from '../core/effects.ts';
import type { Message } from '../core/messages.ts';
import type { Ms } from '../core/time.ts';
import { encodeFrame } from '../wire/frames.ts';
import { gossipFrameBytes } from '../wire/gossip.ts';
import type { FrameLimits } from '../wire/limits.ts';
import { FrameReader } from '../wire/reader.ts';
import type { End } from './causes.ts';
import { type MemoryHost, MemoryPipe, type MemoryWorld } from './memory-pipe.ts';
import { Outbox, type OutboxLimits } from './outbox.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

/** What every connection of a memory network needs. */
export interface MemorySettings extends OutboxLimits, FrameLimits {
  readonly windowBytesMax: number;
  readonly closeTimeoutMs: Ms;
  readonly encode: boolean;
}

/** What an end needs of its network. */
export interface MemoryEndWorld extends MemoryWorld {
  /** Whether the frames that arrive now break their connection instead. */
  losesLink(): boolean;
  /** The end is gone. */
  forget(end: MemoryEnd): void;
}

/** A message as it is, or its frame where the network encodes. */
type MemoryFrame = Message | Buffer;

type Item =
  | { readonly type: 'accepted' }
  | { readonly type: 'frames'; readonly frames: readonly MemoryFrame[]; readonly bytes: number }
  | { readonly type: 'end' };

/**
 * One end of a connection in memory. Like a socket, it hands frames from its outbox to the network
 * as long as fewer than `windowBytesMax` are on their way; the rest waits, in order of importance.
 */
export class MemoryEnd implements Connection {
  readonly remoteAddress: string;
  readonly host: MemoryHost;
  readonly #world: MemoryEndWorld;
  readonly #settings: MemorySettings;
  readonly #outbox: Outbox<MemoryFrame>;
  readonly #reader: FrameReader;
  #handler: ConnectionHandler | undefined;
  #other: MemoryEnd | undefined;
  #pipe: MemoryPipe<Item> | undefined;
  #isOpen = false;
  #flushIsDue = false;
  #inFlightBytes = 0;
  #end: End | undefined;
  #isFinished = false;
  #endIsTold = false;

  constructor(
    world: MemoryEndWorld,
    settings: MemorySettings,
    host: MemoryHost,
    remoteAddress: string,
  ) {
    this.#world = world;
    this.#settings = settings;
    this.host = host;
    this.remoteAddress = remoteAddress;
    this.#outbox = new Outbox(settings, memoryFrameBytes);
    this.#reader = new FrameReader({ limits: settings });
  }

  get queuedBytes(): number {
    return this.#outbox.bytes + this.#inFlightBytes;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** For the network: the host that this end is connected to, once it is. */
  get otherHost(): MemoryHost | undefined {
    return this.#other?.host;
  }

  /** For the network: who hears of this end from now on. */
  handleWith(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  /** For the network: this end was accepted by `other`'s dial. */
  acceptFrom(other: MemoryEnd): void {
    this.#joinTo(other);
    other.#joinTo(this);
    this.#isOpen = true;
    this.#pipe?.push({ type: 'accepted' });
  }

  /** For the network: ends a dial that found nobody. */
  fail(cause: LinkCloseCause, reason: string): void {
    this.#breakOff(cause, reason);
  }

  /** For the network: ends a dial that has taken too long. */
  openOrFail(cause: LinkCloseCause, reason: string): void {
    if (!this.#isOpen) this.#breakOff(cause, reason);
  }

  /** For the network: breaks the connection; what is on its way is lost. */
  cut(reason: string): void {
    for (const end of this.#other === undefined ? [this] : [this, this.#other]) {
      end.#breakOff('broken', reason);
      end.#pipe?.clear();
    }
  }

  /** For the network: the process of this end is gone, so this end's handler hears nothing more. */
  die(): void {
    this.#handler = undefined;
    this.destroy('The process was killed.');
  }

  /** For the network: this end's process runs again. */
  resume(): void {
    this.#flushSoon();
  }

  send(message: Message): void {
    if (this.#end !== undefined) return;
    const frame = this.#settings.encode ? encodeFrame(message) : message;
    const problem = this.#outbox.add(message.type, frame);
    if (problem === undefined) this.#flushSoon();
    else this.#breakOff('broken', problem);
  }

  close(reason: string): void {
    if (!this.#isOpen) return this.destroy(reason);
    if (!this.#endWith({ cause: 'closed-here', reason })) return;
    this.#flushSoon();
    this.#world.schedule(this.#settings.closeTimeoutMs, () => this.#finish());
  }

  destroy(reason: string): void {
    this.#breakOff('closed-here', reason);
  }

  #joinTo(other: MemoryEnd): void {
    this.#other = other;
    const arrived = (item: Item) => this.#arrived(item, other);
    this.#pipe = new MemoryPipe(this.#world, this.host, other.host, arrived);
  }

  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    this.#world.schedule(0, () => {
      this.#flushIsDue = false;
      this.#reportDropped();
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#isOpen || this.#isFinished || this.host.isStalled) return;
    const frames: MemoryFrame[] = [];
    let bytes = 0;
    let frame = this.#outbox.take(this.#roomBytes(bytes));
    while (frame !== undefined) {
      frames.push(frame);
      bytes += memoryFrameBytes(frame);
      frame = this.#outbox.take(this.#roomBytes(bytes));
    }
    if (frames.length > 0) {
      this.#inFlightBytes += bytes;
      this.#pipe?.push({ type: 'frames', frames, bytes });
    }
    if (this.#end !== undefined && this.#outbox.bytes === 0) this.#finish();
  }

  /** What the window has room for; a frame larger than all of it leaves when nothing else is on its way. */
  #roomBytes(takenBytes: number): number {
    const usedBytes = this.#inFlightBytes + takenBytes;
    return usedBytes === 0 ? Number.POSITIVE_INFINITY : this.#settings.windowBytesMax - usedBytes;
  }

  #reportDropped(): void {
    if (this.#end !== undefined) return;
    const dropped = this.#outbox.takeDropped();
    if (dropped !== undefined) this.#handler?.overflowed(dropped.frames, dropped.bytes);
  }

  /** An item that this end sent has come to the other end. */
  #arrived(item: Item, other: MemoryEnd): void {
    switch (item.type) {
      case 'accepted':
        return other.#opened();
      case 'end':
        return other.#otherEnded();
      case 'frames':
        this.#inFlightBytes -= item.bytes;
        if (this.#world.losesLink()) return this.cut('The network lost the connection.');
        for (const frame of item.frames) other.#receive(frame);
        return this.#flush();
    }
  }

  #opened(): void {
    if (this.#end !== undefined) return;
    this.#isOpen = true;
    this.#handler?.opened();
    this.#flushSoon();
  }

  #receive(frame: MemoryFrame): void {
    // The handler may end the connection with any message.
    if (this.#end !== undefined) return;
    if (!Buffer.isBuffer(frame)) return this.#handler?.message(frame);
    this.#reader.feed(frame);
    const read = this.#reader.next();
    if (read?.type === 'BAD_FRAME') this.#breakOff('bad-frame', read.reason);
    else if (read !== undefined) this.#handler?.message(read);
  }

  #otherEnded(): void {
    this.#endWith({ cause: 'closed-there', reason: 'The other end closed the connection.' });
    this.#tellEnd();
  }

  /** Ends without another word; what is on its way still arrives. */
  #breakOff(cause: LinkCloseCause, reason: string): void {
    this.#endWith({ cause, reason });
    this.#finish();
  }

  /** Tells both ends that this one is gone. */
  #finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#outbox.clear();
    this.#pipe?.push({ type: 'end' });
    this.#tellEndSoon();
  }

  #endWith(end: End): boolean {
    if (this.#end !== undefined) return false;
    this.#end = end;
    return true;
  }

  #tellEndSoon(): void {
    this.#world.schedule(0, () => this.#tellEnd());
  }

  #tellEnd(): void {
    if (this.#endIsTold) return;
    this.#endIsTold = true;
    this.#isFinished = true;
    this.#outbox.clear();
    this.#world.forget(this);
    const { cause, reason } = this.#end as End;
    this.#handler?.closed(cause, reason);
    this.#handler = undefined;
  }
}

/**
 * What a control message counts as where nothing is encoded. To encode each only to learn its size
 * would cost more than all the rest of this file.
 */
const assumedControlBytes = 128;

function memoryFrameBytes(frame: MemoryFrame): number {
  if (Buffer.isBuffer(frame)) return frame.length;
  return frame.type === 'GOSSIP' ? gossipFrameBytes(frame) : assumedControlBytes;
}
