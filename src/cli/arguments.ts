import { InvalidArgumentError, Option } from 'commander';
import { formatAddress, HearsayError, type LogLevel, parseAddress } from '../index.ts';
import type { LogFormat } from './output.ts';

/** Options of every command that runs a node. */
export interface NodeFlags {
  readonly metrics?: string;
  readonly traces?: string;
  readonly output: string | false;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

export const metricsOption = new Option(
  '--metrics <address>',
  'serve /metrics, /healthz, /readyz and /graph at host:port; seeds serve /sd, too (default: off)',
);
export const tracesOption = new Option(
  '--traces <url>',
  'send OpenTelemetry traces there, by OTLP over HTTP: http://127.0.0.1:4318 (default: off)',
).argParser(tracesUrl);
export const outputOption = new Option(
  '--output <file>',
  'append the log to this file, too',
).default('outputfile.txt');
export const noOutputOption = new Option('--no-output', 'log to the console only');
export const logFormatOption = new Option('--log-format <format>', 'how log lines look')
  .choices(['text', 'json'])
  .default('text');
export const logLevelOption = new Option('--log-level <level>', 'leave out what matters less')
  .choices(['debug', 'info', 'warn', 'error'])
  .default('info');

/** `<ip> <port>` as the address of a node. */
export function addressOf(ip: string, port: string): string {
  const bare = ip.startsWith('[') && ip.endsWith(']') ? ip.slice(1, -1) : ip;
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65_535) {
    throw usage(`port ${port} is no number from 0 to 65535`);
  }
  const address = formatAddress(bare, number);
  if (parseAddress(address, { portZero: true }) === undefined) {
    throw usage(`${ip} is no IPv4 address, IPv6 address or host name`);
  }
  return address;
}

/** Where OTLP takes traces: the URL of a collector, with the path of the specification unless it has one. */
function tracesUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidArgumentError('It must be a URL like http://127.0.0.1:4318.');
  }
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}

/** A commander parser of numbers above 0, in a unit that its message names. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(Number.isFinite(value) && value > 0))
    throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** Like positiveNumber, but 0 is allowed and fractions are not. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  }
  return value;
}

/** How many of something: 1 or more. */
export function countNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return value;
}

/** Seconds on the command line are milliseconds in the library; undefined stays undefined. */
export function seconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 1000;
}

const loopback = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;

/**
 * The port that a peer tells the seeds for Prometheus; undefined where it would mislead: telemetry
 * on loopback alone cannot be reached at the address of a peer that is not.
 */
export function metricsPortFor(
  peer: string,
  telemetry: { readonly host: string; readonly port: number } | undefined,
): number | undefined {
  const peerHost = parseAddress(peer, { portZero: true })?.host ?? '';
  if (telemetry === undefined) return undefined;
  return loopback.test(telemetry.host) && !loopback.test(peerHost) ? undefined : telemetry.port;
}

type Defined<Flags> = {
  [Key in keyof Flags as undefined extends Flags[Key] ? never : Key]: Flags[Key];
} & {
  [Key in keyof Flags as undefined extends Flags[Key] ? Key : never]?: Exclude<
    Flags[Key],
    undefined
  >;
};

/** Options that were not given must be absent, not undefined. */
export function withoutUndefined<Flags extends object>(flags: Flags): Defined<Flags> {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Defined<Flags>;
}

function usage(problem: string): HearsayError {
  return new HearsayError('option-invalid', problem);
}
