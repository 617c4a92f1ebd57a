import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../../src/core/events.ts';
import { agreement } from '../../../src/simulator/checkers/agreement.ts';
import type { Fault } from '../../../src/simulator/index.ts';
import { shown, watched } from './watched.ts';

const faults: readonly Fault[] = [
  { kind: 'partition', shape: 'split', atMs: 15_000, forMs: 12_000 },
  { kind: 'crash', atMs: 30_000, who: { peers: 2 }, how: 'power-off' },
  { kind: 'pause', atMs: 44_000, who: { peers: 2 }, forMs: 12_000 },
];

test('partitions, crashes and pauses are suspected, agreed on and reported as promised', () => {
  const { violations, seen } = watched([agreement], { faults, durationMs: 90_000 });
  for (const type of ['peer:suspected', 'peer:corroborated', 'peer:reported'] as const) {
    expect(seen.get(type)).toBeGreaterThan(0);
  }
  expect(violations).toEqual([]);
});

const peer = '10.0.0.2:6000';
const incarnation = 1;
const helper = '10.0.0.3:6000';
/** The index of the first peer, after three seeds. */
const node = 3;

const silent: NodeEvent = {
  type: 'peer:silent',
  peer,
  incarnation,
  silentMs: 3_000,
  trigger: 'silence',
};
const suspected: NodeEvent = {
  type: 'peer:suspected',
  peer,
  incarnation,
  silentMs: 6_000,
  failedProbes: [],
};

function probed(by: string, outcome: 'silent' | 'alive'): NodeEvent {
  return { type: 'peer:probed', peer, incarnation, by, outcome };
}

function corroborated(corroborators: readonly string[]): NodeEvent {
  return { type: 'peer:corroborated', peer, incarnation, corroborators, needed: 1 };
}

/** What the checker says when one peer's process emits this, one event after the other. */
function judged(events: (self: string) => readonly NodeEvent[]): string[] {
  const { violations, world, call } = shown(agreement);
  for (const seed of [0, 1, 2, node]) call('life', 0, seed, 'started', 1);
  for (const event of events(world.idOf(node))) call('event', 50_000, node, event);
  return violations.map(({ what }) => what);
}

describe('agreement', () => {
  test('a suspicion after a look of its own is right', () => {
    expect(judged((self) => [silent, probed(self, 'silent'), suspected])).toEqual([]);
  });

  test('a suspicion without a look of its own breaks it', () => {
    const whatHelpersSaw = judged(() => [silent, probed(helper, 'silent'), suspected]);
    expect(whatHelpersSaw).toEqual([expect.stringMatching(/has not looked for itself/)]);
  });

  test('a look from before somebody saw the suspect counts no longer', () => {
    const said = judged((self) => [
      silent,
      probed(self, 'silent'),
      probed(helper, 'alive'),
      suspected,
    ]);
    expect(said).toEqual([expect.stringMatching(/has not looked for itself/)]);
  });

  test('a suspicion without a question to a neighbour that could have helped breaks it', () => {
    const { violations, world, call } = shown(agreement);
    call('life', 0, node, 'started', 1);
    const link = { link: 1, peer: helper, incarnation, direction: 'dialled', degree: 1 } as const;
    call('event', 1_000, node, { type: 'link:up', ...link });
    call('event', 100_000, node, silent);
    call('event', 101_000, node, probed(world.idOf(node), 'silent'));
    call('event', 102_000, node, suspected);
    expect(violations.map(({ what }) => what)).toEqual([
      expect.stringMatching(/without having asked a neighbour/),
    ]);
  });

  test('an agreement with oneself, or with the dead, breaks it', () => {
    expect(judged(() => [corroborated([helper])])).toEqual([]);
    expect(judged((self) => [corroborated([self, peer])])).toEqual([
      expect.stringMatching(/with the word of 0 others, and needs 1/),
    ]);
  });
});
