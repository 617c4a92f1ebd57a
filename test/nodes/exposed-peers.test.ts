import { expect, test } from 'vitest';
import { PeerNode, SeedNode } from '../../src/index.ts';
import { memoryNetwork } from '../../src/transport/memory.ts';

const seeds = ['s0:1', 's1:1', 's2:1'];

test('every seed knows where the living peers that said so serve their metrics, and sees the overlay', async () => {
  const network = memoryNetwork();
  const seedAt = (listen: string) =>
    new SeedNode({ listen, seeds, transport: network.transport(listen.split(':')[0] ?? '') });
  const peerAt = (host: string, metricsPort?: number) =>
    new PeerNode({
      listen: `${host}:1`,
      seeds,
      transport: network.transport(host),
      ...(metricsPort !== undefined && { metricsPort }),
    });
  const seedNodes = seeds.map(seedAt);
  const [told, silent] = [peerAt('p0', 9_470), peerAt('p1')];
  for (const node of [...seedNodes, told, silent]) await node.start();

  for (const seed of seedNodes) {
    await until(() => seed.peerList().length === 2);
    expect(seed.exposedPeers()).toEqual([{ id: 'p0:1', metricsPort: 9_470 }]);
    const ids = seed.graph().nodes.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...seeds, 'p0:1', 'p1:1']));
  }
  expect(told.graph()).toEqual({
    nodes: [
      { id: 'p0:1', role: 'peer', incarnation: 1 },
      { id: 'p1:1', role: 'peer', incarnation: 1 },
    ],
    edges: [{ source: 'p0:1', target: 'p1:1', kind: 'neighbours' }],
  });

  await told.stop();
  for (const seed of seedNodes) await until(() => seed.exposedPeers().length === 0);
  for (const node of [silent, ...seedNodes]) await node.stop();
});

test.each([0, 65_536, 1.5])('%d is no metricsPort', (metricsPort) => {
  expect(() => new PeerNode({ listen: 'p:1', seeds, metricsPort })).toThrow(
    `option metricsPort: ${metricsPort} is no port: a whole number from 1 to 65535`,
  );
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
