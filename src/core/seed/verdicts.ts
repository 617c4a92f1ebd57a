import type { SeedOptions } from '../config.ts';
import type { DigestText, Intent, PeerId, RegisterValue, SeedId, Verdict } from '../messages.ts';
import { dropOldest } from '../peer/bounded.ts';
import type { Instant, Ms } from '../time.ts';
import { type ProbeOutcome, type Probes, proves } from './probes.ts';
import type { RemovalBrake } from './removal-brake.ts';

/** Somebody's question whether an intent is right. `Context` is what the asker needs to go on. */
export interface Question<Context> {
  readonly peer: PeerId;
  readonly intent: Intent;
  readonly context: Context;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** One sentence for people; empty with `ok`. */
  readonly reason: string;
}

export interface VerdictsDependencies<Context> {
  readonly seeds: readonly SeedId[];
  readonly committed: (peer: PeerId) => RegisterValue | undefined;
  readonly probes: Pick<Probes, 'probe'>;
  readonly brake: Pick<RemovalBrake, 'allows'>;
  readonly digest: DigestText;
  /** Whether an address may become a peer at all. */
  readonly admit: (peer: PeerId) => boolean;
  /** Hears every judgement, some of them at once. */
  readonly judged: (question: Question<Context>, judgement: Judgement, now: Instant) => void;
}

interface SeenOutcome extends ProbeOutcome {
  readonly atMs: Ms;
}

/**
 * This seed's own judgement of intents (docs/PROTOCOL.md, section 8): a verdict is not a courtesy. What is
 * known here is answered at once; for the rest the peer is dialled back.
 */
export class Verdicts<Context> {
  readonly #options: SeedOptions;
  readonly #with: VerdictsDependencies<Context>;
  /** Questions that wait for a probe of their peer. */
  readonly #waiting = new Map<PeerId, Question<Context>[]>();
  #waitingCount = 0;
  /** What probes found lately, oldest first. */
  readonly #seen = new Map<PeerId, SeenOutcome>();

  constructor(options: SeedOptions, dependencies: VerdictsDependencies<Context>) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** Questions that wait for a dial-back, and peers whose last one is remembered. */
  get sizes(): { readonly waiting: number; readonly seen: number } {
    return { waiting: this.#waitingCount, seen: this.#seen.size };
  }

  judge(question: Question<Context>, now: Instant): void {
    const known = this.#withoutProbe(question, now) ?? this.#fromLastProbe(question, now);
    if (known !== undefined) this.#with.judged(question, known, now);
    else this.#wait(question, now);
  }

  /** Another life has begun at this address: what was seen there before says nothing about it. */
  forget(peer: PeerId): void {
    this.#seen.delete(peer);
  }

  /** A probe of this peer has ended, whoever asked for it. */
  probed(peer: PeerId, outcome: ProbeOutcome, now: Instant): void {
    this.#seen.delete(peer);
    this.#seen.set(peer, { ...outcome, atMs: now.monotonicMs });
    dropOldest(this.#seen, this.#options.waitingMax);
    const questions = this.#waiting.get(peer) ?? [];
    this.#waiting.delete(peer);
    this.#waitingCount -= questions.length;
    for (const question of questions) {
      const judgement = this.#withoutProbe(question, now) ?? this.#byProbe(question, outcome);
      this.#with.judged(question, judgement, now);
    }
  }

  #wait(question: Question<Context>, now: Instant): void {
    if (this.#waitingCount >= this.#options.waitingMax) {
      const reason = `${this.#waitingCount} verdicts are waiting here already`;
      this.#with.judged(question, { verdict: 'no-quorum', reason }, now);
      return;
    }
    this.#waitingCount += 1;
    const waiting = this.#waiting.get(question.peer);
    if (waiting === undefined) this.#waiting.set(question.peer, [question]);
    else waiting.push(question);
    this.#with.probes.probe(question.peer, now);
  }

  /** The judgement, where it does not depend on who answers at the peer's address. */
  #withoutProbe({ peer, intent }: Question<Context>, now: Instant): Judgement | undefined {
    const current = this.#with.committed(peer);
    switch (intent.type) {
      case 'register':
        return this.#onRegister(peer, current, intent.session);
      case 'leave':
        return onLeave(current, intent.incarnation, intent.session);
      case 'confirm-dead':
        return this.#onConfirmDead(peer, current, intent.incarnation, now);
    }
  }

  #onRegister(
    peer: PeerId,
    current: RegisterValue | undefined,
    session: string,
  ): Judgement | undefined {
    if (this.#with.seeds.includes(peer)) return no('unverified', `${peer} is a seed's address`);
    if (!this.#with.admit(peer)) return no('not-admitted', `${peer} is not admitted here`);
    if (current?.session === session && current.status !== 'alive') {
      return no('session-over', 'this session is over');
    }
    return this.#options.verdicts === 'always-ok' ? ok : undefined;
  }

  /** Only the committed session will do: an accepted one may never be chosen, and a proof of it prove nothing. */
  #onConfirmDead(
    peer: PeerId,
    current: RegisterValue | undefined,
    incarnation: number,
    now: Instant,
  ): Judgement | undefined {
    const notCurrent = judgeIncarnation(current, incarnation);
    if (notCurrent !== undefined) return notCurrent;
    if (current?.status !== 'alive') return ok;
    if (!this.#with.brake.allows(peer, incarnation, now)) {
      return no('paused', 'too many peers were reported dead at once: removals are paused');
    }
    return this.#options.verdicts === 'always-ok' ? ok : undefined;
  }

  #fromLastProbe(question: Question<Context>, now: Instant): Judgement | undefined {
    const seen = this.#seen.get(question.peer);
    if (seen === undefined) return undefined;
    if (now.monotonicMs - seen.atMs > this.#options.verdictCacheMs) return undefined;
    const judgement = this.#byProbe(question, seen);
    // Only an agreement rests on what was seen before: a peer that has just begun to listen deserves
    // another look, and so does one that was alive before it was reported dead.
    return judgement.verdict === 'ok' ? judgement : undefined;
  }

  #byProbe({ peer, intent }: Question<Context>, outcome: ProbeOutcome): Judgement {
    const { digest } = this.#with;
    if (intent.type === 'register') {
      if (proves(outcome, intent.session, digest)) return ok;
      return no('unverified', `${peer} did not prove this session: ${outcome.seen}`);
    }
    const session = this.#with.committed(peer)?.session;
    if (session === undefined || !proves(outcome, session, digest)) return ok;
    return no('alive', `${peer} answered this seed as that incarnation`);
  }
}

const ok: Judgement = { verdict: 'ok', reason: '' };

function no(verdict: Verdict, reason: string): Judgement {
  return { verdict, reason };
}

function onLeave(
  current: RegisterValue | undefined,
  incarnation: number,
  session: string,
): Judgement {
  const notCurrent = judgeIncarnation(current, incarnation);
  if (notCurrent !== undefined) return notCurrent;
  if (current?.session === session) return ok;
  return no('unverified', `incarnation ${incarnation} has another session`);
}

/** The judgement of an intent about an incarnation that is not the current one here. */
function judgeIncarnation(
  current: RegisterValue | undefined,
  incarnation: number,
): Judgement | undefined {
  if (current === undefined || current.incarnation < incarnation) {
    return no('unknown', `this seed knows no incarnation ${incarnation} of this peer`);
  }
  if (current.incarnation === incarnation) return undefined;
  return no('stale', `the peer is incarnation ${current.incarnation} now`);
}
