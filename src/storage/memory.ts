import type { PeerId, SeedId } from '../core/messages.ts';
import type { StorageWrite, StoredState } from '../core/seed/stored.ts';
import { failedError, lockedError } from './errors.ts';
import { mustBelongTo, newStoreId } from './identity.ts';
import type { SeedStorage, StoreOwner } from './storage.ts';
import { checkedName, decodeRegister, encodeRegister } from './stored-values.ts';

/**
 * A seed's store that ends with the process: for tests, demonstrations, and seeds that may copy from
 * the others after every restart.
 *
 * The object is the disk. Open it again from a new SeedNode, after the old one was stopped or
 * killed, and it holds all that was written: that is a restart within one process. Errors are those
 * of the contract; only `storage-unreadable` cannot happen.
 */
export function memoryStorage(): SeedStorage {
  return new MemoryStorage();
}

class MemoryStorage implements SeedStorage {
  readonly #storeId = newStoreId();
  /** As text, like on disk: no later change of an object by its owner reaches into the store. */
  readonly #registers = new Map<PeerId, string>();
  readonly #knownStores = new Map<SeedId, string>();
  #admitted = false;
  #owner: StoreOwner | undefined;
  #state: 'closed' | 'open' | 'failed' = 'closed';

  async open(owner: StoreOwner): Promise<StoredState> {
    if (this.#state !== 'closed') throw lockedError(storeName);
    this.#owner ??= { ...owner };
    mustBelongTo(owner, this.#owner, storeName);
    this.#state = 'open';
    return {
      storeId: this.#storeId,
      admitted: this.#admitted,
      registers: Array.from(this.#registers, ([peer, text]) => decodeRegister(peer, text)),
      knownStores: new Map(this.#knownStores),
    };
  }

  async write(writes: readonly StorageWrite[]): Promise<void> {
    if (this.#state === 'closed') throw failedError(storeName, 'write: it is not open');
    if (this.#state === 'failed') throw failedError(storeName, 'write: an earlier write failed');
    try {
      // All are checked before the first is applied: a batch is stored whole or not at all.
      const changes = writes.map((write) => this.#change(write));
      for (const change of changes) change();
    } catch (error) {
      this.#state = 'failed';
      throw failedError(storeName, 'write', error);
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed';
  }

  #change(write: StorageWrite): () => void {
    switch (write.type) {
      case 'register': {
        const { peer } = write.state;
        const text = encodeRegister(write.state);
        return () => this.#registers.set(peer, text);
      }
      case 'remove-register': {
        const { peer } = write;
        return () => this.#registers.delete(peer);
      }
      case 'known-store': {
        const seed = checkedName(write.seed, 'the seed of a known store');
        const storeId = checkedName(write.storeId, `the store id of ${seed}`);
        return () => this.#knownStores.set(seed, storeId);
      }
      case 'admitted':
        return () => {
          this.#admitted = true;
        };
    }
  }
}

const storeName = 'this memoryStorage()';
