import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatAddress, parseAddress } from '../core/address.ts';
import { HearsayError } from '../core/errors.ts';
import type { SeedId } from '../core/messages.ts';
import { type Mistake, readSeedLine } from './seed-line.ts';

/**
 * Reads the seed list of the network from a file such as config.txt: one `host:port` a line, IPv6 as
 * `[::1]:5000`; `#` begins a comment. Every node of a network is given the same seeds, in any order.
 *
 * Rejects with HearsayError `config-unreadable` (no such file, not to be read, no UTF-8 text) or
 * `config-invalid` (see parseSeeds).
 */
export async function loadSeeds(path: string): Promise<readonly SeedId[]> {
  return parseSeeds(await readText(path), path);
}

/**
 * The seeds in the text of a seed file, in its order, each in the one spelling of its address.
 * `file` is how errors name it.
 *
 * Throws HearsayError `config-invalid` with all that is wrong at once: lines that are no address,
 * seeds listed twice; or, when there is nothing of that, fewer than 2 seeds. Its details are `file`,
 * the first bad `line` and its `text`, and all `problems` as `{line, text, problem, suggestion?}`.
 */
export function parseSeeds(text: string, file: string): readonly SeedId[] {
  const lines = new Map<SeedId, number>();
  const problems: Problem[] = [];
  for (const { line, text: content } of linesOf(text)) {
    const read = unlessRepeated(readSeedLine(content), lines);
    if (typeof read === 'string') lines.set(read, line);
    else problems.push({ line, text: content, ...read });
  }
  if (problems.length > 0) throw invalidLines(file, problems);
  const seeds = [...lines.keys()];
  if (seeds.length < seedsMin) throw tooFewSeeds(file, seeds);
  return seeds;
}

/**
 * The name of the cluster that these seeds make: 32 hexadecimal digits of the SHA-256 of their sorted
 * addresses, so that neither the order nor the spelling of the list matters.
 */
export function clusterIdOf(seeds: readonly SeedId[]): string {
  return hash('sha256', canonicalList(seeds).join('\n'), 'hex').slice(0, 32);
}

interface Problem extends Mistake {
  readonly line: number;
  readonly text: string;
}

/** Below two there is no majority to speak of. */
const seedsMin = 2;

/** Problems and seeds that a message spells out; details have all of them. */
const listedMax = 20;

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause.code === 'ENOENT' ? missingFile : cause.message, cause);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable(path, 'it is not UTF-8 text: save it as such', cause);
  }
}

const missingFile =
  'there is no such file. Make one that names every seed of the network, one host:port a line, ' +
  'for example:\n127.0.0.1:5000\n127.0.0.1:5001\n127.0.0.1:5002';

/** The lines that say something, numbered from 1, without comments and outer space. */
function linesOf(text: string): { line: number; text: string }[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((content, index) => ({ line: index + 1, text: withoutComment(content) }))
    .filter((line) => line.text !== '');
}

/** A byte order mark counts as space, so it goes as well. */
function withoutComment(line: string): string {
  const [content = ''] = line.split('#', 1);
  return content.trim();
}

function unlessRepeated(
  read: SeedId | Mistake,
  lines: ReadonlyMap<SeedId, number>,
): SeedId | Mistake {
  const earlier = typeof read === 'string' ? lines.get(read) : undefined;
  if (earlier === undefined) return read;
  return { problem: `${read} is on line ${earlier} already: list each seed once` };
}

function canonicalList(seeds: readonly SeedId[]): readonly SeedId[] {
  const canonical = seeds.map((seed) => {
    const address = parseAddress(seed);
    return address === undefined ? seed : formatAddress(address.host, address.port);
  });
  return [...new Set(canonical)].sort();
}

function invalidLines(file: string, problems: readonly Problem[]): HearsayError {
  const [first] = problems;
  const listed = problems.slice(0, listedMax).map(sentenceOf);
  const more = problems.length - listed.length;
  const message =
    problems.length === 1
      ? `${file} ${listed[0]}`
      : `${file} has ${problems.length} bad lines:\n  ${listed.join('\n  ')}` +
        (more > 0 ? `\n  … and ${more} more` : '');
  return new HearsayError('config-invalid', message, {
    file,
    line: first?.line,
    text: first?.text,
    problems,
  });
}

function sentenceOf({ line, problem, suggestion }: Problem): string {
  const remedy = suggestion?.replaceAll('\n', ', below it ');
  return `line ${line}: ${problem}${remedy === undefined ? '' : `: write ${remedy}`}`;
}

function tooFewSeeds(file: string, seeds: readonly SeedId[]): HearsayError {
  const found = seeds.length === 0 ? 'no seed' : `only the seed ${seeds[0]}`;
  return new HearsayError(
    'config-invalid',
    `${file} names ${found}: at least ${seedsMin} are needed, one host:port a line, and 3 for a ` +
      'network that survives the loss of one',
    { file, seeds, problems: [] },
  );
}

function unreadable(file: string, reason: string, cause: unknown): HearsayError {
  const path = resolve(file);
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return new HearsayError(
    'config-unreadable',
    `${file}${path === file ? '' : ` (${path})`} cannot be read: ${reason}`,
    { file, path, reason: code },
    { cause },
  );
}
