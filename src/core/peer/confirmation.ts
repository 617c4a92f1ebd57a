import type { FailureDetectionOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { DeadConfirmed, Incarnation, NodeId, PeerId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { dropOldest } from './bounded.ts';
import type { Doubts } from './doubts.ts';
import type { Evidence, KnownPeers } from './evidence.ts';
import type { FailureListener, Neighbourhood } from './parts.ts';
import type { Pulse } from './pulse.ts';
import type { Rumours } from './rumours.ts';
import type { Self } from './self.ts';

export interface ConfirmationsDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly neighbourhood: Pick<Neighbourhood, 'linkTo'>;
  readonly membership: Pick<KnownPeers, 'isBuried'>;
  readonly self: Self;
  readonly evidence: Evidence;
  readonly rumours: Rumours;
  readonly doubts: Pick<Doubts, 'has' | 'dead' | 'isMissing' | 'lastHeardMsOf'>;
  readonly pulse: Pick<Pulse, 'isFresh'>;
  readonly listener: Pick<FailureListener, 'dead' | 'selfDeclaredDead'>;
}

export type ConfirmationsOptions = Pick<
  FailureDetectionOptions,
  'confirmation' | 'corroborations' | 'memoryMax'
>;

/** Confirmed deaths: each is taken in, told to the neighbours and acted on once. */
export class Confirmations {
  readonly #options: ConfirmationsOptions;
  readonly #with: ConfirmationsDependencies;
  /** Neighbours that told of a death, while they are too few to be believed. */
  #toldBy: Map<string, Set<PeerId>> | undefined;

  constructor(options: ConfirmationsOptions, dependencies: ConfirmationsDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** From a seed itself, or by this peer's own part in the agreement: there is nothing to doubt. */
  onConfirmed(confirmed: DeadConfirmed, from: NodeId, now: Instant): void {
    const { peer } = confirmed;
    if (peer === this.#with.self.id) this.#onOwn(confirmed, from, now);
    else if (this.#isBystander(peer)) this.#takeAsBystander(confirmed, from, now);
    else this.#take(confirmed, from, undefined, now);
  }

  /** Seeds tell of every death, and most are those of peers that this one has nothing to do with. */
  #isBystander(peer: PeerId): boolean {
    if (this.#options.confirmation === 'peers') return false;
    const { doubts, neighbourhood } = this.#with;
    return neighbourhood.linkTo(peer) === undefined && !doubts.has(peer);
  }

  /**
   * A neighbour's word. It cannot be checked, so it does not outweigh a peer that is heard at this
   * moment, and where there are seeds one liar is not enough: if they did confirm the death, their
   * own word comes over our member links.
   */
  onTold(link: Link, confirmed: DeadConfirmed, now: Instant): void {
    const { id: from } = link.remote;
    if (confirmed.peer === this.#with.self.id) {
      if (this.#isFromWhoConfirms(confirmed)) this.#onOwn(confirmed, from, now);
    } else if (this.#isBelieved(confirmed, from, now)) this.#take(confirmed, from, link, now);
  }

  #isBelieved(confirmed: DeadConfirmed, from: PeerId, now: Instant): boolean {
    const { peer, incarnation } = confirmed;
    const { membership, pulse, rumours } = this.#with;
    if (!this.#isFromWhoConfirms(confirmed) || membership.isBuried(peer, incarnation)) return false;
    if (rumours.hasHeardOf(confirmed)) return false;
    if (pulse.isFresh(peer, incarnation, now)) return false;
    if (this.#options.confirmation === 'peers') return true;
    return this.#isToldByEnough(peer, incarnation, from);
  }

  #isFromWhoConfirms({ seed }: DeadConfirmed): boolean {
    return this.#options.confirmation === 'peers' || seed !== '';
  }

  /** As many as agree on a suspicion: one, and `corroborations` others. */
  #isToldByEnough(peer: PeerId, incarnation: Incarnation, from: PeerId): boolean {
    this.#toldBy ??= new Map();
    const key = `${peer} ${incarnation}`;
    const told = this.#toldBy.get(key) ?? new Set();
    told.add(from);
    if (told.size > this.#options.corroborations) {
      this.#toldBy.delete(key);
      return true;
    }
    this.#toldBy.set(key, told);
    dropOldest(this.#toldBy, this.#options.memoryMax);
    return false;
  }

  #take(confirmed: DeadConfirmed, from: NodeId, cameOver: Link | undefined, now: Instant): void {
    const { peer, incarnation } = confirmed;
    const { doubts, rumours } = this.#with;
    const silentMs = this.#silentMs(peer, incarnation, now);
    const isPassedOn = this.#isPassedOn(confirmed, cameOver);
    doubts.dead(peer, incarnation);
    const news = rumours.newsOf(confirmed, now);
    if (news === 'heard') return;
    const isRemembered = news === 'news';
    // What there is no room for is not passed on; but a seed's word is taken in all the same.
    if (!isRemembered && cameOver !== undefined) return;
    this.#emit(confirmed, from, silentMs);
    // To the dead as well, while there is a link: if it lives after all, it has to register again.
    if (isPassedOn && isRemembered) rumours.spread(confirmed, cameOver);
    else rumours.tell(peer, confirmed);
    this.#bury(confirmed, now);
  }

  /** The membership alone remembers it: it is passed on to nobody, so it need not be kept from going in circles. */
  #takeAsBystander(confirmed: DeadConfirmed, from: NodeId, now: Instant): void {
    const { peer, incarnation } = confirmed;
    if (this.#with.membership.isBuried(peer, incarnation)) return;
    this.#emit(confirmed, from, null);
    this.#bury(confirmed, now);
  }

  #emit({ peer, incarnation, seed }: DeadConfirmed, from: NodeId, silentMs: Ms | null): void {
    const type = 'peer:confirmed-dead';
    this.#with.effects.emit({ type, peer, incarnation, seed, from, silentMs });
  }

  #bury({ peer, incarnation }: DeadConfirmed, now: Instant): void {
    const { evidence, listener } = this.#with;
    evidence.forget(peer, incarnation);
    listener.dead(peer, incarnation, now);
  }

  /**
   * Seeds tell all their members, and those who were away with their next renewal. So the word is
   * passed on by those who looked for the dead in vain, and by those to whom only neighbours told it.
   */
  #isPassedOn({ peer, incarnation }: DeadConfirmed, cameOver: Link | undefined): boolean {
    if (this.#options.confirmation === 'peers' || cameOver !== undefined) return true;
    return this.#with.doubts.isMissing(peer, incarnation);
  }

  /** Never passed on by ourselves: it is for the seeds to say whether it is true. */
  #onOwn(confirmed: DeadConfirmed, from: NodeId, now: Instant): void {
    const { incarnation } = confirmed;
    const { effects, listener, rumours, self } = this.#with;
    if (incarnation !== self.incarnation || !rumours.isNews(confirmed, now)) return;
    effects.emit({ type: 'self:declared-dead', incarnation, from });
    listener.selfDeclaredDead(incarnation, from, now);
  }

  #silentMs(peer: PeerId, incarnation: Incarnation, now: Instant): Ms | null {
    const link = this.#with.neighbourhood.linkTo(peer);
    const linkHeardMs = link?.remote.incarnation === incarnation ? link.lastHeardMs : undefined;
    const lastHeardMs = linkHeardMs ?? this.#with.doubts.lastHeardMsOf(peer, incarnation);
    return lastHeardMs === undefined ? null : now.monotonicMs - lastHeardMs;
  }
}
