import { once } from 'node:events';
import { type AddressInfo, type Server, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatAddress, parseAddress } from '../core/address.ts';
import type { Ms } from '../core/time.ts';
import { listenError, malformedAddressError, nobodyListens } from './causes.ts';
import { SlabPool } from './slabs.ts';
import { SocketConnection } from './socket-connection.ts';
import { plainSockets, type SocketMaker } from './sockets.ts';
import { type TcpOptions, type TcpSettings, tcpSettings } from './tcp-options.ts';
import { tlsSockets } from './tls.ts';
import type { Connection, ConnectionHandler, Listener, Transport } from './transport.ts';

/** A transport over TCP, or with `tls` over TLS. Throws HearsayError `option-invalid`. */
export function tcpTransport(options: TcpOptions = {}): Transport {
  return new TcpTransport(options);
}

type Accept = (connection: Connection) => ConnectionHandler;

class TcpTransport implements Transport {
  readonly #settings: TcpSettings;
  readonly #sockets: SocketMaker;
  readonly #slabs: SlabPool;

  constructor(options: TcpOptions) {
    const { tls, lookup } = options;
    this.#settings = tcpSettings(options);
    this.#sockets =
      tls === undefined ? plainSockets(lookup) : tlsSockets({ ...this.#settings, tls, lookup });
    this.#slabs = new SlabPool(this.#settings.writeBytesMax, this.#settings.slabsKeptMax);
  }

  async listen(address: string, accept: Accept): Promise<Listener> {
    const local = parseAddress(address, { portZero: true });
    if (local === undefined) throw malformedAddressError(address);
    const server = this.#sockets.createServer((socket) => this.#accepted(socket, accept));
    server.maxConnections = this.#settings.connectionsMax;
    try {
      server.listen(local);
      await once(server, 'listening');
    } catch (error) {
      throw listenError(error as Error, address);
    }
    server.on('error', () => {
      // A connection could not be accepted: no file descriptor was left. The others live on.
    });
    return new TcpListener(server);
  }

  dial(address: string, timeoutMs: Ms, handler: ConnectionHandler): Connection {
    const remote = parseAddress(address);
    const socket = remote === undefined ? new Socket() : this.#sockets.connect(remote);
    const connection = this.#connection(socket, address);
    connection.handleWith(handler);
    if (remote === undefined) {
      connection.fail('unreachable', `'${address}' is not an address: give host:port.`);
      return connection;
    }
    connection.openWithin(timeoutMs);
    socket.once('connect', () => {
      if (isConnectedToItself(socket)) connection.fail('refused', nobodyListens(address));
    });
    socket.once(this.#sockets.readyEvent, () => {
      if (connection.hasEnded) return;
      connection.open();
      handler.opened();
    });
    return connection;
  }

  #accepted(socket: Socket, accept: Accept): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      // It was closed before it was accepted: there is nobody to name.
      socket.destroy();
      return;
    }
    const connection = this.#connection(socket, formatAddress(remoteAddress, remotePort));
    connection.open();
    connection.handleWith(accept(connection));
  }

  #connection(socket: Socket, remoteAddress: string): SocketConnection {
    return new SocketConnection(socket, remoteAddress, this.#settings.connection, this.#slabs);
  }
}

class TcpListener implements Listener {
  readonly address: string;
  readonly #server: Server;

  constructor(server: Server) {
    const { address, port } = server.address() as AddressInfo;
    this.address = formatAddress(address, port);
    this.#server = server;
  }

  async close(): Promise<void> {
    // The port is free at once. The callback of `close` would wait for all open connections.
    this.#server.close();
    await nextTurn();
  }
}

/**
 * When a system dials one of its own ports that nobody listens on, and picks the very same port for
 * the calling end, TCP connects that socket to itself (RFC 9293, simultaneous open).
 */
function isConnectedToItself(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}
