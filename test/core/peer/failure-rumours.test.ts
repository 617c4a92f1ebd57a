import { describe, expect, test } from 'vitest';
import type { FailureDetectionOptions } from '../../../src/core/config.ts';
import type { DeadConfirmed } from '../../../src/core/messages.ts';
import { FailureBench } from '../../support/failure-bench.ts';

/** Neighbours b, c and d; x and y are known but not linked. */
function bench(options: Partial<FailureDetectionOptions> = {}): FailureBench {
  const made = new FailureBench({ options });
  for (const id of ['b:1', 'c:1', 'd:1']) made.neighbour(id);
  for (const id of ['x:1', 'y:1']) made.know(id);
  return made;
}

const refute = { type: 'REFUTE', peer: 'x:1', incarnation: 1, refutation: 1 } as const;

describe('SUSPECT_NOTICE', () => {
  test('is passed on to everybody but the one it came from', () => {
    const made = bench();
    made.notice('b:1', 'x:1', { by: 'y:1' });
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1', 'd:1']);
    expect(made.all('peer:suspicion-heard')).toEqual([
      { type: 'peer:suspicion-heard', peer: 'x:1', incarnation: 1, by: 'y:1' },
    ]);
  });

  test('for the neighbours is heard and not passed on; one for everybody that follows is', () => {
    const made = bench();
    made.notice('b:1', 'x:1', { by: 'b:1', near: true });
    expect(made.all('peer:suspicion-heard')).toMatchObject([{ peer: 'x:1', by: 'b:1' }]);
    expect(made.sent).toEqual([]);
    made.notice('b:1', 'x:1', { by: 'b:1' });
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1', 'd:1']);
    expect(made.all('peer:suspicion-heard')).toHaveLength(1);
  });

  test('that comes again by another way is dropped', () => {
    const made = bench();
    for (const from of ['b:1', 'c:1', 'd:1']) made.notice(from, 'x:1', { by: 'y:1' });
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1', 'd:1']);
    expect(made.all('peer:suspicion-heard')).toHaveLength(1);
  });

  test('of other accusers, and of other incarnations, is news', () => {
    const made = bench();
    made.notice('b:1', 'x:1', { by: 'y:1' });
    made.notice('b:1', 'x:1', { by: 'b:1' });
    made.notice('b:1', 'x:1', { by: 'y:1', incarnation: 2 });
    expect(made.sentTo('SUSPECT_NOTICE')).toHaveLength(6);
    expect(made.all('peer:suspicion-heard')).toHaveLength(3);
  });

  test('repeated by its author goes through the network again, and is no new suspicion', () => {
    const made = bench();
    made.notice('b:1', 'x:1', { by: 'y:1' });
    made.pass(2500, ['b:1', 'c:1', 'd:1']);
    made.notice('b:1', 'x:1', { by: 'y:1' });
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1', 'd:1', 'c:1', 'd:1']);
    expect(made.all('peer:suspicion-heard')).toHaveLength(1);
  });

  test('of our own that comes back is dropped', () => {
    const made = bench();
    made.notice('b:1', 'x:1', { by: 'self:1' });
    expect(made.sent).toEqual([]);
  });

  test('about or by an incarnation that is over is dropped', () => {
    const made = bench();
    made.over.set('x:1', 1);
    made.notice('b:1', 'x:1', { by: 'y:1' });
    made.notice('b:1', 'y:1', { by: 'x:1' });
    expect(made.sent).toEqual([]);
    expect(made.events).toEqual([]);
  });

  test('of more accusers than anybody needs goes no further (Lifeguard, section IV.B)', () => {
    const made = bench();
    for (const by of ['v:1', 'w:1', 'y:1', 'z:1']) {
      made.know(by);
      made.notice('b:1', 'x:1', { by });
    }
    expect(made.all('peer:suspicion-heard').map(({ by }) => by)).toEqual(['v:1', 'w:1', 'y:1']);
    expect(made.sentTo('SUSPECT_NOTICE')).toHaveLength(6);
  });

  test('of another accuser is needed again when an earlier one has fallen silent, or is not registered', () => {
    const made = bench();
    for (const by of ['unknown:1', 'v:1', 'w:1', 'y:1']) {
      if (by !== 'unknown:1') made.know(by);
      made.notice('b:1', 'x:1', { by });
    }
    expect(made.sentTo('SUSPECT_NOTICE')).toHaveLength(8);
    made.pass(2500, ['b:1', 'c:1', 'd:1']);
    for (let repeats = 0; repeats < 6; repeats += 1) {
      for (const by of ['v:1', 'w:1']) made.notice('b:1', 'x:1', { by });
      made.pass(2500, ['b:1', 'c:1', 'd:1']);
    }
    made.know('z:1');
    made.clear();
    made.notice('b:1', 'x:1', { by: 'z:1' });
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1', 'd:1']);
  });

  test('that outlived a refutation is news, however many there were before it', () => {
    const made = bench();
    for (const by of ['v:1', 'w:1', 'y:1']) {
      made.know(by);
      made.notice('b:1', 'x:1', { by });
    }
    made.know('z:1');
    made.clear();
    made.notice('b:1', 'x:1', { by: 'z:1', refutation: 1 });
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual(['c:1', 'd:1']);
  });

  test('about a neighbour heard of just now is no reason to look', () => {
    const made = bench();
    made.notice('b:1', 'd:1', { by: 'y:1' });
    expect(made.dialled).toEqual([]);
    expect(made.all('peer:silent')).toEqual([]);
  });

  test('about a neighbour not heard of for a ping interval makes this peer look itself', () => {
    const made = bench();
    made.pass(1400, ['b:1', 'c:1']);
    made.clear();
    made.notice('b:1', 'd:1', { by: 'y:1' });
    expect(made.dialled).toEqual(['d:1']);
    expect(made.sentTo('PING')).toEqual(['d:1']);
    expect(made.all('peer:silent')).toMatchObject([{ peer: 'd:1', trigger: 'notice' }]);
  });

  test('that there is no room for goes no further: none that is on its way is forgotten for it', () => {
    const made = bench({ memoryMax: 2 });
    for (const peer of ['x:1', 'y:1', 'z:1', 'x:1']) made.notice('b:1', peer, { by: 'c:1' });
    expect(made.all('peer:suspicion-heard').map(({ peer }) => peer)).toEqual(['x:1', 'y:1']);
    expect(made.sentTo('SUSPECT_NOTICE')).toHaveLength(4);
  });

  test('that there was no room for is news when it is repeated and the others are through', () => {
    const made = bench({ memoryMax: 2 });
    for (const peer of ['x:1', 'y:1', 'z:1']) made.notice('b:1', peer, { by: 'c:1' });
    made.pass(2500, ['b:1', 'c:1', 'd:1']);
    made.notice('b:1', 'z:1', { by: 'c:1' });
    expect(made.all('peer:suspicion-heard').map(({ peer }) => peer)).toEqual(['x:1', 'y:1', 'z:1']);
  });
});

