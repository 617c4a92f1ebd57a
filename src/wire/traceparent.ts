/** W3C trace context, `00-<trace id>-<parent id>-<flags>`: 55 characters of text, 26 bytes in a frame. */

export const traceparentBytes = 26;

/** Whether `text` is a traceparent of version 00 whose trace id and parent id are not all zeros. */
export function isTraceparent(text: string): boolean {
  return /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
}

/** Writes a valid traceparent: version, trace id, parent id and flags, without the dashes. */
export function writeTraceparent(text: string, target: Buffer, offset: number): void {
  target.write(text.replaceAll('-', ''), offset, traceparentBytes, 'hex');
}

/** The text form; undefined when the bytes are not a traceparent of a version this one understands. */
export function readTraceparent(bytes: Buffer, offset: number): string | undefined {
  const hex = bytes.toString('hex', offset, offset + traceparentBytes);
  const text = `${hex.slice(0, 2)}-${hex.slice(2, 34)}-${hex.slice(34, 50)}-${hex.slice(50)}`;
  return isTraceparent(text) ? text : undefined;
}
