/**
 * Addresses as people and PeerIds write them: `host:port`, IPv6 as `[::1]:port`.
 *
 * A PeerId is compared as text, so one endpoint must have one spelling: lower case, IPv6 in the
 * form of RFC 5952, and an IPv4 address that came wrapped in IPv6 (`::ffff:10.0.0.1`) as IPv4.
 */

export interface Address {
  /** A canonical IPv4 or IPv6 address (without brackets) or host name. */
  readonly host: string;
  readonly port: number;
}

export interface ParseAddressOptions {
  /** Accept port 0, which means 'any free port' where one listens. Default false. */
  readonly portZero?: boolean;
}

/** The parts of `host:port` or `[IPv6]:port` in canonical form; undefined when it is no address. */
export function parseAddress(text: string, options: ParseAddressOptions = {}): Address | undefined {
  if (text.length > addressCharsMax) return undefined;
  const parts = /^(?:\[([^[\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (parts === null) return undefined;
  const [, inBrackets, plain, digits = ''] = parts;
  const port = parsePort(digits, options.portZero ?? false);
  const host = inBrackets === undefined ? parseHost(plain ?? '') : canonicalIPv6(inBrackets);
  return port === undefined || host === undefined ? undefined : { host, port };
}

/** `host:port`, with brackets around IPv6; canonical when `host` is one. */
export function formatAddress(host: string, port: number): string {
  return join((host.includes(':') ? canonicalIPv6(host) : parseHost(host)) ?? host, port);
}

/** Whether `text` is an address in its one canonical spelling, as every PeerId and SeedId is. */
export function isCanonicalAddress(text: string): boolean {
  // What most are, and every frame has some: one look instead of taking it apart and together again.
  if (ipv4WithPort.test(text)) return true;
  const address = parseAddress(text);
  return address !== undefined && join(address.host, address.port) === text;
}

/** The longest address: a host name of 253 characters (RFC 1035), `:` and a port, with room for brackets. */
export const addressCharsMax = 261;

function join(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const portMax = 65_535;
const hostNameCharsMax = 253;

function parsePort(digits: string, portZero: boolean): number | undefined {
  const port = Number(digits);
  if (String(port) !== digits || port > portMax) return undefined;
  return port === 0 && !portZero ? undefined : port;
}

function parseHost(text: string): string | undefined {
  // A name whose last label is a number can only be meant as an IPv4 address (WHATWG URL, 3.5).
  if (/(?:^|\.)\d+$/.test(text)) return ipv4.test(text) ? text : undefined;
  return isHostName(text) ? text.toLowerCase() : undefined;
}

function isHostName(text: string): boolean {
  // Underscores are not host names by RFC 1123, but container networks resolve them.
  const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
  return text.length <= hostNameCharsMax && text.split('.').every((part) => label.test(part));
}

/** Four numbers up to 255, without leading zeros. */
const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4Pattern = `${octet}(?:\\.${octet}){3}`;
const ipv4 = new RegExp(`^${ipv4Pattern}$`);
/** With a port below 60,000; the others are left to the long way. */
const ipv4WithPort = new RegExp(`^${ipv4Pattern}:(?:[1-9]\\d{0,3}|[1-5]\\d{4})$`);

function canonicalIPv6(text: string): string | undefined {
  const groups = parseIPv6(text);
  if (groups === undefined) return undefined;
  const isWrappedIPv4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xff_ff;
  return isWrappedIPv4 ? formatIPv4(groups.slice(6)) : formatIPv6(groups);
}

/** The eight 16-bit groups of an IPv6 address. */
function parseIPv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const left = parseGroups(head, tail === undefined);
  const right = tail === undefined ? [] : parseGroups(tail, true);
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  const complete = tail === undefined ? missing === 0 : missing >= 1;
  return complete ? [...left, ...new Array<number>(missing).fill(0), ...right] : undefined;
}

/** Groups of one side of `::`; only the very end of an address may be written as IPv4. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    if (!atEnd || i < parts.length - 1 || !ipv4.test(part)) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}

function formatIPv4(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join('.');
}

/** RFC 5952: lower case, no leading zeros, `::` for the first of the longest runs of zero groups. */
function formatIPv6(groups: readonly number[]): string {
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: i - length + 1, length };
  }
  return longest;
}
