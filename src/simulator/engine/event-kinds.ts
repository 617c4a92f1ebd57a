/** The kinds of events in the queue. What `a`, `b` and the payload of each mean stands beside it. */
export const eventKinds = {
  /** A timer of node `a`, process `b`: payload `{ timer, due }` or the bare timer. */
  timer: 1,
  /** A frame reaches end `a` of generation `b`: payload the message. */
  frame: 2,
  /** The other side of end `a`, generation `b`, has closed. */
  fin: 3,
  /** The connection of end `a`, generation `b`, is reset. */
  reset: 4,
  /** A dial arrives at end `a`, generation `b`. */
  syn: 5,
  /** The dial of end `a`, generation `b`, is tried again: payload how often it was. */
  synAgain: 6,
  /** The dial of end `a`, generation `b`, is answered. */
  synAck: 7,
  /** Nobody listens where end `a`, generation `b`, dialled. */
  refused: 8,
  /** The dial of end `a`, generation `b`, has taken as long as it may. */
  dialTimeout: 9,
  /** The accepting end `a`, generation `b`, is handed to its process. */
  accept: 10,
  /** Gossip of end `a`, generation `b`, was dropped: payload bytes. */
  overflow: 11,
  /** The disk of seed `a`, process `b`, has something to do: payload a disk step. */
  disk: 12,
  /** Node `a`, process `b`, has time for what has waited. */
  serve: 13,
  /** Something planned from outside: payload a function. */
  action: 14,
  /** End `a`, generation `b`, waits behind a cut since the tick that is the payload. */
  stalledOut: 15,
} as const;
