import { HearsayError } from '../core/errors.ts';
import type { ContentType, GossipMessage } from '../core/messages.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** What `publish` takes: bytes as they are, a string as UTF-8 text, anything else as JSON. */
export type Payload = Uint8Array | JsonValue;

const encoder = new TextEncoder();
/** A byte order mark is text like any other: what was published is what comes out. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function encodePayload(payload: Payload): { contentType: ContentType; payload: Uint8Array } {
  if (payload instanceof Uint8Array) return { contentType: 'bytes', payload };
  if (typeof payload === 'string') return { contentType: 'text', payload: encoder.encode(payload) };
  return { contentType: 'json', payload: encoder.encode(jsonOf(payload)) };
}

function jsonOf(payload: JsonValue): string {
  const wanted = 'publish takes a string, bytes or a JSON value';
  let text: string | undefined;
  try {
    text = JSON.stringify(payload);
  } catch (cause) {
    throw new HearsayError('message-invalid', `${wanted}: ${String(cause)}`, {}, { cause });
  }
  if (text === undefined) throw new HearsayError('message-invalid', wanted);
  return text;
}

/** The payload as text, whatever its content type: UTF-8, with U+FFFD for bytes that are none. */
export function textOf(message: GossipMessage): string {
  return decoder.decode(message.payload);
}

/** The payload as it was published: bytes, a string, or a JSON value. Throws `message-invalid` for broken JSON. */
export function payloadOf(message: GossipMessage): Payload {
  switch (message.contentType) {
    case 'bytes':
      return message.payload;
    case 'text':
      return textOf(message);
    case 'json':
      return parseJson(message);
  }
}

function parseJson(message: GossipMessage): JsonValue {
  try {
    return JSON.parse(textOf(message)) as JsonValue;
  } catch (cause) {
    const text = `message ${message.id} of ${message.origin} says it is JSON, but is not`;
    throw new HearsayError('message-invalid', text, { id: message.id }, { cause });
  }
}
