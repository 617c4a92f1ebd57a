import { join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { StorageWrite, StoredState } from '../core/seed/stored.ts';
import { failedError, lockedError } from './errors.ts';
import { mustBelongTo } from './identity.ts';
import { mustBeSeedDatabase, SeedTables } from './seed-tables.ts';
import { checkpoint, lockForWriting, openDatabase, openError, transaction } from './sqlite-file.ts';
import type { SeedStorage, StoreOwner } from './storage.ts';

/**
 * A seed's store on disk: the file `seed.sqlite` in `folder`, which is made with its parents when it
 * does not exist. One folder serves one seed, on a local disk (network file systems do not lock
 * reliably); SQLite keeps a log `seed.sqlite-wal` beside the file, which belongs to it.
 *
 * Each `write` is one transaction and one sync of the disk, during which the event loop waits. The
 * registers are JSON texts with a checksum, to be looked at while the seed is down with, for
 * instance, `SELECT key, value ->> '$.committed.status' FROM registers`.
 *
 * Errors are those of the contract. `storage-unreadable` also stands for a store that a newer
 * version of Hearsay has written. After a failed write the store refuses to write until it is
 * opened again.
 */
export function sqliteStorage(folder: string): SeedStorage {
  return new SqliteStorage(join(resolve(folder), 'seed.sqlite'));
}

interface OpenStore {
  readonly database: DatabaseSync;
  readonly tables: SeedTables;
  /** Rows written since the log was last emptied. */
  rowsInLog: number;
}

/**
 * The log is moved into the file after this many rows, each of which adds a page or two of 4 KiB:
 * SQLite's own measure is 1,000 pages.
 */
const rowsInLogMax = 1000;

class SqliteStorage implements SeedStorage {
  readonly #file: string;
  #store: OpenStore | undefined;
  #failed = false;

  constructor(file: string) {
    this.#file = file;
  }

  async open(owner: StoreOwner): Promise<StoredState> {
    if (this.#store !== undefined) throw lockedError(this.#file);
    try {
      const database = openDatabase(this.#file);
      return this.#adopt(database, owner);
    } catch (error) {
      throw openError(this.#file, error);
    }
  }

  async write(writes: readonly StorageWrite[]): Promise<void> {
    if (this.#store === undefined) throw failedError(this.#file, 'write: it is not open');
    if (this.#failed) throw failedError(this.#file, 'write: an earlier write failed');
    try {
      writeDurably(this.#store, writes);
    } catch (error) {
      // Never again: after a failed sync the system may take for clean what never reached the disk.
      this.#failed = true;
      throw failedError(this.#file, 'write', error);
    }
  }

  async close(): Promise<void> {
    this.#store?.database.close();
    this.#store = undefined;
  }

  #adopt(database: DatabaseSync, owner: StoreOwner): StoredState {
    try {
      mustBeSeedDatabase(database);
      lockForWriting(database);
      const tables = new SeedTables(database, owner);
      mustBelongTo(owner, tables.owner(), this.#file);
      const stored = tables.read();
      // A killed process may have left writes that are in the log but not yet on the disk. Whoever
      // reads them will act on them, so they are synced first.
      checkpoint(database);
      this.#store = { database, tables, rowsInLog: 0 };
      this.#failed = false;
      return stored;
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

function writeDurably(store: OpenStore, writes: readonly StorageWrite[]): void {
  transaction(store.database, () => {
    for (const write of writes) store.tables.apply(write);
  });
  store.rowsInLog += writes.length;
  if (store.rowsInLog < rowsInLogMax) return;
  checkpoint(store.database);
  store.rowsInLog = 0;
}
