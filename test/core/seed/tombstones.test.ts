import { beforeEach, describe, expect, test } from 'vitest';
import { seedDefaults } from '../../../src/core/config.ts';
import type { NodeEvent } from '../../../src/core/events.ts';
import type {
  MemberStatus,
  RegisterValue,
  SeedId,
  TombstonesOver,
} from '../../../src/core/messages.ts';
import { Directory } from '../../../src/core/seed/directory.ts';
import { Registers } from '../../../src/core/seed/registers.ts';
import { Standing } from '../../../src/core/seed/standing.ts';
import { Tombstones, type WordsDurable } from '../../../src/core/seed/tombstones.ts';
import { digestText } from '../../../src/runtime/digest.ts';

const seeds = ['s0:1', 's1:1', 's2:1'];
const peer = 'a:1';
const later = { monotonicMs: 0, wallMs: seedDefaults.tombstoneRetentionMs };
const earlier = { monotonicMs: 0, wallMs: seedDefaults.tombstoneRetentionMs - 1 };
const ballot = (round: number) => ({ round, seed: 's1:1' });
let linked: SeedId[];
let sent: { readonly to: SeedId; readonly words: TombstonesOver }[];
let unwritten: (WordsDurable | undefined)[];
let events: NodeEvent[];
let standing: Standing;
let registers: Registers<WordsDurable>;
let directory: Directory;
let tombstones: Tombstones;

beforeEach(() => {
  linked = ['s1:1', 's2:1'];
  sent = [];
  unwritten = [];
  events = [];
  standing = new Standing();
  standing.recovering = '';
  const self = 's0:1';
  registers = new Registers({
    disk: { persist: (_, token) => unwritten.push(token) },
    self,
    stored: { storeId: 'd0', admitted: true, registers: [], knownStores: new Map() },
  });
  directory = new Directory(seedDefaults, { digest: digestText });
  tombstones = new Tombstones(seedDefaults, {
    effects: {
      send: () => undefined,
      schedule: () => undefined,
      emit: (event) => events.push(event),
    },
    random: () => 0,
    self,
    seeds,
    standing,
    registers,
    directory,
    linked: () => linked,
    send: (to, words) => sent.push({ to, words }),
  });
});

describe('a tombstone', () => {
  test('is removed when every seed has said that it is over, and not one earlier', () => {
    learn(3, 'dead');
    say();
    hear('s1:1', 3);
    expect(registers.has(peer)).toBe(true);
    hear('s2:1', 3);
    expect([registers.has(peer), directory.tombstones.size]).toEqual([false, 0]);
    expect(events).toEqual([{ type: 'tombstones:removed', count: 1 }]);
  });

  test('is not removed before this seed has said so itself', () => {
    learn(3, 'dead');
    hear('s1:1', 3);
    hear('s2:1', 3);
    expect(registers.has(peer)).toBe(true);
    say();
    expect(registers.has(peer)).toBe(false);
  });

  test('is announced only when the floor above it is on disk', () => {
    learn(3, 'left');
    registers.promise(peer, ballot(8), undefined as never);
    unwritten = [];
    tombstones.onTimer(later);
    expect(sent).toEqual([]);
    expect(registers.floor).toBe(9);
    write();
    expect(sent.map(({ to }) => to)).toEqual(linked);
    expect(sent[0]?.words).toMatchObject({ isAnswer: false, tombstones: [[peer, 3]] });
  });

  test('is kept while its retention lasts, and while a seed is away, however long', () => {
    learn(3, 'dead');
    tombstones.onTimer(earlier);
    linked = ['s1:1'];
    tombstones.onTimer(later);
    write();
    expect(sent).toEqual([]);
  });

  test('is not touched by a seed that does not vote', () => {
    learn(3, 'dead');
    standing.recovering = 'a new store';
    tombstones.onTimer(later);
    hear('s1:1', 3);
    write();
    expect(sent).toEqual([]);
  });

  test('is kept by the words of a seed that went away since', () => {
    learn(3, 'dead');
    say();
    hear('s1:1', 3);
    tombstones.seedDown('s1:1');
    hear('s2:1', 3);
    expect(registers.has(peer)).toBe(true);
  });

  test('is kept by words about another revision, and by a newer life', () => {
    learn(3, 'dead');
    say();
    hear('s1:1', 2);
    hear('s2:1', 3);
    expect(registers.has(peer)).toBe(true);
    hear('s1:1', 3);
    expect(registers.has(peer)).toBe(false);
    learn(9, 'alive');
    for (const seed of linked) hear(seed, 9);
    expect(directory.size).toBe(1);
  });

  test('is kept while something newer may be about to be chosen', () => {
    learn(3, 'dead');
    say();
    registers.accept(peer, ballot(9), value(4, 'alive'), undefined as never);
    for (const seed of linked) hear(seed, 3);
    expect(registers.has(peer)).toBe(true);
  });

  test('leaves a floor above all that its register had promised', () => {
    learn(3, 'dead');
    say();
    registers.promise(peer, ballot(20), undefined as never);
    for (const seed of linked) hear(seed, 3);
    expect(registers.has(peer)).toBe(false);
    expect(registers.of(peer).promised.round).toBeGreaterThan(20);
  });

  test('that this seed does not hold is over here, too, once its floor is above it', () => {
    hear('s1:1', 6);
    expect(sent).toEqual([]);
    write();
    expect(sent).toEqual([
      { to: 's1:1', words: { type: 'TOMBSTONES_OVER', isAnswer: true, tombstones: [[peer, 6]] } },
    ]);
    expect(registers.floor).toBe(7);
  });
});

function learn(revision: number, status: MemberStatus): void {
  const before = registers.committed(peer);
  const after = value(revision, status);
  registers.learn(peer, ballot(revision), after);
  directory.replace(peer, before, after);
  unwritten = [];
}

/** This seed says its own word, and that is on disk. */
function say(): void {
  tombstones.onTimer(later);
  write();
}

function hear(from: SeedId, revision: number): void {
  const words = { type: 'TOMBSTONES_OVER', isAnswer: false } as const;
  tombstones.onWords(from, { ...words, tombstones: [[peer, revision]] }, later);
}

function write(): void {
  for (const token of unwritten.splice(0))
    if (token !== undefined) tombstones.onDurable(token, later);
}

function value(revision: number, status: MemberStatus): RegisterValue {
  const times = { registeredAtMs: 0, changedAtMs: 0 };
  return { status, incarnation: 1, session: 's', revision, evidence: '', ...times };
}
