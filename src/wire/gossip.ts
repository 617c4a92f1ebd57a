import type { Gossip } from '../core/messages.ts';
import { frameKinds } from './kinds.ts';
import { frameHeaderBytes, frameLengthBytes } from './limits.ts';
import {
  fitsTraceparent,
  parentIdBytes,
  readParentId,
  readTraceparent,
  traceparentBytes,
  writeParentId,
  writeTraceparent,
} from './traceparent.ts';

/**
 * A gossip frame after the frame header:
 *
 * | field       | bytes | meaning                                                  |
 * |-------------|-------|----------------------------------------------------------|
 * | hops        | 2     | links travelled when this frame arrives, 1 … 65535       |
 * | flags       | 1     | bit 0: a traceparent, bit 1: an age, bit 2: a traceorigin |
 * | age         | 0, 4  | ms since it was published, as far as the hops know       |
 * | traceparent | 0, 26 | W3C trace context of the hop before, in binary           |
 * | traceorigin | 0, 8  | parent id of the origin's own trace context              |
 * | id          | 32    | SHA-256 of the body                                      |
 * | body        | rest  | see body.ts; forwarded as it came                        |
 *
 * The layout is fixed so that forwarding copies the body's bytes and encodes nothing.
 */
const hopsBytes = 2;
const flagsBytes = 1;
const ageBytes = 4;
const idBytes = 32;
const hasTraceparent = 1;
const hasAge = 2;
const hasTraceorigin = 4;
const hopsMax = 0xff_ff;
const ageMsMax = 0xff_ff_ff_ff;

/** Bytes of the whole frame, by arithmetic alone. */
export function gossipFrameBytes(message: Gossip): number {
  const headerBytes = hopHeaderBytes(flagsOf(message));
  return frameHeaderBytes + headerBytes + idBytes + message.body.length;
}

/** Writes the whole frame into `target`, which must have room, and returns the offset behind it. */
export function writeGossipFrame(message: Gossip, target: Buffer, offset: number): number {
  const end = offset + gossipFrameBytes(message);
  target.writeUInt32BE(end - offset - frameLengthBytes, offset);
  target[offset + frameLengthBytes] = frameKinds.GOSSIP;
  const idAt = writeHopHeader(message, target, offset + frameHeaderBytes);
  target.write(message.id, idAt, idBytes, 'hex');
  target.set(message.body, idAt + idBytes);
  return end;
}

/** Reads what follows the frame header; a string says what is wrong. The body is a view of `bytes`. */
export function readGossip(bytes: Buffer): Gossip | string {
  const flags = bytes[hopsBytes] ?? 0;
  const idAt = hopHeaderBytes(flags);
  if (bytes.length < idAt + idBytes) return `it ends within its header (${bytes.length} bytes)`;
  const hops = bytes.readUInt16BE(0);
  if (hops === 0) return 'its hop count is 0';
  const id = bytes.toString('hex', idAt, idAt + idBytes);
  const body = bytes.subarray(idAt + idBytes);
  if ((flags & (hasAge | hasTraceparent | hasTraceorigin)) === 0)
    return { type: 'GOSSIP', id, hops, body };
  return { type: 'GOSSIP', id, hops, ...readOptionalFields(bytes, flags), body };
}

type OptionalFields = Pick<Gossip, 'ageMs' | 'traceparent' | 'traceorigin'>;

function readOptionalFields(bytes: Buffer, flags: number): OptionalFields {
  const ageAt = hopsBytes + flagsBytes;
  const isAged = (flags & hasAge) !== 0;
  const traceparentAt = ageAt + (isAged ? ageBytes : 0);
  const aged = isAged ? { ageMs: bytes.readUInt32BE(ageAt) } : undefined;
  // A trace context that this version cannot read is no reason to lose the message.
  const isTraced = (flags & hasTraceparent) !== 0;
  const traceparent = isTraced ? readTraceparent(bytes, traceparentAt) : undefined;
  if (traceparent === undefined) return { ...aged };
  const hasOrigin = (flags & hasTraceorigin) !== 0;
  const traceorigin = hasOrigin ? readParentId(bytes, traceparentAt + traceparentBytes) : undefined;
  return { ...aged, traceparent, ...(traceorigin !== undefined && { traceorigin }) };
}

function flagsOf({ ageMs, traceparent, traceorigin }: Gossip): number {
  const age = ageMs === undefined ? 0 : hasAge;
  if (!fitsTraceparent(traceparent)) return age;
  return age | hasTraceparent | (traceorigin === undefined ? 0 : hasTraceorigin);
}

function hopHeaderBytes(flags: number): number {
  const agedBytes = (flags & hasAge) === 0 ? 0 : ageBytes;
  const tracedBytes = (flags & hasTraceparent) === 0 ? 0 : traceparentBytes;
  const originBytes = (flags & hasTraceorigin) === 0 ? 0 : parentIdBytes;
  return hopsBytes + flagsBytes + agedBytes + tracedBytes + originBytes;
}

function writeHopHeader(message: Gossip, target: Buffer, offset: number): number {
  const { hops, ageMs, traceparent, traceorigin } = message;
  // A path longer, or an age greater, than the field can count has lost its exact size, not its meaning.
  let at = target.writeUInt16BE(Math.min(hops, hopsMax), offset);
  at = target.writeUInt8(flagsOf(message), at);
  if (ageMs !== undefined) at = target.writeUInt32BE(Math.min(ageMs, ageMsMax), at);
  if (!fitsTraceparent(traceparent)) return at;
  writeTraceparent(traceparent, target, at);
  at += traceparentBytes;
  if (traceorigin === undefined) return at;
  writeParentId(traceorigin, target, at);
  return at + parentIdBytes;
}
