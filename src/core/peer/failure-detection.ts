import type { FailureDetectionOptions } from '../config.ts';
import type { Effects, LinkClosed, Random } from '../effects.ts';
import type { DialFailure, Link, LinkHandler } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type {
  DeadConfirmed,
  Hello,
  Incarnation,
  Message,
  NodeId,
  PeerId,
  Welcome,
} from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import type { Doubts, StuckLinkListener } from './doubts.ts';
import type { KnownPeers } from './evidence.ts';
import { Inquest, type InquestTimer } from './inquest.ts';
import { LocalHealth } from './local-health.ts';
import type {
  FailureListener,
  Neighbourhood,
  NeighbourListener,
  ReportAnswer,
  Reporter,
} from './parts.ts';
import { Pulse, type PulseListener, type RoundDue } from './pulse.ts';
import type { Self } from './self.ts';

export type FailureTimer = RoundDue | InquestTimer;

export interface FailureDetectionDependencies {
  readonly effects: Effects<FailureTimer>;
  readonly links: Pick<Links, 'dial' | 'send' | 'close' | 'violated'>;
  readonly neighbourhood: Neighbourhood;
  readonly membership: KnownPeers;
  readonly self: Self;
  readonly random: Random;
  /** Takes deaths to the seeds; absent where the peers' own agreement confirms them. */
  readonly reporter?: Reporter | undefined;
  readonly listener: FailureListener & Partial<StuckLinkListener>;
}

/**
 * Who among the peers has died: SWIM (Das, Gupta, Motivala 2002) over kept links, with Lifeguard's
 * local health (Dadgar, Phillips, Currey 2018), up to the agreement that is reported to the seeds.
 *
 * Pulse pings the neighbours and notices who fell silent. Inquest holds all that follows: Doubts
 * decides what to do about a silent peer, Probing examines it, Suspicions seeks agreement, Notices
 * and Confirmations speak with the other peers. This class is their door, and their clock.
 */
export class FailureDetection implements NeighbourListener, LinkHandler, PulseListener {
  readonly #options: FailureDetectionOptions;
  readonly #with: FailureDetectionDependencies;
  readonly #health: LocalHealth;
  readonly #pulse: Pulse;
  /** Made when it is needed first. */
  #inquest: Inquest | undefined;
  /** The one part of it that every frame of a neighbour is told to. */
  #doubts: Doubts | undefined;
  #isRunning = false;

  constructor(options: FailureDetectionOptions, dependencies: FailureDetectionDependencies) {
    this.#options = options;
    this.#with = dependencies;
    this.#health = new LocalHealth(options.localHealthMax, dependencies.effects);
    this.#pulse = new Pulse(options, dependencies, this.#health, this);
  }

