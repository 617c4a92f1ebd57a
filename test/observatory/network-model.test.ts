import { describe, expect, test } from 'vitest';
import { stateOf } from '../../src/observatory/model/members.ts';
import { NetworkModel } from '../../src/observatory/model/network-model.ts';
import { hopsOf, pushRounds } from '../../src/observatory/model/spread.ts';
import { message, peer, Story, seed } from './records.ts';

const line = [
  [1, 2],
  [2, 3],
  [3, 4],
] as const;

function figures(story: Story, origin = 1) {
  const spread = story.model.messages.get(message(origin).id);
  if (spread === undefined) throw new Error('no such message');
  return { spread, ...story.model.convergenceOf(spread) };
}

const stateOfPeer = (story: Story, n: number) => {
  const member = story.model.members.get(peer(n));
  return member && stateOf(member);
};

describe('a message', () => {
  test('has its coverage, its times, its hops and its redundancy', () => {
    const story = new Story().network(4, line);
    story.atMs = 10;
    story.publish(1);
    story.atMs = 12;
    story.receive(2, 1, 1, 1);
    expect(figures(story)).toMatchObject({ coverage: 0.5, reached: 2, t50Ms: 2, t100Ms: null });
    story.atMs = 15;
    story.receive(3, 2, 1, 2);
    story.duplicate(2, 3, 1);
    story.atMs = 19;
    story.receive(4, 3, 1, 3);
    story.duplicate(3, 4, 1);
    const { spread, ...rest } = figures(story);
    expect(rest).toMatchObject({
      coverage: 1,
      reached: 4,
      population: 4,
      t50Ms: 2,
      t99Ms: 9,
      t100Ms: 9,
      hopsMax: 3,
    });
    expect(rest.rmr).toBeCloseTo(5 / 3 - 1);
    expect(hopsOf(spread)).toEqual([1, 1, 1, 1]);
    expect(spread.senders).toEqual([0, 1, 2]);
  });

  test('is expected to need as many hops as there are links on the shortest way', () => {
    const story = new Story().network(5, [...line, [1, 4]]);
    story.publish(1);
    // Peer 5 has no link: flooding cannot reach it.
    expect(figures(story).spread.expected).toEqual([1, 2, 1]);
  });

  test('need not reach a peer that came later, nor one that ended before it could', () => {
    const story = new Story().network(4, line);
    story.publish(1);
    story.receive(2, 1, 1, 1);
    story.registered(9, 1);
    expect(figures(story)).toMatchObject({ coverage: 0.5, population: 4 });
    story.stop(4);
    expect(figures(story)).toMatchObject({ population: 3, coverage: 2 / 3 });
    story.receive(3, 2, 1, 2);
    story.stop(2);
    expect(figures(story)).toMatchObject({ coverage: 1, reached: 3 });
  });

  test('that was published where nobody looked on counts from its age', () => {
    const story = new Story().network(2, []);
    story.atMs = 100;
    story.receive(1, 2, 7, 3);
    expect(figures(story, 7)).toMatchObject({ reached: 2 });
    expect(figures(story, 7).spread).toMatchObject({ publishedAtMs: 0, hops: [3] });
  });

  test('a push protocol would need log₂ n + ln n rounds for', () => {
    expect(pushRounds(1)).toBe(0);
    expect(pushRounds(1024)).toBeCloseTo(16.93, 2);
  });
});

describe('a member', () => {
  test('goes from starting to alive, is stopped, suspected, and dead', () => {
    const story = new Story();
    story.tell(peer(1), { type: 'node:started', role: 'peer', id: peer(1) });
    expect(stateOfPeer(story, 1)).toBe('starting');
    story.registered(1, 1);
    expect(stateOfPeer(story, 1)).toBe('alive');
    story.stop(1);
    expect(stateOfPeer(story, 1)).toBe('stopped');
    story.registered(2, 1);
    story.suspect(2, 1);
    expect(stateOfPeer(story, 1)).toBe('suspected');
    story.confirm(2, 1);
    story.confirm(3, 1);
    expect(stateOfPeer(story, 1)).toBe('dead');
    expect(story.model.totals).toMatchObject({ suspicions: 1, deaths: 1 });
    const kinds = story.model.members.get(peer(1))?.timeline.map(({ kind }) => kind);
    expect(kinds).toEqual(['started', 'registered', 'stopped', 'suspected', 'confirmed-dead']);
  });

  test('is alive again when its suspicion is cleared, and when it comes back with a higher incarnation', () => {
    const story = new Story().network(2, []);
    story.suspect(2, 1);
    const cleared = { type: 'peer:suspicion-cleared', peer: peer(1), incarnation: 1 } as const;
    story.tell(peer(2), { ...cleared, cause: 'spoke', suspectedForMs: 1 });
    expect(stateOfPeer(story, 1)).toBe('alive');
    story.confirm(2, 1);
    expect(stateOfPeer(story, 1)).toBe('dead');
    story.registered(1, 2);
    expect(stateOfPeer(story, 1)).toBe('alive');
    story.confirm(2, 1);
    expect(stateOfPeer(story, 1)).toBe('alive');
  });

  test('is not suspected by somebody who has ended', () => {
    const story = new Story().network(3, []);
    story.suspect(2, 1);
    story.stop(2);
    expect(stateOfPeer(story, 1)).toBe('alive');
  });

  test('that left is not suspected any more', () => {
    const story = new Story().network(2, []);
    story.suspect(2, 1);
    story.tell(peer(1), { type: 'self:left', incarnation: 1, committed: true, reason: '' });
    story.stop(1, 'stopped');
    expect(stateOfPeer(story, 1)).toBe('left');
  });
});

