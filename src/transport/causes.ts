import type { LinkCloseCause } from '../core/effects.ts';
import { HearsayError } from '../core/errors.ts';

/** Why a connection ended, as its handler will hear it. */
export interface End {
  readonly cause: LinkCloseCause;
  /** One sentence for people. */
  readonly reason: string;
}

/** The reason of `refused`. */
export const nobodyListens = (address: string): string => `Nobody listens at ${address}.`;

/** What a socket's error means for a connection that was not open yet. */
export function endOfDial(error: Error, address: string): End {
  const codes = codesOf(error);
  // A name may stand for several addresses, of which some cannot be routed to from here.
  if (codes.includes('ECONNREFUSED') && !codes.includes('ETIMEDOUT')) {
    return { cause: 'refused', reason: nobodyListens(address) };
  }
  const isUnreachable = codes.some((code) => unreachable.has(code));
  return isUnreachable
    ? { cause: 'unreachable', reason: `${address} cannot be reached: ${describe(error)}.` }
    : { cause: 'broken', reason: `The connection to ${address} failed: ${describe(error)}.` };
}

/**
 * What a socket's error means for an open connection. A reset is `broken`, not `closed-there`: a
 * killed process closes its sockets, but one that had unread bytes resets them, and so does a
 * firewall between two that are alive.
 */
export function endOfOpen(error: Error): End {
  return { cause: 'broken', reason: `The connection broke: ${describe(error)}.` };
}

/** What a listening socket's error means to the one who asked to listen. */
export function listenError(error: Error, address: string): HearsayError {
  const [code = ''] = codesOf(error);
  const details = { address, systemCode: code };
  const options = { cause: error };
  if (code === 'EADDRINUSE') {
    const advice =
      'stop the program that listens there, or listen on another port (0: any free one)';
    return new HearsayError('port-in-use', `${address} is taken: ${advice}.`, details, options);
  }
  if (notHere.has(code)) {
    const advice = 'listen on an address of this machine, or on 0.0.0.0 for all of them';
    const message = `${address} is not an address of this machine: ${advice}.`;
    return new HearsayError('address-unavailable', message, details, options);
  }
  const advice = code === 'EACCES' ? '; ports below 1024 need privileges' : '';
  const message = `Listening on ${address} failed: ${describe(error)}${advice}.`;
  return new HearsayError('listen-failed', message, details, options);
}

/** The error of an address to listen on that cannot be read. */
export function malformedAddressError(address: string): HearsayError {
  const message = `Cannot listen on '${address}': give host:port or [IPv6]:port, port 0 … 65535.`;
  return new HearsayError('listen-failed', message, { address });
}

const unreachable: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
]);

const notHere: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN']);

/** The codes of an error, or of all the attempts that an AggregateError stands for. */
function codesOf(error: Error): string[] {
  const attempts: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return attempts.flatMap((attempt) => {
    const code = attempt instanceof Error && 'code' in attempt ? attempt.code : undefined;
    return typeof code === 'string' ? [code] : [];
  });
}

function describe(error: Error): string {
  const codes = codesOf(error);
  return error.message === '' ? codes.join(', ') : error.message;
}
