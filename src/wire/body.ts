import { hash } from 'node:crypto';
import { isCanonicalAddress } from '../core/address.ts';
import { HearsayError } from '../core/errors.ts';
import type { BodyCodec, ContentType, GossipMessage, MessageId } from '../core/messages.ts';

/**
 * The bytes of a gossip message that are hashed, sent and forwarded untouched:
 *
 * | field       | bytes   | meaning                                                      |
 * |-------------|---------|--------------------------------------------------------------|
 * | version     | 1       | of this layout: 1                                            |
 * | contentType | 1       | 0 bytes, 1 text (UTF-8), 2 JSON (UTF-8)                      |
 * | incarnation | 4       | the origin's                                                 |
 * | sequence    | 8       | float64: 1, 2, … 2^53 − 1 for each incarnation of the origin |
 * | timestampMs | 8       | float64: the origin's wall clock, ms since 1970              |
 * | origin      | 2 + n   | u16 length, PeerId                                           |
 * | topic       | 2 + n   | u16 length, at most 255 bytes of UTF-8                       |
 * | payload     | rest    |                                                              |
 *
 * One message has one encoding: bytes that are not the one `encode` would give are no body.
 */
export const bodyCodec: BodyCodec = {
  encode: encodeBody,
  decode: decodeBody,
  hash: (body) => hash('sha256', body, 'hex'),
};

/** Most bytes of a topic, in UTF-8. */
export const topicBytesMax = 255;

const bodyVersion = 1;
const originBytesMax = 261;
const originAt = 22;
const lengthBytes = 2;
const contentTypes: readonly ContentType[] = ['bytes', 'text', 'json'];

/** The last millisecond that a JavaScript date can express. */
const timestampMsMax = 8.64e15;

// A byte order mark is kept and broken UTF-8 refused: the text must encode to the same bytes again.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const toUtf8 = new TextEncoder();

function encodeBody(message: Omit<GossipMessage, 'id'>): Uint8Array {
  const origin = toUtf8.encode(message.origin);
  const topic = toUtf8.encode(message.topic);
  const problem = problemOf(message) ?? topicProblem(topic.length, message.topic);
  if (problem !== undefined) throw new HearsayError('message-invalid', problem);
  const topicAt = originAt + 2 + origin.length;
  const payloadAt = topicAt + 2 + topic.length;
  const body = new Uint8Array(payloadAt + message.payload.length);
  const view = new DataView(body.buffer);
  view.setUint8(0, bodyVersion);
  view.setUint8(1, contentTypes.indexOf(message.contentType));
  view.setUint32(2, message.incarnation);
  view.setFloat64(6, message.sequence);
  view.setFloat64(14, message.timestampMs);
  view.setUint16(originAt, origin.length);
  body.set(origin, originAt + 2);
  view.setUint16(topicAt, topic.length);
  body.set(topic, topicAt + 2);
  body.set(message.payload, payloadAt);
  return body;
}

function decodeBody(id: MessageId, body: Uint8Array): GossipMessage | undefined {
  if (body.length < originAt + 4 || body[0] !== bodyVersion) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const contentType = contentTypes[bytes.readUInt8(1)];
  const originEnd = endOfText(bytes, originAt, originBytesMax);
  if (contentType === undefined || originEnd === undefined) return undefined;
  const topicEnd = endOfText(bytes, originEnd, topicBytesMax);
  if (topicEnd === undefined) return undefined;
  const topic = utf8Text(bytes, originEnd + lengthBytes, topicEnd);
  if (topic === undefined) return undefined;
  const message = {
    id,
    // An address is ASCII, or refused below: no other encoding has to be understood.
    origin: bytes.toString('latin1', originAt + lengthBytes, originEnd),
    incarnation: bytes.readUInt32BE(2),
    sequence: bytes.readDoubleBE(6),
    timestampMs: bytes.readDoubleBE(14),
    topic,
    contentType,
    // A plain Uint8Array whatever `body` is, so that applications see the same type everywhere.
    payload: new Uint8Array(body.buffer, body.byteOffset + topicEnd, body.length - topicEnd),
  };
  return problemOf(message) === undefined ? message : undefined;
}

/** What makes these fields no message, in a sentence that says what would be right. */
function problemOf(message: Omit<GossipMessage, 'id'>): string | undefined {
  const { origin, incarnation, sequence, timestampMs, contentType } = message;
  if (!isCanonicalAddress(origin)) return `The origin must be host:port, not '${origin}'.`;
  if (incarnation >>> 0 !== incarnation) {
    return `The incarnation must be an integer from 0 to 4294967295, not ${incarnation}.`;
  }
  if (!Number.isSafeInteger(sequence) || sequence < 1) {
    return `The sequence number must be an integer from 1, not ${sequence}.`;
  }
  // Negated, so that NaN is outside. Minus zero would be a second encoding of zero.
  if (!(timestampMs >= 0 && timestampMs <= timestampMsMax) || Object.is(timestampMs, -0)) {
    return `The timestamp must be in milliseconds from 0 to ${timestampMsMax}, not ${timestampMs}.`;
  }
  if (contentTypes.includes(contentType)) return undefined;
  return `The content type must be one of ${contentTypes.join(', ')}, not '${contentType}'.`;
}

function topicProblem(bytes: number, topic: string): string | undefined {
  if (bytes > topicBytesMax) {
    return `The topic must take at most ${topicBytesMax} bytes of UTF-8, not ${bytes}.`;
  }
  return topic.isWellFormed() ? undefined : 'The topic holds half of a surrogate pair.';
}

/** Where the text ends that has its u16 length here; undefined when it is too long or cut off. */
function endOfText(bytes: Buffer, at: number, bytesMax: number): number | undefined {
  if (at + lengthBytes > bytes.length) return undefined;
  const length = bytes.readUInt16BE(at);
  const end = at + lengthBytes + length;
  return length > bytesMax || end > bytes.length ? undefined : end;
}

/** Undefined when it is no UTF-8. */
function utf8Text(bytes: Buffer, start: number, end: number): string | undefined {
  if (start === end) return '';
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}
