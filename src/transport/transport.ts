import type { LinkCloseCause } from '../core/effects.ts';
import type { Message } from '../core/messages.ts';
import type { Ms } from '../core/time.ts';

/** Moves whole messages between two ends, in order, until one end is gone. tcp.ts and memory.ts are two. */
export interface Transport {
  /**
   * Accepts connections at `address` (`host:port`; port 0 takes a free one). `accept` is called with
   * every new, already open connection and returns the handler for it.
   *
   * Rejects with HearsayError `port-in-use`, `address-unavailable` or `listen-failed`.
   */
  listen(address: string, accept: (connection: Connection) => ConnectionHandler): Promise<Listener>;
  /** Starts to connect. The handler hears `opened` or `closed`, never before `dial` has returned. */
  dial(address: string, timeoutMs: Ms, handler: ConnectionHandler): Connection;
}

export interface Listener {
  /** The address really bound, with the real port. */
  readonly address: string;
  /** Stops accepting. Open connections stay open. */
  close(): Promise<void>;
}

/** Hears what becomes of a connection; never from within a call to it, always in a later step. */
export interface ConnectionHandler {
  /** Dialled connections only: the transport has a connection (with TLS: a secured one). */
  opened(): void;
  /** In the order of sending, control before gossip. None follows once this end was closed. */
  message(message: Message): void;
  /** Gossip did not fit into the outbox: the oldest was dropped. At most once a turn. */
  overflowed(frames: number, bytes: number): void;
  /** Exactly once, and the last call. */
  closed(cause: LinkCloseCause, reason: string): void;
}

export interface Connection {
  /** `host:port` of the other end, for logs; the dialled address on dialled connections. */
  readonly remoteAddress: string;
  /** Bytes accepted by `send` that the operating system has not taken yet. */
  readonly queuedBytes: number;
  /**
   * Queues a message; all that one turn of the event loop queues leaves in one write, control before
   * gossip, a goodbye (BYE, LEAVE) after it. Never throws and never blocks: after the end it does nothing; gossip beyond the outbox's
   * byte bound is dropped and reported by `overflowed`; control frames beyond the control bound
   * break the connection (the other end has stopped reading).
   */
  send(message: Message): void;
  /**
   * Writes what is queued (for at most a short, bounded time), then closes. What arrives meanwhile
   * is thrown away. Before the connection is open this is `destroy`.
   */
  close(reason: string): void;
  /** Closes at once. */
  destroy(reason: string): void;
}