describe('a suspicion of this peer itself', () => {
  test('is refuted to a neighbour that was none when the others were told', () => {
    const made = bench();
    made.notice('b:1', 'self:1', { by: 'y:1' });
    made.neighbour('e:1');
    made.clear();
    for (const from of ['c:1', 'e:1', 'e:1']) made.notice(from, 'self:1', { by: 'x:1' });
    expect(made.sentTo('REFUTE')).toEqual(['e:1']);
    expect(made.all('self:refuted')).toEqual([]);
  });

  test('is refuted though the memory is full of what is rumoured of others', () => {
    const made = bench({ memoryMax: 2 });
    for (const peer of ['p:1', 'q:1', 'r:1']) made.notice('b:1', peer, { by: 'c:1' });
    made.clear();
    made.notice('b:1', 'self:1', { by: 'y:1' });
    made.notice('c:1', 'self:1', { by: 'y:1' });
    expect(made.sentTo('REFUTE')).toEqual(['b:1', 'c:1', 'd:1']);
  });

  test('is refuted to all neighbours, and costs it health', () => {
    const made = bench();
    made.notice('b:1', 'self:1', { by: 'y:1' });
    expect(made.sentTo('REFUTE')).toEqual(['b:1', 'c:1', 'd:1']);
    expect(made.last('REFUTE')).toEqual({ ...refute, peer: 'self:1' });
    expect(made.sentTo('SUSPECT_NOTICE')).toEqual([]);
    expect(made.events).toEqual([
      { type: 'self:refuted', incarnation: 1, refutation: 1, by: 'y:1' },
      { type: 'self:health-changed', score: 1, cause: 'suspected' },
    ]);
  });

  test('is refuted even if its author is held for dead: others may not think so', () => {
    const made = bench();
    made.over.set('y:1', 1);
    made.notice('b:1', 'self:1', { by: 'y:1' });
    expect(made.sentTo('REFUTE')).toEqual(['b:1', 'c:1', 'd:1']);
  });

  test('by many peers at once is refuted once', () => {
    const made = bench();
    made.notice('b:1', 'self:1', { by: 'y:1' });
    made.notice('c:1', 'self:1', { by: 'c:1' });
    made.notice('d:1', 'self:1', { by: 'x:1' });
    expect(made.sentTo('REFUTE')).toHaveLength(3);
    expect(made.all('self:refuted')).toHaveLength(1);
  });

  test('by somebody who missed the refutation is answered with the same number', () => {
    const made = bench();
    made.notice('b:1', 'self:1', { by: 'y:1' });
    made.pass(3000, ['b:1', 'c:1', 'd:1']);
    made.notice('b:1', 'self:1', { by: 'x:1' });
    expect(made.sentTo('REFUTE')).toHaveLength(6);
    expect(made.last('REFUTE')).toMatchObject({ refutation: 1 });
    expect(made.all('self:refuted')).toHaveLength(1);
  });

  test('in spite of the refutation is refuted with a higher number', () => {
    const made = bench();
    made.notice('b:1', 'self:1', { by: 'y:1' });
    made.notice('b:1', 'self:1', { by: 'y:1', refutation: 1 });
    expect(made.last('REFUTE')).toMatchObject({ refutation: 2 });
    expect(made.all('self:refuted')).toHaveLength(2);
  });

  test('of an earlier life is dropped', () => {
    const made = bench();
    made.self.incarnation = 2;
    made.notice('b:1', 'self:1', { by: 'y:1' });
    expect(made.sent).toEqual([]);
  });

  test('of a new life is refuted from 1 again', () => {
    const made = bench();
    made.notice('b:1', 'self:1', { by: 'y:1' });
    made.self.incarnation = 2;
    made.notice('b:1', 'self:1', { by: 'y:1', incarnation: 2 });
    expect(made.last('REFUTE')).toMatchObject({ incarnation: 2, refutation: 1 });
  });
});