describe('the overlay', () => {
  test('has a link as long as one of its ends says so', () => {
    const story = new Story().network(2, [[1, 2]]);
    expect(story.model.links.size).toBe(1);
    story.unlink(1, 2);
    expect(story.model.links.size).toBe(1);
    story.unlink(2, 1);
    expect(story.model.links.size).toBe(0);
  });

  test('keeps a link when one of two connections between the same peers ends', () => {
    const story = new Story().network(2, [
      [1, 2],
      [2, 1],
    ]);
    story.unlink(1, 2);
    story.unlink(2, 1);
    expect(story.model.links.size).toBe(1);
  });

  test('loses the links of a stopped peer once its neighbours notice', () => {
    const story = new Story().network(3, [
      [1, 2],
      [1, 3],
    ]);
    story.stop(1);
    story.unlink(2, 1);
    expect(story.model.links.size).toBe(1);
    story.unlink(3, 1);
    expect(story.model.links.degreeOf(0)).toBe(0);
  });
});

describe('a round', () => {
  const ballot = { round: 3, seed: seed(1) };
  const vote = { ballot, peer: peer(1), answer: 'promise', verdict: 'ok', reason: '' } as const;

  test('has the vote of each seed once, and how it ended', () => {
    const story = new Story([seed(1), seed(2), seed(3)]);
    const proposal = { peer: peer(1), ballot, incarnation: 0, evidence: '' };
    story.tell(seed(1), { type: 'registration:proposed', ...proposal });
    story.tell(seed(1), { type: 'registration:vote', ...vote, seed: seed(1) });
    story.tell(seed(2), { type: 'registration:vote', ...vote, seed: seed(2) });
    story.tell(seed(1), { type: 'registration:vote', ...vote, seed: seed(2) });
    story.atMs = 5;
    story.tell(seed(1), {
      type: 'registration:committed',
      peer: peer(1),
      incarnation: 1,
      revision: 1,
      proposer: seed(1),
      votes: { yes: 2, quorum: 2, seeds: 3 },
      via: 'own-proposal',
      durationMs: 5,
    });
    const [round] = story.model.rounds.list;
    expect(round).toMatchObject({ domain: 'registration', outcome: 'committed', endedAtMs: 5 });
    expect(round?.votes.map((one) => one.seed)).toEqual([seed(1), seed(2)]);
    expect(stateOfPeer(story, 1)).toBe('alive');
  });

  test('that lost to a higher ballot is superseded, one without a quorum is rejected', () => {
    const story = new Story([seed(1)]);
    const proposed = {
      type: 'death:proposed',
      peer: peer(1),
      incarnation: 1,
      evidence: '',
    } as const;
    story.tell(seed(1), { ...proposed, ballot });
    const promised = { round: 9, seed: seed(2) };
    story.tell(seed(1), { type: 'register:conflict', peer: peer(1), ballot, promised });
    story.tell(seed(1), { ...proposed, ballot: { round: 10, seed: seed(1) } });
    const votes = { yes: 1, quorum: 2, seeds: 3 };
    const rejected = {
      peer: peer(1),
      code: 'no-quorum',
      reason: '',
      votes,
      durationMs: 1,
    } as const;
    story.tell(seed(1), { type: 'death:rejected', ...rejected });
    expect(story.model.rounds.list.map(({ outcome }) => outcome)).toEqual([
      'superseded',
      'rejected',
    ]);
  });
});

describe('the model', () => {
  function lively(limits = {}): Story {
    const story = new Story([seed(1)], limits).network(4, line);
    story.publish(1);
    story.receive(2, 1, 1, 1);
    story.duplicate(2, 3, 1);
    story.suspect(2, 4);
    story.stop(4);
    return story;
  }

  test('is the same after a journey as JSON, and goes on the same way', () => {
    const story = lively();
    const travelled = NetworkModel.fromSnapshot(JSON.parse(JSON.stringify(story.model)));
    expect(travelled.toJSON()).toEqual(story.model.toJSON());
    const before = story.records.length;
    story.receive(3, 2, 1, 2);
    story.publish(3, 2);
    story.confirm(2, 4);
    for (const record of story.records.slice(before)) travelled.apply(record);
    expect(travelled.toJSON()).toEqual(story.model.toJSON());
  });

  test('stays within its limits, and forgets the oldest', () => {
    const limits = {
      messagesMax: 3,
      receiptsMax: 4,
      timelineMax: 2,
      logMax: 3,
      nodesMax: 6,
      linksMax: 2,
    };
    const story = lively(limits);
    for (let sequence = 2; sequence < 20; sequence += 1) {
      story.publish(1, sequence);
      story.receive(2, 1, 1, 1, sequence);
      story.receive(3, 2, 1, 2, sequence);
      story.suspect(3, 4);
      story.registered(sequence + 50, 1);
      story.link(1, (sequence % 3) + 2);
    }
    const { messages, members, links, log } = story.model;
    expect(Array.from(messages.all(), ({ id }) => id)).toEqual([
      message(1, 18).id,
      message(1, 19).id,
    ]);
    expect(members.list).toHaveLength(6);
    expect(members.ignored).toBeGreaterThan(0);
    expect(links.size).toBe(2);
    expect(log).toHaveLength(3);
    for (const { timeline } of members.list) expect(timeline.length).toBeLessThanOrEqual(2);
    expect(story.model.totals.published).toBe(19);
  });

  test('tells of a death once, whoever hears of it', () => {
    const story = lively();
    for (const by of [1, 2, 3]) story.confirm(by, 4);
    const told = story.model.log.filter(({ type }) => type === 'peer:confirmed-dead');
    expect(told).toHaveLength(1);
    expect(told[0]?.text).toContain(peer(4));
  });
});
