import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../../src/core/events.ts';
import { type Hello, protocolVersion } from '../../../src/core/messages.ts';
import { Strangers } from '../../../src/core/seed/strangers.ts';

const own = ['s0:1', 's1:1', 's2:1'];

describe('a stranger', () => {
  test('is told how the two seed lists differ, both ways', () => {
    const { strangers, events } = newStrangers();
    expect(strangers.greeted(hello('s1:1', ['s1:1', 's2:1', 's9:1']))).toBe(
      'the seed lists differ: only s0:1 lists s0:1; only s1:1 lists s9:1: use the same config.txt for all seeds',
    );
    expect(events).toEqual([
      { type: 'seed:list-mismatch', seed: 's1:1', onlyHere: ['s0:1'], onlyThere: ['s9:1'] },
    ]);
  });

  test('with the same seeds under another name is told so', () => {
    const { strangers } = newStrangers();
    expect(strangers.greeted(hello('s1:1', own))).toMatch(/the cluster ids differ/);
  });

  test('that is a peer is told which seeds there are', () => {
    const { strangers, events } = newStrangers();
    expect(strangers.greeted(hello('a:1'))).toMatch(/s0:1, which has s0:1, s1:1, s2:1/);
    expect(events).toEqual([]);
  });

  test('is told of once, and again when its list is another one', () => {
    const { strangers, events } = newStrangers();
    for (const list of [['x:1'], ['x:1'], ['y:1']]) strangers.greeted(hello('s1:1', list));
    expect(events).toHaveLength(2);
  });

  test('with an endless list gets a sentence that fits a frame, and little of it is kept', () => {
    const { strangers, events } = newStrangers();
    const endless = Array.from({ length: 60_000 }, (_, n) => `${'n'.repeat(240)}${n}:1`);
    expect(strangers.greeted(hello('s1:1', endless)).length).toBeLessThanOrEqual(4_096);
    const [event] = events;
    const told = event?.type === 'seed:list-mismatch' ? event.onlyThere.length : 0;
    expect(told).toBeLessThanOrEqual(256);
  });
});

function newStrangers() {
  const events: NodeEvent[] = [];
  const effects = { emit: (event: NodeEvent) => void events.push(event) };
  return { events, strangers: new Strangers({ effects, self: 's0:1', seeds: own }) };
}

function hello(id: string, seeds?: readonly string[]): Hello {
  return {
    type: 'HELLO',
    version: protocolVersion,
    clusterId: 'other',
    purpose: seeds === undefined ? 'member' : 'seed',
    from: { role: seeds === undefined ? 'peer' : 'seed', id, incarnation: 0 },
    capabilities: [],
    ...(seeds && { seeds }),
  };
}
