import { beforeEach, describe, expect, test } from 'vitest';
import { seedDefaults } from '../../../src/core/config.ts';
import type { NodeEvent } from '../../../src/core/events.ts';
import type { Intent } from '../../../src/core/messages.ts';
import { Leases } from '../../../src/core/seed/leases.ts';
import { Standing } from '../../../src/core/seed/standing.ts';

const peer = 'a:1';
let nowMs: number;
let events: NodeEvent[];
let probed: string[];
let proposed: Intent[];
let leases: Leases;
let standing: Standing;

beforeEach(() => {
  nowMs = 0;
  events = [];
  probed = [];
  proposed = [];
  standing = new Standing();
  standing.recovering = '';
  leases = new Leases(
    { ...seedDefaults, leaseMs: 60_000 },
    {
      effects: {
        send: () => undefined,
        schedule: () => undefined,
        emit: (event) => events.push(event),
      },
      random: () => 0,
      digest: (text) => `digest of ${text}`,
      standing,
      committed: () => ({
        status: 'alive',
        incarnation: 1,
        session: 's',
        registeredAtMs: 0,
        revision: 1,
        changedAtMs: 0,
        evidence: '',
      }),
      probes: { probe: (id) => probed.push(id) },
      propose: (_peer, intent) => proposed.push(intent),
    },
  );
  leases.begin(peer, 1, now());
});

describe('a lease', () => {
  test('that is kept asks for no probe', () => {
    for (let second = 0; second < 600; second += 10) {
      at(second);
      leases.heard(peer, 1, now());
      leases.onTimer(now());
    }
    expect(probed).toEqual([]);
  });

  test('that lapses has its peer probed, once, and a failed probe is a proposal', () => {
    leases.heard(peer, 1, now());
    at(61);
    leases.onTimer(now());
    leases.onTimer(now());
    expect(probed).toEqual([peer]);
    expect(events).toMatchObject([{ type: 'lease:lapsed', peer, sinceMs: 61_000 }]);
    fails();
    expect(proposed).toMatchObject([
      {
        type: 'confirm-dead',
        incarnation: 1,
        evidence: 'lease lapsed: not heard for 61 s, no answer',
      },
    ]);
  });

  test('of a peer that answers its probe goes on', () => {
    leases.heard(peer, 1, now());
    at(61);
    leases.onTimer(now());
    leases.probed(peer, { proof: 'digest of s:c', challenge: 'c', seen: '' }, now());
    expect(proposed).toEqual([]);
    at(120);
    leases.onTimer(now());
    expect(probed).toHaveLength(1);
  });

  test('with another seed: of a peer that probes find alive, each probe comes twice as late as the one before', () => {
    const probedAtS: number[] = [];
    for (let second = 0; second < 3_000; second += 1) {
      at(second);
      leases.onTimer(now());
      if (probed.length === probedAtS.length) continue;
      probedAtS.push(second);
      leases.probed(peer, { proof: 'digest of s:c', challenge: 'c', seen: '' }, now());
    }
    expect(probedAtS).toEqual([60, 180, 420, 900, 1380, 1860, 2340, 2820]);
    leases.heard(peer, 1, now());
    at(3_060);
    leases.onTimer(now());
    expect(probed).toHaveLength(probedAtS.length + 1);
  });

  test('with another seed: of a peer that was never heard here, two probes must fail, far apart', () => {
    at(61);
    leases.onTimer(now());
    fails();
    expect(proposed).toEqual([]);
    at(80);
    leases.onTimer(now());
    expect(probed).toHaveLength(1);
    at(92);
    leases.onTimer(now());
    fails();
    expect(proposed).toMatchObject([
      { evidence: 'lease lapsed: never heard here, and not reached for 31 s, no answer' },
    ]);
  });

  test('with another seed: a stall of some seconds is forgotten with the next good probe', () => {
    at(61);
    leases.onTimer(now());
    fails();
    at(92);
    leases.onTimer(now());
    leases.probed(peer, { proof: 'digest of s:c', challenge: 'c', seen: '' }, now());
    at(220);
    leases.onTimer(now());
    fails();
    expect(proposed).toEqual([]);
  });

  test('of an earlier incarnation keeps nobody alive', () => {
    leases.begin(peer, 2, now());
    at(30);
    leases.heard(peer, 1, now());
    at(61);
    leases.onTimer(now());
    expect(probed).toEqual([peer]);
  });

  test('lapses for nobody while this seed does not vote', () => {
    standing.recovering = 'a new store';
    at(1_000);
    leases.onTimer(now());
    expect(probed).toEqual([]);
  });

  test('that has ended is not looked at again', () => {
    leases.end(peer);
    at(1_000);
    leases.onTimer(now());
    expect(probed).toEqual([]);
  });
});

function at(seconds: number): void {
  nowMs = seconds * 1_000;
}

function now() {
  return { monotonicMs: nowMs, wallMs: 0 };
}

function fails(): void {
  leases.probed(peer, { proof: undefined, challenge: 'c', seen: 'no answer' }, now());
}
