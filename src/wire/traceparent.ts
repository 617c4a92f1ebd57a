/**
 * W3C trace context. A traceparent is `00-<trace id>-<parent id>-<flags>`: 55 characters of text, 26
 * bytes in a gossip frame. A parent id by itself is 16 hexadecimal digits, 8 bytes.
 */

export const traceparentBytes = 26;

export const parentIdBytes = 8;

const traceparentChars = 55;
const traceIdAt = 1;
const parentIdAt = 17;

/** Whether `text` is a traceparent of version 00 whose trace id and parent id are not all zeros. */
export function isTraceparent(text: string): boolean {
  return /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
}

/**
 * Whether it can be written at all. The rest is for the reader to judge: looking at every digit of
 * every frame that is counted, queued and written would cost more than all else about it.
 */
export function fitsTraceparent(text: string | undefined): text is string {
  return text?.length === traceparentChars;
}

/** Version, trace id, parent id and flags, without the dashes; what is no hexadecimal becomes zeros. */
export function writeTraceparent(text: string, target: Buffer, offset: number): void {
  writeHex(text.replaceAll('-', ''), traceparentBytes, target, offset);
}

/** The text form; undefined when the bytes are not a traceparent of a version this one understands. */
export function readTraceparent(bytes: Buffer, offset: number): string | undefined {
  const isReadable =
    bytes[offset] === 0 &&
    isAnySet(bytes, offset + traceIdAt, offset + parentIdAt) &&
    isAnySet(bytes, offset + parentIdAt, offset + parentIdAt + parentIdBytes);
  if (!isReadable) return undefined;
  const hex = bytes.toString('hex', offset, offset + traceparentBytes);
  return `00-${hex.slice(2, 34)}-${hex.slice(34, 50)}-${hex.slice(50)}`;
}

export function writeParentId(text: string, target: Buffer, offset: number): void {
  writeHex(text, parentIdBytes, target, offset);
}

/** Undefined when it is all zeros, which names nothing. */
export function readParentId(bytes: Buffer, offset: number): string | undefined {
  const end = offset + parentIdBytes;
  return isAnySet(bytes, offset, end) ? bytes.toString('hex', offset, end) : undefined;
}

/** Never leaves what the memory held before. */
function writeHex(hex: string, length: number, target: Buffer, offset: number): void {
  const written = target.write(hex, offset, length, 'hex');
  if (written < length) target.fill(0, offset, offset + length);
}

function isAnySet(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return true;
  return false;
}
