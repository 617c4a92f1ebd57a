import type { Effects, Random } from '../effects.ts';
import type { PeerProbed } from '../events.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { Incarnation, PeerId, ProbeResult } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { shuffled } from './chance.ts';
import type { LocalHealth } from './local-health.ts';
import { type Looks, outcomeOf, type Sight } from './looks.ts';
import type { Neighbourhood } from './parts.ts';
import type { Self } from './self.ts';

/** Fires when helpers have had a question for too long; stale once they were asked another one. */
export interface HelpersOverdue {
  readonly type: 'failure:helpers-overdue';
  readonly peer: PeerId;
  readonly nonce: number;
  /** It fired before, too late to mean anything. */
  readonly again: boolean;
}

/** What an examination has come to. */
export interface Verdict {
  readonly outcome: ProbeResult['outcome'];
  /** Who saw it: this peer itself, or a helper. */
  readonly by: PeerId;
  /** Helpers that looked and saw nobody. */
  readonly failedProbes: readonly PeerId[];
}

export interface ExaminationListener {
  examined(peer: PeerId, incarnation: Incarnation, verdict: Verdict, now: Instant): void;
}

export interface ProbingDependencies {
  readonly effects: Effects<HelpersOverdue>;
  readonly links: Pick<Links, 'send'>;
  readonly neighbourhood: Pick<Neighbourhood, 'links'>;
  readonly self: Self;
  readonly random: Random;
  readonly health: LocalHealth;
  readonly looks: Looks;
  /** Peers that fell silent themselves are no help. */
  readonly isDoubted: (peer: PeerId) => boolean;
  readonly listener: ExaminationListener;
}

interface Examination {
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly withHelpers: boolean;
  /** Of the first and the last question to helpers; 0 while this peer itself is looking. */
  firstNonce: number;
  nonce: number;
  readonly helpers: Map<PeerId, 'asked' | 'silent' | 'unanswered'>;
}

/** Helpers' own looks take up to a probe's timeout, and their answers have to travel. */
const helpersTimeoutFactor = 1.5;

/**
 * Examines peers that fell silent: first by a look of its own, then, if that sees nobody, through
 * other peers, because it may be the way between the two that is broken (SWIM, section 3.1).
 */
export class Probing {
  readonly #options: { readonly probeTimeoutMs: Ms; readonly helpers: number };
  readonly #with: ProbingDependencies;
  #examinations: Map<PeerId, Examination> | undefined;
  #lastNonce = 0;

  constructor(
    options: { readonly probeTimeoutMs: Ms; readonly helpers: number },
    dependencies: ProbingDependencies,
  ) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** `examined` follows unless `cancel` comes first; without helpers the own look decides. */
  examine(peer: PeerId, incarnation: Incarnation, withHelpers: boolean, now: Instant): void {
    this.#examinations ??= new Map();
    const helpers: Examination['helpers'] = new Map();
    const examination = { peer, incarnation, withHelpers, firstNonce: 0, nonce: 0, helpers };
    this.#examinations.set(peer, examination);
    this.#with.looks.look(peer, now);
  }

  isExamining(peer: PeerId): boolean {
    return this.#examinations?.has(peer) ?? false;
  }

