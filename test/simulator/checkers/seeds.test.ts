import { describe, expect, test } from 'vitest';
import type { AcceptorState, Ballot, RegisterValue } from '../../../src/core/messages.ts';
import { noBallot } from '../../../src/core/seed/ballot.ts';
import { dialBacks } from '../../../src/simulator/checkers/dial-backs.ts';
import { incarnations } from '../../../src/simulator/checkers/incarnations.ts';
import { quorum } from '../../../src/simulator/checkers/quorum.ts';
import { readmission } from '../../../src/simulator/checkers/readmission.ts';
import { tombstones } from '../../../src/simulator/checkers/tombstones.ts';
import { votes } from '../../../src/simulator/checkers/votes.ts';
import { shown, watched } from './watched.ts';

const peer = '10.0.0.0:6000';
const seed = (index: number) => `192.168.0.${index + 1}:5000`;
const ballot = (round: number): Ballot => ({ round, seed: seed(0) });
const alive: RegisterValue = {
  status: 'alive',
  incarnation: 1,
  session: 'aa',
  registeredAtMs: 5,
  revision: 1,
  changedAtMs: 5,
  evidence: '',
};

type Shown = ReturnType<typeof shown>;

function write({ call }: Shown, node: number, state: Partial<AcceptorState>, atMs = 1): void {
  const whole = { peer, promised: noBallot, acceptedBallot: noBallot, ...state };
  call('durable', atMs, node, { type: 'register', state: whole });
}

function accept(run: Shown, node: number, at: Ballot, accepted = alive): void {
  write(run, node, { promised: at, acceptedBallot: at, accepted });
}

/** All three seeds run, with stores that may vote. */
function seedsUp(run: Shown): Shown {
  for (const node of [0, 1, 2]) {
    run.call('life', 0, node, 'started', 1);
    run.call('durable', 0, node, { type: 'admitted' });
  }
  return run;
}

test('seeds that crash, lose what was not synced, or their disks, keep all of it', () => {
  const { violations } = watched([quorum, votes, readmission, incarnations, tombstones], {
    topology: { seeds: 5, peers: 20, start: { kind: 'join', spreadMs: 6_000 } },
    options: { seed: { tombstoneRetentionMs: 10_000 } },
    faults: [
      { kind: 'crash', atMs: 3_400, who: { seeds: [0] }, disk: 'torn', restartAfterMs: 900 },
      { kind: 'crash', atMs: 5_000, who: { seeds: [1, 2] }, disk: 'kept', restartAfterMs: 900 },
      { kind: 'crash', atMs: 7_010, who: { seeds: [3] }, disk: 'vanish', restartAfterMs: 900 },
      { kind: 'crash', atMs: 12_000, who: { peers: 6 }, restartAfterMs: 20_000 },
      { kind: 'leave', atMs: 16_000, who: { peers: 2 } },
      { kind: 'crash', atMs: 20_000, who: { seeds: [4] }, disk: 'vanish', restartAfterMs: 5_000 },
    ],
  });
  expect(violations).toEqual([]);
});

