import type { Effects } from '../effects.ts';
import type { LocalHealthChanged } from '../events.ts';
import type { Ms } from '../time.ts';

/**
 * How much this peer trusts its own ears: Lifeguard's Local Health Multiplier (Dadgar, Phillips,
 * Currey 2018, section IV.A). 0 is well. Every timeout by which others are judged is multiplied by
 * score + 1, so that a peer that is itself slow gives everybody more time.
 */
export class LocalHealth {
  readonly #scoreMax: number;
  readonly #effects: Pick<Effects, 'emit'>;
  #score = 0;

  constructor(scoreMax: number, effects: Pick<Effects, 'emit'>) {
    this.#scoreMax = scoreMax;
    this.#effects = effects;
  }

  stretch(timeoutMs: Ms): Ms {
    return timeoutMs * (this.#score + 1);
  }

  worsen(cause: Exclude<LocalHealthChanged['cause'], 'recovered'>): void {
    this.#set(Math.min(this.#scoreMax, this.#score + 1), cause);
  }

  recover(): void {
    this.#set(Math.max(0, this.#score - 1), 'recovered');
  }

  #set(score: number, cause: LocalHealthChanged['cause']): void {
    if (score === this.#score) return;
    this.#score = score;
    this.#effects.emit({ type: 'self:health-changed', score, cause });
  }
}
