import type { LinkCloseCause } from '../core/effects.ts';
import type { Message } from '../core/messages.ts';
import type { Ms } from '../core/time.ts';
import { tcpTransport } from './tcp.ts';
import type { Connection, ConnectionHandler, Listener, Transport } from './transport.ts';

/**
 * Real connections that can be cut: for demonstrations and tests of partitions among the nodes of one
 * process. Each node is given a transport of its own. While the network is cut, it looks to a node as
 * if packets got lost on the way: connections across the cut stay open and silent, and dials across
 * it time out. When the cut is healed, the connections that were cut break, as what was sent over them
 * meanwhile is lost.
 *
 * @example
 * const switchboard = new Switchboard();
 * const peer = new PeerNode({ listen, seeds, transport: switchboard.transport() });
 * switchboard.partition([['127.0.0.1:6000', '127.0.0.1:6001'], ['127.0.0.1:6002']]);
 * switchboard.heal();
 */
export class Switchboard {
  readonly #transport: Transport;
  readonly #connections = new Set<Connected>();
  #groupOf = new Map<string, number>();

  /** Default: TCP without TLS. */
  constructor(transport: Transport = tcpTransport()) {
    this.#transport = transport;
  }

  /** The transport of one node. */
  transport(): Transport {
    let own: string | undefined;
    return {
      listen: async (address, accept) => {
        const listener: Listener = await this.#transport.listen(address, accept);
        own = listener.address;
        return listener;
      },
      dial: (address, timeoutMs, handler) => {
        const isCut = () => this.#isBetween(own, address);
        const connection = new Connected(address, timeoutMs, handler, isCut, (ended) =>
          this.#connections.delete(ended),
        );
        this.#connections.add(connection);
        connection.dial(this.#transport);
        return connection;
      },
    };
  }

  /**
   * Cuts the network: addresses of different groups do not reach each other. An address in no group is
   * on the side of the first one. Replaces an earlier cut.
   */
  partition(groups: readonly (readonly string[])[]): void {
    this.#groupOf = new Map(
      groups.flatMap((group, number) => group.map((address) => [address, number] as const)),
    );
    for (const connection of this.#connections) connection.look();
  }

  /** Ends the cut. */
  heal(): void {
    this.partition([]);
  }

  #isBetween(one: string | undefined, other: string): boolean {
    const groupOf = (address: string) => this.#groupOf.get(address) ?? 0;
    return groupOf(one ?? '') !== groupOf(other);
  }
}

/**
 * The dialling end of a connection. It alone knows both addresses, so it keeps what travels in either
 * direction; the accepting end hears nothing, which is what a cut is like.
 */
class Connected implements Connection, ConnectionHandler {
  readonly remoteAddress: string;
  readonly #timeoutMs: Ms;
  readonly #handler: ConnectionHandler;
  readonly #isBetween: () => boolean;
  readonly #forget: (connection: Connected) => void;
  #inner: Connection | undefined;
  #isOpen = false;
  #isCut = false;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    address: string,
    timeoutMs: Ms,
    handler: ConnectionHandler,
    isBetween: () => boolean,
    forget: (connection: Connected) => void,
  ) {
    this.remoteAddress = address;
    this.#timeoutMs = timeoutMs;
    this.#handler = handler;
    this.#isBetween = isBetween;
    this.#forget = forget;
  }

  dial(transport: Transport): void {
    if (this.#isBetween()) this.#becomeSilent();
    else this.#inner = transport.dial(this.remoteAddress, this.#timeoutMs, this);
  }

  /** The cut is another one now. */
  look(): void {
    const isBetween = this.#isBetween();
    if (isBetween && !this.#isCut) this.#becomeSilent();
    else if (!isBetween && this.#isCut && this.#inner !== undefined) this.#break();
  }

  get queuedBytes(): number {
    return this.#inner?.queuedBytes ?? 0;
  }

  send(message: Message): void {
    if (!this.#isCut) this.#inner?.send(message);
  }

  close(reason: string): void {
    if (this.#isCut) this.#endLater('closed-here', reason);
    else this.#inner?.close(reason);
  }

  destroy(reason: string): void {
    if (this.#isCut) this.#endLater('closed-here', reason);
    else this.#inner?.destroy(reason);
  }

  opened(): void {
    this.#isOpen = true;
    if (!this.#isCut) this.#handler.opened();
  }

  message(message: Message): void {
    if (!this.#isCut) this.#handler.message(message);
  }

  overflowed(frames: number, bytes: number): void {
    this.#handler.overflowed(frames, bytes);
  }

  /** Across a cut nobody hears that the other end is gone; healing it tells. */
  closed(cause: LinkCloseCause, reason: string): void {
    if (!this.#isCut) this.#end(cause, reason);
  }

  #becomeSilent(): void {
    this.#isCut = true;
    if (this.#isOpen) return;
    const reason = `${this.remoteAddress} did not answer within ${this.#timeoutMs} ms`;
    this.#timer = setTimeout(() => this.#end('unreachable', reason), this.#timeoutMs);
  }

  #break(): void {
    this.#inner?.destroy('the cut is healed');
    const reason = 'frames were lost while the network was cut';
    if (this.#hasEnded) this.#forget(this);
    else this.#endLater('broken', reason);
  }

  #endLater(cause: LinkCloseCause, reason: string): void {
    setImmediate(() => this.#end(cause, reason));
  }

  #end(cause: LinkCloseCause, reason: string): void {
    // The other end of an open connection still believes in it: it breaks when the cut is healed.
    const isWaitedFor = this.#isCut && this.#isBetween() && this.#inner !== undefined;
    if (!isWaitedFor) this.#forget(this);
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#handler.closed(cause, reason);
  }
}
