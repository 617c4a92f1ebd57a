import type { OverlayOptions } from '../config.ts';
import type { Link } from '../link/link.ts';
import type { PeerId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { dropOldest } from './bounded.ts';

/** Why a peer is left alone for a while. */
interface Pause {
  readonly untilMs: Ms;
  /** How often in a row it was paused. */
  readonly times: number;
}

/**
 * The dials for neighbours that are under way, and the peers that are not dialled for a while
 * because a link to them has just failed. A satisfied peer has neither and keeps nothing here.
 */
export class Dials {
  readonly #options: OverlayOptions;
  #underWay: Map<PeerId, Link> | undefined;
  #pauses: Map<PeerId, Pause> | undefined;

  constructor(options: OverlayOptions) {
    this.#options = options;
  }

  /** How many are under way. */
  get size(): number {
    return this.#underWay?.size ?? 0;
  }

  /** The dial of this peer that is under way. */
  get(peer: PeerId): Link | undefined {
    return this.#underWay?.get(peer);
  }

  begin(link: Link): void {
    this.#underWay ??= new Map();
    this.#underWay.set(link.address, link);
  }

  /** Whatever came of it. False when this dial was not under way. */
  end(link: Link): boolean {
    if (this.get(link.address) !== link) return false;
    this.#underWay?.delete(link.address);
    if (this.#underWay?.size === 0) this.#underWay = undefined;
    return true;
  }

  isPaused(peer: PeerId, now: Instant): boolean {
    const untilMs = this.#pauses?.get(peer)?.untilMs ?? Number.NEGATIVE_INFINITY;
    return now.monotonicMs < untilMs;
  }

  /** Leaves this peer alone: twice as long as the last time, or as long as can be. */
  pause(peer: PeerId, length: 'short' | 'long', now: Instant): void {
    const { redialMinMs, redialMaxMs, pausedMax } = this.#options;
    this.#pauses ??= new Map();
    const times = this.#pauses.get(peer)?.times ?? 0;
    const pauseMs =
      length === 'long' ? redialMaxMs : Math.min(redialMaxMs, redialMinMs * 2 ** times);
    this.#pauses.delete(peer);
    this.#pauses.set(peer, { untilMs: now.monotonicMs + pauseMs, times: times + 1 });
    dropOldest(this.#pauses, pausedMax);
  }

  /** A link to it is up: the next pause is a short one again. */
  unpause(peer: PeerId): void {
    this.#pauses?.delete(peer);
    if (this.#pauses?.size === 0) this.#pauses = undefined;
  }
}
