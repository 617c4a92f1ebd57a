import { beforeEach, describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../../src/core/events.ts';
import type {
  Accepted,
  Propose,
  RegisterValue,
  StoreView,
  Vote,
} from '../../../src/core/messages.ts';
import { Acceptor, type AnswerDurable, type Proposer } from '../../../src/core/seed/acceptor.ts';
import { KnownStores } from '../../../src/core/seed/known-stores.ts';
import { Registers } from '../../../src/core/seed/registers.ts';
import { Standing } from '../../../src/core/seed/standing.ts';
import type { StorageWrite } from '../../../src/core/seed/stored.ts';
import type { Judgement, Question } from '../../../src/core/seed/verdicts.ts';

const now = { monotonicMs: 0, wallMs: 0 };
const peer = 'a:1';
const link = 5;
const stores: StoreView = [['s1:1', 'd1']];
const value: RegisterValue = {
  status: 'alive',
  incarnation: 1,
  session: 's',
  registeredAtMs: 0,
  revision: 1,
  changedAtMs: 0,
  evidence: '',
};
const ok: Judgement = { verdict: 'ok', reason: '' };
let answers: (Vote | Accepted)[];
let events: NodeEvent[];
let asked: Question<Proposer>[];
let unwritten: { readonly write: StorageWrite; readonly token: unknown }[];
let standing: Standing;
let known: KnownStores;
let registers: Registers<AnswerDurable>;
let acceptor: Acceptor;

beforeEach(() => {
  answers = [];
  events = [];
  asked = [];
  unwritten = [];
  standing = new Standing();
  standing.recovering = '';
  const persist = (write: StorageWrite, token?: unknown) => void unwritten.push({ write, token });
  const stored = { storeId: 'd0', admitted: true, registers: [], knownStores: new Map() };
  const [self, seeds] = ['s0:1', ['s0:1', 's1:1', 's2:1']];
  known = new KnownStores({ self, seeds, storeId: 'd0', stored: new Map(), disk: { persist } });
  registers = new Registers<AnswerDurable>({ disk: { persist }, self, stored });
  acceptor = new Acceptor({
    effects: { emit: (event) => events.push(event) },
    self,
    registers,
    stores: known,
    standing,
    verdicts: { judge: (question) => asked.push(question) },
    answer: (_link, answer) => answers.push(answer),
  });
});

describe('an acceptor', () => {
  test('says nothing of a promise, to anybody, before it is on disk', () => {
    propose(1);
    judge();
    expect([answers, events]).toEqual([[], []]);
    write();
    expect(answers).toMatchObject([{ type: 'VOTE', answer: 'promise', promised: { round: 1 } }]);
    expect(events).toMatchObject([{ type: 'registration:vote', seed: 's0:1', answer: 'promise' }]);
  });

  test('says nothing of what it accepted before that is on disk', () => {
    accept(1);
    expect(answers).toEqual([]);
    write();
    expect(answers).toMatchObject([{ type: 'ACCEPTED', answer: 'accepted' }]);
    expect(registers.of(peer)).toMatchObject({ accepted: value, promised: { round: 1 } });
  });

  test('tells with a promise what it has accepted, and at which ballot', () => {
    accept(1);
    promise(2);
    expect(answers.at(-1)).toMatchObject({ accepted: value, acceptedBallot: { round: 1 } });
  });

  test('promises no ballot twice, and none below its promise', () => {
    promise(2);
    for (const round of [2, 1]) {
      propose(round);
      expect(answers.at(-1)).toMatchObject({ answer: 'conflict', promised: { round: 2 } });
    }
    expect(asked).toEqual([]);
  });

  test('accepts nothing below its promise', () => {
    promise(2);
    accept(1);
    expect(answers.at(-1)).toMatchObject({ type: 'ACCEPTED', answer: 'conflict' });
    expect(registers.of(peer).accepted).toBeUndefined();
  });

  test('looks at its promise again when a verdict has taken its time', () => {
    propose(1);
    promise(3);
    judge();
    expect(answers.at(-1)).toMatchObject({ answer: 'conflict', promised: { round: 3 } });
  });

  test('casts no vote for a ballot that it has accepted meanwhile', () => {
    propose(1);
    accept(1);
    write();
    judge();
    write();
    expect(answers.map(({ type }) => type)).toEqual(['ACCEPTED']);
    expect(events).toEqual([]);
  });

  test('gives no promise against its verdict, and writes nothing', () => {
    propose(1);
    judge({ verdict: 'alive', reason: 'it answers' });
    expect(answers).toMatchObject([{ answer: 'none', verdict: 'alive', reason: 'it answers' }]);
    expect(unwritten).toEqual([]);
  });

  test('neither promises nor accepts while it recovers, and not when it began to in between', () => {
    propose(1);
    standing.recovering = 'a new store';
    judge();
    propose(2);
    accept(2);
    expect(answers).toMatchObject([
      { answer: 'none', verdict: 'recovering', reason: 'a new store' },
      { answer: 'none', verdict: 'recovering' },
      { type: 'ACCEPTED', answer: 'none' },
    ]);
    expect(unwritten).toEqual([]);
  });

  test('helps no proposer that would count votes from a lost disk', () => {
    known.show('s1:1', 'new');
    unwritten = [];
    propose(1);
    accept(1);
    expect(answers).toMatchObject([
      { answer: 'none', verdict: 'recovering', reason: expect.stringContaining('s1:1') as string },
      { type: 'ACCEPTED', answer: 'none' },
    ]);
    expect(unwritten).toEqual([]);
  });

  test('notes the stores of a proposal on disk before its own answer', () => {
    propose(1);
    judge();
    expect(unwritten.map(({ write: written }) => written.type)).toEqual([
      'known-store',
      'register',
    ]);
  });
});

function propose(round: number): void {
  const ballot = { round, seed: 's1:1' };
  const intent = { type: 'register', session: 's' } as const;
  const message: Propose = { type: 'PROPOSE', peer, ballot, stores, intent };
  acceptor.onPropose(link, message, now);
}

/** Answers the oldest question. */
function judge(judgement: Judgement = ok): void {
  const question = asked.shift();
  if (question === undefined) throw new Error('no verdict was asked for');
  acceptor.judged(question, judgement, now);
}

function promise(round: number): void {
  const waiting = asked.splice(0);
  propose(round);
  judge();
  asked.push(...waiting);
  write();
}

function accept(round: number): void {
  const ballot = { round, seed: 's1:1' };
  acceptor.onAccept(link, { type: 'ACCEPT', peer, ballot, stores, value }, now);
}

function write(): void {
  for (const { token } of unwritten.splice(0)) {
    const durable = token as AnswerDurable | { readonly type: 'store-noted' } | undefined;
    if (durable?.type === 'answer-durable') acceptor.onDurable(durable, now);
  }
}
