import type { RegistrationOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { PeerId, PeerList, Renew, RenewResult, SeedId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { fullJitterMs } from './chance.ts';
import type { Lease, Leases } from './lease.ts';
import type { RegistrationListener } from './parts.ts';
import type { SeedContacts } from './seed-contacts.ts';
import type { Self } from './self.ts';

/** Fire when leases are to be renewed, lost links dialled again, a put-off refresh done. */
export type RenewalTimer =
  | { readonly type: 'registration:renewal-due'; readonly life: number }
  | { readonly type: 'registration:relink-due'; readonly life: number }
  | { readonly type: 'registration:refresh-due'; readonly life: number };

/** What the seeds are told of the overlay. */
export interface OverlayView {
  neighbourIds(): readonly PeerId[];
  /** How many peers this one knows. */
  peerCount(): number;
}

export interface RenewalDependencies {
  readonly effects: Effects<RenewalTimer>;
  readonly links: Pick<Links, 'send'>;
  readonly contacts: SeedContacts;
  readonly leases: Leases;
  readonly self: Self;
  readonly random: Random;
  readonly view: OverlayView;
  readonly listener: Pick<
    RegistrationListener,
    'peersLearned' | 'listReplaced' | 'listChanged' | 'bridgeOffered'
  >;
}

/** Renewals are spread over this share of the interval, so that peers started together drift apart. */
const jitterShare = 0.25;

/**
 * Keeps the leases while the peer is registered: the links to the registered seeds, RENEW over
 * them, and the Peer Lists that come with them. RENEW and PEER_LIST_REQUEST need no deadline of
 * their own: the next renewal finds them unanswered.
 *
 * Peer Lists of equal digests are equal, so the peer follows the list of one seed: it is asked for the changes
 * with each renewal, and tells deaths at once. Of the others it is enough that they come to the same digest, from
 * a list that was the same. A seed whose list was another one when it was taken in is asked for its changes, too, until both
 * are the same: it may have named peers of whose end the followed seed told before.
 */
export class Renewal {
  readonly #options: RegistrationOptions;
  readonly #with: RenewalDependencies;
  /** Counts registered lives; timers of other ones are stale. */
  #life = 0;
  #relinkFailures = 0;
  #isRelinkDue = false;
  #isRefreshDue = false;
  #refreshedMs: Ms = Number.NEGATIVE_INFINITY;
  /** Digest of the Peer List that this peer's knowledge is: the last one taken in from a seed that it followed. */
  #known = '';

  constructor(options: RegistrationOptions, dependencies: RenewalDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  begin(now: Instant): void {
    this.halt();
    this.#scheduleRenewal();
    this.takeUp(now);
  }

  /** Links with the seeds of new leases and asks for their Peer Lists. */
  takeUp(now: Instant): void {
    for (const lease of this.#with.leases.all()) {
      const link = this.#with.contacts.linkTo(lease.seed);
      if (link === undefined) this.#with.contacts.reach(lease.seed, now);
      else this.#askListIfWanted(lease, link);
    }
  }

  halt(): void {
    this.#life += 1;
    this.#known = '';
    this.#relinkFailures = 0;
    this.#isRelinkDue = false;
    this.#isRefreshDue = false;
  }

  /** RENEWs and asks all seeds what is new out of turn: at once, or when the last time is long enough ago. */
  refresh(now: Instant): void {
    if (this.#isRefreshDue) return;
    const waitMs = this.#refreshedMs + this.#options.refreshIntervalMs - now.monotonicMs;
    if (waitMs <= 0) {
      this.#refresh(now);
      return;
    }
    this.#isRefreshDue = true;
    this.#with.effects.schedule(waitMs, { type: 'registration:refresh-due', life: this.#life });
  }

  onTimer(timer: RenewalTimer, now: Instant): void {
    if (timer.life !== this.#life) return;
    switch (timer.type) {
      case 'registration:renewal-due':
        return this.#onRenewalDue(now);
      case 'registration:relink-due':
        this.#isRelinkDue = false;
        return this.takeUp(now);
      case 'registration:refresh-due':
        this.#isRefreshDue = false;
        return this.#refresh(now);
    }
  }

  onUp(link: Link): void {
    const lease = this.#with.leases.of(link.address);
    if (lease === undefined) return;
    this.#relinkFailures = 0;
    this.#renew(lease, link, this.#wantsChanges(lease));
    this.#askListIfWanted(lease, link);
  }

  /**
   * The leases are with a bare quorum, so every lost link to one of them is dialled again soon; not
   * at once, because a seed that restarts has lost all its peers in the same moment.
   */
  onGone(seed: SeedId): void {
    const lease = this.#with.leases.of(seed);
    if (lease === undefined) return;
    lease.renewRequest = 0;
    lease.listRequest = 0;
    if (this.#isRelinkDue) return;
    this.#isRelinkDue = true;
    const { retryMinMs, retryMaxMs } = this.#options;
    const { effects, random } = this.#with;
    const afterMs = fullJitterMs(this.#relinkFailures, retryMinMs, retryMaxMs, random);
    this.#relinkFailures += 1;
    effects.schedule(afterMs, { type: 'registration:relink-due', life: this.#life });
  }

  /** Whether this answers the last RENEW to its seed. What it says of our incarnation is the caller's. */
  takes(seed: SeedId, result: RenewResult): boolean {
    const lease = this.#with.leases.of(seed);
    return lease !== undefined && lease.renewRequest === result.request;
  }

  onRenewed(link: Link, result: RenewResult, now: Instant): void {
    const lease = this.#with.leases.of(link.address);
    if (lease === undefined) return;
    lease.renewRequest = 0;
    lease.missed = 0;
    lease.told = result.digest;
    if (lease.asksChanges) this.#catchUp(lease, link, result, now);
    this.#settle();
    this.#askListIfWanted(lease, link);
    if (result.bridge.length === 0) return;
    const candidates = result.bridge.map((peer) => peer.id);
    this.#with.effects.emit({ type: 'overlay:bridge-offered', candidates });
    this.#with.listener.bridgeOffered(result.bridge, now);
  }

  /** After a renewal that has asked for the changes. */
  #catchUp(lease: Lease, link: Link, { total, digest, changes }: RenewResult, now: Instant): void {
    if (lease.digest === digest) this.#tookIn(lease, digest);
    else if (changes !== undefined) {
      const { seed } = lease;
      this.#tookIn(lease, digest);
      this.#with.effects.emit({ type: 'peer-list:updated', seed, total, digest, ...changes });
      this.#with.listener.listChanged(changes, seed, now);
    } else if (lease.digest !== '') this.#lostTrack(lease, link, digest);
  }

  /**
   * Too much has changed, or the seed has started anew and does not know what has: what became of those that it had
   * named, only a whole list shows. Of a large one a part is asked for: the peer knows many others already.
   */
  #lostTrack(lease: Lease, link: Link, digest: string): void {
    const followed = this.#followed();
    if (followed === undefined || followed === lease) {
      lease.digest = '';
      this.#askList(lease, link, this.#options.peerListAgainLimit);
      return;
    }
    this.#tookIn(lease, digest);
    followed.digest = '';
    const other = this.#with.contacts.linkTo(followed.seed);
    if (other !== undefined) this.#askListIfWanted(followed, other);
  }

  onPeerList(seed: SeedId, list: PeerList, now: Instant): void {
    const lease = this.#with.leases.of(seed);
    if (lease === undefined || lease.listRequest !== list.request) return;
    const { total, digest, peers } = list;
    const first = !lease.listed;
    lease.listRequest = 0;
    lease.told = digest;
    lease.listed = true;
    this.#tookIn(lease, digest);
    this.#with.effects.emit({ type: 'peer-list:received', seed, total, digest, peers, first });
    const isWhole = peers.length >= total;
    const isCurrent = lease === this.#followed() || digest === this.#known;
    if (isWhole && isCurrent) this.#replace(list, now);
    else this.#with.listener.peersLearned(peers, now);
    this.#settle();
  }

  /** What has changed until then is not told: only that somebody is not named says that it is gone. */
  #replace({ digest, peers }: PeerList, now: Instant): void {
    // What other seeds had named besides is known no more.
    for (const lease of this.#with.leases.all()) if (lease.digest !== digest) lease.digest = '';
    this.#with.listener.listReplaced(peers, now);
  }

  #onRenewalDue(now: Instant): void {
    this.#scheduleRenewal();
    for (const lease of this.#with.leases.all()) this.#renewInTurn(lease, now);
  }

  #renewInTurn(lease: Lease, now: Instant): void {
    const { contacts, leases } = this.#with;
    const isSilent = lease.renewRequest !== 0;
    if (isSilent || contacts.linkTo(lease.seed) === undefined) lease.missed += 1;
    // A link that carries no answers for so long is dead, whatever TCP believes.
    if (isSilent && leases.isLapsed(lease)) contacts.drop(lease.seed, 'the seed does not answer');
    lease.renewRequest = 0;
    lease.listRequest = 0;
    this.#renewOrReach(lease, now);
  }

  #refresh(now: Instant): void {
    this.#refreshedMs = now.monotonicMs;
    const followed = this.#followed();
    for (const lease of this.#with.leases.all()) {
      if (followed === undefined || followed === lease) lease.digest = '';
      this.#renewOrReach(lease, now, false);
      // What has become of those that the others have named, their changes say next time.
      lease.isApart = true;
    }
  }

  /** Over a link that is still to come, `onUp` does the same. */
  #renewOrReach(lease: Lease, now: Instant, asksChanges = true): void {
    const link = this.#with.contacts.linkTo(lease.seed);
    if (link === undefined) {
      this.#with.contacts.reach(lease.seed, now);
      return;
    }
    this.#renew(lease, link, asksChanges && this.#wantsChanges(lease));
    this.#askListIfWanted(lease, link);
  }

  #renew(lease: Lease, link: Link, asksChanges: boolean): void {
    const { contacts, leases, links, self, view } = this.#with;
    lease.renewRequest = contacts.nextRequest();
    // A seed that is followed from now on has to begin where the other one was left.
    if (lease === this.#followed() && lease.digest !== this.#known) lease.digest = '';
    lease.asksChanges = asksChanges;
    const renew: Renew = {
      type: 'RENEW',
      request: lease.renewRequest,
      peer: self.id,
      incarnation: leases.incarnation,
      neighbours: view.neighbourIds(),
      peerCount: view.peerCount(),
    };
    const asks = asksChanges && lease.digest !== '';
    links.send(link, asks ? { ...renew, listed: lease.digest } : renew);
  }

  #wantsChanges(lease: Lease): boolean {
    return lease === this.#followed() || lease.isApart || lease.told !== lease.digest;
  }

  /** The first seed that is linked and answers. */
  #followed(): Lease | undefined {
    const { contacts, leases } = this.#with;
    return leases
      .all()
      .find(({ seed, missed }) => missed === 0 && contacts.linkTo(seed) !== undefined);
  }

  #tookIn(lease: Lease, digest: string): void {
    lease.digest = digest;
    if (lease === this.#followed()) this.#known = digest;
    lease.isApart = digest !== this.#known;
  }

  /** Seeds whose lists have come to what this peer knows have no changes for it. */
  #settle(): void {
    for (const lease of this.#with.leases.all()) {
      if (!lease.isApart && lease.told === this.#known) lease.digest = lease.told;
    }
  }

  #askListIfWanted(lease: Lease, link: Link): void {
    if (lease.digest === '') this.#askList(lease, link, this.#options.peerListLimit);
  }

  #askList(lease: Lease, link: Link, limit: number): void {
    if (lease.listRequest !== 0) return;
    lease.listRequest = this.#with.contacts.nextRequest();
    const { listRequest: request } = lease;
    this.#with.links.send(link, { type: 'PEER_LIST_REQUEST', request, limit });
  }

  #scheduleRenewal(): void {
    const { effects, random } = this.#with;
    const afterMs = this.#options.renewIntervalMs * (1 + jitterShare * (random() - 0.5));
    effects.schedule(afterMs, { type: 'registration:renewal-due', life: this.#life });
  }
}
