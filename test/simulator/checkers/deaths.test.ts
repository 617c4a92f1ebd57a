import { describe, expect, test } from 'vitest';
import type { RegisterValue, SuspectNotice } from '../../../src/core/messages.ts';
import { calm } from '../../../src/simulator/checkers/calm.ts';
import { noFalseDeath } from '../../../src/simulator/checkers/no-false-death.ts';
import { refutation } from '../../../src/simulator/checkers/refutation.ts';
import { removalBrake } from '../../../src/simulator/checkers/removal-brake.ts';
import type { Fault, World } from '../../../src/simulator/index.ts';
import { endedByOther } from '../../../src/simulator/network/network.ts';
import { meddle, say, shown, watched } from './watched.ts';

/** All that may be suspected, refuted, paused and confirmed in one run. */
const stormy: readonly Fault[] = [
  { kind: 'partition', shape: 'split', atMs: 15_000, forMs: 12_000 },
  { kind: 'crash', atMs: 30_000, who: { peers: 2 }, how: 'power-off', restartAfterMs: 9_000 },
  { kind: 'pause', atMs: 44_000, who: { peers: 2 }, forMs: 12_000 },
  { kind: 'leave', atMs: 60_000, who: { peers: 1 } },
  { kind: 'crash', atMs: 65_000, who: { peers: 3 } },
];

test('partitions, pauses, crashes and goodbyes break none of the promises about deaths', () => {
  const { violations, seen } = watched([noFalseDeath, calm, refutation, removalBrake], {
    faults: stormy,
    options: { seed: { removalCountMin: 2, removalWindowMs: 15_000 } },
    durationMs: 120_000,
  });
  for (const type of ['self:refuted', 'death:committed', 'removals:paused'] as const) {
    expect(seen.get(type)).toBeGreaterThan(0);
  }
  expect(violations).toEqual([]);
});

/** From this time on, somebody who lies says DEAD_CONFIRMED, or reports a death, of a peer that lives. */
const forger: Fault = {
  kind: 'malicious',
  atMs: 20_000,
  who: { peers: [3] },
  behaviour: 'forge-deaths',
  intervalMs: 500,
};

describe('no false death', () => {
  test('forged reports kill nobody: the seeds look themselves', () => {
    expect(watched([noFalseDeath], { faults: [forger] }).violations).toEqual([]);
  });

  test('seeds that agree to everything break it', () => {
    const { violations } = watched([noFalseDeath], {
      faults: [forger],
      options: { seed: { verdicts: 'always-ok' } },
    });
    expect(violations).toHaveLength(1);
    expect(violations[0]?.what).toMatch(
      /^seed \d confirmed the death of incarnation 1 of .*, which was alive/,
    );
  });

  test('a peer that takes somebody for dead whom the seeds hold for alive breaks it', () => {
    const { violations, call } = shown(noFalseDeath);
    const peer = '10.0.0.2:6000';
    const dead = {
      type: 'peer:confirmed-dead',
      peer,
      incarnation: 1,
      seed: '192.168.0.1:5000',
      from: '10.0.0.3:6000',
      silentMs: null,
    } as const;
    for (const node of [0, 1]) {
      call('life', 0, node, 'started', 1);
      const ballot = { round: 2, seed: '192.168.0.1:5000' };
      const accepted: RegisterValue = {
        status: 'dead',
        incarnation: 2,
        session: 'aa',
        registeredAtMs: 0,
        revision: 4,
        changedAtMs: 0,
        evidence: '',
      };
      const state = { peer, promised: ballot, acceptedBallot: ballot, accepted };
      call('durable', 1, node, { type: 'register', state });
    }
    call('event', 2, 4, { ...dead, incarnation: 2 });
    expect(violations).toEqual([]);
    call('event', 2, 4, dead);
    expect(violations[0]?.what).toMatch(/^peer 1 took incarnation 1 of .* have not confirmed/);
  });

  test('a peer that was paused until a moment ago may be confirmed dead', () => {
    const run = (pause: readonly Fault[]) =>
      watched([noFalseDeath], {
        faults: [forger, ...pause],
        options: { seed: { verdicts: 'always-ok' } },
        durationMs: 21_000,
      }).violations;
    expect(run([])).toHaveLength(1);
    expect(run([{ kind: 'pause', atMs: 15_000, who: { peers: 'all' }, forMs: 4_000 }])).toEqual([]);
  });
});

