import type { Incarnation, PeerEntry, PeerId, SuspectNotice } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { dropOldest } from './bounded.ts';

/** What failure detection needs to know of the membership. */
export interface KnownPeers {
  /** Whether this incarnation is known to have died, left or been replaced. */
  isOver(peer: PeerId, incarnation: Incarnation): boolean;
  /** Whether this incarnation is known to have died or left. */
  isBuried(peer: PeerId, incarnation: Incarnation): boolean;
  get(peer: PeerId): PeerEntry | undefined;
}

export interface EvidenceOptions {
  readonly corroborations: number;
  readonly suspicionRepeatMs: Ms;
  readonly memoryMax: number;
}

/** What was heard about one incarnation. */
interface Hearsay {
  readonly incarnation: Incarnation;
  /** The highest number under which it is known to have refuted suspicions. */
  refutation: number;
  /** Who said to suspect it, when last, in spite of that refutation. */
  readonly suspectedBy: Map<PeerId, Ms>;
}

/**
 * Accusers that one incarnation needs beyond `corroborations`: those who suspect it themselves do
 * not corroborate their own suspicion, and one may fall silent.
 */
const sparesMax = 2;

/** Accusers remembered of one incarnation in any case: those that are not registered count for nothing. */
const suspectedByMax = 16;

/** A suspicion counts for as many of the pauses after which its author repeats it. */
const repetitionsMissedMax = 3;

/**
 * What other peers have said about incarnations: their suspicions, and the suspects' refutations.
 *
 * Nobody says that a suspicion has ended; it is just not repeated. So a notice counts for a time
 * only. Nobody but a registered peer may corroborate: one that this peer knows.
 */
export class Evidence {
  readonly #options: EvidenceOptions;
  readonly #membership: Pick<KnownPeers, 'get'>;
  #hearsay: Map<PeerId, Hearsay> | undefined;

  constructor(options: EvidenceOptions, membership: Pick<KnownPeers, 'get'>) {
    this.#options = options;
    this.#membership = membership;
  }

  /** The highest refutation known of this incarnation; 0 when it never had to refute. */
  refutationOf(peer: PeerId, incarnation: Incarnation): number {
    return this.#of(peer, incarnation)?.refutation ?? 0;
  }

  /** Takes note of a refutation: suspicions that it answers count no longer. */
  refuted(peer: PeerId, incarnation: Incarnation, refutation: number): void {
    const hearsay = this.#keep(peer, incarnation);
    if (hearsay === undefined || refutation <= hearsay.refutation) return;
    hearsay.refutation = refutation;
    hearsay.suspectedBy.clear();
  }

  /**
   * Takes note of somebody's suspicion, unless enough others are known without it: the death of a
   * hub is noticed by all its neighbours, and a few of them are enough for everybody's consensus
   * (Lifeguard, section IV.B, passes on the first K independent suspicions).
   */
  suspected(
    { peer, incarnation, by }: SuspectNotice,
    now: Instant,
  ): 'first' | 'again' | 'needless' {
    const hearsay = this.#keep(peer, incarnation);
    if (hearsay === undefined) return 'again';
    const isFirst = !hearsay.suspectedBy.has(by);
    if (isFirst && this.#hasEnough(peer, incarnation, now)) return 'needless';
    hearsay.suspectedBy.delete(by);
    hearsay.suspectedBy.set(by, now.monotonicMs);
    dropOldest(hearsay.suspectedBy, suspectedByMax);
    return isFirst ? 'first' : 'again';
  }

  /** Registered peers whose suspicion of this incarnation still counts. */
  *corroborators(peer: PeerId, incarnation: Incarnation, now: Instant): Iterable<PeerId> {
    const sinceMs = now.monotonicMs - repetitionsMissedMax * this.#options.suspicionRepeatMs;
    for (const [by, heardMs] of this.#of(peer, incarnation)?.suspectedBy ?? []) {
      if (heardMs >= sinceMs && this.#membership.get(by) !== undefined) yield by;
    }
  }

  #hasEnough(peer: PeerId, incarnation: Incarnation, now: Instant): boolean {
    let missing = this.#options.corroborations + sparesMax;
    for (const _ of this.corroborators(peer, incarnation, now)) missing -= 1;
    return missing <= 0;
  }

  forget(peer: PeerId, incarnation: Incarnation): void {
    if (this.#of(peer, incarnation) === undefined) return;
    this.#hearsay?.delete(peer);
    if (this.#hearsay?.size === 0) this.#hearsay = undefined;
  }

  #of(peer: PeerId, incarnation: Incarnation): Hearsay | undefined {
    const hearsay = this.#hearsay?.get(peer);
    return hearsay?.incarnation === incarnation ? hearsay : undefined;
  }

  /** One record a peer, of the highest incarnation that was spoken of; none for a lower one. */
  #keep(peer: PeerId, incarnation: Incarnation): Hearsay | undefined {
    this.#hearsay ??= new Map();
    const known = this.#hearsay.get(peer);
    if (known !== undefined && known.incarnation > incarnation) return undefined;
    if (known?.incarnation === incarnation) return known;
    const hearsay: Hearsay = { incarnation, refutation: 0, suspectedBy: new Map() };
    this.#hearsay.set(peer, hearsay);
    dropOldest(this.#hearsay, this.#options.memoryMax);
    return hearsay;
  }
}
