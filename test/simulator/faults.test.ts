import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../src/core/events.ts';
import {
  type Fault,
  type Scenario,
  Simulation,
  type SimulationObserver,
} from '../../src/simulator/index.ts';

const base: Scenario = {
  name: 'faults',
  topology: { seeds: 3, peers: 12, start: { kind: 'join', spreadMs: 2_000 } },
  network: { latency: { kind: 'uniform', minMs: 0.5, maxMs: 5 } },
  load: [{ atMs: 30_000, count: 3, intervalMs: 100 }],
  durationMs: 60_000,
};

interface Seen {
  readonly atMs: number;
  readonly node: number;
  readonly event: NodeEvent;
}

/** Runs the base scenario with these faults, after `prepare` has had its look at the run. */
function run(
  faults: readonly Fault[],
  changes: Partial<Scenario> = {},
  prepare: (simulation: Simulation) => void = () => undefined,
) {
  const seen: Seen[] = [];
  const lives: string[] = [];
  const states: string[] = [];
  const observer: SimulationObserver = {
    event: (atMs, node, event) => seen.push({ atMs, node, event }),
    life: (_atMs, node, change, life) => lives.push(`${node} ${change} ${life}`),
    fault: (atMs, index, fault, state) => states.push(`${atMs} ${index} ${fault.kind} ${state}`),
  };
  const simulation = new Simulation({ ...base, ...changes, faults }, { observers: [observer] });
  prepare(simulation);
  simulation.advance();
  const of = <Type extends NodeEvent['type']>(type: Type) =>
    seen.flatMap(({ atMs, node, event }) =>
      event.type === type
        ? [{ atMs, node, event: event as Extract<NodeEvent, { readonly type: Type }> }]
        : [],
    );
  return { simulation, of, lives, states };
}

/** Every message came to every peer. */
function expectAllDelivered({ of }: ReturnType<typeof run>): void {
  const published = of('message:published');
  expect(published.length).toBeGreaterThan(0);
  expect(of('message:received')).toHaveLength(published.length * 11);
}

/** Peers that anybody holds for dead, by number. */
function buried({ of, simulation: { world } }: ReturnType<typeof run>): number[] {
  const dead = of('peer:confirmed-dead').map(({ event }) => world.indexOf(event.peer));
  return [...new Set(dead)].map((node) => node - world.seeds).sort((one, other) => one - other);
}

/** Entries of a seed's Peer List at the end. */
function listed({ simulation: { world } }: ReturnType<typeof run>, seed: number): number {
  return [...(world.seedMachine(seed)?.peerList() ?? [])].length;
}

describe('pauses and slowness', () => {
  test('a paused process is silent, finds itself late when it goes on, and buries nobody', () => {
    const result = run([{ kind: 'pause', atMs: 20_000, forMs: 2_000, who: { peers: [4] } }]);
    const late = result.of('self:health-changed').filter(({ node }) => node === 3 + 4);
    expect(late.length).toBeGreaterThan(0);
    expect(late[0]?.atMs).toBe(22_000);
    expect(buried(result)).toEqual([]);
    expectAllDelivered(result);
    expect(result.states).toEqual(['20000 0 pause begun', '22000 0 pause ended']);
  });

  test('a process that is paused for too long is buried, and comes back as a new incarnation', () => {
    const result = run([{ kind: 'pause', atMs: 15_000, forMs: 12_000, who: { peers: [4] } }], {
      load: [{ atMs: 50_000 }],
    });
    expect(buried(result)).toEqual([4]);
    const registered = result.of('peer:registered').filter(({ node }) => node === 3 + 4);
    expect(registered.map(({ event }) => event.incarnation)).toEqual([1, 2]);
    expectAllDelivered(result);
  });

  test('a slow process answers late, and everything still arrives', () => {
    const slow = { kind: 'slow', atMs: 20_000, forMs: 15_000, who: { peers: [4] }, inputMs: 20 };
    const result = run([slow as Fault]);
    expect(buried(result)).toEqual([]);
    expectAllDelivered(result);
  });
});