describe('calm', () => {
  /** At 50 s, two peers become mute, and are suspected by the others. */
  function muted(faults: readonly Fault[]) {
    return watched([calm], { faults }, (world) =>
      world.at(50_000, () => {
        for (const node of [4, 5]) {
          const process = world.process(node);
          if (process === undefined) continue;
          process.meddler = { sending: () => undefined, received: () => undefined };
        }
      }),
    ).violations;
  }

  test('a peer that is suspected without any fault of the scenario breaks it', () => {
    const violations = muted([]);
    expect(violations).toHaveLength(1);
    expect(violations[0]?.what).toMatch(/^peer \d+ suspected peer [12], .* sound network$/);
  });

  test('a peer that is suspected because the network is cut does not', () => {
    const cut = { kind: 'cut', atMs: 49_000, forMs: 20_000, from: { peers: [1, 2] } } as const;
    expect(muted([{ ...cut, to: { peers: 'all' } }])).toEqual([]);
  });

  test('a link that ends without a goodbye, long after it came up, breaks it', () => {
    const ended = (upMs: number, reason: string) =>
      watched([calm], {}, (world) => {
        const link = { link: 99, peer: world.idOf(5), incarnation: 1, degree: 3 } as const;
        const down = { type: 'link:down', ...link, cause: 'closed-there', reason } as const;
        world.at(upMs, () => say(world, 4, { type: 'link:up', ...link, direction: 'accepted' }));
        world.at(50_000, () => say(world, 4, down));
      }).violations[0]?.what;
    expect(ended(40_000, endedByOther)).toMatch(/^peer 1 lost without a goodbye the link with/);
    expect(ended(40_000, 'this peer is stopping')).toBeUndefined();
    expect(ended(49_000, endedByOther)).toBeUndefined();
  });

  test('a handshake that runs out of time breaks it', () => {
    const { violations } = watched([calm], {}, (world) =>
      world.at(50_000, () => {
        const refused = {
          type: 'link:refused',
          purpose: 'neighbour',
          address: world.idOf(5),
          code: 'handshake-timeout',
          reason: '',
        } as const;
        say(world, 4, refused);
      }),
    );
    expect(violations[0]?.what).toMatch(/^peer 1 waited too long for the handshake of peer 2/);
  });
});

describe('refutation', () => {
  const notice = (world: World, refuted: number): SuspectNotice => ({
    type: 'SUSPECT_NOTICE',
    peer: world.idOf(5),
    incarnation: 1,
    refutation: refuted,
    by: world.idOf(6),
    byIncarnation: 1,
  });

  /** Peer 3 of the small world tells peer 2 at 20 s that it is suspected. */
  function accused(silenced: boolean) {
    return watched([refutation], {}, (world) => {
      if (silenced) {
        meddle(world, 15_000, 5, (message) => (message.type === 'REFUTE' ? undefined : message));
      }
      world.at(20_000, () => {
        const accuser = world.process(6);
        const { ends } = world.network;
        for (const [link, end] of accuser?.ends.entries() ?? []) {
          if (end < 0 || ends.nodeOf(end ^ 1) !== 5 || accuser === undefined) continue;
          world.network.send(accuser, link, notice(world, 0));
        }
      });
    });
  }

  test('comes from a living peer', () => {
    expect(accused(false).violations).toEqual([]);
  });

  test('that does not come breaks it', () => {
    const { violations } = accused(true);
    expect(violations).toMatchObject([{ checker: 'refutation', nodes: [5, 6] }]);
  });
});