describe('a quorum of the configured seeds', () => {
  const commit = { type: 'COMMIT', peer, ballot: ballot(2), value: alive } as const;

  test('has what is committed on its disks', () => {
    const run = seedsUp(shown(quorum));
    accept(run, 0, ballot(2));
    accept(run, 1, ballot(2));
    run.call('frame', 2, 0, 1, 0, 1, commit);
    expect(run.violations).toEqual([]);
  });

  test('is no minority, though two of them have accepted it at different ballots', () => {
    const run = seedsUp(shown(quorum));
    accept(run, 0, ballot(2));
    accept(run, 1, ballot(3));
    run.call('frame', 2, 0, 1, 0, 1, commit);
    expect(run.violations).toMatchObject([
      {
        checker: 'quorum',
        nodes: [0],
        what: 'seed 0 told the others of revision 1 of 10.0.0.0:6000, which 2 of the 3 configured seeds have not accepted on disk',
      },
    ]);
  });

  test('stands behind what a seed takes for committed, and what a peer takes for its incarnation', () => {
    const alone = seedsUp(shown(quorum));
    accept(alone, 0, ballot(2));
    const committed = {
      type: 'registration:committed',
      peer,
      incarnation: 1,
      revision: 1,
      proposer: seed(0),
      votes: { yes: 1, quorum: 2, seeds: 3 },
      via: 'own-proposal',
      durationMs: 1,
    } as const;
    alone.call('event', 2, 0, committed);
    expect(alone.violations).toHaveLength(1);
    const registered = seedsUp(shown(quorum));
    registered.call('event', 2, 3, {
      type: 'peer:registered',
      peer,
      incarnation: 1,
      seeds: [seed(0), seed(1)],
      attempts: 1,
      durationMs: 1,
    });
    expect(registered.violations[0]?.what).toMatch(/^peer 0 takes incarnation 1 for its own/);
  });

  test('stands behind every death that a seed confirms', () => {
    const run = seedsUp(shown(quorum));
    for (const node of [0, 1]) accept(run, node, ballot(2));
    const confirmed = { type: 'DEAD_CONFIRMED', peer, incarnation: 1, seed: seed(0) } as const;
    run.call('frame', 2, 0, 1, 0, 5, confirmed);
    expect(run.violations[0]?.what).toMatch(/^seed 0 confirmed the death of incarnation 1/);
  });
});

describe('votes', () => {
  const vote = (at: Ballot) =>
    ({
      type: 'VOTE',
      peer,
      ballot: at,
      answer: 'promise',
      promised: at,
      acceptedBallot: noBallot,
      verdict: 'ok',
      reason: '',
    }) as const;
  const accepted = (at: Ballot) =>
    ({ type: 'ACCEPTED', peer, ballot: at, answer: 'accepted', promised: at }) as const;

  test('are given for what is on disk, in rising order', () => {
    const run = seedsUp(shown(votes));
    write(run, 1, { promised: ballot(2) });
    run.call('frame', 2, 0, 1, 1, 0, vote(ballot(2)));
    accept(run, 1, ballot(2));
    run.call('frame', 3, 0, 1, 1, 0, accepted(ballot(2)));
    write(run, 1, { promised: ballot(3), acceptedBallot: ballot(2), accepted: alive });
    run.call('frame', 4, 0, 1, 1, 0, vote(ballot(3)));
    expect(run.violations).toEqual([]);
  });

  test('before the disk has them break it', () => {
    const promised = seedsUp(shown(votes));
    promised.call('frame', 2, 0, 1, 1, 0, vote(ballot(2)));
    expect(promised.violations[0]?.what).toMatch(/^seed 1 said that it promised .* before/);
    const acceptedEarly = seedsUp(shown(votes));
    write(acceptedEarly, 1, { promised: ballot(2) });
    acceptedEarly.call('frame', 2, 0, 1, 1, 0, accepted(ballot(2)));
    expect(acceptedEarly.violations[0]?.what).toMatch(/^seed 1 said that it accepted .* before/);
  });

  test('for the same or a lower ballot than one that was promised break it', () => {
    const again = seedsUp(shown(votes));
    write(again, 1, { promised: ballot(3) });
    again.call('frame', 2, 0, 1, 1, 0, vote(ballot(3)));
    again.call('frame', 3, 0, 1, 1, 0, vote(ballot(3)));
    expect(again.violations[0]?.what).toMatch(/after it had promised/);
    const lower = seedsUp(shown(votes));
    accept(lower, 1, ballot(3));
    lower.call('frame', 2, 0, 1, 1, 0, vote(ballot(3)));
    lower.call('frame', 3, 0, 1, 1, 0, accepted(ballot(2)));
    expect(lower.violations[0]?.what).toMatch(/^seed 1 accepted ballot 2/);
  });

  test('are forgotten by nobody who is started again on the same store', () => {
    const run = seedsUp(shown(votes));
    write(run, 1, { promised: ballot(3) });
    run.call('life', 2, 1, 'killed', 1);
    run.call('life', 3, 1, 'started', 2);
    write(run, 1, { promised: ballot(2) });
    expect(run.violations[0]?.what).toMatch(/promises only rise/);
  });

  test('of a new store break it until it is admitted', () => {
    const run = seedsUp(shown(votes));
    run.call('life', 2, 1, 'killed', 1);
    run.world.replaceDisk(1);
    run.call('life', 3, 1, 'started', 2);
    write(run, 1, { promised: ballot(1) });
    expect(run.violations).toEqual([]);
    run.call('frame', 4, 0, 1, 1, 0, vote(ballot(1)));
    expect(run.violations[0]?.what).toMatch(/not admitted yet/);
  });
});

