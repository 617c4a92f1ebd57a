import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linearizable } from '../../../src/simulator/checkers/linearizable.ts';
import {
  type RegisterCall,
  registerModel,
} from '../../../src/simulator/checkers/register-model.ts';
import {
  isLinearizable,
  type Operation,
  type SequentialModel,
} from '../../../src/simulator/checkers/wing-gong.ts';
import { meddle, watched } from './watched.ts';

/** A number that is written and read; a read that is open has read nothing yet. */
type Cell = { readonly write: number } | { readonly read: number };

const cell: SequentialModel<number, Cell> = {
  initial: 0,
  step(state, call, isOpen) {
    if ('write' in call) return [call.write];
    return isOpen || call.read === state ? [state] : [];
  },
  keyOf: String,
};

function op<Call>(call: Call, calledAt: number, returnedAt?: number): Operation<Call> {
  return { call, calledAt, returnedAt };
}

describe('the search of Wing and Gong', () => {
  test.each<[string, boolean, Operation<Cell>[]]>([
    ['nothing at all', true, []],
    ['a read of what was written before', true, [op({ write: 1 }, 1, 2), op({ read: 1 }, 3, 4)]],
    [
      'a read of what had been overwritten',
      false,
      [op({ write: 1 }, 1, 2), op({ write: 2 }, 3, 4), op({ read: 1 }, 5, 6)],
    ],
    [
      'reads of both during a write',
      true,
      [op({ write: 1 }, 1, 10), op({ read: 0 }, 2, 3), op({ read: 1 }, 4, 5)],
    ],
    [
      'a read of the old value after one of the new, during a write',
      false,
      [op({ write: 1 }, 1, 10), op({ read: 1 }, 2, 3), op({ read: 0 }, 4, 5)],
    ],
    ['an open write that is seen', true, [op({ write: 1 }, 1), op({ read: 1 }, 9, 10)]],
    ['an open write that is never seen', true, [op({ write: 1 }, 1), op({ read: 0 }, 9, 10)]],
    [
      'an open write that is seen once, and then not',
      false,
      [op({ write: 1 }, 1), op({ read: 1 }, 9, 10), op({ read: 0 }, 11, 12)],
    ],
    ['a value that nobody wrote', false, [op({ write: 1 }, 1, 2), op({ read: 7 }, 3, 4)]],
  ])('%s: %s', (_name, expected, history) => {
    expect(isLinearizable(history, cell)).toBe(expected);
  });

  /** Tries every order of every choice of the open operations. */
  function byBruteForce(history: readonly Operation<Cell>[]): boolean {
    const allows = (done: readonly Operation<Cell>[], state: number): boolean => {
      const left = history.filter((one) => !done.includes(one));
      if (left.every((one) => one.returnedAt === undefined)) return true;
      return left.some((next) => {
        const isFirst = left.every((other) => !((other.returnedAt ?? 99) < next.calledAt));
        const isOpen = next.returnedAt === undefined;
        const after = isFirst ? cell.step(state, next.call, isOpen) : [];
        return after.some((value) => allows([...done, next], value));
      });
    };
    return allows([], 0);
  }

  const calls = fc.oneof(
    fc.record({ write: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ read: fc.integer({ min: 0, max: 2 }) }),
  );
  /** Up to five operations, whose calls and returns have different times. */
  const histories = fc
    .array(fc.record({ call: calls, isOpen: fc.boolean() }), { maxLength: 5 })
    .chain((drafts) =>
      fc
        .shuffledSubarray([...new Array(drafts.length * 2).keys()], {
          minLength: drafts.length * 2,
        })
        .map((times) =>
          drafts.map(({ call, isOpen }, index) => {
            const pair = [times[index * 2] as number, times[index * 2 + 1] as number];
            const [calledAt, returnedAt] = pair.sort((one, other) => one - other);
            return op<Cell>(call, calledAt as number, isOpen ? undefined : returnedAt);
          }),
        ),
    );

  test('finds an order just where there is one', () => {
    const found = { yes: 0, no: 0 };
    fc.assert(
      fc.property(histories, (history) => {
        const expected = byBruteForce(history);
        found[expected ? 'yes' : 'no'] += 1;
        expect(isLinearizable(history, cell)).toBe(expected);
      }),
      { numRuns: 2_000, seed: 1 },
    );
    expect(Math.min(found.yes, found.no)).toBeGreaterThan(200);
  });
});

