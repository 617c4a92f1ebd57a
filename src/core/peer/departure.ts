import type { RegistrationOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { Instant, Ms } from '../time.ts';
import type { Leases } from './lease.ts';
import type { RegistrationListener } from './parts.ts';
import type { Question, SeedAnswer, SeedContacts } from './seed-contacts.ts';
import type { Self } from './self.ts';

/** Fires when the leave has taken long enough; stale once it has ended. */
export interface LeaveOverdue {
  readonly type: 'registration:leave-overdue';
}

export interface DepartureDependencies {
  readonly effects: Effects<LeaveOverdue>;
  readonly links: Pick<Links, 'send'>;
  readonly contacts: SeedContacts;
  readonly leases: Leases;
  readonly self: Self;
  readonly listener: Pick<RegistrationListener, 'leaveEnded'>;
}

/** LEAVE at one seed after the other until one has it committed, within a time. */
export class Departure implements Question {
  readonly timeoutMs: Ms;
  readonly #with: DepartureDependencies;
  #committed = false;
  #reason = '';

  constructor(options: RegistrationOptions, dependencies: DepartureDependencies) {
    // Half of the whole time, so that a silent seed leaves some for another one.
    this.timeoutMs = options.registerTimeoutMs / 2;
    this.#with = dependencies;
  }

  begin(now: Instant): void {
    const { contacts, effects } = this.#with;
    effects.schedule(this.timeoutMs * 2, { type: 'registration:leave-overdue' });
    contacts.ask(this, contacts.nearestFirst(), now);
  }

  ask(link: Link, request: number): void {
    const { self, leases, links } = this.#with;
    const { id: peer, session } = self;
    const { incarnation } = leases;
    links.send(link, { type: 'LEAVE', request, peer, incarnation, session });
  }

  heard({ seed, code, reason }: SeedAnswer): boolean {
    this.#committed = code === 'ok';
    this.#reason = this.#committed ? '' : `${seed}: ${code}${reason && `, ${reason}`}`;
    return !isFinal(code);
  }

  ended(now: Instant): void {
    this.#with.listener.leaveEnded(this.#committed, this.#reason, now);
  }

  onOverdue(now: Instant): void {
    if (!this.#with.contacts.isAsking(this)) return;
    this.#with.contacts.cancel(this);
    this.#reason ||= 'no seed answered in time';
    this.ended(now);
  }
}

/** Committed, or nothing left to leave: what a quorum holds, every seed would say. */
function isFinal(code: SeedAnswer['code']): boolean {
  return code === 'ok' || code === 'stale' || code === 'unknown' || code === 'session-over';
}
