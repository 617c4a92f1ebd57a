/** What goes into a peer and what comes out of it: the types of its door. */
import type { LinkInput, TimerFired } from '../effects.ts';
import type { StandingLink } from '../link/link.ts';
import type { HandshakeDeadline } from '../link/links.ts';
import type { PeerId } from '../messages.ts';
import type { Content, DisseminationTimer } from './dissemination.ts';
import type { FailureTimer } from './failure-detection.ts';
import type { OverlayTimer } from './overlay.ts';
import type { RegistrationTimer } from './registration.ts';

export type PeerTimer =
  | HandshakeDeadline
  | RegistrationTimer
  | OverlayTimer
  | DisseminationTimer
  | FailureTimer;

export type PeerInput =
  | LinkInput
  | TimerFired<PeerTimer>
  /** Begin: register (PeerNode) or link with the given peers (GossipNode). */
  | { readonly type: 'start' }
  /**
   * Begin, instead of `start`, as a GossipNode whose links are up already, and which knows the peers at
   * their other ends: how a simulation begins with an overlay that is there. No event tells of it: it
   * is old news.
   */
  | { readonly type: 'resume'; readonly links: readonly StandingLink[] }
  | { readonly type: 'publish'; readonly content: Content }
  /** Peers that the caller knows of; how a GossipNode gets its membership. */
  | { readonly type: 'peers-found'; readonly peers: readonly PeerId[] }
  /** Say goodbye to neighbours and seeds; `self:left` tells the end. */
  | { readonly type: 'leave' }
  /** Close every link; nothing is sent or scheduled after it. */
  | { readonly type: 'stop' };
