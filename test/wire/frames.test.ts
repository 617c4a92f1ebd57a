import fc from 'fast-check';
import { pack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import type { Message, NodeIdentity } from '../../src/core/messages.ts';
import {
  decodeFrame,
  encodedFrameBytes,
  encodeFrame,
  encodeFrameInto,
} from '../../src/wire/frames.ts';
import { frameKinds, type MessageType } from '../../src/wire/kinds.ts';
import { frameHeaderBytes } from '../../src/wire/limits.ts';
import { anyMessage, asRead, messageArbitraries, messageTypes } from './arbitraries.ts';

const peer: NodeIdentity = { role: 'peer', id: '10.0.0.1:6000', incarnation: 3 };

describe('every message', () => {
  test.each(messageTypes)('%s comes back from its frame as it was', (type) => {
    const messages: fc.Arbitrary<Message> = messageArbitraries[type];
    fc.assert(
      fc.property(messages, (message) => {
        expect(decode(encodeFrame(message))).toEqual(asRead(message));
      }),
    );
  });

  test('has a frame that begins with its length and its kind', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const frame = encodeFrame(message);
        expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
        expect(frame[4]).toBe(frameKinds[message.type]);
        expect(encodedFrameBytes(message)).toBe(frame.length);
      }),
    );
  });

  test('can be written into a buffer between other bytes', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat({ max: 50 }), (message, offset) => {
        const frame = encodeFrame(message);
        const target = Buffer.alloc(offset + frame.length + 3, 0xee);
        expect(encodeFrameInto(message, target, offset)).toBe(offset + frame.length);
        expect(target.subarray(offset, offset + frame.length)).toEqual(frame);
        expect(target.subarray(0, offset).every((byte) => byte === 0xee)).toBe(true);
        expect(target.subarray(-3)).toEqual(Buffer.alloc(3, 0xee));
      }),
    );
  });

  test('keeps its frame while others are encoded', () => {
    const frame = encodeFrame({ type: 'BYE', reason: 'so long' });
    const before = Buffer.from(frame);
    for (let i = 0; i < 2000; i += 1) {
      encodeFrame({ type: 'BYE', reason: 'x'.repeat(i) });
      encodedFrameBytes({ type: 'BYE', reason: 'y'.repeat(i) });
    }
    expect(frame).toEqual(before);
  });
});

