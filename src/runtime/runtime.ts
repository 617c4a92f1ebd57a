import type { Effects, LinkInput, Outgoing, TimerFired } from '../core/effects.ts';
import { HearsayError } from '../core/errors.ts';
import type { NodeEvent } from '../core/events.ts';
import type { LinkId, Message, MessageId } from '../core/messages.ts';
import type { Instant, Ms } from '../core/time.ts';
import type { Connection, ConnectionHandler, Listener, Transport } from '../transport/transport.ts';
import type { Clock } from './clock.ts';
import type { TraceCarrier } from './trace-carrier.ts';

/** A core machine, as the runtime drives it. */
export interface Machine<Timer, Command> {
  handle(input: LinkInput | TimerFired<Timer> | Command, now: Instant): void;
}

export interface RuntimeDependencies {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Hears every event, in order, after the machine has finished with the input that caused it. */
  readonly onEvent: (event: NodeEvent) => void;
}

/**
 * The only place where effects become I/O. It numbers accepted connections, turns what they bring
 * into inputs, and the machine's effects into dials, frames and timers. Events are handed out after
 * the machine has finished with an input, so that a listener may give it the next one.
 */
export class Runtime<Timer, Command> implements Effects<Timer> {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #onEvent: (event: NodeEvent) => void;
  readonly #connections = new Map<LinkId, Connection>();
  readonly #timers = new Set<() => void>();
  /** Connections that have not said `closed` yet, those that the machine has forgotten included. */
  readonly #open = new Set<LinkId>();
  #events: NodeEvent[] = [];
  #machine: Machine<Timer, Command> | undefined;
  #listener: Listener | undefined;
  #lastAccepted = 0;
  #handling = false;
  #handingOut = false;
  #stopped = false;
  #carrier: TraceCarrier | undefined;
  /** The last message of the machine and what it became: the same one often goes to many links. */
  #sent: Message | undefined;
  #sentTraced: Message | undefined;
  #ended: Promise<void> | undefined;
  #allClosed: (() => void) | undefined;

  constructor(dependencies: RuntimeDependencies) {
    this.#transport = dependencies.transport;
    this.#clock = dependencies.clock;
    this.#onEvent = dependencies.onEvent;
  }

