import type { LinkClosed } from '../effects.ts';
import type {
  Hello,
  LinkId,
  LinkPurpose,
  Message,
  NodeIdentity,
  PeerEntry,
  RefusalCode,
  Welcome,
} from '../messages.ts';
import type { Instant, Ms } from '../time.ts';

export type LinkState = 'dialling' | 'greeting' | 'up' | 'closed';

/** One connection of this node, from the dial (or the accept) to its end. Only `Links` writes to it. */
export interface Link {
  readonly id: LinkId;
  readonly direction: 'dialled' | 'accepted';
  /** The dialled address; empty on accepted links. */
  readonly address: string;
  /** What it is for; on accepted links known once HELLO has come. */
  readonly purpose: LinkPurpose;
  readonly state: LinkState;
  /** The other end, from its HELLO or WELCOME; while dialling a placeholder with the address as id. */
  readonly remote: NodeIdentity;
  /** When the last frame of any kind came, in whole milliseconds. */
  readonly lastHeardMs: Ms;
  /** The other end said BYE or LEAVE: the end of this link is no sign of death. */
  readonly farewell: boolean;
}

/** A link whose handshake is over before its node begins. */
export interface StandingLink extends Pick<Link, 'id' | 'direction'> {
  readonly remote: NodeIdentity & PeerEntry;
}

/** Why a dialled link did not come up. */
export interface DialFailure {
  readonly code: RefusalCode | LinkClosed['cause'] | 'handshake-timeout';
  readonly reason: string;
  /** With `full`: peers that may have room. */
  readonly candidates: readonly PeerEntry[];
}

/** Dials for one look at an address, at most: each of them would have to break by chance. */
export const dialsPerLookMax = 3;

/**
 * Whether the connection was there and broke off before anything was said. That is a fault of the
 * network, or the last moment of a process: dialled again, nobody listens where the process died.
 */
export function brokeOff({ code }: DialFailure): boolean {
  return code === 'broken' || code === 'closed-there';
}

/** What a machine does with the links of one purpose. */
export interface LinkHandler {
  /** The handshake is done. `greeting` is the other end's HELLO (accepted) or WELCOME (dialled). */
  up(link: Link, greeting: Hello | Welcome, now: Instant): void;
  /** A link that was up is gone. */
  down(link: Link, closed: LinkClosed, now: Instant): void;
  /** A dialled link did not come up. */
  failed(link: Link, failure: DialFailure, now: Instant): void;
  /** Any frame but the handshake's own. */
  message(link: Link, message: Message, now: Instant): void;
}
