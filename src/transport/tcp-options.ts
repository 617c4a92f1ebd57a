import type { LookupFunction } from 'node:net';
import { HearsayError } from '../core/errors.ts';
import type { Ms } from '../core/time.ts';
import { defaultFrameLimits, type FrameLimits } from '../wire/limits.ts';
import { defaultOutboxLimits, type OutboxLimits } from './outbox.ts';
import type { TlsOptions } from './tls-options.ts';

/** Options of `tcpTransport`. Everything has a default. */
export interface TcpOptions extends Partial<OutboxLimits>, Partial<FrameLimits> {
  /**
   * Most bytes handed to the operating system in one write; while they are on their way nothing
   * else is, so this is also how much gossip a control frame may have to wait for in this process.
   * Default 64 KiB: bench/transport.ts gains nothing from more.
   */
  readonly writeBytesMax?: number;
  /** Write buffers of `writeBytesMax` kept for the next write. Default 16: 1 MiB. */
  readonly slabsKeptMax?: number;
  /** How long `close` may take to write what is queued. Default 1 s: a guess. */
  readonly closeTimeoutMs?: Ms;
  /**
   * Most accepted connections at a time, for each listener; more are closed as they come. It bounds
   * what a flood of them can cost. Must be more than a peer's `maxDegree`, and on a seed more than
   * the network has peers. Default 16,384: room for 10,000 peers; mind the limit on open files.
   */
  readonly connectionsMax?: number;
  /** Encrypts links and lets in only nodes of this network. Default: neither. */
  readonly tls?: TlsOptions;
  /**
   * How long a node that dials may take to secure its link. What the dialling end may take is up to
   * its dial's timeout. Default 5 s, as long as for the HELLO after it.
   */
  readonly tlsHandshakeTimeoutMs?: Ms;
  /** Finds the IP addresses of host names. Default: `dns.lookup`. */
  readonly lookup?: LookupFunction;
  /** Hears of frames that were skipped because this version does not know their kind. */
  readonly onUnknownKind?: (remoteAddress: string, kind: number, frameBytes: number) => void;
}

/** What every connection of a transport needs, complete. */
export interface ConnectionSettings extends OutboxLimits, FrameLimits {
  readonly closeTimeoutMs: Ms;
  readonly onUnknownKind: TcpOptions['onUnknownKind'];
}

/** What the transport itself needs, complete. */
export interface TcpSettings {
  readonly connection: ConnectionSettings;
  readonly writeBytesMax: number;
  readonly slabsKeptMax: number;
  readonly connectionsMax: number;
  readonly tlsHandshakeTimeoutMs: Ms;
}

/** Fills in the defaults. Throws HearsayError `option-invalid` for numbers that make no sense. */
export function tcpSettings(options: TcpOptions): TcpSettings {
  const { controlFrameBytesMax, gossipFrameBytesMax } = defaultFrameLimits;
  const { outboxBytesMax, outboxControlBytesMax } = defaultOutboxLimits;
  return {
    connection: {
      controlFrameBytesMax: atLeast(1024, options, 'controlFrameBytesMax', controlFrameBytesMax),
      gossipFrameBytesMax: atLeast(1024, options, 'gossipFrameBytesMax', gossipFrameBytesMax),
      outboxBytesMax: atLeast(1024, options, 'outboxBytesMax', outboxBytesMax),
      outboxControlBytesMax: atLeast(1024, options, 'outboxControlBytesMax', outboxControlBytesMax),
      closeTimeoutMs: atLeast(0, options, 'closeTimeoutMs', 1000),
      onUnknownKind: options.onUnknownKind,
    },
    writeBytesMax: atLeast(1024, options, 'writeBytesMax', 64 * 1024),
    slabsKeptMax: atLeast(0, options, 'slabsKeptMax', 16),
    connectionsMax: atLeast(1, options, 'connectionsMax', 16_384),
    tlsHandshakeTimeoutMs: atLeast(1, options, 'tlsHandshakeTimeoutMs', 5000),
  };
}

type NumberOption = Exclude<keyof TcpOptions, 'lookup' | 'onUnknownKind' | 'tls'>;

function atLeast(min: number, options: TcpOptions, name: NumberOption, fallback: number): number {
  const value = options[name] ?? fallback;
  // Longer timers than 2^31 − 1 ms fire at once; no byte count needs to be larger either.
  if (value >= min && value <= 2 ** 31 - 1) return value;
  const message = `${name} must be a number from ${min} to 2147483647, not ${value}.`;
  throw new HearsayError('option-invalid', message, { option: name, value });
}
