import type { GossipMessage } from '../messages.ts';
import { addNumber, hasNumber, type NumberRanges } from './number-ranges.ts';

/** Which message of whom: an origin numbers those of each of its incarnations, from 1 on. */
export type Numbered = Pick<GossipMessage, 'origin' | 'incarnation' | 'sequence'>;

/**
 * Which messages were had whose ids are remembered no more, because there were too many: of each origin's
 * incarnation the sequence numbers, as ranges. Without it a message that is on its way for longer than its id is
 * remembered would be new at each peer that it comes back to, and circulate without end.
 *
 * gossipsub's BasicSeqnoValidator remembers the highest number of each author for the same reason; with ranges
 * (as lpbcast keeps the events of each sender, Eugster et al. 2003) a late number is new all the same, if it was
 * never had.
 *
 * Bounded by the number of incarnations, and what nothing was forgotten of for longest goes first: there are two
 * generations, and what is touched moves to the young one, which becomes the old one as soon as it is full, or
 * was filled for long. So nothing has to be searched for the oldest.
 */
export class Forgotten {
  readonly #originsMax: number;
  readonly #keptForMs: number;
  #young: Map<string, NumberRanges> | undefined;
  #old: Map<string, NumberRanges> | undefined;
  #youngSinceMs = 0;

  constructor(bounds: { readonly forgottenOriginsMax: number; readonly seenAgeMs: number }) {
    this.#originsMax = bounds.forgottenOriginsMax;
    this.#keptForMs = bounds.seenAgeMs;
  }

  /** Incarnations of origins. */
  get size(): number {
    return (this.#young?.size ?? 0) + (this.#old?.size ?? 0);
  }

  add(message: Numbered): void {
    const key = keyOf(message);
    const young = this.#young?.get(key);
    if (young !== undefined) addNumber(young, message.sequence);
    else this.#begin(key, message.sequence);
  }

  has(message: Numbered): boolean {
    if (this.#young === undefined) return false;
    const key = keyOf(message);
    const ranges = this.#young.get(key) ?? this.#old?.get(key);
    return ranges !== undefined && hasNumber(ranges, message.sequence);
  }

  /** Lets go of what was not touched for as long as ids are remembered, or a little longer. */
  age(nowMs: number): void {
    if (nowMs - this.#youngSinceMs < this.#keptForMs) return;
    this.#youngSinceMs = nowMs;
    this.#turn();
  }

  #begin(key: string, sequence: number): void {
    this.#young ??= new Map();
    if (this.#young.size >= Math.max(1, Math.floor(this.#originsMax / 2))) this.#turn();
    const ranges = this.#old?.get(key) ?? [];
    this.#old?.delete(key);
    addNumber(ranges, sequence);
    this.#young?.set(key, ranges);
  }

  #turn(): void {
    if (this.#young === undefined) return;
    this.#old = this.#young.size > 0 ? this.#young : undefined;
    this.#young = this.#old && new Map();
  }
}

function keyOf({ origin, incarnation }: Numbered): string {
  return `${incarnation} ${origin}`;
}
