import type { SeedOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type { Incarnation, PeerId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';

/** Fires when a paused brake is to see whether it has calmed down. */
export interface BrakeTimer {
  readonly type: 'brake:look';
  /** Which pause it belongs to; stale after it. */
  readonly pause: number;
}

export interface RemovalBrakeDependencies {
  readonly effects: Effects<BrakeTimer>;
  /** Size of the Peer List now. */
  readonly listSize: () => number;
}

interface Death {
  readonly incarnation: Incarnation;
  readonly firstMs: Ms;
  /** Within the allowance: it may go on even during a pause. */
  readonly isAllowed: boolean;
}

/**
 * Keeps a partition, or a fault of this seed's own network, from emptying the Peer List: when more
 * than a share of the list is proposed dead within a window, further deaths must wait until a whole
 * window has passed without another one, or an operator says otherwise.
 */
export class RemovalBrake {
  readonly #options: SeedOptions;
  readonly #with: RemovalBrakeDependencies;
  /** Each peer proposed dead in this window; while paused, since the window began. Oldest first. */
  readonly #deaths = new Map<PeerId, Death>();
  /** The Peer List's size before the deaths of this window took effect. */
  #listSize = 0;
  #isPaused = false;
  #pauses = 0;
  #lastNewMs: Ms = 0;
  /** After an operator's word, nothing pauses before this time. */
  #freeUntilMs: Ms = Number.NEGATIVE_INFINITY;

  constructor(options: SeedOptions, dependencies: RemovalBrakeDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Notes that this incarnation is reported or proposed dead; returns whether its removal may go on. */
  allows(peer: PeerId, incarnation: Incarnation, now: Instant): boolean {
    if (!this.#isPaused) this.#forgetOld(now);
    const known = this.#deaths.get(peer);
    if (known?.incarnation === incarnation) return known.isAllowed;
    if (this.#deaths.size === 0) this.#listSize = 0;
    this.#listSize = Math.max(this.#listSize, this.#with.listSize());
    this.#lastNewMs = now.monotonicMs;
    const isFree = now.monotonicMs < this.#freeUntilMs;
    const isAllowed = isFree || (!this.#isPaused && this.#deaths.size < this.#allowance());
    // Deleted first, so that the Map stays in order of time.
    this.#deaths.delete(peer);
    this.#deaths.set(peer, { incarnation, firstMs: now.monotonicMs, isAllowed });
    if (!isAllowed && !this.#isPaused) this.#pause();
    return isAllowed;
  }

  /** An operator has looked at it: removals go on, and are not paused again for a window. */
  override(now: Instant): void {
    this.#freeUntilMs = now.monotonicMs + this.#options.removalWindowMs;
    this.#resume('operator');
  }

  onTimer(timer: BrakeTimer, now: Instant): void {
    if (!this.#isPaused || timer.pause !== this.#pauses) return;
    const calmMs = now.monotonicMs - this.#lastNewMs;
    const { removalWindowMs } = this.#options;
    if (calmMs >= removalWindowMs) this.#resume('calm');
    else this.#with.effects.schedule(removalWindowMs - calmMs, timer);
  }

  #allowance(): number {
    const { removalCountMin, removalShareMax } = this.#options;
    return Math.max(removalCountMin, Math.floor(removalShareMax * this.#listSize));
  }

  #pause(): void {
    const { removalShareMax: shareMax, removalWindowMs: windowMs } = this.#options;
    this.#isPaused = true;
    this.#pauses += 1;
    this.#with.effects.schedule(windowMs, { type: 'brake:look', pause: this.#pauses });
    this.#with.effects.emit({
      type: 'removals:paused',
      reported: this.#deaths.size,
      listSize: this.#listSize,
      shareMax,
      windowMs,
    });
  }

  #resume(cause: 'calm' | 'operator'): void {
    this.#deaths.clear();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#with.effects.emit({ type: 'removals:resumed', cause });
  }

  #forgetOld(now: Instant): void {
    const oldestMs = now.monotonicMs - this.#options.removalWindowMs;
    for (const [peer, death] of this.#deaths) {
      if (death.firstMs > oldestMs) return;
      this.#deaths.delete(peer);
    }
  }
}
