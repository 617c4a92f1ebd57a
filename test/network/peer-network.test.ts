import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerDefaults } from '../../src/core/config.ts';
import {
  numbers,
  overlaysThatSurvive,
  PeerNetwork,
  type TestPeer,
} from '../support/peer-network.ts';

describe('peers on the memory transport', () => {
  it('give every message to all of their component, at most once over each link and direction, despite loss of links', async () => {
    const network = fc.record({
      seed: fc.integer(),
      size: fc.integer({ min: 4, max: 30 }),
      messages: fc.integer({ min: 1, max: 15 }),
      lossRate: fc.constantFrom(0, 0.005, 0.02),
      cuts: fc.integer({ min: 0, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(network, async ({ seed, size, messages, lossRate, cuts }) => {
        const net = await PeerNetwork.create({ seed, size });
        const any = (): TestPeer => {
          const peer = net.peers[Math.floor(net.random() * size)];
          if (peer === undefined) throw new Error('no peer');
          return peer;
        };
        net.network.loseLinks(lossRate);
        for (let n = 0; n < Math.max(messages, cuts); n += 1) {
          if (n < messages) net.publish(any(), `message ${n}`);
          net.time.run(net.random() * 30);
          if (n < cuts) net.network.cut(any().host, any().host);
        }
        net.network.loseLinks(0);
        net.time.run(60_000);

        expect(net.sentTwice).toEqual([]);
        expect(net.components()).toHaveLength(1);
        for (const { messages: got } of net.peers) {
          expect(got).toHaveLength(messages);
          expect(new Set(got).size).toBe(messages);
        }
        const dead = net.events.filter(({ event }) => event.type === 'peer:confirmed-dead');
        expect(dead).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('replace every removed neighbour while there are candidates', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 6, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (seed, size, deaths) => {
          const net = await PeerNetwork.create({ seed, size });
          const victims = net.peers.slice(0, deaths);
          for (const victim of victims) net.kill(victim);
          net.time.run(60_000);

          const { minDegree } = peerDefaults.lan.overlay;
          for (const { peer } of net.living) {
            const enough = Math.min(minDegree, net.living.length - 1);
            expect(peer.overlay.degree).toBeGreaterThanOrEqual(enough);
            for (const victim of victims) expect(peer.overlay.linkTo(victim.id)).toBeUndefined();
          }
          for (const victim of victims) {
            const buriedAt = net.events.filter(
              ({ event }) => event.type === 'peer:confirmed-dead' && event.peer === victim.id,
            );
            expect(buriedAt.length).toBe(net.living.length);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('the overlay of 50 after a tenth of the peers died at once', () => {
  it('is one component in at least 99 of 100 networks', async () => {
    expect(await overlaysThatSurvive(50, numbers(1, 100))).toBeGreaterThanOrEqual(99);
  });
});
