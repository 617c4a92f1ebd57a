import type { Message } from '../core/messages.ts';
import { controlFrame, controlFrameBytes, readControl } from './control.ts';
import { gossipFrameBytes, readGossip, writeGossipFrame } from './gossip.ts';
import type { MessageType } from './kinds.ts';

/** Bytes of the whole frame of a message, header included. */
export function encodedFrameBytes(message: Message): number {
  return message.type === 'GOSSIP' ? gossipFrameBytes(message) : controlFrameBytes(message);
}

/** The whole frame of a message, header included, in memory of its own. */
export function encodeFrame(message: Message): Buffer {
  if (message.type !== 'GOSSIP') return controlFrame(message);
  const frame = Buffer.allocUnsafe(gossipFrameBytes(message));
  writeGossipFrame(message, frame, 0);
  return frame;
}

/** Writes the whole frame into `target`, which must have room, and returns the offset behind it. */
export function encodeFrameInto(message: Message, target: Buffer, offset: number): number {
  if (message.type === 'GOSSIP') return writeGossipFrame(message, target, offset);
  const frame = controlFrame(message);
  target.set(frame, offset);
  return offset + frame.length;
}

/** Bytes that are no frame of Hearsay's protocol: the link they came over cannot be used any more. */
export interface BadFrame {
  readonly type: 'BAD_FRAME';
  /** One sentence for people. */
  readonly reason: string;
}

/** What a frame of a known kind says. The body of GOSSIP is a view of `content`. */
export function decodeFrame(type: MessageType, content: Buffer): Message | BadFrame {
  const message = type === 'GOSSIP' ? readGossip(content) : readControl(type, content);
  if (typeof message !== 'string') return message;
  return { type: 'BAD_FRAME', reason: `A ${type} frame is invalid: ${message}.` };
}
