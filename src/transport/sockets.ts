import { connect, createServer, type LookupFunction, type Server, type Socket } from 'node:net';
import type { Address } from '../core/address.ts';

/** Makes the sockets of a transport: plain ones here, secured ones in tls.ts. */
export interface SocketMaker {
  /** The event of a dialled socket that says that it can be used. */
  readonly readyEvent: 'connect' | 'secureConnect';
  connect(remote: Address): Socket;
  /** A server that hands out sockets that can be used. */
  createServer(onReady: (socket: Socket) => void): Server;
}

export function plainSockets(lookup: LookupFunction | undefined): SocketMaker {
  return {
    readyEvent: 'connect',
    connect: (remote) => connect({ ...remote, noDelay: true, ...(lookup && { lookup }) }),
    createServer: (onReady) => createServer({ noDelay: true }, onReady),
  };
}