  /** Begins to ping and to judge. Does nothing when called again, with a new incarnation. */
  start(_now: Instant): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#pulse.start();
  }

  /** Ends all judging; for a peer that leaves. */
  stop(): void {
    this.#isRunning = false;
    this.#pulse.stop();
    this.#inquest?.halt();
  }

  // -------------------------------------------------------------- neighbours

  neighbourUp(link: Link, now: Instant): void {
    if (!this.#isRunning) return;
    this.#inquest?.doubts.heard(link.remote.id, link.remote.incarnation, now);
    this.#inquest?.probing.neighbourUp(now);
  }

  neighbourDown(link: Link, closed: LinkClosed, now: Instant): void {
    if (!this.#isRunning) return;
    this.#inquest?.probing.neighbourDown(link, now);
    if (this.#isLost(link, closed)) this.#open().doubts.doubt(link, 'link-lost', now);
  }

  /** Every frame between neighbours that is about who lives. */
  onMessage(link: Link, message: Message, now: Instant): void {
    if (!this.#isRunning) return;
    this.#doubts?.heard(link.remote.id, link.remote.incarnation, now);
    switch (message.type) {
      case 'PING':
        return this.#with.links.send(link, { type: 'PONG', nonce: message.nonce });
      case 'PROBE':
        return this.#open().helping.onProbe(link, message, now);
      case 'PROBE_RESULT':
        return this.#inquest?.onProbeResult(link, message, now);
      case 'SUSPECT_NOTICE':
        return this.#open().notices.onNotice(link, message, now);
      case 'REFUTE':
        return this.#open().notices.onRefute(link, message, now);
      case 'DEAD_CONFIRMED':
        return this.#open().confirmations.onTold(link, message, now);
      default:
        // PONG, like any frame, has said all by having come.
        return;
    }
  }

  /** A neighbour has announced that it leaves. */
  peerLeft(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    this.#inquest?.doubts.left(peer, incarnation, now);
  }

  fellSilent(link: Link, now: Instant): boolean {
    const { doubts } = this.#open();
    if (doubts.has(link.remote.id)) return false;
    doubts.doubt(link, 'silence', now);
    return true;
  }

  // -------------------------------------------------------------- seeds

  /** A seed's word that a death was committed. */
  confirmed(confirmed: DeadConfirmed, from: NodeId, now: Instant): void {
    if (this.#isRunning) this.#open().confirmations.onConfirmed(confirmed, from, now);
  }

  onReportAnswered(answer: ReportAnswer, now: Instant): void {
    this.#inquest?.suspicions.onReportAnswered(answer, now);
  }

  // -------------------------------------------------------------- links for a probe

  /** What this peer dialled is a look of its own; a probe of another peer ends with our WELCOME. */
  up(link: Link, _greeting: Hello | Welcome, now: Instant): void {
    if (link.direction === 'dialled') this.#inquest?.looks.up(link, now);
    else this.#with.links.close(link, 'probe answered');
  }

  failed(link: Link, failure: DialFailure, now: Instant): void {
    this.#inquest?.looks.failed(link, failure, now);
  }

  down(_link: Link, _closed: LinkClosed, _now: Instant): void {
    // The look has ended with the WELCOME; what becomes of its link does not matter.
  }

  message(link: Link, message: Message, now: Instant): void {
    this.#with.links.violated(link, `${message.type} on a link for a probe`, now);
  }

  // -------------------------------------------------------------- timers

  onTimer(timer: FailureTimer, lateMs: Ms, now: Instant): void {
    if (!this.#isRunning) return;
    const isLate = this.#pulse.isLate(lateMs, now);
    switch (timer.type) {
      case 'failure:round-due':
        this.#pulse.onRound(timer, isLate, now);
        return this.#doubts?.review(now);
      case 'failure:doubt-due':
        return this.#inquest?.doubts.onDue(timer, now);
      case 'failure:look-overdue':
        if (isLate && !timer.again) return this.#waitAgain(timer);
        return this.#inquest?.looks.onOverdue(timer, now);
      case 'failure:helpers-overdue':
        if (isLate && !timer.again) return this.#waitAgain(timer);
        return this.#inquest?.probing.onOverdue(timer, now);
    }
  }

  /** A stalled process has heard no answer, whatever was said; the second time it is believed. */
  #waitAgain(timer: Extract<FailureTimer, { readonly again: boolean }>): void {
    const afterMs = this.#health.stretch(this.#options.probeTimeoutMs);
    this.#with.effects.schedule(afterMs, { ...timer, again: true });
  }

  /** Whether the end of this link may mean the end of its peer: nobody said goodbye. */
  #isLost(link: Link, { cause }: LinkClosed): boolean {
    if (link.farewell || cause === 'closed-here' || cause === 'bad-frame') return false;
    const { id, incarnation } = link.remote;
    const other = this.#with.neighbourhood.linkTo(id);
    if (other !== undefined && other !== link && other.state === 'up') return false;
    return !this.#with.membership.isOver(id, incarnation);
  }

  #open(): Inquest {
    if (this.#inquest === undefined) {
      this.#inquest = this.#newInquest();
      this.#doubts = this.#inquest.doubts;
    }
    return this.#inquest;
  }

  #newInquest(): Inquest {
    const { effects, links, neighbourhood, membership, self, random, reporter, listener } =
      this.#with;
    const health = this.#health;
    const pulse = this.#pulse;
    const seen = { effects, links, neighbourhood, membership, self, random };
    return new Inquest(this.#options, { ...seen, reporter, listener, health, pulse });
  }
}