describe('REFUTE', () => {
  test('is passed on once, also about peers that are not known here', () => {
    const made = bench();
    made.hear('b:1', { ...refute, peer: 'stranger:1' });
    made.hear('c:1', { ...refute, peer: 'stranger:1' });
    expect(made.sentTo('REFUTE')).toEqual(['c:1', 'd:1']);
  });

  test('clears the suspicion that it answers', () => {
    const made = bench();
    made.kill('b:1');
    made.pass(3000, ['c:1', 'd:1']);
    expect(made.all('peer:suspected')).toHaveLength(1);
    made.hear('c:1', { ...refute, peer: 'b:1' });
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'refuted' }]);
    made.clear();
    made.pass(60_000, ['c:1', 'd:1']);
    expect(made.events).toEqual([]);
  });

  test('of another incarnation clears nothing', () => {
    const made = bench();
    made.kill('b:1');
    made.pass(3000, ['c:1', 'd:1']);
    made.hear('c:1', { ...refute, peer: 'b:1', incarnation: 2 });
    expect(made.all('peer:suspicion-cleared')).toEqual([]);
  });

  test('of a neighbour whose link stays silent is tested after another timeout', () => {
    const made = bench();
    made.pass(3500, ['c:1', 'd:1']);
    made.hear('c:1', { ...refute, peer: 'b:1' });
    expect(made.dialled).toEqual(['b:1']);
    made.refuse('b:1', 'unreachable');
    expect(made.sentTo('PROBE')).toEqual([]);
    made.pass(3000, ['c:1', 'd:1']);
    expect(made.dialled).toEqual(['b:1', 'b:1']);
  });

  test('makes later suspicions answer to its number', () => {
    const made = bench();
    made.hear('c:1', { ...refute, peer: 'b:1', refutation: 4 });
    made.kill('b:1');
    made.pass(3000, ['c:1', 'd:1']);
    expect(made.last('SUSPECT_NOTICE')).toMatchObject({ by: 'self:1', refutation: 4 });
    made.hear('c:1', { ...refute, peer: 'b:1', refutation: 3 });
    expect(made.all('peer:suspicion-cleared')).toEqual([]);
  });

  test('ends corroborations that it answers', () => {
    const made = bench();
    made.notice('c:1', 'b:1', { by: 'y:1' });
    made.hear('c:1', { ...refute, peer: 'b:1' });
    made.kill('b:1');
    made.pass(3000, ['c:1', 'd:1']);
    expect(made.all('peer:suspected')).toHaveLength(1);
    expect(made.all('peer:corroborated')).toEqual([]);
  });

  test('is told to whoever still suspects', () => {
    const made = bench();
    made.hear('c:1', refute);
    made.clear();
    made.notice('b:1', 'x:1', { by: 'y:1' });
    expect(made.sent).toEqual([{ to: 'b:1', message: refute }]);
    expect(made.all('peer:suspicion-heard')).toEqual([]);
  });

  test('is implied by a notice that answers to a higher number', () => {
    const made = bench();
    made.kill('b:1');
    made.pass(3000, ['c:1', 'd:1']);
    made.notice('c:1', 'b:1', { by: 'y:1', refutation: 1 });
    expect(made.all('peer:suspicion-cleared')).toMatchObject([{ cause: 'refuted' }]);
  });
});

