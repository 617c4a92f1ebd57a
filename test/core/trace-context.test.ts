import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isSampled,
  isTraceparent,
  originIn,
  traceBytes,
  traceOf,
  traceparentIn,
} from '../../src/core/trace-context.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const origin = '00f067aa0ba902b7';

describe('trace context', () => {
  test('comes back from its bytes as it was', () => {
    const digits = (length: number) =>
      fc.string({
        unit: fc.constantFrom(...'0123456789abcdef'.split('')),
        minLength: length,
        maxLength: length,
      });
    fc.assert(
      fc.property(digits(32), digits(16), digits(2), digits(16), (trace, parent, flags, first) => {
        const text = `00-${trace}-${parent}-${flags}`;
        const bytes = traceOf(text, first);
        expect(traceparentIn(bytes)).toBe(isTraceparent(text) ? text : undefined);
        expect(originIn(bytes)).toBe(/[^0]/.test(first) ? first : undefined);
      }),
    );
  });

  test('may name no origin', () => {
    expect(originIn(traceOf(traceparent, undefined))).toBeUndefined();
    expect(traceparentIn(traceOf(traceparent, undefined))).toBe(traceparent);
  });

  test.each(['01-', 'ff-'])('of version %s is not read', (version) => {
    const trace = traceOf(traceparent.replace('00-', version), origin);
    expect(traceparentIn(trace)).toBeUndefined();
  });

  test.each([0, traceBytes - 1, traceBytes + 1])('of %i bytes is none', (length) => {
    const trace = new Uint8Array(length).fill(1);
    expect(traceparentIn(trace)).toBeUndefined();
    expect(originIn(trace)).toBeUndefined();
  });

  test('is sampled when the lowest bit of its flags says so', () => {
    expect(isSampled(traceparent)).toBe(true);
    expect(isSampled(traceparent.replace(/01$/, '00'))).toBe(false);
    expect(isSampled(traceparent.replace(/01$/, 'ff'))).toBe(true);
    expect(isSampled(traceparent.replace(/01$/, 'fe'))).toBe(false);
  });

  test.each([
    '',
    'nonsense',
    `${traceparent}0`,
    traceparent.toUpperCase(),
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  ])('is not the text %j', (text) => {
    expect(isTraceparent(text)).toBe(false);
  });
});
