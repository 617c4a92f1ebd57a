import { beforeAll, describe, expect, test } from 'vitest';
import { peerDefaults, seedDefaults } from '../../../src/core/config.ts';
import { attachmentExponent } from '../../../src/core/peer/attachment.ts';
import { fitPowerLaw } from '../../../src/simulator/results/power-law.ts';
import { OverlayNetwork } from '../../support/overlay-network.ts';
import { PeerDirectory } from '../../support/peer-directory.ts';

const { maxOutDegree, maxDegree, minDegree, degreeExponent } = peerDefaults.lan.overlay;

/**
 * 5,000 peers arrive one after the other; each is given a Peer List as seeds give it: all peers, or
 * a rank-weighted sample. Whoever misses links gets a fresh list now and then, as from its lease.
 */
function grow(peers: number, seed: number): OverlayNetwork {
  const network = new OverlayNetwork({ seed });
  const directory = new PeerDirectory({
    limit: seedDefaults.peerListLimit,
    alpha: attachmentExponent(degreeExponent),
    random: network.random,
  });
  const refresh = () => {
    for (const peer of network.living) {
      if (peer.dialled < peer.overlay.outDegree) peer.learn(directory.list());
    }
  };
  for (let n = 1; n <= peers; n += 1) {
    network.add(`p${n}`, directory.list());
    directory.register(`p${n}`);
    network.run(5);
    if (n % 500 === 0) refresh();
  }
  network.run(5_000);
  return network;
}

describe('the degrees of 5,000 peers', () => {
  let outDegrees: number[] = [];
  let degrees: number[] = [];
  let network: OverlayNetwork;

  beforeAll(() => {
    network = grow(5_000, 1);
    outDegrees = network.living.map(({ dialled }) => dialled);
    degrees = network.living.map(({ overlay }) => overlay.degree);
  });

  test('every peer has dialled what it wanted, within the bounds, in one component', () => {
    const short = network.living.filter(({ dialled, overlay }) => dialled < overlay.outDegree);
    expect(short).toEqual([]);
    expect(Math.min(...outDegrees)).toBe(minDegree);
    expect(Math.max(...outDegrees)).toBeLessThanOrEqual(maxOutDegree);
    expect(Math.max(...degrees)).toBeLessThanOrEqual(maxDegree);
    expect(network.components()).toHaveLength(1);
  });

  test('the out-degree is a power law with the exponent asked for, cut at maxOutDegree', () => {
    const { exponent, distance, count } = fitPowerLaw(outDegrees, { max: maxOutDegree });
    expect(exponent).toBeGreaterThan(2.3);
    expect(exponent).toBeLessThan(2.7);
    expect(count).toBeGreaterThan(1_000);
    expect(distance).toBeLessThan(0.02);
  });

  test('the exponent of the out-degree is between 2 and 3.5 even if the cut is not known', () => {
    const { exponent } = fitPowerLaw(outDegrees);
    expect(exponent).toBeGreaterThan(2);
    expect(exponent).toBeLessThan(3.5);
  });

  test('the exponent of the total degree is between 2 and 3.5, fitted to its whole tail', () => {
    const { exponent, min, count } = fitPowerLaw(degrees);
    expect(exponent).toBeGreaterThan(2);
    expect(exponent).toBeLessThan(3.5);
    // A law over a tail that is long enough to be one: a decade at least, and hundreds of peers.
    expect(min).toBeLessThan(maxDegree / 4);
    expect(count).toBeGreaterThan(200);
  });

  test('old peers are the hubs', () => {
    const mean = (some: readonly number[]) => some.reduce((a, b) => a + b, 0) / some.length;
    expect(mean(degrees.slice(0, 50))).toBeGreaterThan(6 * mean(degrees));
    expect(mean(degrees.slice(-500))).toBeLessThan(mean(degrees));
  });
});
