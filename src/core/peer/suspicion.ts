import type { FailureDetectionOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type { SuspicionCleared } from '../events.ts';
import type { DeadConfirmed, Incarnation, NodeId, PeerId, SeedId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import type { Evidence } from './evidence.ts';
import type { ReportAnswer, Reporter } from './parts.ts';
import type { Rumours } from './rumours.ts';
import type { Self } from './self.ts';

/** Hears what comes of suspicions. */
export interface SuspicionListener {
  /** The death is confirmed: by the peers' own agreement, or by a seed's answer to the report. */
  agreed(confirmed: DeadConfirmed, from: NodeId, now: Instant): void;
  /** The seeds will not confirm this death, because they know better. */
  seedsDisagree(
    peer: PeerId,
    incarnation: Incarnation,
    answer: 'alive' | 'stale' | 'unknown',
    now: Instant,
  ): void;
}

export type SuspicionOptions = Pick<FailureDetectionOptions, 'corroborations' | 'confirmation'>;

export interface SuspicionDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly self: Self;
  readonly evidence: Evidence;
  readonly rumours: Rumours;
  /** Absent where the peers' own agreement confirms a death. */
  readonly reporter: Reporter | undefined;
  readonly listener: SuspicionListener;
}

/** Whom to suspect, and when a frame last came from it. */
export interface Suspect {
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly lastHeardMs: Ms;
}

interface Suspicion {
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly sinceMs: Ms;
  readonly refutation: number;
  readonly corroborators: Set<PeerId>;
  isCorroborated: boolean;
  /** Only the neighbours were told. */
  isNear: boolean;
  /** A report is on its way. */
  isReported: boolean;
  /** How often the seeds have answered that the death is confirmed. */
  confirmations: number;
  /** When `suspect` is going to be called again, if nothing changes. */
  repeatAtMs: Ms;
}

/**
 * This peer's own suspicions, and peer-level consensus about them: a suspicion together with
 * enough corroborations (failed probes of helpers, suspicions that others told of) is reported to
 * the seeds, again and again until it ends one way or the other.
 *
 * Everybody is told of a suspicion that lacks corroboration, or that the seeds do not confirm. Where
 * the helpers agree at once, as after most deaths, the neighbours are told, and the seeds: they look
 * themselves before they answer, so nobody else's word is needed. Without this every death went
 * through the whole network several times before the seeds' word of it did so once more.
 */
export class Suspicions {
  readonly #options: SuspicionOptions;
  readonly #with: SuspicionDependencies;
  #suspicions: Map<PeerId, Suspicion> | undefined;

  constructor(options: SuspicionOptions, dependencies: SuspicionDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  has(peer: PeerId): boolean {
    return this.#suspicions?.has(peer) ?? false;
  }

  isCorroborated(peer: PeerId): boolean {
    return this.#suspicions?.get(peer)?.isCorroborated ?? false;
  }

  /**
   * This peer has looked in vain, and so have these helpers: for the first time, or again, after
   * which the notice and the report are repeated.
   */
  suspect(suspect: Suspect, failedProbes: readonly PeerId[], repeatInMs: Ms, now: Instant): void {
    const { peer } = suspect;
    const suspicion = this.#suspicions?.get(peer) ?? this.#begin(suspect, failedProbes, now);
    suspicion.repeatAtMs = now.monotonicMs + repeatInMs;
    if (suspicion.isCorroborated) {
      this.#tellTheOthers(suspicion, now);
      this.#conclude(suspicion, now);
      return;
    }
    const agree = failedProbes.length >= this.#options.corroborations;
    suspicion.isNear = agree && this.#options.confirmation === 'seeds';
    this.#announce(suspicion, now);
    this.corroborate(peer, suspicion.incarnation, failedProbes, now);
  }

  /** Weighs new evidence: of these peers, and what notices have told. */
  corroborate(peer: PeerId, incarnation: Incarnation, by: Iterable<PeerId>, now: Instant): void {
    const suspicion = this.#suspicions?.get(peer);
    if (suspicion?.incarnation !== incarnation || suspicion.isCorroborated) return;
    const { corroborators } = suspicion;
    const { effects, evidence } = this.#with;
    for (const one of by) corroborators.add(one);
    for (const one of evidence.corroborators(peer, incarnation, now)) corroborators.add(one);
    const { corroborations: needed } = this.#options;
    if (corroborators.size < needed) return;
    suspicion.isCorroborated = true;
    effects.emit({
      type: 'peer:corroborated',
      peer,
      incarnation,
      corroborators: [...corroborators],
      needed,
    });
    this.#conclude(suspicion, now);
  }

  onReportAnswered(answer: ReportAnswer, now: Instant): void {
    const { peer, incarnation, seed, outcome } = answer;
    const suspicion = this.#suspicions?.get(peer);
    if (suspicion?.incarnation !== incarnation || !suspicion.isReported) return;
    suspicion.isReported = false;
    switch (outcome) {
      case 'ok':
        return this.#onConfirmed(suspicion, seed, now);
      case 'alive':
        // That it lives is for itself to say to everybody; and it should know how slow it seems.
        this.#tellTheOthers(suspicion, now);
        this.#emitRejected(answer, outcome, null);
        return this.#with.listener.seedsDisagree(peer, incarnation, outcome, now);
      case 'stale':
      case 'unknown':
        this.#emitRejected(answer, outcome, null);
        return this.#with.listener.seedsDisagree(peer, incarnation, outcome, now);
      default:
        this.#emitRejected(answer, outcome, Math.max(0, suspicion.repeatAtMs - now.monotonicMs));
        this.#tellTheOthers(suspicion, now);
    }
  }

  /** Ends a suspicion without a death. */
  clear(peer: PeerId, cause: SuspicionCleared['cause'], now: Instant): void {
    const suspicion = this.#suspicions?.get(peer);
    if (suspicion === undefined) return;
    this.forget(peer);
    const { incarnation, sinceMs } = suspicion;
    const suspectedForMs = now.monotonicMs - sinceMs;
    const type = 'peer:suspicion-cleared';
    this.#with.effects.emit({ type, peer, incarnation, cause, suspectedForMs });
  }

  forget(peer: PeerId): void {
    this.#suspicions?.delete(peer);
  }

  halt(): void {
    this.#suspicions = undefined;
  }

  #begin(suspect: Suspect, failedProbes: readonly PeerId[], now: Instant): Suspicion {
    const { peer, incarnation, lastHeardMs } = suspect;
    const { monotonicMs: sinceMs } = now;
    const suspicion: Suspicion = {
      peer,
      incarnation,
      sinceMs,
      refutation: this.#with.evidence.refutationOf(peer, incarnation),
      corroborators: new Set(),
      isCorroborated: false,
      isNear: false,
      isReported: false,
      confirmations: 0,
      repeatAtMs: sinceMs,
    };
    this.#suspicions ??= new Map();
    this.#suspicions.set(peer, suspicion);
    const silentMs = sinceMs - lastHeardMs;
    const type = 'peer:suspected';
    this.#with.effects.emit({ type, peer, incarnation, silentMs, failedProbes });
    return suspicion;
  }

  /** Others who hold evidence, and the suspect itself, are to hear of it wherever they are. */
  #announce({ peer, incarnation, refutation, isNear }: Suspicion, now: Instant): void {
    const { rumours, self } = this.#with;
    const { id: by, incarnation: byIncarnation } = self;
    const type = 'SUSPECT_NOTICE';
    const near = isNear && { near: true as const };
    const notice = { type, peer, incarnation, refutation, by, byIncarnation, ...near } as const;
    if (rumours.isNews(notice, now)) rumours.spread(notice);
  }

  /** The seeds have not confirmed the death so far: whoever was not told is told now, once. */
  #tellTheOthers(suspicion: Suspicion, now: Instant): void {
    if (!suspicion.isNear) return;
    suspicion.isNear = false;
    this.#announce(suspicion, now);
  }

  #conclude(suspicion: Suspicion, now: Instant): void {
    const { peer, incarnation, corroborators } = suspicion;
    const { listener, reporter, self } = this.#with;
    if (this.#options.confirmation === 'peers') {
      listener.agreed({ type: 'DEAD_CONFIRMED', peer, incarnation, seed: '' }, self.id, now);
      return;
    }
    if (suspicion.isReported) return;
    suspicion.isReported = true;
    const text = reportText(peer, self.id, now);
    const report = {
      peer,
      incarnation,
      reporter: self.id,
      corroborators: [...corroborators],
      text,
    };
    reporter?.report(report, now);
  }

  /**
   * DEAD_CONFIRMED comes to all members of the seeds, so it is waited for; but when it was lost, the
   * answer to the next report is the confirmation.
   */
  #onConfirmed(suspicion: Suspicion, seed: SeedId, now: Instant): void {
    suspicion.confirmations += 1;
    if (suspicion.confirmations < 2) return;
    const { peer, incarnation } = suspicion;
    this.#with.listener.agreed({ type: 'DEAD_CONFIRMED', peer, incarnation, seed }, seed, now);
  }

  #emitRejected(
    { peer, incarnation, seed, reason }: ReportAnswer,
    code: Exclude<ReportAnswer['outcome'], 'ok'>,
    retryInMs: Ms | null,
  ): void {
    const type = 'peer:report-rejected';
    this.#with.effects.emit({ type, peer, incarnation, seed, code, reason, retryInMs });
  }
}

/** `Dead Node:<ip>:<port>:<timestamp>:<self ip>`, IPv6 in brackets as in the PeerIds themselves. */
function reportText(peer: PeerId, self: PeerId, now: Instant): string {
  const selfIp = self.slice(0, self.lastIndexOf(':'));
  return `Dead Node:${peer}:${Math.round(now.wallMs)}:${selfIp}`;
}
