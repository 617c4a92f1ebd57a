import type { Effects, Random } from '../effects.ts';
import type { PeerSilent, SuspicionCleared } from '../events.ts';
import type { Link } from '../link/link.ts';
import type { Incarnation, PeerId, ProbeResult } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import type { LocalHealth } from './local-health.ts';
import type { FailureListener, Neighbourhood } from './parts.ts';
import type { ExaminationListener, Probing, Verdict } from './probing.ts';
import type { Self } from './self.ts';
import type { Suspicions } from './suspicion.ts';

/** Fires when a doubted peer is to be examined again; stale when something else came first. */
export interface DoubtDue {
  readonly type: 'failure:doubt-due';
  readonly peer: PeerId;
  readonly token: number;
}

export interface DoubtsOptions {
  readonly silenceMs: Ms;
  readonly suspicionRepeatMs: Ms;
  readonly memoryMax: number;
}

/** Hears of links that carry nothing although the process at their other end lives. */
export interface StuckLinkListener {
  /** The link is worth replacing: a fresh dial works, this link has been silent for long. */
  stuck(link: Link, now: Instant): void;
}

export interface DoubtsDependencies {
  readonly effects: Effects<DoubtDue>;
  readonly neighbourhood: Pick<Neighbourhood, 'linkTo'>;
  readonly self: Self;
  readonly random: Random;
  readonly health: LocalHealth;
  readonly probing: Probing;
  readonly suspicions: Suspicions;
  readonly listener: Pick<FailureListener, 'replaced'> & Partial<StuckLinkListener>;
}

/**
 * One incarnation that fell silent. It is under examination, or suspected, or at rest: somebody
 * else vouched for it, and it is looked at again later.
 */
interface Doubt {
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  /** When the last frame came from it. */
  readonly lastHeardMs: Ms;
  /** A frame that comes later than this shows life. */
  sinceMs: Ms;
  rests: number;
  token: number;
}

/**
 * Times that others' word is taken for the life of a peer that is no neighbour any more; then it is
 * left to its present neighbours, and to its lease. Also the rests until a silent link is stuck.
 */
const restsMax = 2;

/** Repetitions are spread over this share of their pause, so that suspecting peers drift apart. */
const jitterShare = 0.5;

/** The peers that fell silent: what is found out about each, and what follows from it. */
export class Doubts implements ExaminationListener {
  readonly #options: DoubtsOptions;
  readonly #with: DoubtsDependencies;
  /** While there are any: every frame of a neighbour asks whether it is doubted. */
  #doubts: Map<PeerId, Doubt> | undefined;
  #lastToken = 0;

