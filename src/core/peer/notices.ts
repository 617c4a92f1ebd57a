import type { Effects } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { Incarnation, PeerId, Refute, SuspectNotice } from '../messages.ts';
import type { Instant } from '../time.ts';
import type { Evidence, KnownPeers } from './evidence.ts';
import type { LocalHealth } from './local-health.ts';
import type { Rumours } from './rumours.ts';
import type { Self } from './self.ts';

/** Hears what others say of an incarnation that is not over and not our own. */
export interface NoticeListener {
  suspectedByOther(peer: PeerId, incarnation: Incarnation, now: Instant): void;
  refuted(peer: PeerId, incarnation: Incarnation, now: Instant): void;
}

export interface NoticesDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly links: Pick<Links, 'send'>;
  readonly membership: Pick<KnownPeers, 'isOver'>;
  readonly self: Self;
  readonly health: LocalHealth;
  readonly evidence: Evidence;
  readonly rumours: Rumours;
  readonly listener: NoticeListener;
}

/**
 * What peers say of suspects, and suspects of themselves: SUSPECT_NOTICE and REFUTE. A refutation
 * number plays the part of SWIM's incarnation number (section 4.2): only the suspect raises it, and
 * a suspicion that answers to a lower one is over.
 */
export class Notices {
  readonly #with: NoticesDependencies;
  /** Our own refutation number, of the incarnation that it was last raised for. */
  #refutation = 0;
  #refutedIncarnation: Incarnation = 0;

  constructor(dependencies: NoticesDependencies) {
    this.#with = dependencies;
  }

  onNotice(link: Link, notice: SuspectNotice, now: Instant): void {
    const { peer, incarnation, by, byIncarnation } = notice;
    const { membership, rumours, self } = this.#with;
    if (by === self.id || by === peer || membership.isOver(peer, incarnation)) return;
    // Who accuses this peer itself is answered even if it is held for dead: it may not be, and its word goes on.
    if (peer === self.id) return this.#onAccused(link, notice, now);
    if (membership.isOver(by, byIncarnation)) return;
    if (this.#isAnswered(link, notice) || !rumours.isNews(notice, now)) return;
    this.#onSuspected(link, notice, now);
  }

  onRefute(link: Link, refute: Refute, now: Instant): void {
    const { peer, incarnation, refutation } = refute;
    const { membership, rumours, self } = this.#with;
    if (peer === self.id || membership.isOver(peer, incarnation)) return;
    if (!rumours.isNews(refute, now)) return;
    rumours.spread(refute, link);
    this.#takeRefutation(peer, incarnation, refutation, now);
  }

  /** The suspect has refuted it long ago; the word of it goes back to where the notice came from. */
  #isAnswered(link: Link, { peer, incarnation, refutation: answersTo }: SuspectNotice): boolean {
    const { evidence, links } = this.#with;
    const refutation = evidence.refutationOf(peer, incarnation);
    if (answersTo >= refutation) return false;
    links.send(link, { type: 'REFUTE', peer, incarnation, refutation });
    return true;
  }

  #onSuspected(link: Link, notice: SuspectNotice, now: Instant): void {
    const { peer, incarnation, by } = notice;
    const { effects, evidence, listener, rumours } = this.#with;
    // Whoever suspects in spite of a refutation has heard it.
    this.#takeRefutation(peer, incarnation, notice.refutation, now);
    const weight = evidence.suspected(notice, now);
    if (weight === 'needless') return;
    if (notice.near === undefined) rumours.spread(notice, link);
    if (weight === 'first') effects.emit({ type: 'peer:suspicion-heard', peer, incarnation, by });
    listener.suspectedByOther(peer, incarnation, now);
  }

  #takeRefutation(peer: PeerId, incarnation: Incarnation, refutation: number, now: Instant): void {
    const { evidence, listener } = this.#with;
    if (refutation <= evidence.refutationOf(peer, incarnation)) return;
    evidence.refuted(peer, incarnation, refutation);
    listener.refuted(peer, incarnation, now);
  }

  /**
   * The answer may be repeated, for accusers who did not hear it, but not more often than a notice. It goes no
   * further, so it needs no room in the memory of rumours: when that is full, one has to speak for oneself all the more.
   */
  #onAccused(
    link: Link,
    { incarnation, refutation: answersTo, by }: SuspectNotice,
    now: Instant,
  ): void {
    const { effects, health, rumours, self } = this.#with;
    if (incarnation !== self.incarnation || answersTo >= Number.MAX_SAFE_INTEGER) return;
    if (incarnation !== this.#refutedIncarnation) this.#refutation = 0;
    this.#refutedIncarnation = incarnation;
    if (answersTo >= this.#refutation) {
      this.#refutation = answersTo + 1;
      effects.emit({ type: 'self:refuted', incarnation, refutation: this.#refutation, by });
      // Whoever is suspected has been slow (Lifeguard, section IV.A).
      health.worsen('suspected');
    }
    const refutation = this.#refutation;
    const refute: Refute = { type: 'REFUTE', peer: self.id, incarnation, refutation };
    rumours.defend(refute, link, now);
  }
}
