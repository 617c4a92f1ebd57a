import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/core/messages.ts';
import { type Scenario, Simulation } from '../../src/simulator/index.ts';

const scenario: Scenario = {
  name: 'economy',
  topology: { seeds: 3, peers: 60, start: { kind: 'join', spreadMs: 5_000 } },
  network: { latency: { kind: 'uniform', minMs: 0.2, maxMs: 2 } },
  faults: [
    { kind: 'leave', atMs: 30_000, who: { peers: [10] } },
    { kind: 'crash', atMs: 31_000, who: { peers: [20] } },
  ],
  durationMs: 60_000,
};

describe('a registered network', () => {
  test('tells all peers of a leave and of a death, without flooding either', () => {
    const sent = new Map<Message['type'], number>();
    const frame = (atMs: number, ...rest: readonly [number, number, number, number, Message]) => {
      const { type } = rest[4];
      if (atMs >= 30_000) sent.set(type, (sent.get(type) ?? 0) + 1);
    };
    const simulation = new Simulation(scenario, { seed: 7, observers: [{ frame }] });
    const { world } = simulation;
    simulation.advance(29_000);
    const gone = [10, 20].map((number) => world.idOf(world.peerNode(number)));
    const peers = () =>
      Array.from({ length: 60 }, (_, number) => world.peer(world.peerNode(number))).flatMap(
        (peer) => (peer === undefined ? [] : [peer]),
      );
    for (const peer of peers()) {
      for (const id of gone) if (peer.id !== id) expect(peer.membership.get(id)).toBeDefined();
    }
    const links = peers().reduce((sum, peer) => sum + peer.overlay.degree, 0);
    simulation.advance();
    expect(peers()).toHaveLength(58);
    for (const peer of peers()) {
      for (const id of gone) expect(peer.membership.get(id)).toBeUndefined();
    }
    // Each flood would take a frame over nearly every link in either direction.
    expect(sent.get('LEAVE') ?? 0).toBeGreaterThan(0);
    expect(sent.get('LEAVE') ?? 0).toBeLessThan(links / 4);
    expect(sent.get('SUSPECT_NOTICE') ?? 0).toBeGreaterThan(0);
    expect(sent.get('SUSPECT_NOTICE') ?? 0).toBeLessThan(links / 2);
    // Two seeds tell each peer, and those who missed it their neighbours: many, in so small a network.
    expect(sent.get('DEAD_CONFIRMED') ?? 0).toBeGreaterThanOrEqual(58);
    expect(sent.get('DEAD_CONFIRMED') ?? 0).toBeLessThan(2 * 60 + 0.75 * links);
  });

  test('asks for whole Peer Lists when peers register, and not again because some go', () => {
    const asked: number[] = [];
    const frame = (atMs: number, ...rest: readonly [number, number, number, number, Message]) => {
      if (rest[4].type === 'PEER_LIST_REQUEST') asked.push(atMs);
    };
    new Simulation(scenario, { seed: 7, observers: [{ frame }] }).advance();
    expect(asked.length).toBeGreaterThanOrEqual(2 * 60);
    expect(asked.filter((atMs) => atMs > 20_000)).toEqual([]);
  });
});
