import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MessageReceived, NodeEvent } from '../../src/core/events.ts';
import { readEventFile } from '../../src/telemetry/event-file.ts';
import {
  type EventRecord,
  eventOf,
  formatEventFileHeader,
  formatEventRecord,
  recordEvent,
} from '../../src/telemetry/event-record.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearsay-events-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const node = '127.0.0.1:6000';
const header = formatEventFileHeader({ startedAtMs: 1_000, seeds: ['127.0.0.1:5000'], title: 'a' });
const joined = (number: number): NodeEvent => ({
  type: 'peer:joined',
  peer: `10.0.0.1:${number}`,
  incarnation: number,
});

function received(contentType: 'text' | 'bytes', payload: Uint8Array): MessageReceived {
  return {
    type: 'message:received',
    message: {
      id: 'ab'.repeat(32),
      origin: node,
      incarnation: 1,
      sequence: 1,
      timestampMs: 5,
      topic: 'news',
      contentType,
      payload,
    },
    hops: 2,
    latencyMs: 3,
    link: 1,
    from: '127.0.0.1:6001',
    recovered: false,
    bytes: 300,
  };
}

async function fileOf(text: string): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.ndjson`);
  await writeFile(path, text);
  return path;
}

async function all(records: AsyncIterable<EventRecord>): Promise<EventRecord[]> {
  const list: EventRecord[] = [];
  for await (const record of records) list.push(record);
  return list;
}

describe('an event file', () => {
  test('gives back the records that were written, from any number on', async () => {
    const written = Array.from({ length: 2_500 }, (_, n) => recordEvent(n / 2, node, joined(n)));
    const path = await fileOf(header + written.map(formatEventRecord).join(''));
    const file = await readEventFile(path);
    expect(file.header).toMatchObject({
      startedAtMs: 1_000,
      seeds: ['127.0.0.1:5000'],
      title: 'a',
    });
    expect(file).toMatchObject({ count: 2_500, durationMs: 1249.5 });
    expect(await all(file.records())).toEqual(written);
    for (const from of [999, 1_000, 1_001, 2_499]) {
      expect(await all(file.records(from))).toEqual(written.slice(from));
    }
    expect(await all(file.records(2_500))).toEqual([]);
  });

  test('may have no records, empty lines, Windows line ends, and no line end at its end', async () => {
    const record = formatEventRecord(recordEvent(7, node, joined(1))).trim();
    const file = await readEventFile(await fileOf(`${header.trim()}\r\n\r\n${record}`));
    expect(file).toMatchObject({ count: 1, durationMs: 7 });
    expect(await readEventFile(await fileOf(header))).toMatchObject({ count: 0, durationMs: 0 });
  });

  const line = (value: unknown) => `${header}${JSON.stringify(value)}\n`;
  const event = { type: 'peer:joined', peer: node, incarnation: 1 };
  test.each([
    ['', 'is empty: an event file begins with the line {"hearsay":"events"'],
    ['{"a":1}\n', 'line 1: this is no header; write {"hearsay":"events"'],
    ['{"hearsay":"events","version":9}\n', 'line 1: version 9 is not known here, only 1'],
    [`${header}{"atMs":1,"no`, 'line 2: this is no JSON object ({"atMs":1,"no); a last line'],
    [line([]), 'line 2: a record is an object with atMs, node and event'],
    [line({ node, event }), 'line 2: atMs must be a number, 0 or more, it is missing'],
    [line({ atMs: -1, node, event }), 'line 2: atMs must be a number, 0 or more, it is -1'],
    [line({ atMs: 1, event }), 'line 2: node must be an address, it is missing'],
    [line({ atMs: 1, node }), 'line 2: event must be an object'],
    [
      line({ atMs: 1, node, event: { type: 'peer:jioned' } }),
      'line 2: event.type "peer:jioned" is no event of this version of Hearsay',
    ],
    [
      line({ atMs: 1, node, event: { type: 'constructor' } }),
      'line 2: event.type "constructor" is no event of this version of Hearsay',
    ],
    [
      line({ atMs: 1, node, event: { ...event, incarnation: '1' } }),
      'line 2: event.incarnation must be a number, it is "1"',
    ],
    [
      line({ atMs: 1, node, event: { type: 'message:published', message: { id: 'x' } } }),
      'line 2: event.message.origin must be a text, it is missing',
    ],
    [
      `${header}\n${JSON.stringify({ atMs: 5, node, event })}\n${JSON.stringify({ atMs: 4, node, event })}\n`,
      'line 4: atMs 4 comes after 5: records must be in the order of time',
    ],
    [`${header}${'x'.repeat(2 << 20)}`, 'line 2: a line has at most 1048576 bytes'],
  ])('that is wrong is refused with its line: %.40s', async (text, problem) => {
    const path = await fileOf(text);
    await expect(readEventFile(path)).rejects.toMatchObject({
      code: 'event-file-invalid',
      message: expect.stringContaining(problem) as string,
      details: { file: path },
    });
  });

  test('that is not there is an error of its own', async () => {
    await expect(readEventFile(join(folder, 'none'))).rejects.toMatchObject({
      code: 'event-file-unreadable',
      message: expect.stringContaining('there is no such file') as string,
    });
  });
});

describe('the record of a message', () => {
  const recorded = (event: NodeEvent) => recordEvent(1, node, event).event;

  test('has the size of its payload and how a text begins, never the payload', () => {
    const text = `gossip ${'ä'.repeat(500)}`;
    const event = recorded(received('text', new TextEncoder().encode(text)));
    expect(event).toMatchObject({ hops: 2, message: { payloadBytes: 1007 } });
    expect(event).toHaveProperty('message.excerpt', text.slice(0, 80));
    expect(event).not.toHaveProperty('message.payload');
    const bytes = recorded(received('bytes', new Uint8Array(9)));
    expect(bytes).toMatchObject({ message: { payloadBytes: 9, excerpt: '' } });
  });

  test('becomes an event again that can be described', () => {
    const event = received('text', new TextEncoder().encode('short'));
    expect(eventOf(recordEvent(1, node, event))).toEqual(event);
  });
});
