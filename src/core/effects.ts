import type { NodeEvent } from './events.ts';
import type { LinkId, Message } from './messages.ts';
import type { Ms } from './time.ts';

/** Dial `address`; the answer comes back as a `link-opened` or a `link-closed` input. */
export interface OpenLink {
  readonly type: 'OPEN';
  /** `host:port` or `[IPv6]:port`. */
  readonly address: string;
  /** Give up when the transport has no connection after this long. */
  readonly timeoutMs: Ms;
}

/** Write what is queued, then close. `reason` is for the other side of this process: events and logs. */
export interface CloseLink {
  readonly type: 'CLOSE';
  readonly reason: string;
}

/** What a machine hands to a link: a message for the other end, or an order to the link itself. */
export type Outgoing = Message | OpenLink | CloseLink;

/**
 * The three verbs by which a machine talks back. They are called synchronously from inside
 * `handle()`, must not call `handle()` again, and their order is kept.
 *
 * A timer is data: it comes back as an input after (at the earliest) `after` milliseconds. There is
 * no cancel: a timer carries what its machine needs to see that it is stale, and is then ignored.
 */
export interface Effects<Timer = unknown> {
  send(to: LinkId, message: Outgoing): void;
  schedule(after: Ms, timer: Timer): void;
  emit(event: NodeEvent): void;
}

/** A link that this side dialled (positive id, chosen by the machine) or accepted (negative, by the runtime). */
export interface LinkOpened {
  readonly type: 'link-opened';
  readonly link: LinkId;
}

/** The link is gone: refused, timed out, broken, or closed by either side. Nothing follows on this id. */
export interface LinkClosed {
  readonly type: 'link-closed';
  readonly link: LinkId;
  readonly cause: LinkCloseCause;
  /** One sentence for people. */
  readonly reason: string;
}

/**
 * - `closed-here`: CLOSE was sent, or this process is stopping
 * - `closed-there`: the other end closed an open connection (a killed process looks like this)
 * - `refused`: nobody listens at the address
 * - `unreachable`: unknown host, no route, or no answer before the dial's timeout
 * - `broken`: reset (a process killed with unread bytes looks like this), or a write failed
 * - `bad-frame`: the other end sent bytes that are not Hearsay's protocol
 */
export type LinkCloseCause =
  | 'closed-here'
  | 'closed-there'
  | 'refused'
  | 'unreachable'
  | 'broken'
  | 'bad-frame';

export interface MessageArrived {
  readonly type: 'message';
  readonly link: LinkId;
  readonly message: Message;
}

/** The link's outbox was full: `frames` gossip frames of `bytes` in all were dropped, not sent. */
export interface LinkOverflowed {
  readonly type: 'link-overflowed';
  readonly link: LinkId;
  readonly frames: number;
  readonly bytes: number;
}

export interface TimerFired<Timer = unknown> {
  readonly type: 'timer';
  readonly timer: Timer;
  /** How much later than asked it came; large values mean that this process was stalled. */
  readonly lateMs: Ms;
}

/** Inputs that every node knows, whatever its role. */
export type LinkInput = LinkOpened | LinkClosed | MessageArrived | LinkOverflowed;

/** A source of uniform random numbers in [0, 1); the only randomness that core has. */
export type Random = () => number;
