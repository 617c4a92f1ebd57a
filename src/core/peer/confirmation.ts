import type { FailureDetectionOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { DeadConfirmed, Incarnation, NodeId, PeerId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import type { Doubts } from './doubts.ts';
import type { Evidence, KnownPeers } from './evidence.ts';
import type { FailureListener, Neighbourhood } from './parts.ts';
import type { Pulse } from './pulse.ts';
import type { Rumours } from './rumours.ts';
import type { Self } from './self.ts';

export interface ConfirmationsDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly neighbourhood: Pick<Neighbourhood, 'linkTo'>;
  readonly membership: Pick<KnownPeers, 'get'>;
  readonly self: Self;
  readonly evidence: Evidence;
  readonly rumours: Rumours;
  readonly doubts: Doubts;
  readonly pulse: Pick<Pulse, 'isFresh'>;
  readonly listener: Pick<FailureListener, 'dead' | 'selfDeclaredDead'>;
}

/** Confirmed deaths: each is taken in, told to the neighbours and acted on once. */
export class Confirmations {
  readonly #confirmation: FailureDetectionOptions['confirmation'];
  readonly #with: ConfirmationsDependencies;

  constructor(
    options: Pick<FailureDetectionOptions, 'confirmation'>,
    dependencies: ConfirmationsDependencies,
  ) {
    this.#confirmation = options.confirmation;
    this.#with = dependencies;
  }

  /** From a seed itself, or by this peer's own part in the agreement: there is nothing to doubt. */
  onConfirmed(confirmed: DeadConfirmed, from: NodeId, now: Instant): void {
    if (confirmed.peer === this.#with.self.id) this.#onOwn(confirmed, from, now);
    else this.#take(confirmed, from, undefined, now);
  }

  /**
   * A neighbour's word. It cannot be checked, so it does not outweigh a peer that is heard at this
   * moment: if the seeds did confirm the death, their own word comes over our member links.
   */
  onTold(link: Link, confirmed: DeadConfirmed, now: Instant): void {
    const { peer, incarnation, seed } = confirmed;
    const { id: from } = link.remote;
    if (this.#confirmation === 'seeds' && seed === '') return;
    if (peer === this.#with.self.id) this.#onOwn(confirmed, from, now);
    else if (!this.#with.pulse.isFresh(peer, incarnation, now))
      this.#take(confirmed, from, link, now);
  }

  #take(confirmed: DeadConfirmed, from: NodeId, cameOver: Link | undefined, now: Instant): void {
    const { peer, incarnation, seed } = confirmed;
    const { doubts, effects, evidence, listener, membership, rumours } = this.#with;
    const silentMs = this.#silentMs(peer, incarnation, now);
    doubts.dead(peer, incarnation);
    if (!rumours.isNews(confirmed, now)) return;
    effects.emit({ type: 'peer:confirmed-dead', peer, incarnation, seed, from, silentMs });
    // To the dead as well, while there is a link: if it lives after all, it has to register again.
    rumours.spread(confirmed, cameOver);
    evidence.forget(peer, incarnation);
    // Late word of an earlier life must not touch the present one.
    const isOutlived = (membership.get(peer)?.incarnation ?? 0) > incarnation;
    if (!isOutlived) listener.dead(peer, incarnation, now);
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
