import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PeerNode } from '../../src/nodes/peer-node.ts';
import { SeedNode } from '../../src/nodes/seed-node.ts';
import { Feed } from '../../src/observatory/feed.ts';
import { stateOf } from '../../src/observatory/model/members.ts';
import { NetworkModel } from '../../src/observatory/model/network-model.ts';
import { watchNode } from '../../src/observatory/watch.ts';
import { readEventFile } from '../../src/telemetry/event-file.ts';
import {
  formatEventFileHeader,
  formatEventRecord,
  recordEvent,
} from '../../src/telemetry/event-record.ts';
import { memoryNetwork } from '../../src/transport/memory.ts';

const seeds = ['s1:1', 's2:1', 's3:1'];

/** A network in memory that gossips, loses a peer, and ends; `begun` is called with each node that starts. */
async function run(
  onNode: (node: PeerNode | SeedNode) => void,
  atEnd: (peers: PeerNode[]) => void,
) {
  const network = memoryNetwork();
  const host = (name: string) => network.transport(name);
  const seedNodes = seeds.map(
    (listen) => new SeedNode({ listen, seeds, transport: host(listen.split(':')[0] ?? '') }),
  );
  const peers = [1, 2, 3, 4, 5].map(
    (n) => new PeerNode({ listen: `p${n}:1`, seeds, transport: host(`p${n}`) }),
  );
  for (const node of [...seedNodes, ...peers]) onNode(node);
  for (const node of seedNodes) await node.start();
  for (const node of peers) await node.start();
  const [first, second, victim] = peers as [PeerNode, PeerNode, PeerNode];
  await first.publish('hello');
  await second.publish({ number: 2 });
  const rest = peers.filter((node) => node !== victim);
  const buried = rest.map(
    (node) => new Promise<void>((resolve) => node.once('peer:confirmed-dead', () => resolve())),
  );
  await victim.kill();
  await Promise.all(buried);
  atEnd(peers);
  for (const node of rest) await node.stop();
  for (const node of seedNodes) await node.stop();
}

test('the model of a real network agrees with what its nodes say of themselves', async () => {
  const begun = performance.now();
  const feed = new Feed(new NetworkModel(seeds), () => {
    throw new Error('nobody is connected');
  });
  const lines: string[] = [];
  await run(
    (node) => {
      watchNode(node, feed, () => performance.now() - begun);
      node.observe((event) => {
        lines.push(formatEventRecord(recordEvent(performance.now() - begun, node.id, event)));
      });
    },
    (peers) => {
      const { model } = feed;
      const living = peers.filter(({ state }) => state === 'running');
      expect(model.members.population().size).toBe(living.length);
      for (const node of living) {
        const member = model.members.get(node.id);
        expect(member).toMatchObject({ incarnation: node.incarnation, observed: true });
        const neighbours = node.neighbours().map(({ peer }) => model.members.get(peer)?.index);
        const linked = model.links.neighboursOf(member?.index ?? -1);
        expect([...linked].sort()).toEqual(neighbours.sort());
      }
      const dead = model.members.get('p3:1');
      expect(dead && stateOf(dead)).toBe('dead');
      expect(dead?.timeline.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining([
          'registered',
          'stopped',
          'suspected',
          'reported',
          'confirmed-dead',
        ]),
      );
      for (const spread of model.messages.all()) {
        expect(model.convergenceOf(spread)).toMatchObject({ coverage: 1 });
      }
      const decided = model.rounds.list.filter(({ outcome }) => outcome === 'committed');
      const registrations = decided.filter(({ domain }) => domain === 'registration');
      expect(registrations).toHaveLength(5);
      for (const { votes } of registrations) expect(votes.length).toBeGreaterThanOrEqual(2);
      expect(decided.filter(({ domain }) => domain === 'death')).toHaveLength(1);
      expect(model.totals.deaths).toBe(1);
    },
  );
  for (const member of feed.model.members.list) {
    if (member.role === 'peer') expect(['left', 'dead']).toContain(stateOf(member));
  }

  // Everything that really happens can be written to an event file and read again.
  const folder = await mkdtemp(join(tmpdir(), 'hearsay-live-'));
  try {
    const path = join(folder, 'run.ndjson');
    await writeFile(path, formatEventFileHeader({ startedAtMs: 0, seeds }) + lines.join(''));
    expect(await readEventFile(path)).toMatchObject({ count: lines.length });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('whoever begins to look late sees what is there', async () => {
  const feed = new Feed(new NetworkModel(seeds), () => {
    throw new Error('nobody is connected');
  });
  const nodes: (PeerNode | SeedNode)[] = [];
  await run(
    (node) => nodes.push(node),
    (peers) => {
      for (const node of nodes) if (node.state === 'running') watchNode(node, feed, () => 0);
      const { model } = feed;
      const links = peers.flatMap((node) =>
        node.state === 'running'
          ? node.neighbours().map(({ peer }) => [node.id, peer].sort().join())
          : [],
      );
      expect(model.links.size).toBe(new Set(links).size);
      expect(model.members.population().size).toBe(4);
      expect(model.members.list.filter(({ role }) => role === 'seed')).toHaveLength(3);
    },
  );
});