  constructor(options: DoubtsOptions, dependencies: DoubtsDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  has(peer: PeerId): boolean {
    return this.#doubts?.has(peer) ?? false;
  }

  /** Whether this peer has looked for this incarnation in vain, and nothing has shown life since. */
  isMissing(peer: PeerId, incarnation: Incarnation): boolean {
    if (this.#of(peer, incarnation) === undefined) return false;
    const { probing, suspicions } = this.#with;
    return suspicions.has(peer) || probing.hasSeenNobody(peer);
  }

  /** When the incarnation was last heard of, if it is doubted. */
  lastHeardMsOf(peer: PeerId, incarnation: Incarnation): Ms | undefined {
    return this.#of(peer, incarnation)?.lastHeardMs;
  }

  /** The peer at the other end of this link gives no sign of life. */
  doubt(link: Link, trigger: PeerSilent['trigger'], now: Instant): void {
    const { id: peer, incarnation } = link.remote;
    const known = this.#doubts?.get(peer);
    if (known === undefined || known.incarnation < incarnation) {
      this.#begin(link, trigger, now);
      return;
    }
    // A lost link is worth a look, whatever was found out while there was one.
    const isNew = known.incarnation === incarnation && trigger === 'link-lost';
    if (isNew && !this.#with.probing.isExamining(peer)) this.#examine(known, now);
  }

  examined(peer: PeerId, incarnation: Incarnation, verdict: Verdict, now: Instant): void {
    const doubt = this.#of(peer, incarnation);
    if (doubt === undefined) return;
    if (this.#hasSpoken(doubt)) this.#end(doubt, 'spoke', now);
    else this.#judge(doubt, verdict, now);
  }

  /** A helper's answer after its examination has ended: as good a sight as any. */
  onLateResult(link: Link, result: ProbeResult, now: Instant): void {
    const { peer, incarnation, outcome } = result;
    const doubt = this.#of(peer, incarnation);
    if (doubt === undefined || !this.#with.suspicions.has(peer)) return;
    const { id: by } = link.remote;
    const { suspicions } = this.#with;
    if (outcome === 'silent') suspicions.corroborate(peer, incarnation, [by], now);
    else this.#judge(doubt, { outcome, by, failedProbes: [] }, now);
  }

  onDue({ peer, token }: DoubtDue, now: Instant): void {
    const doubt = this.#doubts?.get(peer);
    if (doubt?.token !== token) return;
    if (this.#hasSpoken(doubt)) this.#end(doubt, 'spoke', now);
    else this.#examine(doubt, now);
  }

  /** A frame came from this incarnation. */
  heard(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    const doubt = this.#doubts?.get(peer);
    if (doubt?.incarnation === incarnation) this.#end(doubt, 'spoke', now);
    else if (doubt !== undefined && doubt.incarnation < incarnation) {
      this.#end(doubt, 'replaced', now);
    }
  }

  /** Ends doubts whose peers were heard: not every frame of a link comes by here. */
  review(now: Instant): void {
    if (this.#doubts === undefined) return;
    for (const doubt of [...this.#doubts.values()]) {
      if (this.#hasSpoken(doubt)) this.#end(doubt, 'spoke', now);
    }
  }

  /** The suspect itself says that it lives; its word came over other peers, not over our link. */
  refuted(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    const doubt = this.#of(peer, incarnation);
    if (doubt !== undefined) this.#rest(doubt, 'refuted', now);
  }

  /** What the seeds know better. */
  onSeedsAnswer(
    peer: PeerId,
    incarnation: Incarnation,
    answer: 'alive' | 'stale' | 'unknown',
    now: Instant,
  ): void {
    const doubt = this.#of(peer, incarnation);
    if (doubt === undefined) return;
    if (answer === 'alive') this.#rest(doubt, 'alive', now);
    else if (answer === 'stale') this.#replaced(doubt, now);
    else this.#end(doubt, 'unknown', now);
  }

  left(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    const doubt = this.#of(peer, incarnation);
    if (doubt !== undefined) this.#end(doubt, 'left', now);
  }

  /** The incarnation is confirmed dead: a suspicion that was right is not cleared. */
  dead(peer: PeerId, incarnation: Incarnation): void {
    const doubt = this.#doubts?.get(peer);
    if (doubt === undefined || doubt.incarnation > incarnation) return;
    this.#with.suspicions.forget(peer);
    this.#forget(doubt);
  }

  halt(): void {
    this.#doubts = undefined;
  }

  #begin(link: Link, trigger: PeerSilent['trigger'], now: Instant): void {
    const { id: peer, incarnation } = link.remote;
    this.heard(peer, incarnation, now);
    this.#doubts ??= new Map();
    if (this.#doubts.size >= this.#options.memoryMax) return;
    const { lastHeardMs } = link;
    const sinceMs = now.monotonicMs;
    const doubt: Doubt = { peer, incarnation, lastHeardMs, sinceMs, rests: 0, token: 0 };
    this.#doubts.set(peer, doubt);
    const silentMs = sinceMs - lastHeardMs;
    this.#with.effects.emit({ type: 'peer:silent', peer, incarnation, silentMs, trigger });
    this.#examine(doubt, now);
  }

  #examine(doubt: Doubt, now: Instant): void {
    doubt.token = 0;
    const { peer, incarnation } = doubt;
    // With peer-level consensus reached, the own look only shows whether the suspect is back.
    const withHelpers = !this.#with.suspicions.isCorroborated(peer);
    this.#with.probing.examine(peer, incarnation, withHelpers, now);
  }

  #judge(doubt: Doubt, verdict: Verdict, now: Instant): void {
    switch (verdict.outcome) {
      case 'silent':
        return this.#suspect(doubt, verdict, now);
      case 'replaced':
        return this.#replaced(doubt, now);
      case 'alive':
        // Without a failed look of our own, nobody else would have been asked.
        if (verdict.by === this.#with.self.id) return this.#rest(doubt, 'spoke', now);
        this.#with.health.worsen('missed-answers');
        return this.#rest(doubt, 'alive', now);
    }
  }

  #suspect(doubt: Doubt, { failedProbes }: Verdict, now: Instant): void {
    const { random, suspicions } = this.#with;
    const jitter = 1 + jitterShare * (random() - 0.5);
    const repeatInMs = this.#options.suspicionRepeatMs * jitter;
    this.#schedule(doubt, repeatInMs);
    suspicions.suspect(doubt, failedProbes, repeatInMs, now);
  }

  /** It lives as far as anybody can see. Whoever is not heard of then is examined again. */
  #rest(doubt: Doubt, cause: SuspicionCleared['cause'], now: Instant): void {
    const { health, listener, probing, suspicions } = this.#with;
    const link = this.#linkOf(doubt);
    const isSure = cause === 'spoke' || cause === 'refuted';
    if (link === undefined && (isSure || doubt.rests >= restsMax)) {
      this.#end(doubt, cause, now);
      return;
    }
    probing.cancel(doubt.peer);
    suspicions.clear(doubt.peer, cause, now);
    doubt.rests += 1;
    doubt.sinceMs = now.monotonicMs;
    this.#schedule(doubt, health.stretch(this.#options.silenceMs));
    if (link !== undefined && cause === 'spoke' && doubt.rests > restsMax) {
      listener.stuck?.(link, now);
    }
  }

  #replaced(doubt: Doubt, now: Instant): void {
    this.#end(doubt, 'replaced', now);
    this.#with.listener.replaced(doubt.peer, doubt.incarnation, now);
  }

  #end(doubt: Doubt, cause: SuspicionCleared['cause'], now: Instant): void {
    this.#with.suspicions.clear(doubt.peer, cause, now);
    this.#forget(doubt);
  }

  #forget(doubt: Doubt): void {
    this.#with.probing.cancel(doubt.peer);
    this.#doubts?.delete(doubt.peer);
    if (this.#doubts?.size === 0) this.#doubts = undefined;
  }

  #schedule(doubt: Doubt, afterMs: Ms): void {
    this.#lastToken += 1;
    doubt.token = this.#lastToken;
    const { peer, token } = doubt;
    this.#with.effects.schedule(afterMs, { type: 'failure:doubt-due', peer, token });
  }

  #of(peer: PeerId, incarnation: Incarnation): Doubt | undefined {
    const doubt = this.#doubts?.get(peer);
    return doubt?.incarnation === incarnation ? doubt : undefined;
  }

  #linkOf({ peer, incarnation }: Doubt): Link | undefined {
    const link = this.#with.neighbourhood.linkTo(peer);
    return link?.state === 'up' && link.remote.incarnation === incarnation ? link : undefined;
  }

  #hasSpoken(doubt: Doubt): boolean {
    const link = this.#linkOf(doubt);
    return link !== undefined && link.lastHeardMs > doubt.sinceMs;
  }
}
