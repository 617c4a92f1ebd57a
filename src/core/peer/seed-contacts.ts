import type { Effects, LinkCloseCause, Random } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type {
  DeadReportResult,
  Incarnation,
  LeaveResult,
  RefusalCode,
  RegisterResult,
  SeedId,
  SeedRefusal,
} from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { shuffled } from './chance.ts';
import type { Leases } from './lease.ts';

/** Fires when a seed has had a question for too long; stale once it has answered. */
export interface AnswerOverdue {
  readonly type: 'registration:answer-overdue';
  readonly request: number;
}

/** How a link failed the question that was to go over it. */
export type LinkTrouble = RefusalCode | LinkCloseCause | 'timeout';

/** What one seed said to a question, or why it said nothing. */
export type SeedAnswer = {
  readonly seed: SeedId;
  readonly reason: string;
  /** With an `ok` to REGISTER; otherwise 0. */
  readonly incarnation: Incarnation;
} & (
  | { readonly by: 'seed'; readonly code: 'ok' | SeedRefusal }
  | { readonly by: 'link'; readonly code: LinkTrouble }
);

/** Something that seeds are asked one after the other, until an answer stands or none is left. */
export interface Question {
  /** How long one seed may take, its dial included. */
  readonly timeoutMs: Ms;
  /** Sends it over this link, with this number. */
  ask(link: Link, request: number): void;
  /** Takes note of one seed's answer; returns whether the next seed is to be asked. */
  heard(answer: SeedAnswer, now: Instant): boolean;
  /** An answer stood, or no seed is left. The one place that may go on to something else. */
  ended(now: Instant): void;
}

export interface SeedContactsDependencies {
  readonly effects: Effects<AnswerOverdue>;
  readonly links: Pick<Links, 'dial' | 'send' | 'close'>;
  readonly seeds: readonly SeedId[];
  readonly random: Random;
  /** Links to these seeds are kept; others last as long as a question needs them. */
  readonly leases: Leases;
}

const none: readonly never[] = [];

/** A question on its way: `seed` is being asked, the `asked`th of `order`, under the number `request`. */
interface Inquiry {
  readonly question: Question;
  readonly order: readonly SeedId[];
  asked: number;
  seed: SeedId;
  request: number;
}

/** The member links, at most one to a seed, and the questions that are on their way over them. */
export class SeedContacts {
  readonly #with: SeedContactsDependencies;
  // Replaced on change, by `concat`: every peer has these short arrays, and `push` would reserve
  // room for 17 entries in each with the first one.
  #links: readonly Link[] = none;
  #inquiries: readonly Inquiry[] = none;
  #lastRequest = 0;

  constructor(dependencies: SeedContactsDependencies) {
    this.#with = dependencies;
  }

  nextRequest(): number {
    this.#lastRequest += 1;
    return this.#lastRequest;
  }

  /** The link to this seed, where it is up. */
  linkTo(seed: SeedId): Link | undefined {
    const link = this.#linkOf(seed);
    return link?.state === 'up' ? link : undefined;
  }

  /** Whether this is a link of ours: accepted links are never. */
  has(link: Link): boolean {
    return this.#links.includes(link);
  }

