import type { FailureDetectionOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { DeadConfirmed, Incarnation, NodeId, PeerId, ProbeResult } from '../messages.ts';
import type { Instant } from '../time.ts';
import { Confirmations } from './confirmation.ts';
import { type DoubtDue, Doubts, type StuckLinkListener } from './doubts.ts';
import { Evidence, type KnownPeers } from './evidence.ts';
import { Helping } from './helping.ts';
import type { LocalHealth } from './local-health.ts';
import { type LookListener, type LookOverdue, Looks, type Sight } from './looks.ts';
import { type NoticeListener, Notices } from './notices.ts';
import type { FailureListener, Neighbourhood, Reporter } from './parts.ts';
import { type ExaminationListener, type HelpersOverdue, Probing, type Verdict } from './probing.ts';
import type { Pulse } from './pulse.ts';
import { Rumours } from './rumours.ts';
import type { Self } from './self.ts';
import { type SuspicionListener, Suspicions } from './suspicion.ts';

export type InquestTimer = LookOverdue | HelpersOverdue | DoubtDue;

export interface InquestDependencies {
  readonly effects: Effects<InquestTimer>;
  readonly links: Pick<Links, 'dial' | 'send' | 'close'>;
  readonly neighbourhood: Neighbourhood;
  readonly membership: KnownPeers;
  readonly self: Self;
  readonly random: Random;
  readonly health: LocalHealth;
  readonly pulse: Pulse;
  readonly reporter: Reporter | undefined;
  readonly listener: FailureListener & Partial<StuckLinkListener>;
}

/**
 * The machines between a peer's first silence and the confirmation of its death, and the paths
 * between them. A network in which nobody ever fell silent needs none of them.
 */
export class Inquest
  implements LookListener, ExaminationListener, SuspicionListener, NoticeListener
{
  readonly looks: Looks;
  readonly helping: Helping;
  readonly probing: Probing;
  readonly suspicions: Suspicions;
  readonly doubts: Doubts;
  readonly notices: Notices;
  readonly confirmations: Confirmations;
  readonly #with: InquestDependencies;

  constructor(options: FailureDetectionOptions, dependencies: InquestDependencies) {
    this.#with = dependencies;
    // The parts have this class, which knows them all, as their listener; towards the outside the
    // owner's listener is heard.
    const outside = { listener: dependencies.listener };
    const { pulse } = dependencies;
    const evidence = new Evidence(options, dependencies.membership);
    const rumours = new Rumours(options, dependencies);
    const own = { ...dependencies, evidence, rumours, listener: this };
    const looks = new Looks(options, own);
    const isDoubted = (peer: PeerId): boolean => this.doubts.has(peer);
    const probing = new Probing(options, { ...own, looks, isDoubted });
    const suspicions = new Suspicions(options, own);
    const doubts = new Doubts(options, { ...own, ...outside, probing, suspicions });
    this.looks = looks;
    this.probing = probing;
    this.suspicions = suspicions;
    this.doubts = doubts;
    this.helping = new Helping(options, { ...own, looks, pulse, doubts });
    this.notices = new Notices(own);
    this.confirmations = new Confirmations(options, { ...own, ...outside, doubts });
  }

  /** Ends everything that is under way; what was heard stays known. */
  halt(): void {
    this.looks.halt();
    this.helping.halt();
    this.probing.halt();
    this.suspicions.halt();
    this.doubts.halt();
  }

  // -------------------------------------------------------------- from part to part

  looked(peer: PeerId, sight: Sight, now: Instant): void {
    this.helping.looked(peer, sight, now);
    // Whoever spoke on the old link meanwhile need not be asked about.
    this.doubts.review(now);
    this.probing.looked(peer, sight, now);
  }

  onProbeResult(link: Link, result: ProbeResult, now: Instant): void {
    if (!this.probing.onResult(link, result, now)) this.doubts.onLateResult(link, result, now);
  }

  examined(peer: PeerId, incarnation: Incarnation, verdict: Verdict, now: Instant): void {
    this.doubts.examined(peer, incarnation, verdict, now);
  }

  /** Whoever is linked with the suspect looks itself: the more evidence, the sooner the truth. */
  suspectedByOther(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    const { neighbourhood, pulse } = this.#with;
    const link = neighbourhood.linkTo(peer);
    const isSilent = link?.state === 'up' && !pulse.isFresh(peer, incarnation, now);
    if (isSilent && link.remote.incarnation === incarnation && !this.doubts.has(peer)) {
      pulse.ping(link);
      this.doubts.doubt(link, 'notice', now);
    }
    this.suspicions.corroborate(peer, incarnation, [], now);
  }

  refuted(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    this.doubts.refuted(peer, incarnation, now);
  }

  agreed(confirmed: DeadConfirmed, from: NodeId, now: Instant): void {
    this.confirmations.onConfirmed(confirmed, from, now);
  }

  seedsDisagree(
    peer: PeerId,
    incarnation: Incarnation,
    answer: 'alive' | 'stale' | 'unknown',
    now: Instant,
  ): void {
    this.doubts.onSeedsAnswer(peer, incarnation, answer, now);
  }
}