describe('readmission', () => {
  function lostAndFound(copies: readonly number[], counted: readonly number[] = [0, 1]) {
    const run = seedsUp(shown(readmission));
    for (const node of counted) accept(run, node, ballot(2));
    run.call('frame', 2, 0, 1, 0, 1, { type: 'COMMIT', peer, ballot: ballot(2), value: alive });
    run.call('life', 2, 1, 'killed', 1);
    run.world.replaceDisk(1);
    run.call('life', 3, 1, 'started', 2);
    const result = { type: 'COPY_RESULT', after: '', registers: [], stores: [] } as const;
    for (const node of copies) run.call('frame', 4, 0, 1, node, 1, { ...result, more: false });
    run.call('frame', 4, 0, 1, 0, 1, { ...result, more: true });
    run.call('durable', 5, 1, { type: 'admitted' });
    return run.violations;
  }

  test('needs copies from one of every quorum', () => {
    expect(lostAndFound([0, 2])).toEqual([]);
    expect(lostAndFound([2, 2])).toMatchObject([{ checker: 'readmission', nodes: [1] }]);
    expect(lostAndFound([])).toHaveLength(1);
  });

  test('needs none for a store whose votes never counted', () => {
    expect(lostAndFound([], [0, 2])).toEqual([]);
  });
});

describe('incarnations', () => {
  const committed = (run: Shown, value: Partial<RegisterValue>) =>
    write(run, 0, { committed: { ...alive, ...value } });

  test('rise with the revisions, or stay for a change of the same session', () => {
    const run = seedsUp(shown(incarnations));
    committed(run, {});
    committed(run, { revision: 2, status: 'dead' });
    committed(run, { revision: 3, incarnation: 2, session: 'bb' });
    expect(run.violations).toEqual([]);
    committed(run, { revision: 4, incarnation: 2, session: 'cc' });
    expect(run.violations).toHaveLength(1);
  });

  test('that fall break it, whatever the order in which they are learned', () => {
    const run = seedsUp(shown(incarnations));
    committed(run, { revision: 3, incarnation: 1 });
    committed(run, { revision: 2, incarnation: 2, session: 'bb' });
    expect(run.violations).toHaveLength(1);
  });

  test('are new for each life of a peer', () => {
    const run = shown(incarnations);
    const registered = {
      type: 'peer:registered',
      peer,
      incarnation: 1,
      seeds: [],
      attempts: 1,
      durationMs: 1,
    } as const;
    run.call('event', 1, 3, registered);
    run.world.start(3);
    run.call('event', 2, 3, registered);
    expect(run.violations[0]?.what).toMatch(/^peer 0 registered as incarnation 1 after/);
  });

  test('that somebody knows do not fall', () => {
    const run = shown(incarnations);
    run.call('event', 1, 4, { type: 'peer:joined', peer, incarnation: 2 });
    run.call('event', 2, 5, { type: 'peer:joined', peer, incarnation: 1 });
    expect(run.violations).toEqual([]);
    run.call('event', 3, 4, { type: 'peer:joined', peer, incarnation: 1 });
    expect(run.violations).toHaveLength(1);
  });
});