describe('clocks', () => {
  test('a wall clock that jumps changes timestamps and nothing else', () => {
    const day = 24 * 3_600_000;
    const load = [{ atMs: 30_000, from: 4 }];
    const result = run([{ kind: 'clock-jump', atMs: 20_000, who: { peers: [4] }, byMs: day }], {
      load,
    });
    const [received] = result.of('message:received');
    expect(received?.event.latencyMs).toBeCloseTo(-day, -3);
    expect(buried(result)).toEqual([]);
    expectAllDelivered(result);
  });

  test('drifting clocks are harmless', () => {
    const topology = { ...base.topology, clocks: { offsetMaxMs: 60_000, driftMax: 0.01 } };
    const result = run([], { topology });
    expect(buried(result)).toEqual([]);
    expectAllDelivered(result);
  });
});

describe('disks', () => {
  test('a seed whose disk fails says so and stops, and goes on with a sound disk', () => {
    const join: Fault = { kind: 'join', atMs: 20_000, peers: 1 };
    const eio: Fault = {
      kind: 'disk',
      atMs: 19_000,
      who: { seeds: [1] },
      what: 'EIO',
      restartAfterMs: 10_000,
    };
    const result = run([eio, join]);
    expect(result.of('storage:failed').map(({ node }) => node)).toEqual([1]);
    expect(result.lives).toContain('1 failed 1');
    expect(result.lives).toContain('1 started 2');
    // The others are a quorum: the newcomer is in, and the restarted seed learns of it.
    expect(result.of('peer:registered')).toHaveLength(13);
    expect(listed(result, 1)).toBe(13);
  });

  test('a disk that was slow is as fast as ever afterwards, for what it was writing, too', () => {
    const slow: Fault = {
      kind: 'disk',
      atMs: 4_000,
      who: { seeds: 'all' },
      what: 'slow',
      factor: 2_000,
      forMs: 300,
    };
    const durations = run([slow])
      .of('storage:committed')
      .map(({ event }) => event.durationMs);
    expect(Math.max(...durations)).toBeGreaterThan(200);
    expect(Math.max(...durations)).toBeLessThan(310);
  });

  test('a seed that lost its disk votes on nothing before it was readmitted', () => {
    const crash: Fault = {
      kind: 'crash',
      atMs: 20_000,
      who: { seeds: [2] },
      restartAfterMs: 1_000,
      disk: 'vanish',
    };
    const result = run([crash]);
    expect(result.of('seed:recovering').map(({ node }) => node)).toEqual([2]);
    expect(result.of('seed:readmitted').map(({ node }) => node)).toContain(2);
    expect(listed(result, 2)).toBe(12);
  });

  test('a seed that is killed and restarted remembers every register', () => {
    const crash: Fault = {
      kind: 'crash',
      atMs: 20_000,
      who: { seeds: 'all' },
      how: 'power-off',
      restartAfterMs: 2_000,
    };
    const result = run([crash]);
    for (const seed of [0, 1, 2]) expect(listed(result, seed)).toBe(12);
    expect(buried(result)).toEqual([]);
    expectAllDelivered(result);
  });
});