  /** Listens and gives the real address; the machine, which needs to know it, comes with `run`. */
  async listen(address: string): Promise<string> {
    const listener = await this.#transport.listen(address, (connection) =>
      this.#accept(connection),
    );
    if (this.#stopped) {
      await listener.close();
      throw new HearsayError('aborted', 'the start was aborted: the node was stopped');
    }
    this.#listener = listener;
    return listener.address;
  }

  run(machine: Machine<Timer, Command>): void {
    this.#machine = machine;
  }

  /** Lets trace context travel with the frames from now on; the answer ends it. */
  carryTraces(carrier: TraceCarrier): () => void {
    if (this.#carrier !== undefined) {
      throw new HearsayError(
        'option-invalid',
        'this node is traced already: detach the other first',
      );
    }
    this.#carrier = carrier;
    return () => {
      if (this.#carrier === carrier) this.#carrier = undefined;
    };
  }

  /** The traceparent of this node's own span for a message; undefined where none is known. */
  traceparentOf(id: MessageId): string | undefined {
    return this.#carrier?.traceparentOf(id);
  }

  get now(): Instant {
    return this.#clock.now();
  }

  /** Bytes that wait to be sent, over all connections. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const connection of this.#connections.values()) bytes += connection.queuedBytes;
    return bytes;
  }

  /** Gives the machine an input, then hands out the events. */
  input(input: LinkInput | TimerFired<Timer> | Command): void {
    this.enter((machine, now) => machine.handle(input, now));
  }

  /** Lets `work` use the machine as one input, and gives back what it gave. */
  enter<Result>(
    work: (machine: Machine<Timer, Command>, now: Instant) => Result,
  ): Result | undefined {
    if (this.#stopped || this.#machine === undefined) return undefined;
    if (this.#handling) throw new Error('an effect called back into the machine');
    this.#handling = true;
    try {
      return work(this.#machine, this.#clock.now());
    } finally {
      this.#handling = false;
      if (this.#carrier !== undefined) this.#settle(this.#carrier);
      this.#handOutEvents();
    }
  }

  /** Ends every connection at once, without what was still to be written. */
  async kill(): Promise<void> {
    this.#stopped = true;
    for (const connection of this.#connections.values()) connection.destroy('killed');
    await this.stop('killed');
  }

  /** Stops listening and handling; what was sent is still written, then every connection closes. */
  stop(reason: string): Promise<void> {
    this.#ended ??= this.#end(reason);
    return this.#ended;
  }

  async #end(reason: string): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    for (const connection of this.#connections.values()) connection.close(reason);
    this.#connections.clear();
    const closed = this.#whenAllClosed();
    await this.#listener?.close();
    await closed;
  }

  /** Each connection's `close` has its own time limit, so this ends. */
  #whenAllClosed(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#allClosed = resolve;
    });
  }

  // -------------------------------------------------------------- effects

  send(to: LinkId, message: Outgoing): void {
    switch (message.type) {
      case 'OPEN':
        this.#dial(to, message.address, message.timeoutMs);
        return;
      case 'CLOSE':
        this.#connections.get(to)?.close(message.reason);
        this.#connections.delete(to);
        return;
      default:
        this.#connections.get(to)?.send(this.#carrier ? this.#traced(message) : message);
    }
  }

  schedule(after: Ms, timer: Timer): void {
    const cancel = this.#clock.setTimer(after, (lateMs) => {
      this.#timers.delete(cancel);
      this.input({ type: 'timer', timer, lateMs });
    });
    this.#timers.add(cancel);
  }

  emit(event: NodeEvent): void {
    this.#carrier?.emitted(event);
    this.#events.push(event);
  }

  // -------------------------------------------------------------- connections

  #dial(link: LinkId, address: string, timeoutMs: Ms): void {
    this.#open.add(link);
    const handler = new LinkConnection(link, this.#inputOf);
    this.#connections.set(link, this.#transport.dial(address, timeoutMs, handler));
  }

  #accept(connection: Connection): ConnectionHandler {
    this.#lastAccepted -= 1;
    const link = this.#lastAccepted;
    this.#open.add(link);
    if (this.#stopped || this.#machine === undefined) connection.destroy('this node is stopping');
    else this.#connections.set(link, connection);
    this.input({ type: 'link-opened', link });
    return new LinkConnection(link, this.#inputOf);
  }

  /** What a connection brings; a link that the machine has closed brings nothing more. */
  readonly #inputOf = (input: LinkInput): void => {
    const known = this.#connections.has(input.link);
    if (input.type === 'link-closed') this.#forget(input.link);
    if (!known) return;
    if (input.type === 'message') this.#carrier?.arrived(input.message);
    this.input(input);
  };

  #forget(link: LinkId): void {
    this.#connections.delete(link);
    this.#open.delete(link);
    if (this.#open.size === 0) this.#allClosed?.();
  }

  // -------------------------------------------------------------- trace context

  #traced(message: Message): Message {
    if (message !== this.#sent || this.#sentTraced === undefined) {
      this.#sent = message;
      this.#sentTraced = this.#carrier?.outgoing(message) ?? message;
    }
    return this.#sentTraced;
  }

  #settle(carrier: TraceCarrier): void {
    this.#sent = undefined;
    this.#sentTraced = undefined;
    carrier.settled();
  }

  // -------------------------------------------------------------- events

  /** Listeners may cause inputs; the events of those queue up behind the ones being handed out. */
  #handOutEvents(): void {
    if (this.#handingOut) return;
    this.#handingOut = true;
    while (this.#events.length > 0) {
      const events = this.#events;
      this.#events = [];
      for (const event of events) this.#handOut(event);
    }
    this.#handingOut = false;
  }

  /** A listener's error is the application's, not the protocol's: it surfaces as an uncaught one. */
  #handOut(event: NodeEvent): void {
    try {
      this.#onEvent(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** Turns what one connection says into inputs that carry its link's id. */
class LinkConnection implements ConnectionHandler {
  readonly #link: LinkId;
  readonly #input: (input: LinkInput) => void;

  constructor(link: LinkId, input: (input: LinkInput) => void) {
    this.#link = link;
    this.#input = input;
  }

  opened(): void {
    this.#input({ type: 'link-opened', link: this.#link });
  }

  message(message: Parameters<ConnectionHandler['message']>[0]): void {
    this.#input({ type: 'message', link: this.#link, message });
  }

  overflowed(frames: number, bytes: number): void {
    this.#input({ type: 'link-overflowed', link: this.#link, frames, bytes });
  }

  closed(...[cause, reason]: Parameters<ConnectionHandler['closed']>): void {
    this.#input({ type: 'link-closed', link: this.#link, cause, reason });
  }
}
