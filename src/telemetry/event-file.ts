import { createReadStream } from 'node:fs';
import { HearsayError } from '../core/errors.ts';
import type { Ms } from '../core/time.ts';
import { type EventFileHeader, type EventRecord, eventFileVersion } from './event-record.ts';
import { eventMistake, isObject, shown } from './event-shapes.ts';

/** A line longer than this is no record: bytes. */
const lineBytesMax = 1 << 20;
/** Records between two places of the file that reading can begin at. */
const recordsPerBlock = 1_000;
/** How much of a wrong line an error shows. */
const shownCharsMax = 80;

/**
 * Opens an event file (docs/OBSERVATORY.md has the format: a header line, then a record a line) and
 * checks all of it: that it is whole, in the order of time, and of a version that is known. The
 * records stay on disk.
 *
 * Rejects with `event-file-unreadable`, or with `event-file-invalid` that names the file, the line
 * and what would be right.
 */
export async function readEventFile(path: string): Promise<EventFile> {
  const blocks: Block[] = [];
  let header: EventFileHeader | undefined;
  let count = 0;
  let durationMs = 0;
  for await (const line of linesOf(path, { offset: 0, line: 1 })) {
    if (header === undefined) {
      header = headerOf(path, line);
      continue;
    }
    const { atMs } = recordOf(path, line, durationMs);
    durationMs = atMs;
    if (count % recordsPerBlock === 0) blocks.push({ offset: line.offset, line: line.line, count });
    count += 1;
  }
  if (header === undefined) {
    throw new HearsayError(
      'event-file-invalid',
      `${path} is empty: an event file begins with the line ${headerExample}`,
      { file: path },
    );
  }
  return new EventFile(path, header, { count, durationMs, blocks });
}

interface Place {
  /** Bytes before it. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
}

interface Line extends Place {
  readonly text: string;
}

interface Block extends Place {
  /** Records before it. */
  readonly count: number;
}

/** A checked event file: what it says of itself, and its records, read again whenever they are asked for. */
export class EventFile {
  readonly path: string;
  readonly header: EventFileHeader;
  /** How many records it has. */
  readonly count: number;
  /** The time of its last record, ms since the run's start; 0 without any. */
  readonly durationMs: Ms;
  readonly #blocks: readonly Block[];

  /** @internal */
  constructor(
    path: string,
    header: EventFileHeader,
    known: {
      readonly count: number;
      readonly durationMs: Ms;
      readonly blocks: readonly Block[];
    },
  ) {
    this.path = path;
    this.header = header;
    this.count = known.count;
    this.durationMs = known.durationMs;
    this.#blocks = known.blocks;
  }

  /** The records in order, from number `from` (0 is the first). */
  async *records(from = 0): AsyncGenerator<EventRecord, void, undefined> {
    const block = this.#blocks[Math.floor(from / recordsPerBlock)];
    if (block === undefined) return;
    let number = block.count;
    for await (const line of linesOf(this.path, block)) {
      if (number >= from) yield recordOf(this.path, line, 0);
      number += 1;
    }
  }
}

const headerExample = `{"hearsay":"events","version":${eventFileVersion},"startedAtMs":1767225600000,"seeds":[]}`;

function headerOf(path: string, line: Line): EventFileHeader {
  const value = parsed(path, line);
  const wrong = (problem: string) => invalid(path, line, `${problem}; write ${headerExample}`);
  if (!isObject(value) || value['hearsay'] !== 'events') throw wrong('this is no header');
  const { version, startedAtMs, seeds } = value;
  if (version !== eventFileVersion) {
    throw wrong(`version ${shown(version)} is not known here, only ${eventFileVersion}`);
  }
  if (typeof startedAtMs !== 'number') throw wrong('startedAtMs must be a number');
  if (!(Array.isArray(seeds) && seeds.every((seed) => typeof seed === 'string'))) {
    throw wrong('seeds must be a list of addresses');
  }
  if (!['string', 'undefined'].includes(typeof value['title'])) throw wrong('title must be a text');
  return value as unknown as EventFileHeader;
}

function recordOf(path: string, line: Line, notBeforeMs: Ms): EventRecord {
  const value = parsed(path, line);
  if (!isObject(value)) throw invalid(path, line, recordWanted);
  const { atMs, node } = value;
  if (typeof atMs !== 'number' || atMs < 0) {
    throw invalid(path, line, `atMs must be a number, 0 or more, it is ${shown(atMs)}`);
  }
  if (atMs < notBeforeMs) {
    throw invalid(
      path,
      line,
      `atMs ${atMs} comes after ${notBeforeMs}: records must be in the order of time`,
    );
  }
  if (typeof node !== 'string') {
    throw invalid(path, line, `node must be an address, it is ${shown(node)}`);
  }
  const mistake = eventMistake(value['event']);
  if (mistake !== undefined) throw invalid(path, line, mistake);
  return value as unknown as EventRecord;
}

const recordWanted = 'a record is an object with atMs, node and event';

function parsed(path: string, line: Line): unknown {
  try {
    return JSON.parse(line.text);
  } catch {
    const text =
      line.text.length > shownCharsMax ? `${line.text.slice(0, shownCharsMax)}…` : line.text;
    throw invalid(
      path,
      line,
      `this is no JSON object (${text}); a last line that was cut off may be deleted`,
    );
  }
}

function invalid(file: string, { line }: Place, problem: string): HearsayError {
  return new HearsayError('event-file-invalid', `${file} line ${line}: ${problem}`, { file, line });
}

/** The lines of a file from a place on, without the empty ones. */
async function* linesOf(path: string, from: Place): AsyncGenerator<Line, void, undefined> {
  let { offset, line } = from;
  let rest: Buffer = Buffer.alloc(0);
  const lineOf = (bytes: Buffer): Line => ({
    text: bytes.toString('utf8').trimEnd(),
    offset,
    line,
  });
  try {
    for await (const chunk of createReadStream(path, { start: offset })) {
      rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      let begin = 0;
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, begin)) {
        const found = lineOf(rest.subarray(begin, end));
        if (found.text !== '') yield found;
        offset += end + 1 - begin;
        begin = end + 1;
        line += 1;
      }
      rest = rest.subarray(begin);
      if (rest.length > lineBytesMax) {
        throw invalid(path, { offset, line }, `a line has at most ${lineBytesMax} bytes`);
      }
    }
  } catch (cause) {
    if (cause instanceof HearsayError) throw cause;
    throw unreadable(path, cause as NodeJS.ErrnoException);
  }
  const last = lineOf(rest);
  if (last.text !== '') yield last;
}

function unreadable(file: string, cause: NodeJS.ErrnoException): HearsayError {
  const why = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
  return new HearsayError(
    'event-file-unreadable',
    `${file} cannot be read: ${why}`,
    { file },
    { cause },
  );
}