describe('the network', () => {
  /** Which of four nodes reach which, as rows of 1 and 0. */
  function reach(simulation: Simulation, nodes: readonly number[]): string[] {
    const { conditions } = simulation.world.network;
    return nodes.map((from) => nodes.map((to) => (conditions.blocks(from, to) ? 0 : 1)).join(''));
  }

  test('a one-way partition silences its first group only', () => {
    const result = run(
      [
        {
          kind: 'partition',
          atMs: 20_000,
          forMs: 1_000,
          shape: 'one-way',
          first: { peers: [0, 1] },
        },
      ],
      {},
      (simulation) => {
        simulation.advance(20_500);
        expect(reach(simulation, [3, 4, 5, 6])).toEqual(['1100', '1100', '1111', '1111']);
        simulation.advance(21_001);
        expect(reach(simulation, [3, 4, 5, 6])).toEqual(['1111', '1111', '1111', '1111']);
      },
    );
    expectAllDelivered(result);
  });

  test('in a ring everybody reaches two groups besides the own one', () => {
    const fault: Fault = {
      kind: 'partition',
      atMs: 20_000,
      forMs: 1_000,
      shape: 'ring',
      groups: 5,
    };
    run([fault], {}, (simulation) => {
      simulation.advance(20_500);
      for (const row of reach(simulation, [...new Array(15).keys()])) {
        expect(row.replaceAll('0', '')).toHaveLength(9);
      }
    });
  });

  test('a flapping partition comes and goes, and ends', () => {
    const fault: Fault = {
      kind: 'partition',
      atMs: 20_000,
      forMs: 4_000,
      shape: 'split',
      first: { peers: [0] },
      flapMs: 1_000,
    };
    const result = run([fault], {}, (simulation) => {
      const halves = [20_250, 20_750, 21_250, 21_750, 24_250].map((atMs) => {
        simulation.advance(atMs);
        return simulation.world.network.conditions.blocks(3, 4);
      });
      expect(halves).toEqual([true, false, true, false, false]);
    });
    expectAllDelivered(result);
  });

  test('a cut between some peers is bridged by the others', () => {
    const fault: Fault = {
      kind: 'cut',
      atMs: 20_000,
      forMs: 30_000,
      from: { peers: [0, 1, 2] },
      to: { peers: [3, 4] },
    };
    expectAllDelivered(run([fault]));
  });

  test('swizzle-clogged peers are reached again in the end', () => {
    const fault: Fault = { kind: 'swizzle-clog', atMs: 29_000, who: { peers: 6 }, stepMs: 150 };
    const result = run([fault]);
    expect(result.states).toEqual(['29000 0 swizzle-clog begun', '30800 0 swizzle-clog ended']);
    expectAllDelivered(result);
  });

  test('a network that loses every third packet delivers all the same', () => {
    const result = run([{ kind: 'degrade', atMs: 20_000, forMs: 20_000, loss: 0.33 }]);
    expectAllDelivered(result);
  });

  test('what does not fit into the outbox is dropped, told, and fetched later', () => {
    const result = run([], {
      network: { ...base.network, bandwidthBytesPerS: 50_000, outboxBytesMax: 20_000 },
      load: [{ atMs: 30_000, from: 0, count: 10, intervalMs: 10, bytes: 4_000 }],
      durationMs: 90_000,
    });
    expect(result.of('message:dropped').length).toBeGreaterThan(0);
    expectAllDelivered(result);
  });
});

describe('lies', () => {
  test.each([
    'poison-suspicions',
    'replay',
    'silent-hub',
    'lie-incarnation',
    'forge-messages',
    'impersonate',
  ] as const)('%s buries no living peer', (behaviour) => {
    const result = run([
      { kind: 'malicious', atMs: 15_000, who: { peers: [2] }, behaviour, intervalMs: 300 },
    ]);
    // The liar itself may be thrown out: nobody can tell a lie about an incarnation from a new life.
    expect(buried(result).filter((peer) => peer !== 2)).toEqual([]);
    for (const seed of [0, 1, 2]) expect(listed(result, seed)).toBeGreaterThanOrEqual(11);
  });

  test('forged messages are noticed, cost the forger its links, and nobody is given one', () => {
    const behaviour = 'forge-messages';
    const result = run([{ kind: 'malicious', atMs: 15_000, who: { peers: [2] }, behaviour }]);
    expect(result.of('message:dropped').map(({ event }) => event.cause)).toContain('id-mismatch');
    const published = result.of('message:published').map(({ event }) => event.message);
    for (const { event } of result.of('message:received')) {
      const own = published.find(({ id }) => id === event.message.id);
      expect(event.message.payload).toEqual(own?.payload);
    }
  });

  test('who greets a seed as somebody else cannot register that one', () => {
    const behaviour = 'impersonate';
    const result = run([
      { kind: 'malicious', atMs: 15_000, who: { peers: [2] }, behaviour, intervalMs: 500 },
    ]);
    const refused = result.of('registration:rejected').map(({ event }) => event.code);
    expect(refused.filter((code) => code === 'unverified').length).toBeGreaterThan(5);
    expect(result.of('peer:registered')).toHaveLength(12);
  });

  test('forged deaths convince no seed and no peer', () => {
    const result = run([
      {
        kind: 'malicious',
        atMs: 15_000,
        who: { peers: [2] },
        behaviour: 'forge-deaths',
        intervalMs: 300,
      },
    ]);
    expect(result.of('death:committed')).toEqual([]);
    expect(result.of('peer:confirmed-dead')).toEqual([]);
    for (const seed of [0, 1, 2]) expect(listed(result, seed)).toBe(12);
  });
});
