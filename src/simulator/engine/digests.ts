import { hash } from 'node:crypto';
import type { BodyCodec, DigestText, GossipMessage, MessageId } from '../../core/messages.ts';
import { bodyCodec } from '../../wire/body.ts';

/** SHA-256 of a text as UTF-8, in hexadecimal. */
export const digestText: DigestText = (text) => hash('sha256', text, 'hex');

/** Bodies remembered: more than there are messages on their way at once in any sensible run. */
const rememberedMax = 1024;

/**
 * The codec of message bodies for all peers of one process. What live peers compute once each, the
 * hash of a body's bytes and the message they say, is computed once for all: each body is compared
 * byte by byte with the one that was hashed, so the answer is always the codec's own.
 */
export function sharedBodyCodec(): BodyCodec {
  const hashes = new Map<number, { readonly body: Uint8Array; readonly id: MessageId }>();
  const messages = new Map<
    MessageId,
    { readonly body: Uint8Array; readonly message: GossipMessage }
  >();
  return {
    encode: (message) => bodyCodec.encode(message),

    hash(body) {
      const key = checksum(body);
      const known = hashes.get(key);
      if (known !== undefined && areEqual(known.body, body)) return known.id;
      const id = bodyCodec.hash(body);
      if (hashes.size >= rememberedMax) hashes.clear();
      hashes.set(key, { body, id });
      return id;
    },

    decode(id, body) {
      const known = messages.get(id);
      if (known !== undefined && areEqual(known.body, body)) return known.message;
      const message = bodyCodec.decode(id, body);
      if (message === undefined) return undefined;
      if (messages.size >= rememberedMax) messages.clear();
      messages.set(id, { body, message });
      return message;
    },
  };
}

/** FNV-1a over length, ends and a few bytes between: to find the one body to compare with. */
function checksum(body: Uint8Array): number {
  let sum = 0x811c9dc5 ^ body.length;
  const step = Math.max(1, body.length >>> 5);
  for (let at = 0; at < body.length; at += step) {
    sum = Math.imul(sum ^ (body[at] as number), 0x01000193);
  }
  return sum;
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}
