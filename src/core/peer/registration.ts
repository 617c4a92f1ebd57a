import type { RegistrationOptions } from '../config.ts';
import type { Effects, LinkClosed, Random } from '../effects.ts';
import type { DialFailure, Link, LinkHandler } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { DeadReport, Message, RenewResult, SeedId, Session } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { Departure, type DepartureDependencies, type LeaveOverdue } from './departure.ts';
import {
  Enrolment,
  type EnrolmentDependencies,
  type EnrolmentListener,
  type RoundDue,
} from './enrolment.ts';
import { Leases } from './lease.ts';
import type { RegistrationListener, Reporter } from './parts.ts';
import {
  type OverlayView,
  Renewal,
  type RenewalDependencies,
  type RenewalTimer,
} from './renewal.ts';
import { type ReportDeclined, Reports, type ReportsDependencies } from './reports.ts';
import { type AnswerOverdue, type LinkTrouble, SeedContacts } from './seed-contacts.ts';
import type { Self } from './self.ts';

export type RegistrationTimer =
  | AnswerOverdue
  | RoundDue
  | RenewalTimer
  | ReportDeclined
  | LeaveOverdue;

export interface RegistrationDependencies {
  readonly effects: Effects<RegistrationTimer>;
  readonly links: Pick<Links, 'dial' | 'send' | 'close'>;
  readonly self: Self;
  /** All seeds of the configuration: the quorum is theirs. */
  readonly seeds: readonly SeedId[];
  readonly random: Random;
  /**
   * Makes the session of a new life, and makes it the one that `self` holds and that this peer
   * proves to whoever dials: the seeds check it before they answer REGISTER.
   */
  newSession(): Session;
  readonly view: OverlayView;
  readonly listener: RegistrationListener;
}

/** What the parts of a registration have of each other and of the peer. */
type RegistrationParts = EnrolmentDependencies &
  RenewalDependencies &
  ReportsDependencies &
  DepartureDependencies;

/** `registering` also after a removal; `over` before the start and after the end. */
type Phase = 'over' | 'registering' | 'registered' | 'leaving';

/**
 * A peer's dealings with the seeds, over the member links: it registers with a quorum of them
 * (Enrolment), keeps the leases and the Peer Lists (Renewal), takes reports of deaths there
 * (Reports), and leaves (Departure). This class is the life that these are parts of.
 */
export class Registration implements LinkHandler, Reporter, EnrolmentListener {
  readonly #options: RegistrationOptions;
  readonly #with: RegistrationDependencies;
  readonly #parts: RegistrationParts;
  readonly #enrolment: Enrolment;
  readonly #renewal: Renewal;
  /** Made for the first report. */
  #reports: Reports | undefined;
  /** Made for the leave. */
  #departure: Departure | undefined;
  #phase: Phase = 'over';

  constructor(options: RegistrationOptions, dependencies: RegistrationDependencies) {
    this.#options = options;
    this.#with = dependencies;
    this.#parts = this.#newParts();
    this.#enrolment = new Enrolment(options, this.#parts);
    this.#renewal = new Renewal(options, this.#parts);
  }