  /** Whether this peer's own look, in an examination under way, has seen nobody. */
  hasSeenNobody(peer: PeerId): boolean {
    return (this.#examinations?.get(peer)?.nonce ?? 0) > 0;
  }

  cancel(peer: PeerId): void {
    this.#examinations?.delete(peer);
  }

  halt(): void {
    this.#examinations = undefined;
  }

  looked(peer: PeerId, sight: Sight, now: Instant): void {
    const examination = this.#examinations?.get(peer);
    if (examination === undefined || examination.nonce > 0) return;
    const { id } = this.#with.self;
    const outcome = outcomeOf(sight, examination.incarnation);
    this.#emitProbed(examination, id, outcome);
    if (outcome !== 'silent' || !examination.withHelpers) {
      this.#conclude(examination, outcome, id, now);
    } else {
      this.#ask(examination);
    }
  }

  /** Returns whether it answers a question of an examination under way. */
  onResult(link: Link, result: ProbeResult, now: Instant): boolean {
    const { id: helper } = link.remote;
    const examination = this.#examinations?.get(result.peer);
    if (examination?.incarnation !== result.incarnation) return false;
    if (result.nonce < examination.firstNonce) return false;
    if (examination.helpers.get(helper) !== 'asked') return false;
    this.#emitProbed(examination, helper, result.outcome);
    if (result.outcome === 'silent') {
      examination.helpers.set(helper, 'silent');
      this.#goOn(examination, now);
    } else {
      this.#conclude(examination, result.outcome, helper, now);
    }
    return true;
  }

  /**
   * Examinations that found no helper wait for this: the peer that fell silent may have been the
   * only neighbour, and the overlay replaces it at once.
   */
  neighbourUp(now: Instant): void {
    if (this.#examinations === undefined) return;
    for (const examination of [...this.#examinations.values()]) {
      if (examination.nonce > 0) this.#goOn(examination, now);
    }
  }

  neighbourDown(link: Link, now: Instant): void {
    if (this.#examinations === undefined) return;
    const { id: helper } = link.remote;
    for (const examination of [...this.#examinations.values()]) {
      if (examination.helpers.get(helper) !== 'asked') continue;
      this.#giveUpOn(examination, helper);
      this.#goOn(examination, now);
    }
  }

  onOverdue({ peer, nonce }: HelpersOverdue, now: Instant): void {
    const examination = this.#examinations?.get(peer);
    if (examination?.nonce !== nonce) return;
    for (const [helper, answer] of examination.helpers) {
      if (answer === 'asked') this.#giveUpOn(examination, helper);
    }
    this.#conclude(examination, 'silent', this.#with.self.id, now);
  }

  /** When all have answered: one that saw nobody either is enough, none at all is not. */
  #goOn(examination: Examination, now: Instant): void {
    const answers = [...examination.helpers.values()];
    if (answers.includes('asked')) return;
    if (answers.includes('silent')) {
      this.#conclude(examination, 'silent', this.#with.self.id, now);
    } else {
      this.#ask(examination);
    }
  }

  /** Asks helpers that were not asked yet; without any, waits for some until the deadline. */
  #ask(examination: Examination): void {
    const { peer, incarnation, helpers } = examination;
    const links = this.#chooseHelpers(examination);
    if (links.length === 0 && examination.nonce > 0) return;
    this.#lastNonce += 1;
    const nonce = this.#lastNonce;
    examination.nonce = nonce;
    examination.firstNonce ||= nonce;
    for (const link of links) {
      helpers.set(link.remote.id, 'asked');
      this.#with.links.send(link, { type: 'PROBE', nonce, peer, incarnation });
    }
    const timeoutMs = this.#with.health.stretch(this.#options.probeTimeoutMs);
    const timer = { type: 'failure:helpers-overdue', peer, nonce, again: false } as const;
    this.#with.effects.schedule(timeoutMs * helpersTimeoutFactor, timer);
  }

  /** Neighbours, since they are linked. */
  #chooseHelpers({ helpers }: Examination): Link[] {
    const candidates: Link[] = [];
    for (const link of this.#with.neighbourhood.links()) {
      const { id } = link.remote;
      if (!helpers.has(id) && !this.#with.isDoubted(id)) candidates.push(link);
    }
    return shuffled(candidates, this.#with.random).slice(0, this.#options.helpers);
  }

  #giveUpOn(examination: Examination, helper: PeerId): void {
    examination.helpers.set(helper, 'unanswered');
    this.#emitProbed(examination, helper, 'unanswered');
  }

  #conclude(examination: Examination, outcome: Verdict['outcome'], by: PeerId, now: Instant): void {
    const { peer, incarnation, helpers } = examination;
    this.cancel(peer);
    const failedProbes: PeerId[] = [];
    for (const [helper, answer] of helpers) if (answer === 'silent') failedProbes.push(helper);
    this.#with.listener.examined(peer, incarnation, { outcome, by, failedProbes }, now);
  }

  #emitProbed(examination: Examination, by: PeerId, outcome: PeerProbed['outcome']): void {
    const { peer, incarnation } = examination;
    this.#with.effects.emit({ type: 'peer:probed', peer, incarnation, by, outcome });
  }
}
