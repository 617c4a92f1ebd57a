import type { LookupFunction, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { Ms } from '../core/time.ts';
import type { SocketMaker } from './sockets.ts';
import { type TlsOptions, tlsSetup } from './tls-options.ts';

export interface TlsSocketsOptions {
  readonly tls: TlsOptions;
  readonly tlsHandshakeTimeoutMs: Ms;
  readonly lookup: LookupFunction | undefined;
}

/**
 * Sockets over TLS 1.3. Under that version a client that needs a certificate and has none still
 * sees its side secured, and only then an alert: `opened` does not mean that the other end let us
 * in. Nobody is in before the protocol's own WELCOME.
 */
export function tlsSockets({ tls, tlsHandshakeTimeoutMs, lookup }: TlsSocketsOptions): SocketMaker {
  const setup = tlsSetup(tls);
  return {
    readyEvent: 'secureConnect',
    connect: (remote) => {
      const socket = connect({ ...remote, ...setup.client, ...(lookup && { lookup }) });
      // Unlike net.connect, tls.connect has no option for this.
      return socket.once('connect', () => socket.setNoDelay(true));
    },
    createServer: (onReady) => {
      const handshakes = new Handshakes(tlsHandshakeTimeoutMs);
      const server = createServer({ ...setup.server, noDelay: true }, (socket) => {
        handshakes.ended(socket);
        if (server.listening) onReady(socket.ref());
        else socket.destroy();
      });
      return handshakes.watch(server);
    },
  };
}

/**
 * Ends handshakes that fail or take too long. Node's own `handshakeTimeout` starts anew with every
 * byte, and both it and a failed handshake leave the socket open.
 */
class Handshakes {
  readonly #timeoutMs: Ms;
  readonly #deadlines = new Map<string, NodeJS.Timeout>();

  constructor(timeoutMs: Ms) {
    this.#timeoutMs = timeoutMs;
  }

  watch(server: Server): Server {
    server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
    return server.on('connection', (raw) => this.#began(raw));
  }

  /** The secured socket on top of one that was watched is ready. */
  ended(secured: Socket): void {
    const name = endsOf(secured);
    clearTimeout(this.#deadlines.get(name));
    this.#deadlines.delete(name);
  }

  #began(raw: Socket): void {
    const name = endsOf(raw);
    const deadline = setTimeout(() => raw.destroy(), this.#timeoutMs).unref();
    this.#deadlines.set(name, deadline);
    // A stranger that says nothing must not keep the process of a stopped node alive.
    raw.unref();
    raw.once('close', () => {
      clearTimeout(deadline);
      if (this.#deadlines.get(name) === deadline) this.#deadlines.delete(name);
    });
  }
}

/** Node does not tell which socket a secured one lies on, but both have the same two ends. */
function endsOf(socket: Socket): string {
  return `${socket.localAddress} ${socket.localPort} ${socket.remoteAddress} ${socket.remotePort}`;
}
