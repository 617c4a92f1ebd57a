import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, vi } from 'vitest';
import { sqliteStorage } from '../../src/storage/sqlite.ts';
import type { SeedStorage } from '../../src/storage/storage.ts';

/** Folders and the stores in them, closed and removed after each test of the file that calls this. */
export function temporaryStores() {
  // A loaded disk may take a second for what usually takes milliseconds.
  vi.setConfig({ testTimeout: 60_000 });
  const folders: string[] = [];
  const stores: SeedStorage[] = [];

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  return {
    folder(): string {
      const folder = mkdtempSync(join(tmpdir(), 'hearsay-storage-'));
      folders.push(folder);
      return folder;
    },
    storeIn(folder: string): SeedStorage {
      const store = sqliteStorage(folder);
      stores.push(store);
      return store;
    },
  };
}

export function fileIn(folder: string): string {
  return join(folder, 'seed.sqlite');
}
