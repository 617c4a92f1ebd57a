import type { Gossip } from '../core/messages.ts';
import { frameKinds } from './kinds.ts';
import { frameHeaderBytes, frameLengthBytes } from './limits.ts';
import {
  isTraceparent,
  readTraceparent,
  traceparentBytes,
  writeTraceparent,
} from './traceparent.ts';

/**
 * A gossip frame after the frame header:
 *
 * | field       | bytes | meaning                                             |
 * |-------------|-------|-----------------------------------------------------|
 * | hops        | 2     | links travelled when this frame arrives, 1 … 65535  |
 * | flags       | 1     | bit 0: a traceparent follows; others are ignored    |
 * | traceparent | 0, 26 | W3C trace context of the hop before, in binary      |
 * | id          | 32    | SHA-256 of the body                                 |
 * | body        | rest  | see body.ts; forwarded as it came                   |
 *
 * The layout is fixed so that forwarding copies the body's bytes and encodes nothing.
 */
const hopsBytes = 2;
const flagsBytes = 1;
const idBytes = 32;
const hasTraceparent = 1;
const hopsMax = 0xff_ff;

/** Bytes of the whole frame, by arithmetic alone. */
export function gossipFrameBytes(message: Gossip): number {
  return frameHeaderBytes + hopHeaderBytes(message) + idBytes + message.body.length;
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
  const tracedBytes = ((bytes[hopsBytes] ?? 0) & hasTraceparent) === 0 ? 0 : traceparentBytes;
  const idAt = hopsBytes + flagsBytes + tracedBytes;
  if (bytes.length < idAt + idBytes) return `it ends within its header (${bytes.length} bytes)`;
  const hops = bytes.readUInt16BE(0);
  if (hops === 0) return 'its hop count is 0';
  const id = bytes.toString('hex', idAt, idAt + idBytes);
  const body = bytes.subarray(idAt + idBytes);
  // A trace context that this version cannot read is no reason to lose the message.
  const traceparent =
    tracedBytes === 0 ? undefined : readTraceparent(bytes, hopsBytes + flagsBytes);
  return traceparent === undefined
    ? { type: 'GOSSIP', id, hops, body }
    : { type: 'GOSSIP', id, hops, traceparent, body };
}

function hopHeaderBytes({ traceparent }: Gossip): number {
  const traced = traceparent !== undefined && isTraceparent(traceparent);
  return hopsBytes + flagsBytes + (traced ? traceparentBytes : 0);
}

function writeHopHeader(message: Gossip, target: Buffer, offset: number): number {
  const { traceparent } = message;
  // A path longer than the field can count has lost its exact length, not its meaning.
  target.writeUInt16BE(Math.min(message.hops, hopsMax), offset);
  const flagsAt = offset + hopsBytes;
  if (traceparent === undefined || !isTraceparent(traceparent)) {
    target[flagsAt] = 0;
    return flagsAt + flagsBytes;
  }
  target[flagsAt] = hasTraceparent;
  writeTraceparent(traceparent, target, flagsAt + flagsBytes);
  return flagsAt + flagsBytes + traceparentBytes;
}
