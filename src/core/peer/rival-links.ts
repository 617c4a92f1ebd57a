import type { Link } from '../link/link.ts';
import type { NodeIdentity, PeerId } from '../messages.ts';

/**
 * Whether our own link with a peer (up, or being dialled) stays when that peer dials us, too.
 *
 * Both ends know all that this asks, so of two simultaneous dials exactly one survives:
 * - Whoever had dialled the link that is up here, and dials anew, has lost it or begun a new life.
 * - A higher incarnation than that of our link means that the old one's end of it is gone.
 * - Otherwise both have dialled: the link that the smaller PeerId dialled stays.
 */
export function keepsOwn(own: Link, caller: NodeIdentity, self: PeerId): boolean {
  if (own.direction === 'accepted') return false;
  if (own.state === 'up' && caller.incarnation > own.remote.incarnation) return false;
  return self < caller.id;
}
