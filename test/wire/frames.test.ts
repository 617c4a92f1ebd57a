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
  const origin = '00f067aa0ba902b7';
  const trace = Buffer.from(`${traceparent.replaceAll('-', '')}${origin}`, 'hex');

  test('holds hops, flags, id and the body as it came', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 258, body });
    expect(frame.toString('hex')).toBe(`00000027${'60'}${'0102'}${'00'}${id}010203`);
  });

  test('carries trace context in 34 bytes', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, trace, body });
    expect(frame.toString('hex')).toBe(`0000004960000101${trace.toString('hex')}${id}010203`);
    expect(decode(frame)).toMatchObject({ trace });
  });

  test('carries an age in 4 bytes, before the trace context', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, ageMs: 65_537, trace, body });
    expect(frame.toString('hex')).toBe(
      `0000004d6000010300010001${trace.toString('hex')}${id}010203`,
    );
    expect(decode(frame)).toMatchObject({ ageMs: 65_537, trace });
  });

  test.each([0, 26, 33, 35])('leaves out trace context of %i bytes', (length) => {
    const malformed = new Uint8Array(length).fill(1);
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, trace: malformed, body });
    expect(decode(frame)).toEqual(asRead({ type: 'GOSSIP', id, hops: 1, body }));
  });

  test('counts no age above 49 days', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, ageMs: 2 ** 40, body });
    expect(decode(frame)).toMatchObject({ ageMs: 0xff_ff_ff_ff });
  });

  test('ignores flags that this version does not know', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, body });
    frame[7] = 0xfc;
    expect(decode(frame)).toEqual(asRead({ type: 'GOSSIP', id, hops: 1, body }));
  });

  test('counts no further than 65535 hops', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 65_536, body });
    expect(decode(frame)).toMatchObject({ hops: 65_535 });
  });

  test('without hops, or cut within its header, is refused', () => {
    const frame = encodeFrame({ type: 'GOSSIP', id, hops: 1, trace, body });
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
