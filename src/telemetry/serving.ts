import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Address, parseAddress } from '../core/address.ts';
import { HearsayError } from '../core/errors.ts';

/**
 * Lets a server listen at `host:port`; port 0 takes a free one. `what` is how errors name the service.
 * Fulfilled with the address that it really has.
 *
 * Rejects with `option-invalid`, `port-in-use` or `listen-failed`.
 */
export async function listenAt(server: Server, listen: string, what: string): Promise<Address> {
  const address = parseAddress(listen, { portZero: true });
  if (address === undefined) {
    const wanted = 'write host:port, like 127.0.0.1:9464';
    throw new HearsayError('option-invalid', `'${listen}' is no address: ${wanted}`);
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, listen, what)));
  server.listen(address.port, address.host, resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return { host: address.host, port };
}

/** Stops listening and ends open requests. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function listenError(cause: NodeJS.ErrnoException, listen: string, what: string): HearsayError {
  const isTaken = cause.code === 'EADDRINUSE';
  const text = isTaken
    ? `${listen} is taken: serve ${what} on another port (0: any free one)`
    : `${what} cannot be served at ${listen}: ${cause.message}`;
  return new HearsayError(isTaken ? 'port-in-use' : 'listen-failed', text, { listen }, { cause });
}
