import type { AcceptorState, PeerId, SeedId } from '../messages.ts';

/** What a seed remembered from before this start. */
export interface StoredState {
  /** Random, made when the store was created: a new disk has another one. */
  readonly storeId: string;
  /** False from the creation of a store until the seed was readmitted (or found that the cluster is new). */
  readonly admitted: boolean;
  /** The registers, and under this seed's own address its floor (see registers.ts). */
  readonly registers: readonly AcceptorState[];
  /** The store ids under which this seed knows the other seeds, as known-stores.ts writes them. */
  readonly knownStores: ReadonlyMap<SeedId, string>;
}

export type StorageWrite =
  | { readonly type: 'register'; readonly state: AcceptorState }
  | { readonly type: 'remove-register'; readonly peer: PeerId }
  | { readonly type: 'known-store'; readonly seed: SeedId; readonly storeId: string }
  | { readonly type: 'admitted' };

/**
 * A seed's fourth verb. Writes become durable in their order; `token` comes back as an input once
 * its write, and so every one before it, is on disk. All writes of one turn go in one transaction.
 */
export interface Disk<Token> {
  persist(write: StorageWrite, token?: Token): void;
}