describe('DEAD_CONFIRMED', () => {
  const dead: DeadConfirmed = { type: 'DEAD_CONFIRMED', peer: 'x:1', incarnation: 1, seed: 's:1' };

  test('of a seed is taken in and acted on once, and goes no further: seeds tell all their members', () => {
    const made = bench();
    made.machine.confirmed(dead, 's:1', made.now);
    made.hear('b:1', dead);
    made.hear('c:1', { ...dead, seed: 's:2' });
    made.machine.confirmed(dead, 's:2', made.now);
    expect(made.events).toEqual([
      {
        type: 'peer:confirmed-dead',
        peer: 'x:1',
        incarnation: 1,
        seed: 's:1',
        from: 's:1',
        silentMs: null,
      },
    ]);
    expect(made.sentTo('DEAD_CONFIRMED')).toEqual([]);
    expect(made.heard).toEqual(['dead x:1#1']);
  });

  test('of a seed is passed on by who looked for the dead one in vain', () => {
    const made = bench();
    made.kill('b:1');
    made.result('c:1', 'silent');
    made.machine.confirmed({ ...dead, peer: 'b:1' }, 's:1', made.now);
    expect(made.sentTo('DEAD_CONFIRMED')).toEqual(['c:1', 'd:1']);
  });

  test('of a seed goes to the dead one itself while it is linked', () => {
    const made = bench();
    made.machine.confirmed({ ...dead, peer: 'd:1' }, 's:1', made.now);
    expect(made.sentTo('DEAD_CONFIRMED')).toEqual(['d:1']);
    expect(made.heard).toEqual(['dead d:1#1']);
  });

  test('says how long the dead one was silent, if it was a neighbour', () => {
    const made = bench();
    made.pass(100, ['b:1']);
    made.kill('b:1');
    made.pass(700, ['c:1', 'd:1']);
    made.machine.confirmed({ ...dead, peer: 'b:1' }, 's:1', made.now);
    expect(made.all('peer:confirmed-dead')).toMatchObject([{ silentMs: 700 }]);
  });

  test('ends the examination and the suspicion, which was right', () => {
    const made = bench();
    made.kill('b:1');
    made.pass(3000, ['c:1', 'd:1']);
    made.machine.confirmed({ ...dead, peer: 'b:1' }, 's:1', made.now);
    made.clear();
    made.pass(60_000, ['c:1', 'd:1']);
    expect(made.events).toEqual([]);
    expect(made.dialled).toEqual([]);
  });

  test('by a neighbour about one that is heard at this moment is not believed', () => {
    const made = bench();
    made.hear('b:1', { ...dead, peer: 'd:1' });
    expect(made.events).toEqual([]);
    expect(made.sent).toEqual([]);
    made.machine.confirmed({ ...dead, peer: 'd:1' }, 's:1', made.now);
    expect(made.heard).toEqual(['dead d:1#1']);
  });

  test('by one neighbour is not believed, not even about a peer that this one misses itself', () => {
    const made = bench();
    made.kill('d:1');
    made.pass(3000, ['b:1', 'c:1']);
    made.clear();
    for (const peer of ['d:1', 'x:1']) {
      made.hear('b:1', { ...dead, peer });
      made.hear('b:1', { ...dead, peer });
    }
    expect(made.heard).toEqual([]);
    expect(made.sentTo('DEAD_CONFIRMED')).toEqual([]);
  });

  test('by a second neighbour is believed, and passed on to the others', () => {
    const made = bench();
    made.hear('b:1', dead);
    made.hear('c:1', dead);
    expect(made.heard).toEqual(['dead x:1#1']);
    expect(made.sentTo('DEAD_CONFIRMED')).toEqual(['b:1', 'd:1']);
  });

  test('by a neighbour that names no seed counts only where peers confirm deaths', () => {
    const made = bench();
    made.hear('b:1', { ...dead, seed: '' });
    expect(made.events).toEqual([]);
    const gossip = bench({ confirmation: 'peers' });
    gossip.hear('b:1', { ...dead, seed: '' });
    expect(gossip.heard).toEqual(['dead x:1#1']);
  });

  test('of an earlier life is taken in once', () => {
    const made = bench();
    made.know('x:1', 2);
    made.machine.confirmed(dead, 's:1', made.now);
    expect(made.all('peer:confirmed-dead')).toMatchObject([{ peer: 'x:1', incarnation: 1 }]);
    expect(made.heard).toEqual(['dead x:1#1']);
    made.hear('b:1', dead);
    made.machine.confirmed(dead, 's:2', made.now);
    expect(made.all('peer:confirmed-dead')).toHaveLength(1);
  });

  test('about this peer itself is for the seeds to say, and goes no further', () => {
    const made = bench();
    made.hear('b:1', { ...dead, peer: 'self:1' });
    made.hear('c:1', { ...dead, peer: 'self:1' });
    expect(made.events).toEqual([{ type: 'self:declared-dead', incarnation: 1, from: 'b:1' }]);
    expect(made.heard).toEqual(['self declared dead #1 from b:1']);
    expect(made.sent).toEqual([]);
  });

  test('about an earlier life of this peer is dropped', () => {
    const made = bench();
    made.self.incarnation = 2;
    made.hear('b:1', { ...dead, peer: 'self:1' });
    expect(made.events).toEqual([]);
  });

  test('of a seed is taken in even when there is no room to remember it', () => {
    const made = bench({ memoryMax: 2 });
    for (const peer of ['p:1', 'q:1', 'r:1']) {
      made.machine.confirmed({ ...dead, peer }, 's:1', made.now);
    }
    expect(made.heard).toEqual(['dead p:1#1', 'dead q:1#1', 'dead r:1#1']);
  });

  test('stays known whatever else is rumoured', () => {
    const made = bench({ memoryMax: 2 });
    made.machine.confirmed(dead, 's:1', made.now);
    for (const peer of ['p:1', 'q:1', 'r:1']) made.notice('b:1', peer, { by: 'c:1' });
    made.clear();
    made.hear('c:1', dead);
    expect(made.events).toEqual([]);
  });
});
