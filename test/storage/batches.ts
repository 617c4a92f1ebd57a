import type { StorageWrite, StoredState } from '../../src/core/seed/stored.ts';
import { registerWrite } from './values.ts';

/**
 * Numbered batches that show what became of them: each adds a register of its own, and brings five
 * shared ones to its number.
 */
export function batch(number: number): StorageWrite[] {
  const shared = sharedPeers.map((peer) => registerWrite(peer, number));
  return [registerWrite(ownPeer(number)), ...shared];
}

/** The number of the last batch in the store; throws unless all up to it are there, each of them whole. */
export function lastBatchIn({ registers }: StoredState): number {
  const revisions = new Map(registers.map(({ peer, accepted }) => [peer, accepted?.revision ?? 0]));
  const last = revisions.get(sharedPeers[0]) ?? 0;
  const torn = sharedPeers.filter((peer) => (revisions.get(peer) ?? 0) !== last);
  const missing = Array.from({ length: last }, (_, i) => i + 1).filter(
    (number) => !revisions.has(ownPeer(number)),
  );
  const beyond = registers.length - (last === 0 ? 0 : last + sharedPeers.length);
  if (torn.length > 0 || missing.length > 0 || beyond !== 0) {
    throw new Error(`batch ${last} is not whole: ${JSON.stringify({ torn, missing, beyond })}`);
  }
  return last;
}

const sharedPeers = ['s:1', 's:2', 's:3', 's:4', 's:5'] as const;

function ownPeer(number: number): string {
  return `own-${number}:1`;
}
