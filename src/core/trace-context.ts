/**
 * W3C trace context. As text it is a traceparent, `00-<trace id>-<parent id>-<flags>`; a gossip frame
 * has it in binary, with the parent id of the message's origin behind it.
 *
 * | field     | bytes | meaning                                                     |
 * |-----------|-------|-------------------------------------------------------------|
 * | version   | 1     | 0                                                           |
 * | trace id  | 16    | not all zeros                                               |
 * | parent id | 8     | the hop before: not all zeros                               |
 * | flags     | 1     | bit 0: sampled                                              |
 * | origin    | 8     | parent id of the origin in the same trace; zeros: not known |
 */
export const traceBytes = 34;

const traceIdAt = 1;
const parentIdAt = 17;
const flagsAt = 25;
const originAt = 26;

/** Whether `text` is a traceparent of version 00 whose trace id and parent id are not all zeros. */
export function isTraceparent(text: string): boolean {
  return /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
}

/** Whether a traceparent has the sampled flag, the lowest bit of its last digit. */
export function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(-1), 16) & 1) === 1;
}

/** The traceparent in a gossip frame's trace context; undefined when this version cannot read it. */
export function traceparentIn(trace: Uint8Array): string | undefined {
  if (trace.length !== traceBytes || trace[0] !== 0) return undefined;
  const traceId = idAt(trace, traceIdAt, parentIdAt);
  const parentId = idAt(trace, parentIdAt, flagsAt);
  if (traceId === undefined || parentId === undefined) return undefined;
  return `00-${traceId}-${parentId}-${digitsOf[trace[flagsAt] ?? 0]}`;
}

/** The parent id of the origin; undefined where it is not known. */
export function originIn(trace: Uint8Array): string | undefined {
  return trace.length === traceBytes ? idAt(trace, originAt, traceBytes) : undefined;
}

/** Trace context for a gossip frame. Both texts must be as `isTraceparent` wants them. */
export function traceOf(traceparent: string, origin: string | undefined): Uint8Array {
  const digits = traceparent.replaceAll('-', '') + (origin ?? '');
  const trace = new Uint8Array(traceBytes);
  for (let at = 0; 2 * at < digits.length; at += 1) {
    trace[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  }
  return trace;
}

const digitsOf: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

function idAt(trace: Uint8Array, from: number, to: number): string | undefined {
  let digits = '';
  let any = 0;
  for (let at = from; at < to; at += 1) {
    const byte = trace[at] ?? 0;
    any |= byte;
    digits += digitsOf[byte];
  }
  return any === 0 ? undefined : digits;
}
