import * as v from 'valibot';
import { addressCharsMax, isCanonicalAddress } from '../core/address.ts';
import { isTraceparent } from '../core/trace-context.ts';

/**
 * The pieces that the message schemas are made of. Every string, list and number that comes from
 * the wire is bounded here; frames are bounded before they get this far (see limits.ts), so the
 * bounds on lists only have to be sane, and stay above what any option of core can ask for.
 */

/** Most entries of a list. A frame of 1 MiB holds about 40,000 of the smallest entries. */
const listItemsMax = 65_536;

/** Most characters of a sentence for people, or of evidence. */
const textCharsMax = 4096;

/** Most characters of names that are compared, not read: cluster ids, store ids, challenges. */
const nameCharsMax = 256;

/** Most capabilities of one node, and the characters of one. */
const capabilitiesMax = 64;
const capabilityCharsMax = 64;

/** Incarnations are u32 in gossip bodies, so they are everywhere. */
const incarnationMax = 0xff_ff_ff_ff;

/** The last millisecond that a JavaScript date can express. */
const wallClockMsMax = 8.64e15;

/** An integer from 0 to 2^53 − 1. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const incarnation = v.pipe(count, v.maxValue(incarnationMax));

/** A TCP port that can be dialled. */
export const port = v.pipe(count, v.minValue(1), v.maxValue(65_535));

/** Milliseconds since 1970; fractions are allowed. */
export const wallClockMs = v.pipe(v.number(), v.minValue(0), v.maxValue(wallClockMsMax));

/** A PeerId or SeedId: an address in its canonical spelling, because ids are compared as text. */
export const nodeId = v.pipe(
  v.string(),
  v.maxLength(addressCharsMax),
  v.check(isCanonicalAddress, 'not a host:port in canonical form'),
);

export const nodeIdOrEmpty = v.union([v.literal(''), nodeId]);

/** 128 bits in lower-case hexadecimal. */
export const session = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'not 32 hexadecimal digits'));

export const sessionOrEmpty = v.union([v.literal(''), session]);

/** A SHA-256 in lower-case hexadecimal. */
export const messageId = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not 64 hexadecimal digits'));

/** A digest of any length up to SHA-256's, which may be cut short; empty for 'of nothing'. */
export const digest = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{0,64}$/, 'not a hexadecimal digest of at most 64 digits'),
);

export const text = v.pipe(v.string(), v.maxLength(textCharsMax));

export const name = v.pipe(v.string(), v.maxLength(nameCharsMax));

export const capabilities = v.pipe(
  v.array(v.pipe(v.string(), v.maxLength(capabilityCharsMax))),
  v.maxLength(capabilitiesMax),
);

/** W3C trace context. What this version cannot read becomes '', which is no reason to lose the message. */
export const traceparent = v.fallback(v.pipe(v.string(), v.check(isTraceparent)), '');

/** A list whose length is looked at before its items are. */
export function list<const Item extends v.GenericSchema>(item: Item) {
  return v.pipe(v.array(v.unknown()), v.maxLength(listItemsMax), v.array(item));
}
