import { beforeEach, describe, expect, test } from 'vitest';
import { type SeedOptions, seedDefaults } from '../../../src/core/config.ts';
import type { Intent, MemberStatus, RegisterValue } from '../../../src/core/messages.ts';
import { type Judgement, Verdicts } from '../../../src/core/seed/verdicts.ts';

const peer = 'a:1';
let nowMs: number;
let probes: number;
let judgements: Judgement[];
let current: RegisterValue | undefined;
let isBraked: boolean;
let verdicts: Verdicts<undefined>;

beforeEach(() => {
  nowMs = 0;
  probes = 0;
  judgements = [];
  current = registered('s1', 1);
  isBraked = false;
  verdicts = newVerdicts();
});

describe('a verdict', () => {
  test('on a death is the outcome of this seed’s own probe', () => {
    judge(bury(1));
    expect([probes, judgements]).toEqual([1, []]);
    probed('s1');
    expect(judgements).toMatchObject([{ verdict: 'alive' }]);
    judge(bury(1));
    probed(undefined);
    expect(judgements.at(-1)).toEqual({ verdict: 'ok', reason: '' });
  });

  test('on a death is ok when another session answers: this incarnation is gone', () => {
    judge(bury(1));
    probed('s2');
    expect(judgements).toMatchObject([{ verdict: 'ok' }]);
  });

  test('on a registration wants the proof of just this session', () => {
    for (const [session, verdict] of [
      ['s1', 'unverified'],
      [undefined, 'unverified'],
      ['s2', 'ok'],
    ] as const) {
      judge({ type: 'register', session: 's2' });
      probed(session);
      expect(judgements.at(-1)).toMatchObject({ verdict });
    }
  });

  test.each<[string, Intent, string, MemberStatus?]>([
    ['a seed’s own address', { type: 'register', session: 's' }, 'unverified'],
    ['an incarnation that is over', bury(0), 'stale'],
    ['an incarnation that nobody knows', bury(2), 'unknown'],
    ['a death that is committed already', bury(1), 'ok', 'dead'],
    ['a leave', { type: 'leave', incarnation: 1, session: 's1' }, 'ok'],
    ['a leave by somebody else', { type: 'leave', incarnation: 1, session: 'x' }, 'unverified'],
    ['a session that is over', { type: 'register', session: 's1' }, 'session-over', 'left'],
  ])('on %s needs no probe', (what, intent, verdict, status = 'alive') => {
    current = { ...registered('s1', 1), status };
    const address = what.includes('seed') ? 's0:1' : peer;
    verdicts.judge({ peer: address, intent, context: undefined }, now());
    expect([probes, judgements[0]?.verdict]).toEqual([0, verdict]);
  });

  test('rests on an earlier look only when that agrees, and for a short time', () => {
    judge(bury(1));
    probed(undefined);
    judge(bury(1));
    expect([probes, judgements.length]).toEqual([1, 2]);
    nowMs += seedDefaults.verdictCacheMs + 1;
    judge(bury(1));
    expect(probes).toBe(2);
    probed('s1');
    judge(bury(1));
    expect(probes).toBe(3);
  });

  test('on the death of a new life does not rest on what was seen of the one before', () => {
    judge(bury(1));
    probed(undefined);
    current = registered('s2', 2);
    verdicts.forget(peer);
    judge(bury(2));
    expect([probes, judgements.length]).toEqual([2, 1]);
    probed('s2');
    expect(judgements.at(-1)).toMatchObject({ verdict: 'alive' });
  });

  test('is given to all who wait for one probe, each by what is known when it ends', () => {
    judge(bury(1));
    judge({ type: 'register', session: 's2' });
    current = registered('s2', 2);
    probed('s2');
    expect(judgements.map(({ verdict }) => verdict)).toEqual(['stale', 'ok']);
  });

  test('on a death is `paused` while the brake holds, and looks at nobody', () => {
    isBraked = true;
    judge(bury(1));
    expect([probes, judgements]).toMatchObject([0, [{ verdict: 'paused' }]]);
  });

  test('is refused when too many wait, instead of being kept for ever', () => {
    verdicts = newVerdicts({ waitingMax: 2 });
    for (let n = 0; n < 3; n += 1) judge(bury(1));
    expect(judgements).toMatchObject([{ verdict: 'no-quorum' }]);
    probed(undefined);
    expect(judgements).toHaveLength(3);
  });
});

function newVerdicts(options: Partial<SeedOptions> = {}): Verdicts<undefined> {
  return new Verdicts<undefined>(
    { ...seedDefaults, ...options },
    {
      seeds: ['s0:1'],
      committed: () => current,
      probes: {
        probe: () => {
          probes += 1;
        },
      },
      brake: { allows: () => !isBraked },
      digest: (text) => `digest of ${text}`,
      admit: () => true,
      judged: (_question, judgement) => judgements.push(judgement),
    },
  );
}

function judge(intent: Intent): void {
  verdicts.judge({ peer, intent, context: undefined }, now());
}

/** Who answers at the address; nobody when there is no session. */
function probed(session: string | undefined): void {
  const proof = session && `digest of ${session}:c`;
  verdicts.probed(peer, { proof, challenge: 'c', seen: 'what was seen' }, now());
}

function bury(incarnation: number): Intent {
  return { type: 'confirm-dead', incarnation, evidence: '' };
}

function registered(session: string, incarnation: number): RegisterValue {
  const times = { registeredAtMs: 0, changedAtMs: 0 };
  return { status: 'alive', incarnation, session, revision: incarnation, evidence: '', ...times };
}

function now() {
  return { monotonicMs: nowMs, wallMs: 0 };
}