describe('removal brake', () => {
  const options = { seed: { removalCountMin: 2, removalWindowMs: 10_000 } };
  const peer = '10.0.0.2:6000';
  const ballot = { round: 4, seed: '192.168.0.2:5000' };
  const paused = {
    type: 'removals:paused',
    reported: 3,
    listSize: 12,
    shareMax: 0.15,
    windowMs: 10_000,
  } as const;
  const propose = {
    type: 'PROPOSE',
    peer,
    ballot,
    stores: [],
    intent: { type: 'confirm-dead', incarnation: 1, evidence: '' },
  } as const;
  const vote = {
    type: 'VOTE',
    peer,
    ballot,
    answer: 'promise',
    promised: ballot,
    acceptedBallot: { round: 0, seed: '' },
    verdict: 'ok',
    reason: '',
  } as const;

  const reported = {
    type: 'death:reported',
    peer,
    incarnation: 1,
    reporter: '10.0.0.5:6000',
    corroborators: [],
    text: '',
  } as const;
  const proposed = {
    type: 'death:proposed',
    peer,
    ballot,
    incarnation: 1,
    evidence: '',
  } as const;
  const voted = {
    type: 'death:vote',
    peer,
    ballot,
    seed: '192.168.0.1:5000',
    answer: 'none',
    verdict: 'paused',
    reason: '',
  } as const;

  test('holds for a third of the peers that dies at once, and is released', () => {
    const { violations, seen } = watched([removalBrake], {
      faults: [{ kind: 'crash', atMs: 20_000, who: { peers: 5 }, how: 'power-off' }],
      options,
      durationMs: 120_000,
    });
    expect(seen.get('removals:paused')).toBeGreaterThan(0);
    expect(seen.get('removals:resumed')).toBeGreaterThan(0);
    expect(violations).toEqual([]);
  });

  test('a seed that agrees to a new death while it is paused breaks it', () => {
    const { violations, call } = shown(removalBrake, { options });
    call('frame', 1, 0, 1, 1, 0, propose);
    call('event', 2, 0, paused);
    call('frame', 3, 1, 1, 0, 1, vote);
    expect(violations).toEqual([]);
    const later = { ...propose, peer: '10.0.0.3:6000' };
    call('frame', 4, 0, 1, 1, 0, later);
    call('frame', 5, 1, 1, 0, 1, { ...vote, peer: '10.0.0.3:6000' });
    expect(violations[0]?.what).toMatch(/^seed 0 agreed to the removal of 10.0.0.3:6000 1/);
  });

  test('a death that was long on its way is known to the seed since it came', () => {
    const { violations, call } = shown(removalBrake, { options });
    call('frame', 1, 0, 1, 1, 0, propose);
    call('event', 9_000, 0, reported);
    call('event', 12_000, 0, paused);
    call('frame', 12_001, 1, 1, 0, 1, vote);
    expect(violations).toEqual([]);
  });

  test('a death is new to a seed when its brake first counts it, not when it could not judge it yet', () => {
    const { violations } = watched([removalBrake], { options, durationMs: 60_000 }, (world) => {
      world.at(20_000, () => say(world, 0, paused, reported));
      world.at(20_001, () => say(world, 0, proposed, { ...voted, verdict: 'unknown' }));
      world.at(28_000, () => say(world, 0, voted));
      world.at(38_000, () => say(world, 0, { type: 'removals:resumed', cause: 'calm' }));
    });
    expect(violations).toEqual([]);
  });

  test('a brake that is never released breaks it', () => {
    const { violations } = watched([removalBrake], { options, durationMs: 60_000 }, (world) => {
      world.at(20_000, () => say(world, 0, paused));
    });
    expect(violations).toHaveLength(1);
    expect(violations[0]?.what).toMatch(/^the removals of seed 0 are still paused/);
    expect(violations[0]?.atMs).toBeLessThan(40_000);
  });
});
