import type { Socket } from 'node:net';
import type { LinkCloseCause } from '../core/effects.ts';
import type { Message } from '../core/messages.ts';
import { FrameReader } from '../wire/reader.ts';
import { type QueuedFrame, queuedFrame, queuedFrameBytes, takeBatch } from './batch.ts';
import { type End, endOfDial, endOfOpen } from './causes.ts';
import { Outbox } from './outbox.ts';
import type { SlabPool } from './slabs.ts';
import type { ConnectionSettings } from './tcp-options.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

/**
 * A connection over one socket of node:net or node:tls.
 *
 * Its end has two steps. The first cause to come is decided by `#endWith` and is kept: from then on
 * nothing is sent and nothing received is delivered. The socket's `close` event is the second and
 * tells the handler. That event never comes from within a call, so neither does `closed`.
 */
export class SocketConnection implements Connection {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #slabs: SlabPool;
  readonly #outbox: Outbox<QueuedFrame>;
  readonly #reader: FrameReader;
  #handler: ConnectionHandler | undefined;
  #isOpen = false;
  #end: End | undefined;
  #flushIsDue = false;
  #inFlightBytes = 0;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    remoteAddress: string,
    settings: ConnectionSettings,
    slabs: SlabPool,
  ) {
    this.remoteAddress = remoteAddress;
    this.#socket = socket;
    this.#settings = settings;
    this.#slabs = slabs;
    this.#outbox = new Outbox(settings, queuedFrameBytes);
    this.#reader = new FrameReader({
      limits: settings,
      onUnknownKind: (kind, bytes) => settings.onUnknownKind?.(remoteAddress, kind, bytes),
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#onOtherEnd());
    socket.on('error', (error) => this.#onError(error));
    socket.on('close', () => this.#onClose());
  }

  get queuedBytes(): number {
    return this.#outbox.bytes + this.#inFlightBytes;
  }

  /** For the transport: whether the end is decided, if not yet told. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** For the transport: who hears of this connection from now on. */
  handleWith(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  /** For the transport: the socket can be used. */
  open(): void {
    this.#isOpen = true;
    this.#stopDeadline();
    if (this.#outbox.bytes > 0) this.#flushSoon();
  }

  /** For the transport: ends a dial that found nobody. */
  fail(cause: LinkCloseCause, reason: string): void {
    this.#breakOff(cause, reason);
  }

  /** For the transport: breaks off a dial that takes longer than this. */
  openWithin(timeoutMs: number): void {
    const reason = `No connection to ${this.remoteAddress} within ${timeoutMs} ms.`;
    this.#startDeadline(timeoutMs, () => this.#breakOff('unreachable', reason));
  }

  send(message: Message): void {
    if (this.#end !== undefined) return;
    const problem = this.#outbox.add(message.type, queuedFrame(message));
    if (problem === undefined) this.#flushSoon();
    else this.#breakOff('broken', problem);
  }

  close(reason: string): void {
    if (!this.#isOpen) return this.destroy(reason);
    if (!this.#endWith({ cause: 'closed-here', reason })) return;
    // From here on what arrives is read and thrown away: closing a socket with unread bytes resets
    // the connection, and a reset may overtake what we are still writing.
    this.#startDeadline(this.#settings.closeTimeoutMs, () => this.#socket.destroy());
    this.#flushSoon();
  }

  destroy(reason: string): void {
    this.#breakOff('closed-here', reason);
  }

  /** Flushes once all of this turn of the event loop is queued. */
  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    setImmediate(() => {
      this.#flushIsDue = false;
      this.#reportDropped();
      this.#flush();
    });
  }

  /**
   * Hands the next batch to the socket, one at a time: what waits in the outbox instead of the
   * socket can still be overtaken by control, and be dropped.
   */
  #flush(): void {
    if (!this.#isOpen || this.#inFlightBytes > 0 || this.#socket.destroyed) return;
    const batch = takeBatch(this.#outbox, this.#slabs);
    if (batch === undefined) {
      if (this.#end !== undefined) this.#socket.end();
      return;
    }
    this.#inFlightBytes = batch.bytes.length;
    this.#socket.write(batch.bytes, () => {
      this.#inFlightBytes = 0;
      if (batch.slab !== undefined) this.#slabs.giveBack(batch.slab);
      this.#flush();
    });
  }

  #reportDropped(): void {
    if (this.#end !== undefined) return;
    const dropped = this.#outbox.takeDropped();
    if (dropped !== undefined) this.#handler?.overflowed(dropped.frames, dropped.bytes);
  }

  #receive(chunk: Buffer): void {
    if (this.#end !== undefined) return;
    this.#reader.feed(chunk);
    // The handler may end the connection with any message.
    while (this.#end === undefined) {
      const read = this.#reader.next();
      if (read === undefined) return;
      if (read.type === 'BAD_FRAME') return this.#breakOff('bad-frame', read.reason);
      this.#handler?.message(read);
    }
  }

  #onOtherEnd(): void {
    if (this.#isOpen) this.#breakOff('closed-there', 'The other end closed the connection.');
    else this.#breakOff('broken', `${this.remoteAddress} hung up before the link was secured.`);
  }

  #onError(error: Error): void {
    this.#endWith(this.#isOpen ? endOfOpen(error) : endOfDial(error, this.remoteAddress));
  }

  #onClose(): void {
    this.#stopDeadline();
    this.#outbox.clear();
    this.#endWith({ cause: 'closed-there', reason: 'The connection is gone.' });
    const { cause, reason } = this.#end as End;
    this.#handler?.closed(cause, reason);
    this.#handler = undefined;
  }

  /** Ends the connection without another word. */
  #breakOff(cause: LinkCloseCause, reason: string): void {
    this.#endWith({ cause, reason });
    this.#socket.destroy();
  }

  /** Decides the end; false when it was decided before. */
  #endWith(end: End): boolean {
    if (this.#end !== undefined) return false;
    this.#end = end;
    return true;
  }

  #startDeadline(afterMs: number, run: () => void): void {
    this.#stopDeadline();
    this.#deadline = setTimeout(run, afterMs).unref();
  }

  #stopDeadline(): void {
    clearTimeout(this.#deadline);
  }
}
