import type { Gossip, Message } from '../core/messages.ts';
import { controlFrame } from '../wire/control.ts';
import { gossipFrameBytes, writeGossipFrame } from '../wire/gossip.ts';
import type { Outbox } from './outbox.ts';
import type { SlabPool } from './slabs.ts';

/**
 * What waits in an outbox for a socket. Control is encoded when it is sent, because only that tells
 * its size. Gossip is encoded when it leaves: until then all links of a node share one body.
 */
export type QueuedFrame = Buffer | Gossip;

export function queuedFrame(message: Message): QueuedFrame {
  return message.type === 'GOSSIP' ? message : controlFrame(message);
}

export function queuedFrameBytes(frame: QueuedFrame): number {
  return Buffer.isBuffer(frame) ? frame.length : gossipFrameBytes(frame);
}

/** The bytes of one write, and the slab to give back after it, if they lie in one. */
export interface Batch {
  readonly bytes: Buffer;
  readonly slab?: Buffer;
}

/** Takes from the outbox what fits into one write; undefined when nothing waits. */
export function takeBatch(outbox: Outbox<QueuedFrame>, slabs: SlabPool): Batch | undefined {
  if (outbox.bytes === 0) return undefined;
  if (outbox.bytes <= smallBatchBytes) {
    const bytes = Buffer.allocUnsafe(outbox.bytes);
    fill(bytes, outbox);
    return { bytes };
  }
  const slab = slabs.take();
  const filled = fill(slab, outbox);
  if (filled > 0) return { bytes: slab.subarray(0, filled), slab };
  // The next frame is longer than a slab, so it leaves alone.
  slabs.giveBack(slab);
  const frame = outbox.take(Number.POSITIVE_INFINITY);
  return frame && { bytes: encode(frame) };
}

/**
 * Most waiting links have one small frame to send. Node's own pool of buffers serves that without
 * holding a whole slab for it.
 */
const smallBatchBytes = 4000;

function fill(target: Buffer, outbox: Outbox<QueuedFrame>): number {
  let filled = 0;
  let frame = outbox.take(target.length);
  while (frame !== undefined) {
    filled = write(frame, target, filled);
    frame = outbox.take(target.length - filled);
  }
  return filled;
}

function write(frame: QueuedFrame, target: Buffer, offset: number): number {
  if (!Buffer.isBuffer(frame)) return writeGossipFrame(frame, target, offset);
  target.set(frame, offset);
  return offset + frame.length;
}

function encode(frame: QueuedFrame): Buffer {
  if (Buffer.isBuffer(frame)) return frame;
  const bytes = Buffer.allocUnsafe(gossipFrameBytes(frame));
  writeGossipFrame(frame, bytes, 0);
  return bytes;
}
