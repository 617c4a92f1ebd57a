import type { Intent, RegisterValue, SeedRefusal } from '../messages.ts';
import type { Ms } from '../time.ts';

/** What a change takes from the seed that proposes it. */
export interface TransitionContext {
  /** The proposing seed's wall clock. */
  readonly wallMs: Ms;
  /** First incarnation and revision of a register that does not exist; see tombstones.ts. */
  readonly floor: number;
}

export type Transition =
  | { readonly type: 'change'; readonly value: RegisterValue }
  | {
      readonly type: 'no-change';
      readonly code: 'ok' | SeedRefusal;
      /** One sentence for people; empty with `ok`. */
      readonly reason: string;
    };

/**
 * What an intent makes of a register's current value: the change function of CASPaxos (Rystsov
 * 2018, section 2.2). Incarnations only rise, and an incarnation that is over stays over, so every
 * 'no change' that rests on an existing value remains right for good.
 */
export function transition(
  current: RegisterValue | undefined,
  intent: Intent,
  context: TransitionContext,
): Transition {
  switch (intent.type) {
    case 'register':
      return register(current, intent, context);
    case 'leave':
      return leave(current, intent.incarnation, intent.session, context);
    case 'confirm-dead':
      return confirmDead(current, intent, context);
  }
}

function register(
  current: RegisterValue | undefined,
  { session, metricsPort }: Extract<Intent, { readonly type: 'register' }>,
  { wallMs, floor }: TransitionContext,
): Transition {
  if (current?.session === session) {
    if (current.status === 'alive') return unchanged('ok', '');
    return unchanged('session-over', `this session is over: its peer ${isOver(current)}`);
  }
  return changed({
    status: 'alive',
    incarnation: current === undefined ? floor : current.incarnation + 1,
    session,
    registeredAtMs: wallMs,
    revision: current === undefined ? floor : current.revision + 1,
    changedAtMs: wallMs,
    evidence: '',
    ...(metricsPort !== undefined && { metricsPort }),
  });
}

function leave(
  current: RegisterValue | undefined,
  incarnation: number,
  session: string,
  { wallMs }: TransitionContext,
): Transition {
  const other = notCurrent(current, incarnation);
  if (other !== undefined || current === undefined) return other ?? unknown();
  if (current.session !== session) {
    return unchanged('unverified', `incarnation ${incarnation} has another session`);
  }
  if (current.status === 'left') return unchanged('ok', '');
  if (current.status === 'dead') return unchanged('session-over', `the peer ${isOver(current)}`);
  const revision = current.revision + 1;
  return changed({ ...current, status: 'left', revision, changedAtMs: wallMs });
}

function confirmDead(
  current: RegisterValue | undefined,
  { incarnation, evidence }: Extract<Intent, { readonly type: 'confirm-dead' }>,
  { wallMs }: TransitionContext,
): Transition {
  const other = notCurrent(current, incarnation);
  if (other !== undefined || current === undefined) return other ?? unknown();
  if (current.status === 'dead') return unchanged('ok', '');
  if (current.status === 'left') return unchanged('stale', `the peer ${isOver(current)}`);
  const revision = current.revision + 1;
  return changed({ ...current, status: 'dead', revision, changedAtMs: wallMs, evidence });
}

/** The outcome when the intent names another incarnation than the register holds. */
function notCurrent(current: RegisterValue | undefined, incarnation: number) {
  if (current === undefined || current.incarnation < incarnation) return unknown(incarnation);
  if (current.incarnation === incarnation) return undefined;
  const now = `the peer is incarnation ${current.incarnation} now`;
  return unchanged('stale', `incarnation ${incarnation} is over: ${now}`);
}

function isOver(value: RegisterValue): string {
  const how = value.status === 'left' ? 'has left' : 'was confirmed dead';
  return `${how} as incarnation ${value.incarnation}`;
}

function unknown(incarnation = 0): Transition {
  return unchanged('unknown', `the seeds know no incarnation ${incarnation} of this peer`);
}

function changed(value: RegisterValue): Transition {
  return { type: 'change', value };
}

function unchanged(code: 'ok' | SeedRefusal, reason: string): Transition {
  return { type: 'no-change', code, reason };
}
