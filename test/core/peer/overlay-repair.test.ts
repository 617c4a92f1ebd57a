import { describe, expect, test } from 'vitest';
import { peerDefaults } from '../../../src/core/config.ts';
import { attachmentExponent } from '../../../src/core/peer/attachment.ts';
import { OverlayNetwork, type OverlayPeer } from '../../support/overlay-network.ts';
import { PeerDirectory } from '../../support/peer-directory.ts';

const { degreeExponent, maxOutDegree } = peerDefaults.lan.overlay;

interface Crowd {
  readonly network: OverlayNetwork;
  readonly directory: PeerDirectory;
}

/** Peers that arrived in turn, and have had a fresh Peer List since. No list names more than 100. */
function grow(peers: number, seed: number): Crowd {
  const network = new OverlayNetwork({ seed });
  const alpha = attachmentExponent(degreeExponent);
  const directory = new PeerDirectory({ limit: 100, alpha, random: network.random });
  for (let n = 1; n <= peers; n += 1) {
    network.add(`p${n}`, directory.list());
    directory.register(`p${n}`);
    network.run(5);
  }
  for (const peer of network.living) peer.learn(directory.list());
  network.run(2_000);
  return { network, directory };
}

const byChance = ({ random }: OverlayNetwork, peers: OverlayPeer[]): OverlayPeer[] =>
  peers
    .map((peer) => ({ peer, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ peer }) => peer);

const byDegree = (_: OverlayNetwork, peers: OverlayPeer[]): OverlayPeer[] =>
  peers.sort((a, b) => b.overlay.degree - a.overlay.degree);

/** Kills a tenth at once; nobody is told who died but by connections that break or are refused. */
function killTenth({ network }: Crowd, order: typeof byChance): void {
  const victims = order(network, network.living).slice(0, network.peers.size / 10);
  for (const victim of victims) network.kill(victim);
}

describe.each([
  [50, 'at random', 100, byChance],
  [50, 'with the most links', 100, byDegree],
  [500, 'at random', 100, byChance],
  [500, 'with the most links', 20, byDegree],
] as const)('of %i peers, a tenth %s die at once', (size, _, overlays, order) => {
  test(`the living are one component within three seconds, in each of ${overlays} overlays`, () => {
    const torn: number[] = [];
    for (let seed = 1; seed <= overlays; seed += 1) {
      const crowd = grow(size, seed);
      killTenth(crowd, order);
      crowd.network.run(3_000);
      if (crowd.network.components().length > 1) torn.push(seed);
    }
    expect(torn).toEqual([]);
  });
});

test('every removed neighbour is replaced while candidates exist', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const crowd = grow(100, seed);
    const { network } = crowd;
    const before = new Map(network.living.map(({ id, overlay }) => [id, overlay.degree]));
    killTenth(crowd, byChance);
    network.run(5_000);
    for (const peer of network.living) {
      if (peer.dialled >= maxOutDegree) continue;
      expect(peer.overlay.degree).toBeGreaterThanOrEqual(before.get(peer.id) ?? 0);
      expect(peer.dialled).toBeGreaterThanOrEqual(peer.overlay.outDegree);
    }
  }
});

test('peers that come and go for long do not pile up links', () => {
  const { network, directory } = grow(60, 3);
  const meanDegree = () =>
    network.living.reduce((sum, { overlay }) => sum + overlay.degree, 0) / network.living.length;
  const before = meanDegree();
  for (let n = 61; n <= 660; n += 1) {
    const [victim] = byChance(network, network.living);
    if (victim !== undefined) network.kill(victim);
    for (const { membership, id } of network.living) {
      if (victim !== undefined && id !== victim.id) membership.bury(victim.id, 1, 'dead');
    }
    directory.remove(victim?.id ?? '');
    network.add(`p${n}`, directory.list());
    directory.register(`p${n}`);
    network.run(100);
  }
  expect(network.components()).toHaveLength(1);
  expect(meanDegree()).toBeLessThan(1.5 * before);
});
