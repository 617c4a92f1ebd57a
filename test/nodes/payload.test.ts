import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePayload, payloadOf, textOf } from '../../src/nodes/payload.ts';

const message = (content: ReturnType<typeof encodePayload>) => ({
  id: 'x',
  origin: 'a:1',
  incarnation: 1,
  sequence: 1,
  timestampMs: 0,
  topic: '',
  ...content,
});

test('what is published is what comes out: text, bytes or JSON', () => {
  const payload = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.jsonValue({ noUnicodeString: false }),
  );
  fc.assert(
    fc.property(payload, (given) => {
      const back = payloadOf(message(encodePayload(given as never)));
      if (given instanceof Uint8Array || typeof given === 'string') expect(back).toEqual(given);
      else expect(back).toEqual(JSON.parse(JSON.stringify(given)));
    }),
    { numRuns: 300 },
  );
});

test('a byte order mark is part of the text', () => {
  expect(textOf(message(encodePayload('\uFEFFx')))).toBe('\uFEFFx');
});

test('a message that says it is JSON, and is not, is an error that names it', () => {
  const broken = { contentType: 'json', payload: new TextEncoder().encode('{') } as const;
  expect(() => payloadOf(message(broken))).toThrow(/message x of a:1 says it is JSON, but is not/);
});
