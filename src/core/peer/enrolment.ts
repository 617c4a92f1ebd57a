import { quorumOf, type RegistrationOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type { PeerRegistrationFailed } from '../events.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { SeedId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { fullJitterMs, shuffled } from './chance.ts';
import type { Leases } from './lease.ts';
import type { Question, SeedAnswer, SeedContacts } from './seed-contacts.ts';
import type { Self } from './self.ts';

/** Fires when the next round over the seeds is due; stale in another life. */
export interface RoundDue {
  readonly type: 'registration:round-due';
  readonly life: number;
}

/** Hears how the enrolment goes. */
export interface EnrolmentListener {
  /** A life begins: it is to have a session of its own, which `self` then holds. */
  newSession(): void;
  /** A quorum of seeds holds the lease: for the first time in this life, or again. */
  enrolled(now: Instant): void;
  /** Of a peer that is registered: a seed says that its session is over. */
  sessionOver(seed: SeedId, now: Instant): void;
}

export interface EnrolmentDependencies {
  readonly effects: Effects<RoundDue>;
  readonly links: Pick<Links, 'send'>;
  readonly contacts: SeedContacts;
  readonly leases: Leases;
  readonly self: Self;
  readonly seeds: readonly SeedId[];
  readonly random: Random;
  readonly enrolmentListener: EnrolmentListener;
}

/**
 * REGISTER at one seed after the other until a quorum has answered OK, in rounds over all seeds
 * that have not. One after the other and not all at once: each asked seed proposes to the same
 * register, and proposers that start together only outbid each other.
 *
 * A life is one session. REGISTER is idempotent within it, so rounds are repeated with the same
 * session, and an OK once given need not be asked for again. The seeds dial back to check the
 * session: `newSession` makes it the one that this peer proves before the first REGISTER leaves.
 */
export class Enrolment implements Question {
  readonly timeoutMs: Ms;
  readonly #options: RegistrationOptions;
  readonly #with: EnrolmentDependencies;
  readonly #quorum: number;
  /** Counts lives; timers of other ones are stale. */
  #life = 0;
  /** A quorum has answered in this life; from then on, rounds only replace lost leases. */
  #isEnrolled = false;
  #lifeBeganMs: Ms = 0;
  #attempt = 0;
  /** Rounds without a quorum in a row, over all lives: what the back-off grows with. */
  #failedRounds = 0;
  /** What the seeds said in this round that gave no lease. */
  #refusals: SeedAnswer[] = [];

  constructor(options: RegistrationOptions, dependencies: EnrolmentDependencies) {
    this.timeoutMs = options.registerTimeoutMs;
    this.#options = options;
    this.#with = dependencies;
    this.#quorum = quorumOf(dependencies.seeds.length);
  }

  /** Begins a life: a new session, no lease, the first round at once. */
  begin(now: Instant): void {
    this.halt();
    this.#with.leases.clear();
    this.#with.enrolmentListener.newSession();
    this.#lifeBeganMs = now.monotonicMs;
    this.#attempt = 0;
    this.#isEnrolled = false;
    this.#beginRound(now);
  }

  /** Brings the leases of a registered peer back to a quorum: asks the other seeds once, or gives up some. */
  mend(now: Instant): void {
    if (!this.#isEnrolled || this.#with.contacts.isAsking(this)) return;
    if (this.#hasQuorum()) this.#giveUpSpare();
    else this.#askAround(now);
  }

  halt(): void {
    this.#life += 1;
    this.#with.contacts.cancel(this);
  }

  onRoundDue(timer: RoundDue, now: Instant): void {
    if (timer.life !== this.#life) return;
    if (this.#endedSession() === undefined) this.#beginRound(now);
    else this.begin(now);
  }

  ask(link: Link, request: number): void {
    const { id: peer, session, metricsPort } = this.#with.self;
    const told = metricsPort !== undefined && { metricsPort };
    this.#with.links.send(link, { type: 'REGISTER', request, peer, session, ...told });
  }

  heard(answer: SeedAnswer): boolean {
    if (answer.code !== 'ok') this.#onRefusal(answer);
    else if (this.#agrees(answer)) this.#onOk(answer);
    else this.#onRefusal(this.#outdated(answer.seed, answer.incarnation));
    return !this.#hasQuorum() && this.#endedSession() === undefined;
  }

  ended(now: Instant): void {
    if (this.#hasQuorum()) this.#onQuorum(now);
    else if (this.#isEnrolled) this.#onMendFailed(now);
    else this.#onRoundFailed();
  }

  #beginRound(now: Instant): void {
    this.#attempt += 1;
    this.#with.effects.emit({
      type: 'peer:registering',
      peer: this.#with.self.id,
      quorum: this.#quorum,
      seeds: this.#with.seeds,
      attempt: this.#attempt,
    });
    this.#askAround(now);
  }

  #askAround(now: Instant): void {
    this.#refusals = [];
    const { seeds, leases, random, contacts } = this.#with;
    const without = seeds.filter((seed) => leases.of(seed) === undefined);
    contacts.ask(this, shuffled(without, random), now);
  }

  /**
   * All leases of a life must name one incarnation. While registering, a higher one than before
   * means that a restart came between two answers, and wins. Later on it is the renewals that
   * judge which incarnation is over, so that an odd answer cannot end a registered life.
   */
  #agrees({ incarnation }: SeedAnswer): boolean {
    const { leases } = this.#with;
    if (this.#isEnrolled) return incarnation === leases.incarnation;
    return incarnation > 0 && incarnation >= leases.incarnation;
  }

  #onOk({ seed, incarnation }: SeedAnswer): void {
    const { leases, effects } = this.#with;
    const before = leases.incarnation;
    for (const superseded of leases.grant(seed, incarnation)) {
      this.#onRefusal(this.#outdated(superseded, before));
    }
    const { sound: registered } = leases;
    const quorum = this.#quorum;
    effects.emit({ type: 'seed:registered', seed, incarnation, registered, quorum });
  }

  #onRefusal(answer: SeedAnswer): void {
    this.#refusals.push(answer);
    const { seed, code, reason } = answer;
    if (code === 'ok') return;
    this.#with.effects.emit({ type: 'seed:registration-failed', seed, code, reason });
  }

  #outdated(seed: SeedId, incarnation: number): SeedAnswer {
    const { incarnation: current } = this.#with.leases;
    const reason = `it gave incarnation ${incarnation}, another seed ${current}`;
    return { by: 'seed', seed, code: 'stale', reason, incarnation: 0 };
  }

  #hasQuorum(): boolean {
    return this.#with.leases.sound >= this.#quorum;
  }

  /** The seed that said in this round that the session is over: no other seed can say more. */
  #endedSession(): SeedId | undefined {
    return this.#refusals.find((answer) => answer.code === 'session-over')?.seed;
  }

  #onQuorum(now: Instant): void {
    this.#failedRounds = 0;
    this.#refusals = [];
    this.#giveUpSpare();
    if (!this.#isEnrolled) {
      this.#isEnrolled = true;
      this.#with.effects.emit({
        type: 'peer:registered',
        peer: this.#with.self.id,
        incarnation: this.#with.leases.incarnation,
        seeds: this.#with.leases.all().map((lease) => lease.seed),
        attempts: this.#attempt,
        durationMs: now.monotonicMs - this.#lifeBeganMs,
      });
    }
    this.#with.enrolmentListener.enrolled(now);
  }

  /** Leases of seeds that were replaced; also sound ones, when such a seed came back later. */
  #giveUpSpare(): void {
    const { leases, contacts } = this.#with;
    if (leases.all().length <= this.#quorum) return;
    leases.keepSound(this.#quorum);
    contacts.closeIdle();
  }

  /** The next renewal brings the next attempt. */
  #onMendFailed(now: Instant): void {
    const seed = this.#endedSession();
    if (seed !== undefined) this.#with.enrolmentListener.sessionOver(seed, now);
  }

  #onRoundFailed(): void {
    const { retryMinMs, retryMaxMs } = this.#options;
    const { effects, leases, random, self } = this.#with;
    const retryInMs = fullJitterMs(this.#failedRounds, retryMinMs, retryMaxMs, random);
    this.#failedRounds += 1;
    effects.emit({
      type: 'peer:registration-failed',
      peer: self.id,
      registered: leases.sound,
      quorum: this.#quorum,
      answers: this.#answers(),
      attempt: this.#attempt,
      retryInMs,
    });
    effects.schedule(retryInMs, { type: 'registration:round-due', life: this.#life });
  }

  /** What each seed said, leases of earlier rounds included, in the order of the seed list. */
  #answers(): PeerRegistrationFailed['answers'] {
    return this.#with.seeds.flatMap((seed) => {
      if (this.#with.leases.of(seed) !== undefined) return [{ seed, code: 'ok', reason: '' }];
      const refusal = this.#refusals.find((answer) => answer.seed === seed);
      return refusal === undefined ? [] : [{ seed, code: refusal.code, reason: refusal.reason }];
    });
  }
}
