import { expect, test } from 'vitest';
import type { NodeEvent } from '../../src/core/events.ts';
import {
  loadScenario,
  type Scenario,
  Simulation,
  type SimulationObserver,
  simulate,
} from '../../src/simulator/index.ts';

const small: Scenario = {
  name: 'small',
  topology: { seeds: 3, peers: 12, start: { kind: 'join', spreadMs: 2_000 } },
  network: { latency: { kind: 'uniform', minMs: 0.5, maxMs: 5 } },
  load: [{ atMs: 12_000, count: 5, intervalMs: 200 }],
  durationMs: 20_000,
};

/** Counts events by type, and keeps them. */
class Recorder implements SimulationObserver {
  readonly events: { readonly atMs: number; readonly node: number; readonly event: NodeEvent }[] =
    [];

  event(atMs: number, node: number, event: NodeEvent): void {
    this.events.push({ atMs, node, event });
  }

  of<Type extends NodeEvent['type']>(type: Type) {
    return this.events.flatMap(({ atMs, node, event }) =>
      event.type === type
        ? [{ atMs, node, event: event as Extract<NodeEvent, { readonly type: Type }> }]
        : [],
    );
  }
}

test('the same number gives the same run, another number another one', async () => {
  const hashes = await Promise.all(
    [1, 1, 2].map(async (seed) => (await simulate(small, { seed })).traceHash),
  );
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[0]).not.toBe(hashes[2]);
});

test('who looks on changes nothing', async () => {
  const alone = await simulate(small);
  const watched = await simulate(small, { observers: [new Recorder()] });
  expect(watched).toEqual(alone);
});

test('a run in small steps is the run in one', async () => {
  const simulation = new Simulation(small, { seed: 3 });
  let steps = 0;
  for (let untilMs = 1; !simulation.advance(untilMs, 100); untilMs += 7) steps += 1;
  expect(steps).toBeGreaterThan(100);
  expect(simulation.result()).toEqual(await simulate(small, { seed: 3 }));
});

test('peers register with a quorum of seeds, link, and all get every message', async () => {
  const recorder = new Recorder();
  await simulate(small, { observers: [recorder] });
  expect(recorder.of('peer:registered')).toHaveLength(12);
  const published = recorder.of('message:published');
  expect(published).toHaveLength(5);
  for (const { event } of published) {
    const received = recorder
      .of('message:received')
      .filter(({ event: { message } }) => message.id === event.message.id);
    expect(new Set(received.map(({ node }) => node)).size).toBe(11);
    expect(received).toHaveLength(11);
  }
});

test('a killed peer is confirmed dead by the seeds, and every other peer hears of it', async () => {
  const recorder = new Recorder();
  const faults = [{ kind: 'crash', atMs: 10_000, who: { peers: [4] } }] as const;
  const simulation = new Simulation({ ...small, faults }, { observers: [recorder] });
  simulation.advance();
  const victim = simulation.world.idOf(simulation.world.peerNode(4));
  const confirmed = recorder.of('peer:confirmed-dead').filter(({ event }) => event.peer === victim);
  expect(new Set(confirmed.map(({ node }) => node)).size).toBe(11);
  expect(recorder.of('death:committed').map(({ event }) => event.peer)).toContain(victim);
});

test('a restarted peer gets a higher incarnation', async () => {
  const recorder = new Recorder();
  const faults = [
    { kind: 'crash', atMs: 10_000, who: { peers: [4] }, restartAfterMs: 100 },
  ] as const;
  const { scenario } = await simulate({ ...small, faults }, { observers: [recorder] });
  const registered = recorder.of('peer:registered').filter(({ node }) => node === 3 + 4);
  expect(scenario.topology.seeds).toBe(3);
  expect(registered.map(({ event }) => event.incarnation)).toEqual([1, 2]);
});

test('a peer without power is found out by its silence', async () => {
  const recorder = new Recorder();
  const faults = [{ kind: 'crash', atMs: 10_000, who: { peers: [4] }, how: 'power-off' }] as const;
  await simulate({ ...small, faults, durationMs: 40_000 }, { observers: [recorder] });
  const silent = recorder.of('peer:silent');
  expect(silent.some(({ event }) => event.trigger === 'silence')).toBe(true);
  const confirmed = recorder.of('peer:confirmed-dead');
  expect(new Set(confirmed.map(({ node }) => node)).size).toBe(11);
});

test('a peer that leaves says goodbye and is gone', async () => {
  const recorder = new Recorder();
  const lives: string[] = [];
  const faults = [{ kind: 'leave', atMs: 10_000, who: { peers: [4] } }] as const;
  const watch: SimulationObserver = {
    life: (_atMs, node, change) => lives.push(`${node} ${change}`),
  };
  await simulate({ ...small, faults }, { observers: [recorder, watch] });
  expect(recorder.of('self:left').map(({ event }) => event.committed)).toEqual([true]);
  expect(lives).toContain('7 left');
  expect(recorder.of('peer:confirmed-dead')).toEqual([]);
});

test('a split keeps messages on its side until it ends, and recovery brings them over then', async () => {
  const recorder = new Recorder();
  const faults = [
    { kind: 'partition', atMs: 10_000, forMs: 2_500, shape: 'split', first: { peers: [0, 1, 2] } },
  ] as const;
  const load = [{ atMs: 11_000, from: 0 }];
  await simulate({ ...small, faults, load, durationMs: 40_000 }, { observers: [recorder] });
  const received = recorder.of('message:received');
  const others = received.filter(({ node }) => node > 3 + 2);
  expect(others).toHaveLength(9);
  for (const { atMs } of others) expect(atMs).toBeGreaterThan(12_500);
  for (const { node, atMs } of received) if (node <= 3 + 2) expect(atMs).toBeLessThan(12_500);
});

test('a run can be stopped by who looks on, and aborted by its caller', async () => {
  const stops: SimulationObserver = {
    begin(world) {
      world.at(5_000, () => world.stop('seen enough'));
    },
  };
  const stopped = await simulate(small, { observers: [stops] });
  expect(stopped.ended).toEqual({ stopped: 'seen enough' });
  expect(stopped.virtualMs).toBe(5_000);
  const aborted = await simulate(small, { signal: AbortSignal.abort() });
  expect(['aborted', 'complete']).toContain(aborted.ended);
});

test('a settled overlay floods to every peer: each link carries the message once in each direction, or once', async () => {
  const recorder = new Recorder();
  const frames = new Map<number, number>();
  const watch: SimulationObserver = {
    frame(_atMs, end, _generation, _from, _to, message) {
      if (message.type === 'GOSSIP') frames.set(end, (frames.get(end) ?? 0) + 1);
    },
  };
  const scenario: Scenario = {
    name: 'settled',
    topology: { seeds: 0, peers: 500, start: { kind: 'settled' } },
    network: { latency: { kind: 'uniform', minMs: 1, maxMs: 3 } },
    load: [{ atMs: 10 }],
    durationMs: 500,
  };
  const simulation = new Simulation(scenario, { observers: [recorder, watch] });
  simulation.advance();
  expect(recorder.of('message:received')).toHaveLength(499);
  const { links } = simulation.world.settled ?? { links: 0 };
  const sent = [...frames.values()];
  expect(Math.max(...sent)).toBe(1);
  // Every peer sends over all its links but the one of its first receipt.
  expect(sent.length).toBe(2 * links - 499);
});

test('every scenario that is small enough runs to its end', async () => {
  const { ended, traceHash } = await simulate(await loadScenario('classroom'), { seed: 1 });
  expect(ended).toBe('complete');
  expect(traceHash).toMatch(/^[0-9a-f]{16}$/);
});
