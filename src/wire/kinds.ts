import type { Message } from '../core/messages.ts';

export type MessageType = Message['type'];

/** Message types that travel as MessagePack maps: all but GOSSIP, which has a binary layout. */
export type ControlType = Exclude<MessageType, 'GOSSIP'>;

/** The message of one type. */
export type MessageOf<T extends MessageType> = Extract<Message, { readonly type: T }>;

/**
 * The number that stands for each message type on the wire. Once released a number never changes
 * its meaning and is never given to another type; a new type takes a free number of its group.
 *
 * | numbers  | group                                                      |
 * |----------|------------------------------------------------------------|
 * | 1 … 15   | the handshake of every link                                |
 * | 16 … 31  | between a peer and a seed (two of them between peers, too) |
 * | 32 … 63  | between seeds                                              |
 * | 64 … 95  | between peers                                              |
 * | 96       | gossip                                                     |
 */
export const frameKinds = {
  HELLO: 1,
  WELCOME: 2,
  REFUSE: 3,
  BYE: 4,

  REGISTER: 16,
  REGISTER_RESULT: 17,
  PEER_LIST_REQUEST: 18,
  PEER_LIST: 19,
  RENEW: 20,
  RENEW_RESULT: 21,
  LEAVE: 22,
  LEAVE_RESULT: 23,
  DEAD_REPORT: 24,
  DEAD_REPORT_RESULT: 25,
  DEAD_CONFIRMED: 26,

  PROPOSE: 32,
  VOTE: 33,
  ACCEPT: 34,
  ACCEPTED: 35,
  COMMIT: 36,
  REGISTER_DIGESTS: 37,
  REGISTER_REVISIONS: 38,
  REGISTER_VALUES: 39,
  TOMBSTONES_OVER: 40,
  KNOWN_STORES: 41,
  COPY_REQUEST: 42,
  COPY_RESULT: 43,

  PING: 64,
  PONG: 65,
  PROBE: 66,
  PROBE_RESULT: 67,
  SUSPECT_NOTICE: 68,
  REFUTE: 69,
  IHAVE: 70,
  IWANT: 71,

  GOSSIP: 96,
} as const satisfies Record<MessageType, number>;

/** The message type that a kind number stands for; undefined for a number this version does not know. */
export function typeOfKind(kind: number): MessageType | undefined {
  return typesByKind.get(kind);
}

const typesByKind: ReadonlyMap<number, MessageType> = new Map(
  Object.entries(frameKinds).map(([type, kind]) => [kind, type as MessageType]),
);