describe('a register of the seeds', () => {
  const register = (session: string, incarnation: number): RegisterCall => ({
    type: 'register',
    session,
    incarnation,
  });

  test.each<[string, boolean, Operation<RegisterCall>[]]>([
    [
      'a restart, seen by two seeds',
      true,
      [
        op(register('a', 1), 1, 4),
        op(register('b', 2), 5, 9),
        op({ type: 'stale', incarnation: 1 }, 6, 8),
      ],
    ],
    [
      'two sessions with one incarnation',
      false,
      [op(register('a', 1), 1, 2), op(register('b', 1), 3, 4)],
    ],
    [
      'a session with two incarnations',
      false,
      [op(register('a', 1), 1, 2), op(register('a', 2), 3, 4)],
    ],
    ['an incarnation that falls', false, [op(register('a', 2), 1, 2), op(register('b', 1), 3, 4)]],
    [
      'a death after the next life has begun',
      false,
      [
        op(register('a', 1), 1, 2),
        op(register('b', 2), 3, 4),
        op({ type: 'die', incarnation: 1 }, 5, 6),
      ],
    ],
    [
      'a death that was asked for before that',
      true,
      [
        op(register('a', 1), 1, 2),
        op(register('b', 2), 4, 5),
        op({ type: 'die', incarnation: 1 }, 3, 6),
      ],
    ],
    [
      'a death of somebody who has left',
      false,
      [
        op(register('a', 1), 1, 2),
        op({ type: 'leave', incarnation: 1 }, 3, 4),
        op({ type: 'die', incarnation: 1 }, 5, 6),
      ],
    ],
    [
      'a session that is over though nobody ended it',
      false,
      [op(register('a', 1), 1, 2), op({ type: 'session-over', session: 'a' }, 3, 4)],
    ],
    [
      'a session that is over by a death that was never answered',
      true,
      [
        op(register('a', 1), 1, 2),
        op({ type: 'die', incarnation: 1 }, 3),
        op({ type: 'session-over', session: 'a' }, 5, 6),
      ],
    ],
  ])('%s: %s', (_name, expected, history) => {
    expect(isLinearizable(history, registerModel)).toBe(expected);
  });

  test('is linearizable through crashes of seeds and restarts of peers', () => {
    const { violations, seen } = watched([linearizable], {
      faults: [
        {
          kind: 'churn',
          atMs: 8_000,
          forMs: 40_000,
          intervalMs: 1_500,
          downMs: 4_000,
          leaveShare: 0.3,
        },
        { kind: 'crash', atMs: 12_000, who: { seeds: [0] }, restartAfterMs: 2_000 },
        { kind: 'crash', atMs: 20_000, who: { seeds: [1] }, disk: 'vanish', restartAfterMs: 2_000 },
      ],
    });
    expect(seen.get('peer:registered')).toBeGreaterThan(20);
    expect(violations).toEqual([]);
  });

  test('is not when a seed answers another incarnation than was agreed on', () => {
    const { violations } = watched([linearizable], {}, (world) =>
      meddle(world, 1, 0, (message) =>
        message.type === 'REGISTER_RESULT' && message.outcome === 'ok'
          ? { ...message, incarnation: message.incarnation + 1 }
          : message,
      ),
    );
    expect(violations).toHaveLength(1);
    expect(violations[0]?.what).toMatch(/^no order of what was asked about 10\.0\.0\.\d+:6000/);
  });
});
