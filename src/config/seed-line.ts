import { formatAddress, parseAddress } from '../core/address.ts';
import type { SeedId } from '../core/messages.ts';

/** What is wrong with a line of a seed file. */
export interface Mistake {
  /** One sentence without a full stop. */
  readonly problem: string;
  /** The line (or lines) to write instead, where it can be told what was meant. */
  readonly suggestion?: string;
}

/** The seed that a line names, comment and outer space removed, or what is wrong with the line. */
export function readSeedLine(line: string): SeedId | Mistake {
  const seed = canonical(line);
  if (seed !== undefined) return isWildcard(seed) ? wildcard(line) : seed;
  for (const diagnose of line.length > diagnosedCharsMax ? [] : diagnoses) {
    const mistake = diagnose(line);
    if (mistake !== undefined) return mistake;
  }
  return {
    problem: `${quoted(line)} is no address: write host:port, like ${example} or [::1]:5000`,
  };
}

const example = '127.0.0.1:5000';
const examplePort = 5000;
const portRange = 'between 1 and 65535';

/** A longer line belongs to a file of another kind. */
const diagnosedCharsMax = 1000;

/** The first that finds something is right: what can be corrected comes before what cannot. */
const diagnoses: readonly ((line: string) => Mistake | undefined)[] = [
  foreignComment,
  severalSeeds,
  wordsAround,
  bareIPv6,
  otherSpelling,
  missingHost,
  missingPort,
  wrongPort,
  wrongHost,
];

/** `// seeds of the lab` */
function foreignComment(line: string): Mistake | undefined {
  const comment = /^(?:\/\/|--|;|!)(.*)$/.exec(line)?.[1];
  if (comment === undefined) return undefined;
  return { problem: 'a comment begins with #', suggestion: `# ${comment.trim()}` };
}

/** `127.0.0.1:5000, 127.0.0.1:5001` */
function severalSeeds(line: string): Mistake | undefined {
  const words = wordsOf(line);
  const seeds = words.map(canonical).filter((seed) => seed !== undefined);
  if (words.length < 2 || seeds.length < words.length) return undefined;
  return { problem: 'each seed takes a line of its own', suggestion: seeds.join('\n') };
}

/** `127.0.0.1:5000 the first seed`, `seed1 = 127.0.0.1:5000`, `- 127.0.0.1:5000` */
function wordsAround(line: string): Mistake | undefined {
  const words = wordsOf(line);
  const seeds = words.map(canonical).filter((seed) => seed !== undefined);
  if (seeds.length !== 1 || words.length === 1) return undefined;
  const others = words.filter((word) => canonical(word) === undefined && /\w/.test(word));
  const comment = others.length === 0 ? '' : ` # ${others.join(' ')}`;
  return { problem: 'other words belong into a comment', suggestion: `${seeds[0]}${comment}` };
}

/** `::1:5000`, and `2001:db8::7`, whose last group is more likely no port */
function bareIPv6(line: string): Mistake | undefined {
  const text = tidied(line);
  const parts = /^([^[\]]*:[^[\]]*):(\d+)$/.exec(text);
  const withPort = parts === null ? undefined : canonical(`[${parts[1]}]:${parts[2]}`);
  const whole = parseAddress(`[${text}]:${examplePort}`);
  const problem = `${quoted(line)} is IPv6, which needs brackets to tell it from its port`;
  if (withPort !== undefined && (whole === undefined || (parts?.[2] ?? '').length >= 4)) {
    return { problem, suggestion: withPort };
  }
  return (
    whole && { problem: `${problem}: write it like ${formatAddress(whole.host, examplePort)}` }
  );
}

/** `127.0.0.1 5000`, `tcp://127.0.0.1:5000/`, `[127.0.0.1]:5000`, `127.0.0.1:05000;` */
function otherSpelling(line: string): Mistake | undefined {
  const text = tidied(line);
  const suggestion = canonical(text) ?? canonical(text.replace(/^\[(.*)\]/, '$1'));
  if (suggestion === undefined) return undefined;
  return { problem: `${quoted(line)} is not of the form host:port`, suggestion };
}

/** `5000`, `:5000` */
function missingHost(line: string): Mistake | undefined {
  if (!/^:?\d+$/.test(line)) return undefined;
  return { problem: `${quoted(line)} has no host: write host:port, like ${example}` };
}

/** `seed-1.example`, `localhost:`, `[::1]` */
function missingPort(line: string): Mistake | undefined {
  const host = tidied(line).replace(/:$/, '');
  const address = parseAddress(`${host}:${examplePort}`);
  if (address === undefined) return undefined;
  const like = formatAddress(address.host, examplePort);
  return { problem: `${quoted(line)} has no port: write host:port, like ${like}` };
}

/** `127.0.0.1:70000`, `localhost:http` */
function wrongPort(line: string): Mistake | undefined {
  const [host, port] = atLastColon(tidied(line));
  if (parseAddress(`${host}:${examplePort}`) === undefined) return undefined;
  const problem = /^-?\d+$/.test(port)
    ? `port ${shortened(port)} is not ${portRange}`
    : `${quoted(port)} is no port, which is a number ${portRange}`;
  return { problem: `${problem} in ${quoted(line)}` };
}

/** `256.0.0.1:5000`, `[fe80::1%eth0]:5000`, `my seed!:5000` */
function wrongHost(line: string): Mistake | undefined {
  const [host, port] = atLastColon(tidied(line));
  if (parseAddress(`localhost:${port}`) === undefined) return undefined;
  return { problem: `${quoted(host)} is no ${hostRule(host)}` };
}

function hostRule(host: string): string {
  if (host.includes('%')) return 'address for others: a zone such as %eth0 has a meaning here only';
  if (/[[\]]|:.*:/.test(host)) return 'IPv6 address in brackets, like [::1] or [2001:db8::7]';
  if (/^[\d.]+$/.test(host)) {
    return 'IPv4 address: four numbers from 0 to 255 without leading zeros, like 127.0.0.1';
  }
  return 'host name: letters, digits and hyphens, in parts with dots between, like seed-1.example';
}

function isWildcard(seed: SeedId): boolean {
  return seed.startsWith('0.0.0.0:') || seed.startsWith('[::]:');
}

function wildcard(line: string): Mistake {
  return {
    problem:
      `${quoted(line)} is where to listen, not an address that others can dial: write the ` +
      'address at which they reach this seed',
  };
}

function canonical(text: string): SeedId | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address.host, address.port);
}

function wordsOf(line: string): string[] {
  return line.split(/[\s,;=]+/).filter((word) => word !== '');
}

/** The line without a scheme, quotes and end marks, with `:` before the port and no zeros behind it. */
function tidied(line: string): string {
  return line
    .replace(/\s+/g, ' ')
    .replace(/^[a-z][a-z\d+.-]*:\/\//i, '')
    .replace(/^["'`<]+|["'`>,;/.\s]+$/g, '')
    .replace(/\s*(?:[,;|/=]|\s:?|:\s)\s*(\d+)$/, ':$1')
    .replace(/:0+(\d+)$/, ':$1');
}

function atLastColon(text: string): [before: string, behind: string] {
  const colon = text.lastIndexOf(':');
  return [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
}

/** User text for a sentence: in quotes, control characters made visible. */
function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
}

const shownCharsMax = 60;
