import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HearsayError } from '../../src/core/errors.ts';
import type { GossipMessage } from '../../src/core/messages.ts';
import { bodyCodec } from '../../src/wire/body.ts';
import { gossipMessage } from './arbitraries.ts';

const id = 'ab'.repeat(32);
const message: Omit<GossipMessage, 'id'> = {
  origin: '10.0.0.1:6000',
  incarnation: 3,
  sequence: 7,
  timestampMs: 1_700_000_000_000,
  topic: 'news',
  contentType: 'json',
  payload: Buffer.from('{"a":1}'),
};

describe('a message body', () => {
  test('has a fixed layout that never changes: ids depend on it', () => {
    const body = Buffer.from(bodyCodec.encode(message)).toString('hex');
    expect(body).toBe(
      [
        '01', // version
        '02', // json
        '00000003',
        '401c000000000000', // 7
        '4278bcfe56800000', // 1.7e12
        '000d',
        Buffer.from('10.0.0.1:6000').toString('hex'),
        '0004',
        Buffer.from('news').toString('hex'),
        Buffer.from('{"a":1}').toString('hex'),
      ].join(''),
    );
  });

  test('is decoded to the message that was encoded', () => {
    fc.assert(
      fc.property(gossipMessage, (original) => {
        const decoded = bodyCodec.decode(id, bodyCodec.encode(original));
        expect(decoded).toEqual({ ...original, id });
      }),
    );
  });

  test('has one encoding only: bytes that are accepted are what encode would give', () => {
    const mutated = fc
      .tuple(gossipMessage, fc.nat(), fc.nat({ max: 255 }))
      .map(([original, at, byte]) => {
        const body = bodyCodec.encode(original);
        body[at % Math.min(body.length, 60)] = byte;
        return body;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), (body) => {
        const decoded = bodyCodec.decode(id, body);
        if (decoded !== undefined) expect(bodyCodec.encode(decoded)).toEqual(body);
      }),
      { numRuns: 3000 },
    );
  });

  test('is refused when it is cut short before the payload', () => {
    const body = bodyCodec.encode({ ...message, payload: new Uint8Array() });
    for (let length = 0; length < body.length; length += 1) {
      expect(bodyCodec.decode(id, body.subarray(0, length))).toBeUndefined();
    }
  });

  test.each<[string, number, string]>([
    ['a version of the layout that is unknown', 0, '02'],
    ['an unknown content type', 1, '03'],
    ['sequence number 0', 6, '0000000000000000'],
    ['a fractional sequence number', 6, '3ff8000000000000'],
    ['a sequence number that is not a number', 6, '7ff8000000000000'],
    ['a sequence number beyond 2^53', 6, '4340000000000001'],
    ['a negative timestamp', 14, 'bff0000000000000'],
    ['an infinite timestamp', 14, '7ff0000000000000'],
    ['a timestamp of minus zero', 14, '8000000000000000'],
    ['an origin that is no address', 24, '20'],
    ['an origin that is broken UTF-8', 24, 'ff'],
    ['an origin longer than an address', 22, 'ffff'],
    ['a topic longer than 255 bytes', 37, '0100'],
    ['a topic beyond the end', 37, '00ff'],
    ['a topic that is broken UTF-8', 39, 'c0'],
  ])('with %s is refused', (_, at, hex) => {
    const body = Buffer.from(bodyCodec.encode(message));
    body.write(hex, at, 'hex');
    expect(bodyCodec.decode(id, body)).toBeUndefined();
  });

  test('gives its payload as a plain Uint8Array, also when it came in a Buffer', () => {
    const body = Buffer.concat([Buffer.alloc(5), bodyCodec.encode(message)]).subarray(5);
    const payload = bodyCodec.decode(id, body)?.payload;
    expect(payload?.constructor).toBe(Uint8Array);
    expect(Buffer.from(payload ?? []).toString()).toBe('{"a":1}');
  });

  test('keeps a byte order mark', () => {
    const marked = { ...message, topic: '\ufeffnews' };
    expect(bodyCodec.decode(id, bodyCodec.encode(marked))?.topic).toBe('\ufeffnews');
  });

  test.each<[string, Partial<GossipMessage>]>([
    ['a topic longer than 255 bytes', { topic: 'é'.repeat(128) }],
    ['half of a surrogate pair in its topic', { topic: '\ud800' }],
    ['an origin that is no address', { origin: 'nowhere' }],
    ['sequence number 0', { sequence: 0 }],
    ['an incarnation beyond u32', { incarnation: 2 ** 32 }],
    ['no time', { timestampMs: Number.NaN }],
    ['no known content type', { contentType: 'xml' as 'json' }],
  ])('is not made of a message with %s', (_, wrong) => {
    expect(() => bodyCodec.encode({ ...message, ...wrong })).toThrow(HearsayError);
  });
});

test('the hash of a body is its SHA-256 in hexadecimal', () => {
  const body = bodyCodec.encode(message);
  expect(bodyCodec.hash(body)).toBe(createHash('sha256').update(body).digest('hex'));
});
