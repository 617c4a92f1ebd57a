import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeedNetwork } from '../../support/seed-network.ts';

describe('links between seeds', () => {
  test('are one for each pair, however their dials cross, and both ends know it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(2, 3, 5), async (random, seeds) => {
        const net = SeedNetwork.idle({ seeds, random, latencyMaxMs: 300 });
        for (const id of net.ids) await net.start(id);
        net.time.run(10_000);
        expect(net.network.connections).toBe((seeds * (seeds - 1)) / 2);
        mustBeLinked(net);
        const before = net.events.length;
        net.time.run(60_000);
        const flaps = net.events.slice(before).filter(({ event }) => event.type === 'seed:down');
        expect(flaps).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('come back after cuts, crashes and partitions, again one for each pair', async () => {
    const fault = fc.record({
      type: fc.constantFrom('cut', 'crash', 'part'),
      seed: fc.nat({ max: 2 }),
      pauseMs: fc.nat({ max: 8_000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fault, { minLength: 1, maxLength: 6 }),
        async (random, faults) => {
          const net = await SeedNetwork.create({ seeds: 3, random, latencyMaxMs: 100 });
          for (const { type, seed, pauseMs } of faults) {
            const [id = '', other = ''] = [net.ids[seed], net.ids[(seed + 1) % 3]];
            const [here = '', there = ''] = [id.split(':')[0], other.split(':')[0]];
            if (type === 'cut') net.network.cut(here, there);
            else if (type === 'part') net.network.partition([here], [there]);
            else net.crash(id);
            net.time.run(pauseMs);
            await net.start(id);
          }
          net.heal();
          net.time.run(20_000);
          expect(net.network.connections).toBe(3);
          mustBeLinked(net);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('end after three silent intervals of PING, and the seeds say who can be reached', async () => {
    const net = await SeedNetwork.create({ seeds: 3, random: 1 });
    net.network.partition(['s2'], ['s0', 's1']);
    net.time.run(10_000);
    expect(net.eventsOf('seed:down', 's0:1')).toMatchObject([
      { seed: 's2:1', reason: 'not heard for 6000 ms', reachable: 2, quorum: 2 },
    ]);
    expect(net.of('s2:1').process?.seed.reachableSeeds()).toEqual(['s2:1']);
  });
});

function mustBeLinked(net: SeedNetwork): void {
  for (const { process } of net.seeds) expect(process?.seed.reachableSeeds()).toEqual(net.ids);
}
