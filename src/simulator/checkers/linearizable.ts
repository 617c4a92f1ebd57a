import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, Message, PeerId, Session } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { type RegisterCall, registerModel } from './register-model.ts';
import { isLinearizable, type Operation } from './wing-gong.ts';

/** A request that was sent to a seed. */
type Asked =
  | { readonly type: 'register'; readonly peer: PeerId; readonly session: Session }
  | { readonly type: 'leave'; readonly peer: PeerId; readonly incarnation: Incarnation }
  | { readonly type: 'die'; readonly peer: PeerId; readonly incarnation: Incarnation };

type Answer = Extract<
  Message,
  { readonly type: 'REGISTER_RESULT' | 'LEAVE_RESULT' | 'DEAD_REPORT_RESULT' }
>;

/**
 * Equal calls with equal answers, taken together. Answers are facts that stay true, so of those that came to know
 * the same, only the first call and the first return matter.
 */
interface Shared {
  readonly call: RegisterCall;
  calledAt: number;
  returnedAt: number | undefined;
}

class Linearizable implements Checker {
  readonly frameTypes = [
    'REGISTER',
    'LEAVE',
    'DEAD_REPORT',
    'REGISTER_RESULT',
    'LEAVE_RESULT',
    'DEAD_REPORT_RESULT',
  ] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  #now = 0;
  readonly #asked = new Map<string, { readonly asked: Asked; readonly at: number }>();
  readonly #histories = new Map<PeerId, Map<string, Shared>>();
  /** When each session was first asked for, as long as nobody has answered. */
  readonly #open = new Map<PeerId, Map<Session, number>>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  frame(_at: Ms, end: number, generation: number, from: number, to: number, message: Message) {
    const { world } = this.#about;
    if (world.isSeed(to) && !world.isSeed(from)) {
      const asked = askedBy(message);
      if (asked === undefined || !('request' in message)) return;
      const at = this.#tick();
      this.#asked.set(`${end} ${generation} ${message.request}`, { asked, at });
      this.#begin(asked, at);
    } else if (world.isSeed(from) && isAnswer(message)) {
      const key = `${end ^ 1} ${generation} ${message.request}`;
      const question = this.#asked.get(key);
      this.#asked.delete(key);
      if (question !== undefined) this.#onAnswer(question.asked, question.at, message);
    }
  }

  /** Seeds propose deaths that nobody asked for. */
  event(_atMs: Ms, _node: number, event: NodeEvent): void {
    if (event.type !== 'death:proposed') return;
    const { peer, incarnation } = event;
    this.#begin({ type: 'die', peer, incarnation }, this.#tick());
  }

  end(): void {
    for (const [peer, history] of this.#histories) {
      if (isLinearizable(this.#whole(peer, history), registerModel)) continue;
      const node = this.#about.world.indexOf(peer);
      this.#accuse(
        [node],
        `no order of what was asked about ${peer} gives the answers that were given: ${textOf(history)}`,
      );
    }
  }

  #tick(): number {
    this.#now += 1;
    return this.#now;
  }

  /** Whatever is answered, it may take effect from now on. */
  #begin(asked: Asked, at: number): void {
    if (asked.type === 'register') {
      const sessions = this.#open.get(asked.peer) ?? new Map<Session, number>();
      this.#open.set(asked.peer, sessions);
      if (!sessions.has(asked.session)) sessions.set(asked.session, at);
      this.#historyOf(asked.peer);
    } else {
      const { type, incarnation } = asked;
      this.#note(asked.peer, { type, incarnation }, at, undefined);
    }
  }

  #onAnswer(asked: Asked, calledAt: number, answer: Answer): void {
    const call = callOf(asked, answer);
    if (call !== undefined) this.#note(asked.peer, call, calledAt, this.#tick());
  }

  #note(peer: PeerId, call: RegisterCall, calledAt: number, returnedAt: number | undefined): void {
    const history = this.#historyOf(peer);
    const key = JSON.stringify(call);
    const known = history.get(key);
    if (known === undefined) {
      history.set(key, { call, calledAt, returnedAt });
      return;
    }
    known.calledAt = Math.min(known.calledAt, calledAt);
    known.returnedAt ??= returnedAt;
  }

  #historyOf(peer: PeerId): Map<string, Shared> {
    const known = this.#histories.get(peer);
    if (known !== undefined) return known;
    const history = new Map<string, Shared>();
    this.#histories.set(peer, history);
    return history;
  }

  /** With the registrations that nobody was told of, as far as they took effect. */
  #whole(peer: PeerId, history: ReadonlyMap<string, Shared>): Operation<RegisterCall>[] {
    const operations: Operation<RegisterCall>[] = [];
    const sessions = new Map(this.#open.get(peer));
    for (const { call, calledAt, returnedAt } of history.values()) {
      if (call.type !== 'register') operations.push({ call, calledAt, returnedAt });
      else {
        const firstAt = Math.min(calledAt, sessions.get(call.session) ?? calledAt);
        operations.push({ call, calledAt: firstAt, returnedAt });
      }
    }
    const answered = new Set(
      operations.flatMap(({ call }) => (call.type === 'register' ? [call.session] : [])),
    );
    for (const [session, calledAt] of sessions) {
      const incarnation = answered.has(session) ? undefined : this.#givenTo(peer, session);
      if (incarnation === undefined) continue;
      operations.push({ call: { type: 'register', session, incarnation }, calledAt });
    }
    return operations;
  }

  #givenTo(peer: PeerId, session: Session): Incarnation | undefined {
    const { disks } = this.#about;
    return disks
      .acceptancesOf(peer)
      .find((acceptance) => acceptance.value.session === session && disks.isChosen(acceptance))
      ?.value.incarnation;
  }
}

function askedBy(message: Message): Asked | undefined {
  switch (message.type) {
    case 'REGISTER':
      return { type: 'register', peer: message.peer, session: message.session };
    case 'LEAVE':
      return { type: 'leave', peer: message.peer, incarnation: message.incarnation };
    case 'DEAD_REPORT':
      return { type: 'die', peer: message.peer, incarnation: message.incarnation };
    default:
      return undefined;
  }
}

function isAnswer(message: Message): message is Answer {
  const { type } = message;
  return type === 'REGISTER_RESULT' || type === 'LEAVE_RESULT' || type === 'DEAD_REPORT_RESULT';
}

/** What the answer says of the register; undefined where it leaves everything open. */
function callOf(asked: Asked, answer: Answer): RegisterCall | undefined {
  const { outcome } = answer;
  if (asked.type === 'register') {
    const { session } = asked;
    if (outcome === 'session-over') return { type: 'session-over', session };
    if (outcome !== 'ok' || answer.type !== 'REGISTER_RESULT') return undefined;
    return { type: 'register', session, incarnation: answer.incarnation };
  }
  const { type, incarnation } = asked;
  if (outcome === 'ok') return { type, incarnation };
  return outcome === 'stale' ? { type: 'stale', incarnation } : undefined;
}

function textOf(history: ReadonlyMap<string, Shared>): string {
  return [...history.values()]
    .map(({ call, calledAt, returnedAt = '…' }) => {
      const of = 'incarnation' in call ? `(${call.incarnation})` : '';
      return `${call.type}${of} ${calledAt}–${returnedAt}`;
    })
    .join(', ');
}

export const linearizable: CheckerKind = {
  name: 'linearizable',
  promise:
    'what is asked of a register, by anybody at any seed, is answered as if one had been asked after the other',
  start: (about, accuse) => new Linearizable(about, accuse),
};
