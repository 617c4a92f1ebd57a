import type { SeedId } from '../core/messages.ts';
import type { StorageWrite, StoredState } from '../core/seed/stored.ts';

/** What a seed must not forget. sqlite.ts keeps it on disk, memory.ts until the process ends. */
export interface SeedStorage {
  /**
   * Opens the store for this seed of this cluster and reads all of it.
   *
   * Rejects with HearsayError `storage-locked` (another process has it), `storage-foreign` (it
   * belongs to another seed or cluster), `storage-unreadable` (damaged or no database) or
   * `storage-failed`.
   */
  open(owner: StoreOwner): Promise<StoredState>;
  /**
   * Makes all of `writes` durable, in one transaction: after the promise is fulfilled they survive a
   * crash of the machine; when it rejects (`storage-failed`) nothing may be assumed, and the seed
   * stops voting: it never tries again.
   */
  write(writes: readonly StorageWrite[]): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOwner {
  readonly seed: SeedId;
  readonly clusterId: string;
}
