import { Packr, RESERVE_START_SPACE, RESET_BUFFER_MODE } from 'msgpackr/pack';
import * as v from 'valibot';
import { type ControlType, frameKinds, type MessageOf } from './kinds.ts';
import { frameHeaderBytes, frameLengthBytes } from './limits.ts';
import { plainMapProblem } from './plain.ts';
import { schemaOf } from './schemas.ts';

/** Any message but GOSSIP. */
export type ControlMessage = MessageOf<ControlType>;

/**
 * The whole frame of a control message, in memory of its own. Its body is a MessagePack map of the
 * message's fields without `type`, which the frame's kind already says.
 */
export function controlFrame(message: ControlMessage): Buffer {
  const { type, ...fields } = message;
  const frame = messagePack.pack(fields, RESERVE_START_SPACE | frameHeaderBytes);
  frame.writeUInt32BE(frame.length - frameLengthBytes, 0);
  frame[frameLengthBytes] = frameKinds[type];
  return frame;
}

/** Bytes of the whole frame. Encodes it to see, but keeps nothing. */
export function controlFrameBytes(message: ControlMessage): number {
  const { type: _, ...fields } = message;
  return messagePack.pack(fields, RESET_BUFFER_MODE | RESERVE_START_SPACE | frameHeaderBytes)
    .length;
}

/** Reads a control frame's body; a string says what is wrong. Nothing in the result is a view of `bytes`. */
export function readControl(type: ControlType, bytes: Uint8Array): ControlMessage | string {
  const problem = plainMapProblem(bytes);
  if (problem !== undefined) return problem;
  const fields = unpack(bytes);
  if (fields === undefined) return 'the body is not MessagePack';
  // The kind decides what this is, whatever the body says.
  const result = v.safeParse(schemaOf(type), { ...fields, type }, { abortEarly: true });
  return result.success ? result.output : sentence(result.issues[0]);
}

/**
 * Plain maps with text keys, in both directions. `msgpackr/pack` is the implementation without
 * native code: control frames are few, and what parses a stranger's bytes should be memory-safe.
 */
const messagePack = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** Longest reason for a bad frame; part of it is the sender's text. */
const reasonCharsMax = 200;

function unpack(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = messagePack.unpack(bytes);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the schema found, short and in printable characters, because it ends up in logs. */
function sentence(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const text = path === null ? issue.message : `${path}: ${issue.message}`;
  return text.slice(0, reasonCharsMax).replaceAll(/[^ -~]/g, '?');
}
