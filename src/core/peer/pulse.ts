import type { FailureDetectionOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { Incarnation, PeerId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import type { LocalHealth } from './local-health.ts';
import type { Neighbourhood } from './parts.ts';

/** Fires when the neighbours are to be pinged and judged; stale in another life. */
export interface RoundDue {
  readonly type: 'failure:round-due';
  readonly life: number;
}

export type PulseOptions = Pick<
  FailureDetectionOptions,
  'pingIntervalMs' | 'silenceMs' | 'lateTimerMs'
>;

export interface PulseListener {
  /** Nothing came over this link for too long; returns whether that is new. */
  fellSilent(link: Link, now: Instant): boolean;
}

export interface PulseDependencies {
  readonly effects: Effects<RoundDue>;
  readonly links: Pick<Links, 'send'>;
  readonly neighbourhood: Neighbourhood;
  readonly random: Random;
}

/**
 * Pings the neighbours and judges their silence, in rounds: one timer a peer, not one a link.
 *
 * A neighbour that was heard within half an interval is not pinged. Each end pings for its own
 * sake, and the answer feeds both: on a quiet link one of the two does all the pinging, on a busy
 * one neither. A living neighbour is then silent for at most one and a half intervals, which leaves
 * room for a lost ping in three.
 *
 * When this process was stalled, its timers fire before it reads what has come meanwhile (measured
 * on Node, docs/PROTOCOL.md section 7, 'False silence'). So a late round judges nobody, and after a stall
 * of a whole interval everybody's silence counts from its end.
 */
export class Pulse {
  readonly #options: PulseOptions;
  readonly #with: PulseDependencies;
  readonly #health: LocalHealth;
  readonly #listener: PulseListener;
  /** Counts starts; rounds of other ones are stale. */
  #life = 0;
  #lastNonce = 0;
  #wasRoundLate = false;
  #worsenedMs: Ms = Number.NEGATIVE_INFINITY;
  #stalledUntilMs: Ms = Number.NEGATIVE_INFINITY;

  constructor(
    options: PulseOptions,
    dependencies: PulseDependencies,
    health: LocalHealth,
    listener: PulseListener,
  ) {
    this.#options = options;
    this.#with = dependencies;
    this.#health = health;
    this.#listener = listener;
  }

  /** The first round comes after a random part of an interval: peers started together drift apart. */
  start(): void {
    this.#life += 1;
    this.#wasRoundLate = false;
    this.#schedule(this.#with.random() * this.#options.pingIntervalMs);
  }

  stop(): void {
    this.#life += 1;
  }

  /** Notes how late a timer is; returns whether it is so late that it proves nothing about others. */
  isLate(lateMs: Ms, now: Instant): boolean {
    const { lateTimerMs, pingIntervalMs } = this.#options;
    if (lateMs <= lateTimerMs) return false;
    if (lateMs >= pingIntervalMs) this.#stalledUntilMs = now.monotonicMs;
    // One stall makes many timers late.
    if (now.monotonicMs - this.#worsenedMs >= pingIntervalMs) {
      this.#worsenedMs = now.monotonicMs;
      this.#health.worsen('late-timer');
    }
    return true;
  }

  /** Whether a frame of this incarnation came over its link within the last interval. */
  isFresh(peer: PeerId, incarnation: Incarnation, now: Instant): boolean {
    const link = this.#with.neighbourhood.linkTo(peer);
    if (link?.state !== 'up' || link.remote.incarnation !== incarnation) return false;
    return now.monotonicMs - link.lastHeardMs <= this.#options.pingIntervalMs;
  }

  onRound({ life }: RoundDue, isLate: boolean, now: Instant): void {
    if (life !== this.#life) return;
    const { pingIntervalMs } = this.#options;
    this.#schedule(pingIntervalMs);
    // Between two late rounds there was time to read, and local health allows for the rest.
    const judges = !isLate || this.#wasRoundLate;
    this.#wasRoundLate = isLate;
    let isGood = !isLate;
    for (const link of this.#with.neighbourhood.links()) {
      if (now.monotonicMs - link.lastHeardMs < pingIntervalMs / 2) continue;
      this.ping(link);
      if (judges && this.#judge(link, now)) isGood = false;
    }
    if (isGood) this.#health.recover();
  }

  ping(link: Link): void {
    this.#lastNonce += 1;
    this.#with.links.send(link, { type: 'PING', nonce: this.#lastNonce });
  }

  #judge(link: Link, now: Instant): boolean {
    const silentMs = now.monotonicMs - Math.max(link.lastHeardMs, this.#stalledUntilMs);
    const isSilent = silentMs > this.#health.stretch(this.#options.silenceMs);
    return isSilent && this.#listener.fellSilent(link, now);
  }

  #schedule(afterMs: Ms): void {
    this.#with.effects.schedule(afterMs, { type: 'failure:round-due', life: this.#life });
  }
}
