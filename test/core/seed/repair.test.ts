import { describe, expect, test } from 'vitest';
import { SeedNetwork } from '../../support/seed-network.ts';

/** Frames so small that every one is full, and no second comparison for as long as a test looks. */
const options = { registersPerFrameMax: 2, repairIntervalMs: 600_000 };
const peers = 15;

describe('repair', () => {
  test('goes on while it brings news: what was missed is learned at once, however small the frames', async () => {
    const net = await SeedNetwork.create({ seeds: 3, random: 1, options });
    net.crash('s2:1');
    await register(net, 0, peers);
    await net.start('s2:1');
    net.time.run(5_000);
    expect(net.peerList('s2:1')).toHaveLength(peers);
  });

  test('ends when both have everything', async () => {
    const net = await SeedNetwork.create({ seeds: 3, random: 2, options });
    net.crash('s2:1');
    await register(net, 0, peers);
    await net.start('s2:1');
    net.time.run(5_000);
    const repairs = net.eventsOf('seed:repaired').length;
    // With frames of two, from either of two seeds, and each that brings news is answered by one more.
    expect(repairs).toBeLessThanOrEqual(peers);
    net.time.run(60_000);
    expect(net.eventsOf('seed:repaired')).toHaveLength(repairs);
  });
});

async function register(net: SeedNetwork, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const client = await net.client(`c${n}`);
    client.register('s0:1');
    net.time.run(500);
  }
}