  /** Begins to register, and goes on until a quorum of seeds has answered OK. */
  start(now: Instant): void {
    if (this.#phase !== 'over') return;
    this.#phase = 'registering';
    this.#enrolment.begin(now);
  }

  /**
   * Asks the seeds for their Peer Lists, and whether this incarnation is alive, now instead of at
   * the next renewal: for an isolated peer, and for one that is rumoured to be dead.
   */
  refresh(now: Instant): void {
    if (this.#phase === 'registered') this.#renewal.refresh(now);
  }

  report(report: Omit<DeadReport, 'type' | 'request'>, now: Instant): void {
    this.#reports ??= new Reports(this.#options, this.#parts);
    if (this.#phase === 'registered') this.#reports.report(report, now);
    else this.#reports.decline(report, 'this peer is not registered');
  }

  /** Tells the seeds that this peer leaves on purpose; `leaveEnded` follows. Nothing else is begun after it. */
  leave(now: Instant): void {
    if (this.#phase === 'leaving') return;
    const isKnown = this.#parts.leases.incarnation > 0;
    this.#halt();
    this.#phase = 'leaving';
    if (!isKnown) {
      this.#with.listener.leaveEnded(false, 'this peer is not registered', now);
      return;
    }
    this.#departure = new Departure(this.#options, this.#parts);
    this.#departure.begin(now);
  }

  stop(_now: Instant): void {
    this.#halt();
    this.#phase = 'over';
    this.#parts.leases.clear();
    this.#parts.contacts.dropAll('this peer is stopping');
  }

  // -------------------------------------------------------------- inputs

  up(link: Link): void {
    if (!this.#parts.contacts.has(link)) return;
    this.#parts.contacts.onUp(link);
    if (this.#phase === 'registered') this.#renewal.onUp(link);
  }

  down(link: Link, closed: LinkClosed, now: Instant): void {
    this.#onGone(link, closed.cause, closed.reason, now);
  }

  failed(link: Link, failure: DialFailure, now: Instant): void {
    const code = failure.code === 'handshake-timeout' ? 'timeout' : failure.code;
    this.#onGone(link, code, failure.reason, now);
  }

  message(link: Link, message: Message, now: Instant): void {
    if (!this.#parts.contacts.has(link)) return;
    switch (message.type) {
      case 'REGISTER_RESULT':
      case 'LEAVE_RESULT':
      case 'DEAD_REPORT_RESULT':
        return this.#parts.contacts.onResult(link, message, now);
      case 'RENEW_RESULT':
        return this.#onRenewResult(link, message, now);
      case 'PEER_LIST':
        if (this.#phase === 'registered') this.#renewal.onPeerList(link.address, message, now);
        return;
      case 'DEAD_CONFIRMED':
        return this.#with.listener.deadConfirmed(message, link.address, now);
      default:
        // A later version's seed may say more than we know of; it is no reason to part.
        return;
    }
  }

  onTimer(timer: RegistrationTimer, _lateMs: Ms, now: Instant): void {
    switch (timer.type) {
      case 'registration:answer-overdue':
        return this.#parts.contacts.onOverdue(timer, now);
      case 'registration:round-due':
        return this.#enrolment.onRoundDue(timer, now);
      case 'registration:renewal-due':
        this.#renewal.onTimer(timer, now);
        if (this.#phase === 'registered') this.#enrolment.mend(now);
        return;
      case 'registration:relink-due':
      case 'registration:refresh-due':
        return this.#renewal.onTimer(timer, now);
      case 'registration:report-declined':
        return this.#reports?.onDeclined(timer, now);
      case 'registration:leave-overdue':
        return this.#departure?.onOverdue(now);
    }
  }

  // -------------------------------------------------------------- how the enrolment goes

  newSession(): void {
    this.#with.newSession();
  }

  enrolled(now: Instant): void {
    if (this.#phase === 'registered') {
      this.#renewal.takeUp(now);
      return;
    }
    this.#phase = 'registered';
    this.#renewal.begin(now);
    this.#with.listener.registered(this.#parts.leases.incarnation, now);
  }

  sessionOver(seed: SeedId, now: Instant): void {
    this.#onRemoved('dead', seed, now);
  }

  #onRenewResult(link: Link, result: RenewResult, now: Instant): void {
    const seed = link.address;
    if (this.#phase !== 'registered' || !this.#renewal.takes(seed, result)) return;
    if (result.status === 'alive') this.#renewal.onRenewed(link, result, now);
    else this.#onRemoved(result.status, seed, now);
  }

  /** This incarnation is over; the first seed to say so is believed, and the others' leases end with it. */
  #onRemoved(status: 'dead' | 'left' | 'unknown', seed: SeedId, now: Instant): void {
    this.#phase = 'registering';
    this.#renewal.halt();
    this.#with.listener.removed(status, seed, now);
    if (this.#phase === 'registering') this.#enrolment.begin(now);
  }

  #onGone(link: Link, code: LinkTrouble, reason: string, now: Instant): void {
    if (!this.#parts.contacts.has(link)) return;
    this.#parts.contacts.onGone(link, code, reason, now);
    if (this.#phase === 'registered') this.#renewal.onGone(link.address);
  }

  #newParts(): RegistrationParts {
    const { effects, links, self, seeds, random, view, listener } = this.#with;
    const leases = new Leases(this.#options);
    const contacts = new SeedContacts({ effects, links, seeds, random, leases });
    return {
      effects,
      links,
      self,
      seeds,
      random,
      view,
      listener,
      leases,
      contacts,
      enrolmentListener: this,
    };
  }

  #halt(): void {
    this.#enrolment.halt();
    this.#renewal.halt();
    this.#reports?.halt();
  }
}
