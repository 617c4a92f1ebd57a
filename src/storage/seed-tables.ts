import type { DatabaseSync } from 'node:sqlite';
import type { StorageWrite, StoredState } from '../core/seed/stored.ts';
import { CheckedTable } from './checked-table.ts';
import { Damage } from './errors.ts';
import { newStoreId } from './identity.ts';
import { transaction } from './sqlite-file.ts';
import type { StoreOwner } from './storage.ts';
import { checkedName, decodeRegister, encodeRegister } from './stored-values.ts';

/**
 * What a seed's database holds, in three tables: `registers` (PeerId → the acceptor's state as
 * JSON), `known_stores` (SeedId → store id) and `meta`. Which version of this layout a file has
 * stands in SQLite's header, where every later version can read it.
 */
export class SeedTables {
  readonly #meta: CheckedTable;
  readonly #registers: CheckedTable;
  readonly #knownStores: CheckedTable;

  /** Makes the tables of an empty database, for `owner`. */
  constructor(database: DatabaseSync, owner: StoreOwner) {
    if (isEmpty(database)) create(database, owner);
    this.#meta = new CheckedTable(database, 'meta');
    this.#registers = new CheckedTable(database, 'registers');
    this.#knownStores = new CheckedTable(database, 'known_stores');
  }

  owner(): StoreOwner {
    const meta = this.#meta.read();
    return { seed: metaValue(meta, 'seed'), clusterId: metaValue(meta, 'cluster_id') };
  }

  /** Everything. Throws Damage at the first thing that is not as it was written. */
  read(): StoredState {
    const meta = this.#meta.read();
    const registers = this.#registers.read();
    const knownStores = this.#knownStores.read();
    for (const [seed, storeId] of knownStores) checkedName(storeId, `the store id of ${seed}`);
    return {
      storeId: metaValue(meta, 'store_id'),
      admitted: metaValue(meta, 'admitted') === 'yes',
      registers: Array.from(registers, ([peer, json]) => decodeRegister(peer, json)),
      knownStores,
    };
  }

  /** To be called within a transaction. Throws Damage for a value that could not be read back. */
  apply(write: StorageWrite): void {
    switch (write.type) {
      case 'register':
        this.#registers.put(write.state.peer, encodeRegister(write.state));
        break;
      case 'remove-register':
        this.#registers.remove(write.peer);
        break;
      case 'known-store': {
        const seed = checkedName(write.seed, 'the seed of a known store');
        this.#knownStores.put(seed, checkedName(write.storeId, `the store id of ${seed}`));
        break;
      }
      case 'admitted':
        this.#meta.put('admitted', 'yes');
        break;
    }
  }
}

/** Throws Damage unless the database is empty or has tables of a layout known here. */
export function mustBeSeedDatabase(database: DatabaseSync): void {
  if (isEmpty(database)) return;
  if (headerNumber(database, 'application_id') !== applicationId) {
    throw new Damage('it is a database, but not of a Hearsay seed', {
      remedy: 'Give the seed a folder of its own',
    });
  }
  const version = headerNumber(database, 'user_version');
  if (version > layoutVersion) {
    throw new Damage(
      `a newer version of Hearsay has written it (layout ${version}, here up to ${layoutVersion})`,
      { remedy: 'Start the seed with that version or a later one' },
    );
  }
  if (version !== layoutVersion) throw new Damage(`no version of Hearsay has layout ${version}`);
}

/** 'Hear': tells a seed's file from any other SQLite database. */
const applicationId = 0x48_65_61_72;

/** Grows when the tables change in a way that this code could not read. */
const layoutVersion = 1;

/** True as well for a file whose maker died before its first transaction was complete. */
function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
}

function create(database: DatabaseSync, owner: StoreOwner): void {
  transaction(database, () => {
    for (const name of ['meta', 'registers', 'known_stores']) {
      database.exec(CheckedTable.schema(name));
    }
    const meta = new CheckedTable(database, 'meta');
    meta.put('seed', owner.seed);
    meta.put('cluster_id', owner.clusterId);
    meta.put('store_id', newStoreId());
    meta.put('admitted', 'no');
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${layoutVersion}`);
  });
}

function headerNumber(database: DatabaseSync, pragma: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

function metaValue(meta: ReadonlyMap<string, string>, key: string): string {
  return checkedName(meta.get(key), `${key} in table meta`);
}
