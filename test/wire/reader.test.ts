import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/core/messages.ts';
import { type BadFrame, encodeFrame } from '../../src/wire/frames.ts';
import { frameKinds } from '../../src/wire/kinds.ts';
import { defaultFrameLimits } from '../../src/wire/limits.ts';
import { FrameReader } from '../../src/wire/reader.ts';
import { anyMessage, asRead } from './arbitraries.ts';

const gossipOf = (body: Uint8Array): Message => ({
  type: 'GOSSIP',
  id: 'ab'.repeat(32),
  hops: 1,
  body,
});

describe('a frame reader', () => {
  test('gives the same messages however the bytes are cut into chunks', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 5 }), cuts, (messages, sizes) => {
        const stream = Buffer.concat(messages.map(encodeFrame));
        const read = readAll(new FrameReader(), cut(stream, sizes));
        expect(read).toEqual(messages.map(asRead));
      }),
    );
  });

  test('gives messages that stay as they are when the chunk is used again', () => {
    const chunk = encodeFrame(gossipOf(Buffer.from('hello')));
    const [message] = readAll(new FrameReader(), [chunk]);
    chunk.fill(0);
    expect(message).toEqual(gossipOf(Buffer.from('hello')));
  });

  test('reads a large frame from many small chunks', () => {
    const body = Buffer.alloc(1024 * 1024, 'abc');
    const stream = encodeFrame(gossipOf(body));
    const [message] = readAll(new FrameReader(), cut(stream, [1, 2, 300]));
    expect(message).toEqual(gossipOf(body));
  });

  test('keeps memory that follows what arrived, not what a length claims', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 500 }, () => {
      const reader = new FrameReader();
      reader.feed(header(1024 * 1024, frameKinds.GOSSIP));
      expect(reader.next()).toBeUndefined();
      return reader;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
    expect(readers).toHaveLength(500);
  });

  test.each([
    ['a control frame', frameKinds.PING, 'controlFrameBytesMax'],
    ['a gossip frame', frameKinds.GOSSIP, 'gossipFrameBytesMax'],
    ['a frame of an unknown kind', 200, 'controlFrameBytesMax'],
  ] as const)('refuses %s beyond its limit by its header alone', (_, kind, limit) => {
    const bytesMax = defaultFrameLimits[limit];
    const fits = new FrameReader();
    fits.feed(header(bytesMax - 4, kind));
    expect(fits.next()).toBeUndefined();

    const tooLong = new FrameReader();
    tooLong.feed(header(bytesMax - 3, kind));
    expect(tooLong.next()).toEqual({ type: 'BAD_FRAME', reason: expect.stringContaining(limit) });
  });

  test('refuses a frame whose length does not even count its kind', () => {
    expect(readAll(new FrameReader(), [header(0, frameKinds.PING)])).toMatchObject([
      { type: 'BAD_FRAME' },
    ]);
  });

  test('skips frames of unknown kinds, counts them and goes on', () => {
    const skipped: number[][] = [];
    const reader = new FrameReader({ onUnknownKind: (...args) => skipped.push(args) });
    const unknown = Buffer.concat([header(301, 200), Buffer.alloc(300)]);
    const empty = header(1, 201);
    const ping = encodeFrame({ type: 'PING', nonce: 1 });
    const stream = Buffer.concat([unknown, ping, empty, ping]);
    expect(readAll(reader, cut(stream, [7]))).toEqual([
      { type: 'PING', nonce: 1 },
      { type: 'PING', nonce: 1 },
    ]);
    expect(skipped).toEqual([
      [200, 305],
      [201, 5],
    ]);
  });

  test('gives nothing but the bad frame once it has met one', () => {
    const good = encodeFrame({ type: 'PING', nonce: 1 });
    const bad = encodeFrame({ type: 'PING', nonce: -1 });
    const reader = new FrameReader();
    const read = readAll(reader, [good, bad, good]);
    expect(read.map(({ type }) => type)).toEqual(['PING', 'BAD_FRAME']);
    reader.feed(good);
    expect(reader.next()).toBe(read[1]);
  });

  test('never throws and never gives anything but messages, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (chunks) => {
        const buffers = chunks.map((chunk) => Buffer.from(chunk));
        for (const read of readAll(new FrameReader(), buffers))
          expect(read.type).toBeTypeOf('string');
      }),
      { numRuns: 2000 },
    );
  });

  test('never throws on frames with a few bytes changed', () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyMessage, changes, (message, mutations) => {
        const frame = encodeFrame(message);
        // The length stays, so that the change reaches the decoders behind it.
        for (const [at, byte] of mutations) frame[4 + (at % (frame.length - 4))] = byte;
        for (const read of readAll(new FrameReader(), [frame])) {
          if (read.type !== 'BAD_FRAME') encodeFrame(read);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function readAll(reader: FrameReader, chunks: Iterable<Buffer>): (Message | BadFrame)[] {
  const all: (Message | BadFrame)[] = [];
  for (const chunk of chunks) {
    reader.feed(chunk);
    for (let read = reader.next(); read !== undefined; read = reader.next()) {
      all.push(read);
      if (read.type === 'BAD_FRAME') return all;
    }
  }
  return all;
}

/** Chunks of the given sizes, over and over; each is wiped when the next is asked for. */
function* cut(stream: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < stream.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    const chunk = Buffer.from(stream.subarray(at, at + size));
    yield chunk;
    chunk.fill(0xff);
    at += size;
  }
}

function header(length: number, kind: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(length, 0);
  bytes[4] = kind;
  return bytes;
}
