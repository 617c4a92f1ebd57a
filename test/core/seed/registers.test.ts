import { beforeEach, describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../../src/core/events.ts';
import type { RegisterValue } from '../../../src/core/messages.ts';
import { Directory } from '../../../src/core/seed/directory.ts';
import { type Decision, fromCommit, fromCopy, Ledger } from '../../../src/core/seed/ledger.ts';
import { Registers } from '../../../src/core/seed/registers.ts';
import type { StorageWrite, StoredState } from '../../../src/core/seed/stored.ts';
import { digestText } from '../../../src/runtime/digest.ts';

const self = 's0:1';
const peer = 'a:1';
const ballot = (round: number) => ({ round, seed: 's1:1' });
const now = { monotonicMs: 0, wallMs: 0 };
let writes: { readonly write: StorageWrite; readonly token: string | undefined }[];

beforeEach(() => {
  writes = [];
});

describe('registers', () => {
  test('that were never touched have promised the floor to nobody', () => {
    const registers = newRegisters();
    expect(registers.of(peer)).toMatchObject({ promised: { round: 1, seed: '' } });
    registers.raiseFloor(9);
    expect(registers.of(peer)).toMatchObject({ promised: { round: 9, seed: '' } });
    expect([registers.has(peer), registers.size]).toEqual([false, 0]);
  });

  test('come back from the disk as they were written, the floor too', () => {
    const registers = newRegisters();
    registers.promise('b:1', ballot(3), 't');
    registers.accept(peer, ballot(4), value(1), 't');
    registers.learn(peer, ballot(4), value(1));
    registers.raiseFloor(7);
    const restarted = newRegisters(stateOf(writes.map(({ write }) => write)));
    expect(restarted.floor).toBe(7);
    expect(restarted.of('b:1')).toEqual(registers.of('b:1'));
    expect(restarted.of(peer)).toEqual(registers.of(peer));
    expect(restarted.size).toBe(2);
  });

  test('are blank until a value is accepted or learned; a promise is none', () => {
    const registers = newRegisters();
    registers.promise(peer, ballot(1), 't');
    expect(registers.isBlank).toBe(true);
    registers.accept(peer, ballot(1), value(1), 't');
    expect(registers.isBlank).toBe(false);
    const other = newRegisters();
    other.raiseFloor(2);
    expect(other.isBlank).toBe(false);
  });

  test('learn each revision once, and never an older one', () => {
    const registers = newRegisters();
    expect(registers.learn(peer, ballot(2), value(2), 'first')).toBe(true);
    expect(registers.learn(peer, ballot(2), value(2), 'again')).toBe(false);
    expect(registers.learn(peer, ballot(3), value(1), 'older')).toBe(false);
    expect(registers.committed(peer)).toEqual(value(2));
    expect(writes.map(({ token }) => token)).toEqual(['first']);
  });

  test('take a commit for a late ACCEPT, but never below their promise', () => {
    const registers = newRegisters();
    registers.learn(peer, ballot(5), value(1));
    expect(registers.of(peer)).toMatchObject({ promised: ballot(5), accepted: value(1) });
    registers.promise(peer, ballot(9), 't');
    registers.learn(peer, ballot(6), value(2));
    expect(registers.of(peer)).toMatchObject({
      promised: ballot(9),
      acceptedBallot: ballot(5),
      accepted: value(1),
      committed: value(2),
    });
  });

  test('adopt of another acceptor only what is higher', () => {
    const registers = newRegisters();
    registers.accept(peer, ballot(5), value(2), 't');
    registers.adopt({ peer, promised: ballot(9), acceptedBallot: ballot(3), accepted: value(1) });
    expect(registers.of(peer)).toMatchObject({ promised: ballot(9), accepted: value(2) });
    registers.adopt({ peer, promised: ballot(4), acceptedBallot: ballot(8), accepted: value(3) });
    expect(registers.of(peer)).toMatchObject({ promised: ballot(9), accepted: value(3) });
  });

  test('are paged through in string order, each once, with registers added on the way', () => {
    const registers = newRegisters();
    for (const id of ['c:1', 'a:1', 'e:1']) registers.promise(id, ballot(1), 't');
    expect(registers.page('', 2).map((state) => state.peer)).toEqual(['a:1', 'c:1']);
    registers.promise('d:1', ballot(1), 't');
    expect(registers.page('c:1', 2).map((state) => state.peer)).toEqual(['d:1', 'e:1']);
    registers.forget('d:1');
    expect(registers.page('c:1', 2).map((state) => state.peer)).toEqual(['e:1']);
    expect(registers.page('e:1', 2)).toEqual([]);
  });

  test('give a token back for a floor that is high enough already, once that is on disk', () => {
    const registers = newRegisters();
    registers.raiseFloor(5);
    registers.raiseFloor(3);
    expect(writes).toHaveLength(1);
    registers.raiseFloor(3, 'told');
    expect(writes.at(-1)).toMatchObject({
      token: 'told',
      write: { state: { peer: self, promised: { round: 5, seed: '' } } },
    });
  });
});

describe('the ledger', () => {
  test('tells of each decision once, with what it replaces', () => {
    const { ledger, decisions, events, directory } = newLedger(newRegisters());
    expect(ledger.learn(peer, ballot(1), value(1), fromCommit, now)).toBe(true);
    expect(ledger.learn(peer, ballot(1), value(1), fromCommit, now)).toBe(false);
    const dead = { ...value(2), status: 'dead' as const };
    expect(ledger.learn(peer, ballot(2), dead, fromCopy, now)).toBe(true);
    expect(decisions).toMatchObject([
      { peer, before: undefined, value: value(1), provenance: { isCopied: false } },
      { peer, before: value(1), value: dead, provenance: { isCopied: true } },
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      'registration:committed',
      'peer-list:changed',
      'death:committed',
      'peer-list:changed',
    ]);
    expect([directory.size, [...directory.tombstones]]).toEqual([0, [peer]]);
  });

  test('begins with the Peer List that the disk holds, and says nothing about it', () => {
    const before = newRegisters();
    before.learn(peer, ballot(1), value(1));
    const stored = stateOf(writes.map(({ write }) => write));
    const { directory, events } = newLedger(newRegisters(stored));
    expect([...directory.entries()]).toEqual([{ id: peer, incarnation: 1, rank: 1 }]);
    expect(events).toEqual([]);
  });
});

function newRegisters(stored: StoredState = stateOf([])): Registers<string> {
  const disk = { persist: (write: StorageWrite, token?: string) => writes.push({ write, token }) };
  return new Registers<string>({
    disk: { persist: (...given) => void disk.persist(...given) },
    self,
    stored,
  });
}

function newLedger(registers: Registers<string>) {
  const decisions: Decision[] = [];
  const events: NodeEvent[] = [];
  const directory = new Directory(
    { repairBuckets: 4, peerListLimit: 9, listChangesMax: 9 },
    { digest: digestText },
  );
  const ledger = new Ledger<string>({
    effects: { emit: (event) => events.push(event) },
    registers,
    directory,
    learned: (decision) => decisions.push(decision),
  });
  return { ledger, decisions, events, directory };
}

/** What a disk holds after these writes. */
function stateOf(written: readonly StorageWrite[]): StoredState {
  const registers = new Map(
    written.flatMap((write) =>
      write.type === 'register' ? [[write.state.peer, write.state]] : [],
    ),
  );
  return {
    storeId: 'd0',
    admitted: true,
    registers: [...registers.values()],
    knownStores: new Map(),
  };
}

function value(revision: number): RegisterValue {
  return {
    status: 'alive',
    incarnation: 1,
    session: 's',
    registeredAtMs: 0,
    revision,
    changedAtMs: 0,
    evidence: '',
  };
}
