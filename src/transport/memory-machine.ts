import { type Address, formatAddress, parseAddress } from '../core/address.ts';
import { HearsayError } from '../core/errors.ts';
import type { MemoryHost } from './memory-pipe.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

export type Accept = (connection: Connection) => ConnectionHandler;

/** A host of a memory network with its one process. */
export interface MemoryMachine extends MemoryHost {
  readonly listeners: Map<number, Accept>;
  /** What a process that is stalled will do first when it runs again. */
  readonly backlog: (() => void)[];
  refuses: boolean;
  portsGiven: number;
}

export function newMachine(name: string): MemoryMachine {
  return {
    name,
    isStalled: false,
    hasCrashed: false,
    refuses: false,
    listeners: new Map(),
    backlog: [],
    portsGiven: 0,
  };
}

/** Why a host cannot listen at an address; undefined when it can. */
export function listenProblem(
  host: MemoryMachine,
  local: Address,
  bound: string,
): HearsayError | undefined {
  const details = { address: bound };
  if (host.hasCrashed) {
    const message = `The process on ${host.name} was killed: take a new transport for it.`;
    return new HearsayError('listen-failed', message, details);
  }
  if (local.host !== host.name && !anyHost.has(local.host)) {
    const message = `${bound} is not an address of this host, which is ${host.name}.`;
    return new HearsayError('address-unavailable', message, details);
  }
  if (!host.listeners.has(local.port)) return undefined;
  return new HearsayError('port-in-use', `${bound} is taken: listen on another port.`, details);
}

/** Addresses that mean 'all addresses of this host'. */
const anyHost: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const firstFreePort = 49_152;
const freePorts = 65_536 - firstFreePort;

/** The next port of the range for that which nobody listens on. Dialling ends may share one. */
export function freePort(host: MemoryMachine): number {
  let port: number;
  do {
    port = firstFreePort + (host.portsGiven % freePorts);
    host.portsGiven += 1;
  } while (host.listeners.has(port));
  return port;
}

export function canonicalHost(host: string): string {
  return parseAddress(formatAddress(host, 1))?.host ?? host;
}
