import { beforeEach, describe, expect, test } from 'vitest';
import { seedDefaults } from '../../../src/core/config.ts';
import type {
  Accept,
  Ballot,
  Propose,
  RegisterValue,
  SeedId,
  Vote,
} from '../../../src/core/messages.ts';
import type { Outcome } from '../../../src/core/seed/proposal.ts';
import { Proposer, type ProposerTimer } from '../../../src/core/seed/proposer.ts';
import { Registers } from '../../../src/core/seed/registers.ts';

const seeds = ['s0:1', 's1:1', 's2:1'];
const peer = 'a:1';
const now = { monotonicMs: 0, wallMs: 7 };
let voters: SeedId[];
let sent: { readonly to: SeedId; readonly message: Propose | Accept }[];
let commits: number;
let outcomes: Outcome[];
let timers: ProposerTimer[];
let registers: Registers<unknown>;
let proposer: Proposer;

beforeEach(() => {
  voters = seeds;
  sent = [];
  commits = 0;
  outcomes = [];
  timers = [];
  const stored = { storeId: 'd0', admitted: true, registers: [], knownStores: new Map() };
  registers = new Registers({ disk: { persist: () => undefined }, self: 's0:1', stored });
  proposer = new Proposer(seedDefaults, {
    effects: {
      send: () => undefined,
      schedule: (_, timer) => timers.push(timer),
      emit: () => undefined,
    },
    random: () => 0.5,
    self: 's0:1',
    seeds,
    quorum: 2,
    registers,
    ledger: { learn: (id, ballot, value) => registers.learn(id, ballot, value) },
    voters: () => voters.map((seed) => [seed, `store of ${seed}`] as const),
    send: (to, message) => sent.push({ to, message }),
    tellAll: () => {
      commits += 1;
    },
    decided: (_peer, _intent, _asks, outcome) => outcomes.push(outcome),
  });
});

describe('a proposer', () => {
  test('commits when a quorum accepts, and answers when that is on its own disk', () => {
    register('s');
    promise('s1:1');
    expect(lastSent().type).toBe('PROPOSE');
    promise('s2:1');
    expect(lastSent()).toMatchObject({ type: 'ACCEPT', value: { incarnation: 1, session: 's' } });
    accepted('s1:1');
    expect(commits).toBe(0);
    accepted('s2:1');
    expect([commits, outcomes]).toEqual([1, []]);
    proposer.onDurable({ type: 'decision-durable', proposal: 1 }, now);
    expect(outcomes).toMatchObject([{ code: 'ok', value: { incarnation: 1 } }]);
  });

  test('goes on from the value at the highest ballot that it reads', () => {
    register('s');
    promise('s1:1', { round: 1, seed: 's1:1' }, value(1));
    promise('s2:1', { round: 2, seed: 's1:1' }, value(5));
    expect(lastSent()).toMatchObject({ value: { incarnation: 6, revision: 6, session: 's' } });
  });

  test('has a value accepted once more, when its intent changes nothing, before it relies on it', () => {
    register('s5');
    promise('s1:1', { round: 1, seed: 's1:1' }, value(5));
    promise('s2:1');
    expect(outcomes).toEqual([]);
    expect(lastSent()).toMatchObject({ type: 'ACCEPT', value: value(5) });
  });

  test('counts no vote on an earlier ballot for a later one: no ballot is used twice', () => {
    register('s');
    const first = lastSent().ballot;
    for (const seed of seeds) proposer.seedDown(seed, now);
    expect(outcomes).toMatchObject([{ code: 'no-quorum' }]);
    register('t');
    expect(lastSent().ballot).not.toEqual(first);
    promise('s1:1', undefined, undefined, first);
    promise('s2:1', undefined, undefined, first);
    expect(lastSent().type).toBe('PROPOSE');
  });

  test('says at once that there is no quorum, and who answers', () => {
    voters = ['s0:1'];
    register('s');
    expect(outcomes).toEqual([
      { code: 'no-quorum', reason: '2 of 3 seeds are needed, only s0:1 answers' },
    ]);
  });

  test('never hangs: it ends at its deadline, in whatever phase it is', () => {
    register('s');
    fire('proposer:deadline');
    register('t');
    promise('s1:1');
    promise('s2:1');
    fire('proposer:deadline');
    register('u');
    for (const seed of ['s1:1', 's2:1']) conflict(seed, 9);
    fire('proposer:deadline');
    expect(outcomes.map(({ code }) => code)).toEqual(['no-quorum', 'no-quorum', 'conflict']);
  });

  test('that is outbid tries again above what it saw, and gives up after some rounds', () => {
    register('s');
    for (let round = 1; round < seedDefaults.roundsMax; round += 1) {
      for (const seed of ['s1:1', 's2:1']) conflict(seed, round * 10);
      expect(outcomes).toEqual([]);
      fire('proposer:round-due');
      expect(lastSent().ballot).toEqual({ round: round * 10 + 1, seed: 's0:1' });
    }
    for (const seed of ['s1:1', 's2:1']) conflict(seed, 1_000);
    expect(outcomes).toMatchObject([{ code: 'conflict' }]);
  });

  test('is settled by what others decide meanwhile', () => {
    register('s5');
    registers.learn(peer, { round: 3, seed: 's1:1' }, value(5));
    proposer.learned(peer, now);
    expect(outcomes).toMatchObject([{ code: 'ok', value: value(5) }]);
  });
});

function register(session: string): void {
  proposer.propose(peer, { type: 'register', session }, { link: 1, request: 1 }, now);
}

function lastSent(): Propose | Accept {
  const last = sent.at(-1);
  if (last === undefined) throw new Error('nothing was sent');
  return last.message;
}

function promise(
  seed: SeedId,
  acceptedBallot: Ballot = { round: 0, seed: '' },
  accepted?: RegisterValue,
  ballot = lastSent().ballot,
): void {
  const read = { acceptedBallot, ...(accepted && { accepted }) };
  vote(seed, { ballot, answer: 'promise', promised: ballot, verdict: 'ok', ...read });
}

function conflict(seed: SeedId, round: number): void {
  const promised = { round, seed: 's1:1' };
  const acceptedBallot = { round: 0, seed: '' };
  const { ballot } = lastSent();
  vote(seed, { ballot, answer: 'conflict', promised, acceptedBallot, verdict: 'conflict' });
}

function vote(seed: SeedId, fields: Omit<Vote, 'type' | 'peer' | 'reason'>): void {
  proposer.onVote(seed, { type: 'VOTE', peer, reason: '', ...fields }, now);
}

function accepted(seed: SeedId): void {
  const { ballot } = lastSent();
  const answer = { type: 'ACCEPTED', peer, ballot, answer: 'accepted', promised: ballot } as const;
  proposer.onAccepted(seed, answer, now);
}

/** Fires the newest timer of this kind. */
function fire(type: ProposerTimer['type']): void {
  const timer = timers.findLast((one) => one.type === type);
  if (timer === undefined) throw new Error(`no ${type} is scheduled`);
  proposer.onTimer(timer, now);
}

function value(revision: number): RegisterValue {
  return {
    status: 'alive',
    incarnation: revision,
    session: `s${revision}`,
    registeredAtMs: 0,
    revision,
    changedAtMs: 0,
    evidence: '',
  };
}