describe('tombstones', () => {
  /** Seed 0 removes it after these others have said that it may go. */
  function removedAt(
    atMs: number,
    holders: readonly number[],
    changes: Partial<RegisterValue>,
    sayers: readonly number[] = [1, 2],
  ) {
    const run = seedsUp(shown(tombstones, { options: { seed: { tombstoneRetentionMs: 10_000 } } }));
    const { epochMs } = run.world;
    const committed: RegisterValue = {
      ...alive,
      status: 'dead',
      revision: 2,
      changedAtMs: epochMs + 1_000,
      ...changes,
    };
    for (const node of holders) write(run, node, { committed });
    const words = { type: 'TOMBSTONES_OVER', isAnswer: false, tombstones: [[peer, 2]] } as const;
    for (const node of sayers) run.call('frame', 2, 2 * node, 1, node, 0, words);
    run.call('durable', atMs, 0, { type: 'remove-register', peer });
    return run.violations;
  }

  test('go when all hold them and their time is over', () => {
    expect(removedAt(11_000, [0, 1, 2], {})).toEqual([]);
  });

  test('do not go before', () => {
    expect(removedAt(9_000, [0, 1, 2], {})[0]?.what).toMatch(/before its retention was over/);
    expect(removedAt(11_000, [0, 1], {})[0]?.what).toMatch(/which seed 2 does not hold/);
    expect(removedAt(11_000, [0, 1, 2], { status: 'alive' })[0]?.what).toMatch(/is alive/);
    expect(removedAt(11_000, [0, 1, 2], {}, [2])[0]?.what).toMatch(/before seed 1 had said/);
  });
});

describe('dial-backs', () => {
  const options = { seed: { verdictCacheMs: 1_000, verdictTimeoutMs: 2_000 } };
  const vote = {
    peer,
    ballot: ballot(2),
    seed: seed(1),
    answer: 'promise',
    verdict: 'ok',
    reason: '',
  } as const;

  /** Seed 1 dials the peer back at 10 s, if at all, and agrees so much later. */
  function agreed(afterMs: number, type: 'registration:vote' | 'death:vote', dials = true) {
    const run = shown(dialBacks, { options });
    const { world, call } = run;
    if (dials) call('dial', 10_000, 1, world.indexOf(peer), 7);
    call('event', 10_000 + afterMs, 0, { type, ...vote });
    call('event', 10_000 + afterMs, 1, { type, ...vote });
    return run.violations[0]?.what;
  }

  test('stand behind every agreement to a registration or a death', () => {
    expect(agreed(3_000, 'registration:vote')).toBeUndefined();
    expect(agreed(3_000, 'death:vote')).toBeUndefined();
  });

  test('that are old, or never were, break it', () => {
    const whose = /^seed 1 agreed to the registration of 10.0.0.0:6000, which it had dialled back/;
    expect(agreed(9_000, 'registration:vote')).toMatch(whose);
    expect(agreed(0, 'registration:vote', false)).toMatch(/dialled back never$/);
    expect(agreed(9_000, 'death:vote')).toMatch(/^seed 1 agreed to the death of/);
  });

  test('may be old where the disk is slow, which a restart does not end', () => {
    const run = shown(dialBacks, { options });
    const { world, call } = run;
    const slow = { kind: 'disk', atMs: 0, who: { seeds: [1] }, what: 'slow' } as const;
    call('fault', 0, 0, slow, 'begun', [1]);
    call('life', 9_000, 1, 'started', 2);
    call('dial', 10_000, 1, world.indexOf(peer), 7);
    call('event', 19_000, 1, { type: 'registration:vote', ...vote });
    expect(run.violations).toEqual([]);
    call('fault', 20_000, 0, slow, 'ended', [1]);
    call('event', 40_000, 1, { type: 'registration:vote', ...vote });
    expect(run.violations).toHaveLength(1);
  });

  test('are not needed for a life that is over already', () => {
    const run = shown(dialBacks, { options });
    run.call('life', 0, 0, 'started', 1);
    accept(run, 0, ballot(1), { ...alive, status: 'dead' });
    const proposed = { type: 'death:proposed', peer, ballot: ballot(2), evidence: '' } as const;
    run.call('event', 9_000, 0, { ...proposed, incarnation: 1 });
    run.call('event', 9_000, 1, { type: 'death:vote', ...vote });
    expect(run.violations).toEqual([]);
  });
});
