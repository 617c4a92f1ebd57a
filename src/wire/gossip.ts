import type { Gossip } from '../core/messages.ts';
import { traceBytes } from '../core/trace-context.ts';
import { frameKinds } from './kinds.ts';
import { frameHeaderBytes, frameLengthBytes } from './limits.ts';

/**
 * A gossip frame after the frame header:
 *
 * | field       | bytes | meaning                                                  |
 * |-------------|-------|----------------------------------------------------------|
 * | hops        | 2     | links travelled when this frame arrives, 1 … 65535       |
 * | flags       | 1     | bit 0: trace context follows, bit 1: an age              |
 * | age         | 0, 4  | ms since it was published, as far as the hops know       |
 * | trace       | 0, 34 | W3C trace context; see core/trace-context.ts             |
 * | id          | 32    | SHA-256 of the body                                      |
 * | body        | rest  | see body.ts; forwarded as it came                        |
 *
 * The layout is fixed so that forwarding copies the body's bytes and encodes nothing.
 */
const hopsBytes = 2;
const flagsBytes = 1;
const ageBytes = 4;
const idBytes = 32;
const hasTrace = 1;
const hasAge = 2;
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
  const optional = flags & (hasAge | hasTrace);
  if (optional === 0) return { type: 'GOSSIP', id, hops, body };
  // Most that have anything more are traced and new; a literal is made much faster than a spread.
  const ageAt = hopsBytes + flagsBytes;
  if (optional === hasTrace) {
    return { type: 'GOSSIP', id, hops, trace: readTrace(bytes, ageAt), body };
  }
  const ageMs = bytes.readUInt32BE(ageAt);
  if (optional === hasAge) return { type: 'GOSSIP', id, hops, ageMs, body };
  const trace = readTrace(bytes, ageAt + ageBytes);
  return { type: 'GOSSIP', id, hops, ageMs, trace, body };
}

function readTrace(bytes: Buffer, offset: number): Uint8Array {
  return bytes.subarray(offset, offset + traceBytes);
}

function flagsOf({ ageMs, trace }: Gossip): number {
  return (trace?.length === traceBytes ? hasTrace : 0) | (ageMs === undefined ? 0 : hasAge);
}

function hopHeaderBytes(flags: number): number {
  const agedBytes = (flags & hasAge) === 0 ? 0 : ageBytes;
  const tracedBytes = (flags & hasTrace) === 0 ? 0 : traceBytes;
  return hopsBytes + flagsBytes + agedBytes + tracedBytes;
}

function writeHopHeader(message: Gossip, target: Buffer, offset: number): number {
  const { hops, ageMs, trace } = message;
  const flags = flagsOf(message);
  // A path longer, or an age greater, than the field can count has lost its exact size, not its meaning.
  let at = target.writeUInt16BE(Math.min(hops, hopsMax), offset);
  at = target.writeUInt8(flags, at);
  if (ageMs !== undefined) at = target.writeUInt32BE(Math.min(ageMs, ageMsMax), at);
  if (trace === undefined || (flags & hasTrace) === 0) return at;
  target.set(trace, at);
  return at + traceBytes;
}
