import type { RegistrationOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { DeadReport, Incarnation, PeerId, SeedRefusal } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import type { RegistrationListener, ReportAnswer, Reporter } from './parts.ts';
import type { Question, SeedAnswer, SeedContacts } from './seed-contacts.ts';

/** Brings the answer to a report that could not be taken: never before `report` has returned. */
export interface ReportDeclined {
  readonly type: 'registration:report-declined';
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly reason: string;
}

export interface ReportsDependencies {
  readonly effects: Effects<ReportDeclined>;
  readonly links: Pick<Links, 'send'>;
  readonly contacts: SeedContacts;
  readonly listener: Pick<RegistrationListener, 'reportAnswered'>;
}

type Death = Omit<DeadReport, 'type' | 'request'>;

/** The reports that are on their way to the seeds: at most one about an incarnation. */
export class Reports implements Reporter {
  readonly #options: RegistrationOptions;
  readonly #with: ReportsDependencies;
  readonly #underWay: Report[] = [];

  constructor(options: RegistrationOptions, dependencies: ReportsDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  report(death: Death, now: Instant): void {
    if (this.#underWay.some((other) => other.isAbout(death))) return;
    if (this.#underWay.length >= this.#options.reportsMax) {
      this.decline(death, `${this.#options.reportsMax} reports are on their way already`);
      return;
    }
    const { contacts } = this.#with;
    const report = new Report(death, this.#options.registerTimeoutMs, this.#with, this.#underWay);
    this.#underWay.push(report);
    // Any seed will do, since any may propose; the linked ones are the quickest to ask.
    contacts.ask(report, contacts.nearestFirst(), now);
  }

  /** Answers that no seed can be asked, by way of a timer. */
  decline({ peer, incarnation }: Death, reason: string): void {
    const type = 'registration:report-declined';
    this.#with.effects.schedule(0, { type, peer, incarnation, reason });
  }

  onDeclined({ peer, incarnation, reason }: ReportDeclined, now: Instant): void {
    const answer: ReportAnswer = { peer, incarnation, seed: '', outcome: 'no-seed', reason };
    this.#with.listener.reportAnswered(answer, now);
  }

  /** Forgets the reports under way; nobody hears of them again. */
  halt(): void {
    for (const report of this.#underWay.splice(0)) this.#with.contacts.cancel(report);
  }
}

/** One report, from the first seed asked to the answer that stands. */
class Report implements Question {
  readonly timeoutMs: Ms;
  readonly #death: Death;
  readonly #with: ReportsDependencies;
  readonly #underWay: Report[];
  #answer: ReportAnswer;

  constructor(death: Death, timeoutMs: Ms, dependencies: ReportsDependencies, underWay: Report[]) {
    this.timeoutMs = timeoutMs;
    this.#death = death;
    this.#with = dependencies;
    this.#underWay = underWay;
    const { peer, incarnation } = death;
    const reason = 'no seed can be reached';
    this.#answer = { peer, incarnation, seed: '', outcome: 'no-seed', reason };
  }

  isAbout({ peer, incarnation }: Death): boolean {
    return this.#death.peer === peer && this.#death.incarnation === incarnation;
  }

  ask(link: Link, request: number): void {
    const { peer, incarnation, text } = this.#death;
    this.#with.effects.emit({ type: 'peer:reported', peer, incarnation, seed: link.address, text });
    this.#with.links.send(link, { type: 'DEAD_REPORT', request, ...this.#death });
  }

  heard(answer: SeedAnswer): boolean {
    const { seed, code, reason } = answer;
    const { peer, incarnation } = this.#death;
    if (answer.by === 'seed') {
      this.#answer = { peer, incarnation, seed, outcome: answer.code, reason };
    } else if (code === 'timeout') {
      this.#answer = { peer, incarnation, seed, outcome: code, reason };
    }
    return answer.by === 'link' || isForThatSeedAlone(answer.code);
  }

  ended(now: Instant): void {
    this.#underWay.splice(this.#underWay.indexOf(this), 1);
    this.#with.listener.reportAnswered(this.#answer, now);
  }
}

/** The seed itself is in trouble; another one may do better. */
function isForThatSeedAlone(code: 'ok' | SeedRefusal): boolean {
  switch (code) {
    case 'no-quorum':
    case 'recovering':
    case 'storage-failed':
    case 'stopping':
      return true;
    default:
      return false;
  }
}
