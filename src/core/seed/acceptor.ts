import type { Effects } from '../effects.ts';
import type {
  Accept,
  Accepted,
  Intent,
  LinkId,
  Propose,
  SeedId,
  Verdict,
  Vote,
} from '../messages.ts';
import type { Instant } from '../time.ts';
import { compareBallots, isAbove, isSameBallot, noBallot } from './ballot.ts';
import { domainOf } from './domain.ts';
import type { KnownStores } from './known-stores.ts';
import type { Registers } from './registers.ts';
import type { Standing } from './standing.ts';
import type { Judgement, Question, Verdicts } from './verdicts.ts';

/** Comes back when the promise or accepted value behind an answer is on disk. */
export interface AnswerDurable {
  readonly type: 'answer-durable';
  /** The link that the question came over; 0 for this seed's own proposer. */
  readonly link: LinkId;
  readonly answer: Vote | Accepted;
  readonly intent: Intent | undefined;
}

/** Where a proposal came from, while it is being judged. */
export interface Proposer {
  readonly link: LinkId;
  readonly propose: Propose;
}

export interface AcceptorDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly self: SeedId;
  readonly registers: Registers<AnswerDurable>;
  readonly stores: KnownStores;
  readonly standing: Standing;
  readonly verdicts: Pick<Verdicts<Proposer>, 'judge'>;
  /** Gives an answer to a proposer: over that link, or to our own for link 0. */
  readonly answer: (link: LinkId, answer: Vote | Accepted, now: Instant) => void;
}

/**
 * The acceptor of every register: PROPOSE → VOTE, ACCEPT → ACCEPTED (Rystsov 2018, section 2.2).
 *
 * It promises each ballot at most once, equal ballots being a conflict. So even a proposer that
 * crashed before its ballot reached its own disk, and uses the same ballot again, cannot win two
 * quorums of promises for it. No promise and no ACCEPTED leaves before it is on disk. An intent is
 * judged before the promise; since that takes time, everything else is looked at again after it.
 */
export class Acceptor {
  readonly #with: AcceptorDependencies;

  constructor(dependencies: AcceptorDependencies) {
    this.#with = dependencies;
  }

  onPropose(link: LinkId, propose: Propose, now: Instant): void {
    const objection = this.#objection(propose);
    if (objection !== undefined) this.#vote(link, propose, objection, now);
    else {
      const { peer, intent } = propose;
      this.#with.verdicts.judge({ peer, intent, context: { link, propose } }, now);
    }
  }

  /** The verdict on a proposal has been found. */
  judged(question: Question<Proposer>, judgement: Judgement, now: Instant): void {
    const { link, propose } = question.context;
    const { acceptedBallot } = this.#with.registers.of(propose.peer);
    // The others were quicker: this ballot has its quorum of promises, and nobody waits for this one.
    if (isSameBallot(acceptedBallot, propose.ballot)) return;
    const objection = this.#objection(propose);
    if (objection !== undefined) this.#vote(link, propose, objection, now);
    else if (judgement.verdict === 'ok') this.#promise(link, propose);
    else this.#vote(link, propose, { answer: 'none', ...judgement }, now);
  }

  onAccept(link: LinkId, accept: Accept, now: Instant): void {
    const { peer, ballot, stores, value } = accept;
    const { registers, standing } = this.#with;
    const { promised } = registers.of(peer);
    const isRefused = !standing.isVoting || this.#with.stores.contradicts(stores) !== undefined;
    const isConflict = compareBallots(ballot, promised) < 0;
    if (isRefused || isConflict) {
      const answer = isRefused ? 'none' : 'conflict';
      this.#with.answer(link, { type: 'ACCEPTED', peer, ballot, answer, promised }, now);
      return;
    }
    this.#with.stores.noteView(stores);
    const answer = {
      type: 'ACCEPTED',
      peer,
      ballot,
      answer: 'accepted',
      promised: ballot,
    } as const;
    const durable: AnswerDurable = { type: 'answer-durable', link, answer, intent: undefined };
    registers.accept(peer, ballot, value, durable);
  }

  onDurable({ link, answer, intent }: AnswerDurable, now: Instant): void {
    if (answer.type === 'VOTE' && intent !== undefined) this.#emit(answer, intent, link);
    this.#with.answer(link, answer, now);
  }

  /** Why this proposal gets no promise, whatever its intent. */
  #objection({ peer, ballot, stores }: Propose): Objection | undefined {
    const { refusal } = this.#with.standing;
    if (refusal !== undefined) {
      return { answer: 'none', verdict: refusal.code, reason: refusal.reason };
    }
    const renewed = this.#with.stores.contradicts(stores);
    if (renewed !== undefined) {
      const reason = `${renewed} has another store here than the proposer knows`;
      return { answer: 'none', verdict: 'recovering', reason };
    }
    const { promised } = this.#with.registers.of(peer);
    if (isAbove(ballot, promised)) return undefined;
    return { answer: 'conflict', verdict: 'conflict', reason: 'a higher ballot was promised' };
  }

  #promise(link: LinkId, { peer, ballot, stores, intent }: Propose): void {
    const { acceptedBallot, accepted } = this.#with.registers.of(peer);
    const answer: Vote = {
      type: 'VOTE',
      peer,
      ballot,
      answer: 'promise',
      promised: ballot,
      acceptedBallot,
      ...(accepted && { accepted }),
      verdict: 'ok',
      reason: '',
    };
    this.#with.stores.noteView(stores);
    const durable: AnswerDurable = { type: 'answer-durable', link, answer, intent };
    this.#with.registers.promise(peer, ballot, durable);
  }

  #vote(link: LinkId, propose: Propose, objection: Objection, now: Instant): void {
    const { peer, ballot, intent } = propose;
    const { promised } = this.#with.registers.of(peer);
    const type = 'VOTE';
    const vote: Vote = { type, peer, ballot, promised, acceptedBallot: noBallot, ...objection };
    this.#emit(vote, intent, link);
    this.#with.answer(link, vote, now);
  }

  /** Our own proposer emits its own seed's vote, with those of the others. */
  #emit({ peer, ballot, answer, verdict, reason }: Vote, intent: Intent, link: LinkId): void {
    if (link === 0) return;
    const { effects, self: seed } = this.#with;
    const type = `${domainOf(intent)}:vote` as const;
    effects.emit({ type, peer, ballot, seed, answer, verdict, reason });
  }
}

interface Objection {
  readonly answer: 'conflict' | 'none';
  readonly verdict: Verdict;
  readonly reason: string;
}
