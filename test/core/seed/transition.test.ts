import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Intent, RegisterValue } from '../../../src/core/messages.ts';
import { type Transition, transition } from '../../../src/core/seed/transition.ts';

const context = { wallMs: 5_000, floor: 1 };
const alive: RegisterValue = {
  status: 'alive',
  incarnation: 2,
  session: 's2',
  registeredAtMs: 1_000,
  revision: 4,
  changedAtMs: 1_000,
  evidence: '',
};
const dead: RegisterValue = { ...alive, status: 'dead', revision: 5 };
const left: RegisterValue = { ...alive, status: 'left', revision: 5 };
const register = (session: string): Intent => ({ type: 'register', session });
const leave = (incarnation: number, session: string): Intent => ({
  type: 'leave',
  incarnation,
  session,
});
const bury = (incarnation: number): Intent => ({
  type: 'confirm-dead',
  incarnation,
  evidence: 'e',
});

describe('what an intent makes of a register', () => {
  test('a registration notes where the peer serves its metrics; the next life says so anew', () => {
    const intent: Intent = { type: 'register', session: 's3', metricsPort: 9_464 };
    const told = transition(alive, intent, context);
    expect(told).toMatchObject({ type: 'change', value: { incarnation: 3, metricsPort: 9_464 } });
    const exposed = { ...alive, metricsPort: 9_464 };
    const restarted = transition(exposed, register('s3'), context);
    expect(restarted).toMatchObject({ type: 'change', value: { incarnation: 3 } });
    expect(restarted.type === 'change' && restarted.value).not.toHaveProperty('metricsPort');
  });

  test.each<[string, RegisterValue | undefined, Intent, string]>([
    ['a first registration gets incarnation 1', undefined, register('s1'), 'alive 1 s1 revision 1'],
    ['the same session again changes nothing', alive, register('s2'), 'ok'],
    ['a new session on a living peer is a restart', alive, register('s3'), 'alive 3 s3 revision 5'],
    ['a new session after a death is the next life', dead, register('s3'), 'alive 3 s3 revision 6'],
    ['a dead session cannot register again', dead, register('s2'), 'session-over'],
    ['nor can one that has left', left, register('s2'), 'session-over'],
    ['a peer leaves', alive, leave(2, 's2'), 'left 2 s2 revision 5'],
    ['nobody else can make it leave', alive, leave(2, 'x'), 'unverified'],
    ['it has left already', left, leave(2, 's2'), 'ok'],
    ['it is dead already', dead, leave(2, 's2'), 'session-over'],
    ['an earlier incarnation leaves late', alive, leave(1, 's1'), 'stale'],
    ['a death is confirmed', alive, bury(2), 'dead 2 s2 revision 5'],
    ['a death is confirmed already', dead, bury(2), 'ok'],
    ['a report comes late', alive, bury(1), 'stale'],
    ['a report is ahead of what is known', alive, bury(3), 'unknown'],
    ['who has left is not dead', left, bury(2), 'stale'],
    ['nobody is known', undefined, bury(1), 'unknown'],
  ])('%s', (_, current, intent, outcome) => {
    expect(textOf(transition(current, intent, context))).toBe(outcome);
  });

  test('keeps the time of registration through a death, and takes the proposer’s clock for the change', () => {
    const change = transition(alive, bury(2), context);
    expect(change).toMatchObject({
      value: { registeredAtMs: 1_000, changedAtMs: 5_000, evidence: 'e' },
    });
  });

  test('begins above the floor where a register was removed', () => {
    const change = transition(undefined, register('s'), { ...context, floor: 9 });
    expect(textOf(change)).toBe('alive 9 s revision 9');
  });

  test('never lowers an incarnation, never revives one, and raises the revision by one', () => {
    const session = fc.constantFrom('s1', 's2', 's3', 's4');
    const incarnation = fc.integer({ min: 0, max: 5 });
    const intent: fc.Arbitrary<Intent> = fc.oneof(
      fc.record({ type: fc.constant('register' as const), session }),
      fc.record({ type: fc.constant('leave' as const), incarnation, session }),
      fc.record({ type: fc.constant('confirm-dead' as const), incarnation, evidence: session }),
    );
    fc.assert(
      fc.property(fc.array(intent, { maxLength: 40 }), (intents) => {
        let current: RegisterValue | undefined;
        for (const next of intents) {
          const made = transition(current, next, context);
          if (made.type === 'no-change') continue;
          expect(made.value.revision).toBe((current?.revision ?? 0) + 1);
          expect(made.value.incarnation).toBeGreaterThanOrEqual(current?.incarnation ?? 1);
          const isSameLife = made.value.incarnation === current?.incarnation;
          if (isSameLife) expect(current?.status).toBe('alive');
          else expect(made.value.status).toBe('alive');
          current = made.value;
        }
      }),
      { numRuns: 500 },
    );
  });
});

function textOf(made: Transition): string {
  if (made.type === 'no-change') return made.code;
  const { status, incarnation, session, revision } = made.value;
  return `${status} ${incarnation} ${session} revision ${revision}`;
}
