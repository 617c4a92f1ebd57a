import { beforeEach, describe, expect, test } from 'vitest';
import { seedDefaults } from '../../../src/core/config.ts';
import type { NodeEvent } from '../../../src/core/events.ts';
import { type BrakeTimer, RemovalBrake } from '../../../src/core/seed/removal-brake.ts';

const windowMs = seedDefaults.removalWindowMs;
let nowMs: number;
let listSize: number;
let events: NodeEvent[];
let timers: { readonly atMs: number; readonly timer: BrakeTimer }[];
let brake: RemovalBrake;

beforeEach(() => {
  nowMs = 0;
  listSize = 100;
  events = [];
  timers = [];
  brake = new RemovalBrake(seedDefaults, {
    effects: {
      send: () => undefined,
      schedule: (afterMs, timer) => timers.push({ atMs: nowMs + afterMs, timer }),
      emit: (event) => events.push(event),
    },
    listSize: () => listSize,
  });
});

describe('the brake on removals', () => {
  test('lets 15 % of the list go within a window, and pauses with the next one', () => {
    expect(report(15)).toBe(15);
    expect(events).toEqual([]);
    expect(brake.allows('next:1', 1, now())).toBe(false);
    expect(events).toMatchObject([
      { type: 'removals:paused', reported: 16, listSize: 100, windowMs },
    ]);
  });

  test('lets five go however small the list is', () => {
    listSize = 6;
    expect(report(9)).toBe(5);
  });

  test('counts against the list as it was before the deaths of this window', () => {
    for (let n = 0; n < 15; n += 1) {
      expect(brake.allows(`p${n}:1`, 1, now())).toBe(true);
      listSize -= 1;
    }
    expect(brake.allows('next:1', 1, now())).toBe(false);
  });

  test('counts an incarnation once, however often it is reported, and says the same of it', () => {
    for (let n = 0; n < 50; n += 1) expect(brake.allows('a:1', 1, now())).toBe(true);
    report(20);
    expect(brake.isPaused).toBe(true);
    expect(brake.allows('a:1', 1, now())).toBe(true);
    expect(brake.allows('a:1', 2, now())).toBe(false);
  });

  test('forgets deaths of an earlier window', () => {
    report(15);
    nowMs += windowMs;
    expect(report(15, 'later')).toBe(15);
    expect(brake.isPaused).toBe(false);
  });

  test('goes on when a whole window has passed without another death, not earlier', () => {
    report(16);
    nowMs = windowMs / 2;
    brake.allows('late:1', 1, now());
    fireNext();
    expect(brake.isPaused).toBe(true);
    fireNext();
    expect([brake.isPaused, nowMs]).toEqual([false, windowMs * 1.5]);
    expect(events.at(-1)).toEqual({ type: 'removals:resumed', cause: 'calm' });
    expect(brake.allows('late:1', 1, now())).toBe(true);
  });

  test('lets everything go for a window after an operator said so, and then counts anew', () => {
    report(16);
    brake.override(now());
    expect(events.at(-1)).toEqual({ type: 'removals:resumed', cause: 'operator' });
    expect(report(50, 'free')).toBe(50);
    nowMs += windowMs;
    expect(report(16, 'again')).toBe(15);
  });

  test('ignores the timer of a pause that an operator has ended', () => {
    report(16);
    brake.override(now());
    nowMs += windowMs;
    report(16, 'again');
    fireNext();
    expect(brake.isPaused).toBe(true);
  });
});

/** How many of so many deaths may go on. */
function report(count: number, name = 'p'): number {
  const peers = Array.from({ length: count }, (_, n) => `${name}${n}:1`);
  return peers.filter((peer) => brake.allows(peer, 1, now())).length;
}

function fireNext(): void {
  const next = timers.shift();
  if (next === undefined) throw new Error('nothing is scheduled');
  nowMs = Math.max(nowMs, next.atMs);
  brake.onTimer(next.timer, now());
}

function now() {
  return { monotonicMs: nowMs, wallMs: 0 };
}