  /** Dials the seed unless it is linked or being dialled. */
  reach(seed: SeedId, now: Instant): void {
    if (this.#linkOf(seed) !== undefined) return;
    this.#links = this.#links.concat(this.#with.links.dial(seed, 'member', now));
  }

  /** Ends the link to a seed that no longer answers on it. */
  drop(seed: SeedId, reason: string): void {
    const link = this.#linkOf(seed);
    if (link === undefined) return;
    this.#forget(link);
    this.#with.links.close(link, reason);
  }

  /** Ends all that is under way, without a word to those who asked. */
  dropAll(reason: string): void {
    this.#inquiries = none;
    for (const link of this.#links) this.#with.links.close(link, reason);
    this.#links = none;
  }

  /** All seeds in random order, those that can answer soonest first: linked ones, then leased ones. */
  nearestFirst(): SeedId[] {
    const distance = (seed: SeedId): number => {
      if (this.linkTo(seed) !== undefined) return 0;
      return this.#with.leases.of(seed) === undefined ? 2 : 1;
    };
    const { seeds, random } = this.#with;
    return shuffled(seeds, random).sort((one, other) => distance(one) - distance(other));
  }

  /** Puts a question to these seeds in this order. `heard` and `ended` come later, never at once. */
  ask(question: Question, order: readonly SeedId[], now: Instant): void {
    const [first] = order;
    if (first === undefined) return;
    const inquiry: Inquiry = { question, order, asked: 0, seed: first, request: 0 };
    this.#inquiries = this.#inquiries.concat(inquiry);
    this.#askNext(inquiry, first, now);
  }

  isAsking(question: Question): boolean {
    return this.#inquiries.some((inquiry) => inquiry.question === question);
  }

  /** Stops asking; neither `heard` nor `ended` follows. */
  cancel(question: Question): void {
    this.#removeInquiry(question);
    this.closeIdle();
  }

  /** Closes every link that neither a lease nor a question needs. */
  closeIdle(): void {
    for (const link of this.#links) this.#closeIfIdle(link.address);
  }

  onUp(link: Link): void {
    for (const inquiry of this.#inquiries) {
      if (inquiry.seed === link.address) inquiry.question.ask(link, inquiry.request);
    }
  }

  /** A link went down or did not come up: who was asked over it will not answer. */
  onGone(link: Link, code: LinkTrouble, reason: string, now: Instant): void {
    this.#forget(link);
    const seed = link.address;
    const answer: SeedAnswer = { by: 'link', seed, code, reason, incarnation: 0 };
    for (const inquiry of this.#inquiries.filter((one) => one.seed === seed)) {
      this.#conclude(inquiry, answer, now);
    }
  }

  onResult(
    link: Link,
    result: RegisterResult | LeaveResult | DeadReportResult,
    now: Instant,
  ): void {
    const inquiry = this.#inquiries.find((one) => one.request === result.request);
    if (inquiry === undefined || inquiry.seed !== link.address) return;
    const { outcome: code, reason } = result;
    const incarnation = result.type === 'REGISTER_RESULT' ? result.incarnation : 0;
    this.#conclude(inquiry, { by: 'seed', seed: inquiry.seed, code, reason, incarnation }, now);
  }

  onOverdue(timer: AnswerOverdue, now: Instant): void {
    const inquiry = this.#inquiries.find((one) => one.request === timer.request);
    if (inquiry === undefined) return;
    const reason = `no answer within ${inquiry.question.timeoutMs} ms`;
    const { seed } = inquiry;
    this.#conclude(inquiry, { by: 'link', seed, code: 'timeout', reason, incarnation: 0 }, now);
  }

  #askNext(inquiry: Inquiry, seed: SeedId, now: Instant): void {
    inquiry.asked += 1;
    inquiry.seed = seed;
    inquiry.request = this.nextRequest();
    const { request } = inquiry;
    const { timeoutMs } = inquiry.question;
    this.#with.effects.schedule(timeoutMs, { type: 'registration:answer-overdue', request });
    const link = this.linkTo(seed);
    if (link === undefined) this.reach(seed, now);
    else inquiry.question.ask(link, request);
  }

  #conclude(inquiry: Inquiry, answer: SeedAnswer, now: Instant): void {
    const { question, order, asked } = inquiry;
    const goOn = question.heard(answer, now);
    const next = goOn ? order[asked] : undefined;
    if (next !== undefined) {
      this.#askNext(inquiry, next, now);
      this.#closeIfIdle(answer.seed);
      return;
    }
    this.#removeInquiry(question);
    this.closeIdle();
    question.ended(now);
  }

  #closeIfIdle(seed: SeedId): void {
    if (this.#with.leases.of(seed) !== undefined) return;
    if (this.#inquiries.some((inquiry) => inquiry.seed === seed)) return;
    this.drop(seed, 'not needed any more');
  }

  #removeInquiry(question: Question): void {
    this.#inquiries = this.#inquiries.filter((inquiry) => inquiry.question !== question);
  }

  #linkOf(seed: SeedId): Link | undefined {
    return this.#links.find((link) => link.address === seed);
  }

  #forget(link: Link): void {
    this.#links = this.#links.filter((other) => other !== link);
  }
}
