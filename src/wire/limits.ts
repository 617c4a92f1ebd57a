/**
 * What a frame may cost its receiver. A frame beyond its limit is a bad frame, and is refused by
 * its header alone, before anything is allocated or buffered for it.
 *
 * All ends of a network should use the same limits: a frame that its sender may send and its
 * receiver may not take ends their link.
 */
export interface FrameLimits {
  /**
   * Most bytes of a control frame, header included; unknown kinds count as control. At least 1 KiB.
   * Default 1 MiB: a Peer List of 10,000 entries takes about 400 KB.
   */
  readonly controlFrameBytesMax: number;
  /**
   * Most bytes of a gossip frame, header included. Must hold the largest payload (the peer's
   * `payloadBytesMax`) and some 700 bytes of headers.
   * Default: a message body of 1 MiB, four times the default of `payloadBytesMax`.
   */
  readonly gossipFrameBytesMax: number;
}

/** `u32 length | u8 kind`: every frame begins with these five bytes. */
export const frameHeaderBytes = 5;

/** The u32 length; it counts the kind and the body, not itself. */
export const frameLengthBytes = 4;

/** Hops, flags, age, trace context and id: what a gossip frame holds between frame header and body, at most. */
const gossipHeaderBytesMax = 2 + 1 + 4 + 34 + 32;

export const defaultFrameLimits: FrameLimits = {
  controlFrameBytesMax: 1024 * 1024,
  gossipFrameBytesMax: frameHeaderBytes + gossipHeaderBytesMax + 1024 * 1024,
};
