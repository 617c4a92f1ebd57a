import type { Message } from '../core/messages.ts';
import { type BadFrame, decodeFrame } from './frames.ts';
import { type MessageType, typeOfKind } from './kinds.ts';
import {
  defaultFrameLimits,
  type FrameLimits,
  frameHeaderBytes,
  frameLengthBytes,
} from './limits.ts';

export interface FrameReaderOptions {
  /** Default: `defaultFrameLimits`. */
  readonly limits?: FrameLimits;
  /** Hears of every frame that is skipped because this version does not know its kind. */
  readonly onUnknownKind?: (kind: number, frameBytes: number) => void;
}

/**
 * Cuts a stream of bytes into messages, however the network cut it into chunks:
 *
 *     reader.feed(chunk);
 *     for (let read = reader.next(); read !== undefined; read = reader.next()) { … }
 *
 * A control frame within one chunk is decoded where it lies. A gossip frame is copied out once,
 * because its body is kept; small ones share Node's 8 KiB pool of buffers, and a kept one keeps at
 * most that. No message is a view of a chunk.
 */
export class FrameReader {
  readonly #limits: FrameLimits;
  readonly #onUnknownKind: FrameReaderOptions['onUnknownKind'];
  #chunk: Buffer = nothing;
  #position = 0;
  /** A frame header that the end of a chunk cut short. */
  #headerStart: Buffer = nothing;
  #header: FrameHeader | undefined;
  /** The content of the current frame, when the end of a chunk cut it short. */
  #partial: PartialContent | undefined;
  #skippedBytes = 0;
  #bad: BadFrame | undefined;

  constructor(options: FrameReaderOptions = {}) {
    this.#limits = options.limits ?? defaultFrameLimits;
    this.#onUnknownKind = options.onUnknownKind;
  }

  /** The next bytes. Call `next` until it returns undefined before `feed` is called again. */
  feed(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#position = 0;
  }

  /** The next message, or undefined when it takes more bytes. A bad frame is the end: it stays. */
  next(): Message | BadFrame | undefined {
    const read = this.#read();
    // An idle connection must not keep the last chunk it got.
    if (read === undefined) this.feed(nothing);
    return read;
  }

  #read(): Message | BadFrame | undefined {
    while (this.#bad === undefined) {
      this.#header ??= this.#takeHeader();
      const header = this.#header;
      if (header === undefined) return undefined;
      const problem = lengthProblem(header, this.#limits);
      if (problem !== undefined) return this.#end({ type: 'BAD_FRAME', reason: problem });
      if (header.type === undefined) {
        if (!this.#skip(header)) return undefined;
        continue;
      }
      const content = this.#takeContent(header);
      if (content === undefined) return undefined;
      this.#header = undefined;
      const read = decodeFrame(header.type, content);
      return read.type === 'BAD_FRAME' ? this.#end(read) : read;
    }
    return this.#bad;
  }

  #takeHeader(): FrameHeader | undefined {
    const at = this.#position;
    const inChunk = this.#chunk.length - at;
    if (this.#headerStart.length === 0 && inChunk >= frameHeaderBytes) {
      this.#position += frameHeaderBytes;
      return readHeader(this.#chunk, at);
    }
    // This copies four bytes at most, and only where a chunk ends within a header.
    const missing = this.#take(frameHeaderBytes - this.#headerStart.length);
    const header = Buffer.concat([this.#headerStart, missing]);
    const complete = header.length === frameHeaderBytes;
    this.#headerStart = complete ? nothing : header;
    return complete ? readHeader(header, 0) : undefined;
  }

  #takeContent(header: FrameHeader): Buffer | undefined {
    const inChunk = this.#chunk.length - this.#position;
    if (this.#partial === undefined && inChunk >= header.contentBytes) {
      const content = this.#take(header.contentBytes);
      return header.type === 'GOSSIP' ? Buffer.from(content) : content;
    }
    this.#partial ??= new PartialContent(header.contentBytes);
    this.#partial.add(this.#take(this.#partial.missingBytes));
    if (this.#partial.missingBytes > 0) return undefined;
    const { content } = this.#partial;
    this.#partial = undefined;
    return content;
  }

  /** Passes over a frame of an unknown kind; true at its end. */
  #skip(header: FrameHeader): boolean {
    this.#skippedBytes += this.#take(header.contentBytes - this.#skippedBytes).length;
    if (this.#skippedBytes < header.contentBytes) return false;
    this.#header = undefined;
    this.#skippedBytes = 0;
    this.#onUnknownKind?.(header.kind, frameHeaderBytes + header.contentBytes);
    return true;
  }

  /** A view of the next `bytes` of the chunk, or of what is left of it. */
  #take(bytes: number): Buffer {
    const taken = this.#chunk.subarray(this.#position, this.#position + bytes);
    this.#position += taken.length;
    return taken;
  }

  #end(bad: BadFrame): BadFrame {
    this.#bad = bad;
    return bad;
  }
}

const nothing: Buffer = Buffer.alloc(0);

interface FrameHeader {
  readonly kind: number;
  /** Undefined when this version does not know the kind. */
  readonly type: MessageType | undefined;
  /** Bytes after the kind; −1 when the length did not even count the kind. */
  readonly contentBytes: number;
}

function readHeader(bytes: Buffer, at: number): FrameHeader {
  const kind = bytes[at + frameLengthBytes] ?? 0;
  return { kind, type: typeOfKind(kind), contentBytes: bytes.readUInt32BE(at) - 1 };
}

function lengthProblem(header: FrameHeader, limits: FrameLimits): string | undefined {
  const { type, kind, contentBytes } = header;
  if (contentBytes < 0) return 'A frame of length 0: the length must count the kind.';
  const isGossip = type === 'GOSSIP';
  const bytes = frameHeaderBytes + contentBytes;
  const bytesMax = isGossip ? limits.gossipFrameBytesMax : limits.controlFrameBytesMax;
  if (bytes <= bytesMax) return undefined;
  const limit = isGossip ? 'gossipFrameBytesMax' : 'controlFrameBytesMax';
  return `A frame of ${bytes} bytes (kind ${kind}) is longer than ${limit}, ${bytesMax}.`;
}

/**
 * The content of one frame, put together from chunks. Its buffer doubles as bytes arrive, so that
 * memory follows what was received and never what a length claims, and no byte is copied more than
 * a few times.
 */
class PartialContent {
  readonly #bytes: number;
  #buffer: Buffer = nothing;
  #filled = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  get missingBytes(): number {
    return this.#bytes - this.#filled;
  }

  /** All of it, once nothing is missing. */
  get content(): Buffer {
    return this.#buffer;
  }

  add(part: Buffer): void {
    const filled = this.#filled + part.length;
    if (filled > this.#buffer.length) this.#grow(filled);
    this.#buffer.set(part, this.#filled);
    this.#filled = filled;
  }

  #grow(atLeast: number): void {
    const grown = Buffer.allocUnsafe(Math.min(this.#bytes, Math.max(atLeast, 2 * this.#filled)));
    grown.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = grown;
  }
}
