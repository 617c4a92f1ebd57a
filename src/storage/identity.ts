import { randomBytes } from 'node:crypto';
import { HearsayError } from '../core/errors.ts';
import type { StoreOwner } from './storage.ts';

/** A new store's name: 128 random bits in hexadecimal, so that a new disk never passes for an old one. */
export function newStoreId(): string {
  return randomBytes(16).toString('hex');
}

/** Throws `storage-foreign` unless the store, named `store` in the sentence, belongs to `asking`. */
export function mustBelongTo(asking: StoreOwner, owner: StoreOwner, store: string): void {
  const problem = foreignness(asking, owner);
  if (problem === undefined) return;
  throw new HearsayError('storage-foreign', `${store} ${problem}`, { store, owner, asking });
}

function foreignness(asking: StoreOwner, owner: StoreOwner): string | undefined {
  if (asking.seed !== owner.seed) {
    return `belongs to seed ${owner.seed}, not to ${asking.seed}: give each seed a store of its own`;
  }
  if (asking.clusterId !== owner.clusterId) {
    return (
      `belongs to seed ${owner.seed} of cluster ${owner.clusterId}, not of cluster ` +
      `${asking.clusterId}, and a cluster is its seed list: start the seed with the list that the ` +
      'store was made with, or give it a new store, which begins empty'
    );
  }
  return undefined;
}