describe('a control frame', () => {
  test('ignores fields that this version does not know', () => {
    const later = { nonce: 7, colour: 'blue', __proto__: null, extra: { deep: [1, 2] } };
    expect(decodeFrame('PING', pack(later))).toEqual({ type: 'PING', nonce: 7 });
  });

  test('is what its kind says, whatever its body says', () => {
    expect(decodeFrame('PING', pack({ type: 'PONG', nonce: 7 }))).toEqual({
      type: 'PING',
      nonce: 7,
    });
  });

  test('cannot reach an object’s prototype', () => {
    const body = Buffer.from('82a56e6f6e636507a95f5f70726f746f5f5f81a8706f6c6c7574656401', 'hex');
    expect(decodeFrame('PING', body)).toEqual({ type: 'PING', nonce: 7 });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each<[string, MessageType, unknown, RegExp]>([
    ['a missing field', 'PING', {}, /nonce/],
    ['a number that is too large', 'PING', { nonce: 2 ** 53 }, /nonce/],
    ['a negative number', 'PING', { nonce: -1 }, /nonce/],
    ['a fraction where an integer belongs', 'PING', { nonce: 1.5 }, /nonce/],
    ['text where a number belongs', 'PING', { nonce: '1' }, /nonce/],
    [
      'nil for an optional field',
      'WELCOME',
      { from: peer, capabilities: [], proof: null },
      /proof/,
    ],
    ['an unknown word', 'REFUSE', { code: 'bored', reason: '', candidates: [] }, /code/],
    ['a list that is no list', 'IWANT', { ids: 'abc' }, /ids/],
    ['an id that is no id', 'IWANT', { ids: ['ABC'] }, /ids\.0/],
    ['a list that is too long', 'IWANT', { ids: new Array(65_537).fill('') }, /ids/],
    ['an address that is none', 'REFUTE', refute({ peer: 'nowhere' }), /peer.*canonical/],
    ['an address in another spelling', 'REFUTE', refute({ peer: 'A:1' }), /peer.*canonical/],
    ['an address that is too long', 'REFUTE', refute({ peer: `${'a'.repeat(300)}:1` }), /peer/],
    ['an incarnation beyond u32', 'REFUTE', refute({ incarnation: 2 ** 32 }), /incarnation/],
    ['a reason that is too long', 'BYE', { reason: 'x'.repeat(4097) }, /reason/],
    [
      'a tuple that is too short',
      'TOMBSTONES_OVER',
      { isAnswer: false, tombstones: [['a:1']] },
      /tombstones\.0/,
    ],
  ])('with %s is refused with the field named', (_, type, body, reason) => {
    expect(decodeFrame(type, pack(body))).toEqual({
      type: 'BAD_FRAME',
      reason: expect.stringMatching(reason),
    });
  });

  test('gives a reason that is short and printable, whatever it holds', () => {
    const bad = decodeFrame('PING', pack({ nonce: `\n\u001b[31m${'é'.repeat(100_000)}` }));
    expect(bad).toEqual({ type: 'BAD_FRAME', reason: expect.stringMatching(/^[ -~]{1,300}$/) });
  });
});

describe('a gossip frame', () => {
  const id = 'ab'.repeat(32);
  const body = Uint8Array.of(1, 2, 3);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  test('holds hops, flags, id and the body as it came', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 258, body });
    expect(frame.toString('hex')).toBe(`00000027${'60'}${'0102'}${'00'}${id}010203`);
  });

  test('carries a traceparent in 26 bytes', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, traceparent, body });
    expect(frame.toString('hex')).toBe(
      `0000004160000101${traceparent.replaceAll('-', '')}${id}010203`,
    );
  });

  test('carries an age in 4 bytes, before the traceparent', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, ageMs: 65_537, traceparent, body });
    expect(frame.toString('hex')).toBe(
      `000000456000010300010001${traceparent.replaceAll('-', '')}${id}010203`,
    );
    expect(decode(frame)).toMatchObject({ ageMs: 65_537, traceparent });
  });

  test('carries the origin’s parent id in 8 bytes, behind the traceparent', () => {
    const traceorigin = '00f067aa0ba902b7';
    const gossip = { type: 'GOSSIP', id, hops: 1, traceparent, traceorigin, body } as const;
    const frame = encodeFrame(gossip);
    expect(frame.toString('hex')).toBe(
      `0000004960000105${traceparent.replaceAll('-', '')}${traceorigin}${id}010203`,
    );
    expect(decode(frame)).toMatchObject({ traceparent, traceorigin });
  });

  test('has no origin’s parent id without a traceparent', () => {
    const traceorigin = '00f067aa0ba902b7';
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, traceorigin, body });
    expect(decode(frame)).toEqual(asRead({ type: 'GOSSIP', id, hops: 1, body }));
  });

  test('never sends what the memory held before', () => {
    const malformed = { traceparent: `00-${'z'.repeat(52)}`, traceorigin: 'short' };
    const target = Buffer.alloc(200, 0xee);
    const end = encodeFrameInto({ type: 'GOSSIP', id, hops: 1, ...malformed, body }, target, 0);
    expect(target.subarray(0, end).includes(0xee)).toBe(false);
  });

  test('counts no age above 49 days', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, ageMs: 2 ** 40, body });
    expect(decode(frame)).toMatchObject({ ageMs: 0xff_ff_ff_ff });
  });

  test.each([
    'nonsense',
    '',
    `${traceparent}0`,
    traceparent.replace('00-', '01-'),
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  ])('drops the malformed traceparent %j and nothing else', (malformed) => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, traceparent: malformed, body });
    expect(decode(frame)).toEqual(asRead({ type: 'GOSSIP', id, hops: 1, body }));
  });

  test('drops a traceparent of a later version on arrival and nothing else', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, traceparent, body });
    frame[8] = 0xcc;
    expect(decode(frame)).toEqual(asRead({ type: 'GOSSIP', id, hops: 1, body }));
  });

  test('ignores flags that this version does not know', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, body });
    frame[7] = 0xf8;
    expect(decode(frame)).toEqual(asRead({ type: 'GOSSIP', id, hops: 1, body }));
  });

  test('counts no further than 65535 hops', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 65_536, body });
    expect(decode(frame)).toMatchObject({ hops: 65_535 });
  });

  test('without hops, or cut within its header, is refused', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, traceparent, body });
    const content = frame.subarray(frameHeaderBytes);
    expect(decodeFrame('GOSSIP', content.subarray(0, 60))).toMatchObject({ type: 'BAD_FRAME' });
    expect(decodeFrame('GOSSIP', Buffer.alloc(0))).toMatchObject({ type: 'BAD_FRAME' });
    content.writeUInt16BE(0, 0);
    expect(decodeFrame('GOSSIP', content)).toMatchObject({ type: 'BAD_FRAME' });
  });
});

function refute(fields: object): object {
  return { peer: '10.0.0.1:6000', incarnation: 1, refutation: 0, ...fields };
}

function decode(frame: Buffer): unknown {
  const entry = Object.entries(frameKinds).find(([, kind]) => kind === frame[4]);
  return decodeFrame(entry?.[0] as MessageType, frame.subarray(frameHeaderBytes));
}
