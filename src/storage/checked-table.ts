import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Damage } from './errors.ts';

/**
 * A table of texts by key, with a checksum in every row: SQLite has none of its own, and a promise
 * whose ballot lost a bit must not be voted by.
 */
export class CheckedTable {
  readonly #name: string;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #all: StatementSync;

  /** The SQL that makes the table; `name` is ours, never a user's. */
  static schema(name: string): string {
    return `CREATE TABLE ${name} (
      key TEXT PRIMARY KEY, value TEXT NOT NULL, crc32 INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`;
  }

  constructor(database: DatabaseSync, name: string) {
    this.#name = name;
    this.#put = database.prepare(`INSERT OR REPLACE INTO ${name} VALUES (?, ?, ?)`);
    this.#remove = database.prepare(`DELETE FROM ${name} WHERE key = ?`);
    this.#all = database.prepare(`SELECT key, value, crc32 FROM ${name}`);
  }

  put(key: string, value: string): void {
    this.#put.run(key, value, checksum(key, value));
  }

  remove(key: string): void {
    this.#remove.run(key);
  }

  /** All rows. Throws Damage at the first that is not as it was written. */
  read(): Map<string, string> {
    const rows = new Map<string, string>();
    for (const { key, value, crc32: sum } of this.#all.iterate()) {
      if (typeof key !== 'string' || typeof value !== 'string' || sum !== checksum(key, value)) {
        throw new Damage(`row ${JSON.stringify(key)} of table ${this.#name} is damaged`);
      }
      rows.set(key, value);
    }
    return rows;
  }
}

/** CRC-32 of the key followed by the value: a value under another row's key is damage as well. */
function checksum(key: string, value: string): number {
  return crc32(value, crc32(key));
}
