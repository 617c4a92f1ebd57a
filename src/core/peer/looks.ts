import type { Effects } from '../effects.ts';
import { brokeOff, type DialFailure, dialsPerLookMax, type Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { Incarnation, LinkId, NodeIdentity, PeerId, ProbeResult } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import type { LocalHealth } from './local-health.ts';

/** Fires when a look has taken too long; stale once it has ended. */
export interface LookOverdue {
  readonly type: 'failure:look-overdue';
  readonly peer: PeerId;
  readonly link: LinkId;
  /** It fired before, too late to mean anything. */
  readonly again: boolean;
}

/** Who answers at a peer's address: an incarnation, somebody who does not say which, or nobody of this network. */
export type Sight = Incarnation | 'somebody' | 'nobody';

export interface LookListener {
  looked(peer: PeerId, sight: Sight, now: Instant): void;
}

interface Look {
  link: Link;
  dials: number;
}

export interface LooksDependencies {
  readonly effects: Effects<LookOverdue>;
  readonly links: Pick<Links, 'dial' | 'close'>;
  readonly health: LocalHealth;
  readonly listener: LookListener;
}

/**
 * Looks whether anybody is at a peer's address, by a fresh dial: what an old link loses or delays
 * says nothing about a new one. There is at most one look at an address at a time; whoever wants to
 * know joins the one under way. A connection that breaks off while it greets is dialled again.
 */
export class Looks {
  readonly #timeoutMs: Ms;
  readonly #with: LooksDependencies;
  #underWay: Map<PeerId, Look> | undefined;

  constructor(options: { readonly probeTimeoutMs: Ms }, dependencies: LooksDependencies) {
    this.#timeoutMs = options.probeTimeoutMs;
    this.#with = dependencies;
  }

  /** `looked` follows, never before this has returned. */
  look(peer: PeerId, now: Instant): void {
    this.#underWay ??= new Map();
    if (this.#underWay.has(peer)) return;
    this.#underWay.set(peer, { link: this.#dial(peer, now), dials: 1 });
  }

  up(link: Link, now: Instant): void {
    const { links, listener } = this.#with;
    links.close(link, 'probe answered');
    if (this.#ends(link)) listener.looked(link.address, sightOf(link.remote, link.address), now);
  }

  failed(link: Link, failure: DialFailure, now: Instant): void {
    const { address } = link;
    const look = this.#underWay?.get(address);
    if (look?.link !== link) return;
    if (brokeOff(failure) && look.dials < dialsPerLookMax) {
      look.dials += 1;
      look.link = this.#dial(address, now);
      return;
    }
    this.#ends(link);
    this.#with.listener.looked(address, sightInRefusal(failure.code), now);
  }

  onOverdue({ peer, link: id }: LookOverdue, now: Instant): void {
    const link = this.#underWay?.get(peer)?.link;
    if (link?.id !== id) return;
    this.#ends(link);
    this.#with.links.close(link, 'no answer to a probe');
    this.#with.listener.looked(peer, 'nobody', now);
  }

  /** Gives up all looks; nobody hears of them again. */
  halt(): void {
    for (const { link } of this.#underWay?.values() ?? []) {
      this.#with.links.close(link, 'not needed any more');
    }
    this.#underWay = undefined;
  }

  #dial(peer: PeerId, now: Instant): Link {
    const { effects, health, links } = this.#with;
    const link = links.dial(peer, 'probe', now);
    const timer = { type: 'failure:look-overdue', peer, link: link.id, again: false } as const;
    effects.schedule(health.stretch(this.#timeoutMs), timer);
    return link;
  }

  #ends(link: Link): boolean {
    if (this.#underWay?.get(link.address)?.link !== link) return false;
    this.#underWay.delete(link.address);
    return true;
  }
}

/** What a sight means for this incarnation. */
export function outcomeOf(sight: Sight, incarnation: Incarnation): ProbeResult['outcome'] {
  if (sight === 'nobody') return 'silent';
  return sight === 'somebody' || sight === incarnation ? 'alive' : 'replaced';
}

function sightOf({ role, id, incarnation }: NodeIdentity, address: PeerId): Sight {
  return role === 'peer' && id === address ? incarnation : 'nobody';
}

function sightInRefusal(code: DialFailure['code']): Sight {
  switch (code) {
    case 'starting':
      // A new process that is not registered yet: of no incarnation.
      return 0;
    case 'stopping':
    case 'full':
    case 'duplicate':
    case 'declared-dead':
      return 'somebody';
    default:
      // No connection, no answer, or somebody who cannot be of this network: a new owner of the
      // address will not register under its name, so the old one has to be buried.
      return 'nobody';
  }
}
