import { readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HearsayError } from '../../src/core/errors.ts';
import { CheckedTable } from '../../src/storage/checked-table.ts';
import { fileIn, temporaryStores } from './folders.ts';
import { owner, registerWrite } from './values.ts';

const { folder, storeIn } = temporaryStores();

test('a file that is no database is refused by a sentence that names it, and left alone', async () => {
  const path = folder();
  const bytes = Buffer.from('these are not the bytes of a database. '.repeat(100));
  writeFileSync(fileIn(path), bytes);
  const error = await refusal(path);
  expect(error).toMatchObject({ code: 'storage-unreadable', details: { store: fileIn(path) } });
  expect(error.message).toContain(`${fileIn(path)} cannot be used: file is not a database.`);
  expect(error.message).toContain('or move it away: the seed then begins with an empty store');
  expect(readFileSync(fileIn(path))).toEqual(bytes);
});

test('a file that was cut short is unreadable, and left alone', async () => {
  const path = await closedStore();
  truncateSync(fileIn(path), 8192);
  await mustStayUnreadable(path);
});

test('a row that was changed is unreadable, and the sentence says which', async () => {
  const path = await closedStore();
  edit(path, 'UPDATE registers SET value = replace(value, \'"round":2\', \'"round":1\')');
  expect(await mustStayUnreadable(path)).toContain('row "127.0.0.1:6000" of table registers');
});

test('a value under the key of another row is unreadable', async () => {
  const path = await closedStore();
  edit(path, "UPDATE registers SET key = '127.0.0.1:6001'");
  await mustStayUnreadable(path);
});

test.each([
  ['no JSON', '{'],
  ['no state', '{}'],
  ['the state of another peer', JSON.stringify({ ...stateWithout(), peer: 'b:1' })],
  ['a promise of no number', JSON.stringify({ ...stateWithout(), promised: { round: '1' } })],
  ['something more', JSON.stringify({ ...stateWithout(), more: 1 })],
])('a register that holds %s is unreadable, whatever its checksum', async (_, value) => {
  const path = await closedStore();
  withTable(path, 'registers', (table) => table.put('a:1', value));
  expect(await mustStayUnreadable(path)).toContain('register a:1');
});

test('a store id of another seed that is empty is unreadable', async () => {
  const path = await closedStore();
  withTable(path, 'known_stores', (table) => table.put('127.0.0.1:5001', ''));
  expect(await mustStayUnreadable(path)).toContain('the store id of 127.0.0.1:5001');
});

test.each(['seed', 'cluster_id', 'store_id', 'admitted'])(
  'a store without its %s is unreadable',
  async (key) => {
    const path = await closedStore();
    withTable(path, 'meta', (table) => table.remove(key));
    expect(await mustStayUnreadable(path)).toContain(`${key} in table meta`);
  },
);

test('a store without one of its tables is unreadable', async () => {
  const path = await closedStore();
  edit(path, 'DROP TABLE known_stores');
  await mustStayUnreadable(path);
});

test('a store of a newer layout asks for the newer version', async () => {
  const path = await closedStore();
  edit(path, 'PRAGMA user_version = 2');
  const message = await mustStayUnreadable(path);
  expect(message).toContain('a newer version of Hearsay has written it (layout 2, here up to 1)');
  expect(message).toContain('Start the seed with that version or a later one');
});

test('the database of another program is refused, and left alone', async () => {
  const path = folder();
  edit(path, 'CREATE TABLE bookmarks (url TEXT)');
  expect(await mustStayUnreadable(path)).toContain('it is a database, but not of a Hearsay seed');
});

test('a log whose file is gone is not taken for a fresh store', async () => {
  const path = folder();
  const storage = storeIn(path);
  await storage.open(owner);
  await storage.write([registerWrite('a:1')]);
  const log = readFileSync(`${fileIn(path)}-wal`);
  await storage.close();
  renameSync(fileIn(path), `${fileIn(path)}.elsewhere`);
  writeFileSync(`${fileIn(path)}-wal`, log);
  expect((await refusal(path)).message).toContain('it is missing or empty, but its log');
  expect(readFileSync(`${fileIn(path)}-wal`)).toEqual(log);
});

test('an empty file is a fresh store: its maker died before anything was in it', async () => {
  const path = folder();
  writeFileSync(fileIn(path), '');
  expect(await storeIn(path).open(owner)).toMatchObject({ admitted: false, registers: [] });
});

test('a bit that flips anywhere in the file is reported, or changes nothing that is read', async () => {
  const path = await closedStore();
  const storage = storeIn(path);
  const written = await storage.open(owner);
  await storage.close();
  const sound = readFileSync(fileIn(path));
  const position = fc.nat({ max: sound.length * 8 - 1 });
  await fc.assert(
    fc.asyncProperty(position, async (bit) => {
      const flipped = Buffer.from(sound);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const copy = folder();
      writeFileSync(fileIn(copy), flipped);
      const damaged = storeIn(copy);
      const found = await damaged.open(owner).catch((error: HearsayError) => error.code);
      await damaged.close();
      expect([written, 'storage-unreadable']).toContainEqual(found);
    }),
    { numRuns: 150 },
  );
});

/** A folder with the store of a seed that wrote one register and stopped. */
async function closedStore(): Promise<string> {
  const path = folder();
  const storage = storeIn(path);
  await storage.open(owner);
  await storage.write([
    registerWrite('127.0.0.1:6000'),
    { type: 'known-store', seed: '127.0.0.1:5002', storeId: 'f'.repeat(32) },
    { type: 'admitted' },
  ]);
  await storage.close();
  return path;
}

async function refusal(path: string): Promise<HearsayError> {
  return storeIn(path)
    .open(owner)
    .then(
      () => Promise.reject(new Error('the store was opened')),
      (error: HearsayError) => error,
    );
}

/** The message of the refusal, after a look at whether the file is as it was. */
async function mustStayUnreadable(path: string): Promise<string> {
  const before = readFileSync(fileIn(path));
  const { code, message } = await refusal(path);
  expect(code).toBe('storage-unreadable');
  expect(readFileSync(fileIn(path))).toEqual(before);
  return message;
}

function edit(path: string, sql: string): void {
  const database = new DatabaseSync(fileIn(path));
  database.exec(sql);
  database.close();
}

function withTable(path: string, name: string, change: (table: CheckedTable) => void): void {
  const database = new DatabaseSync(fileIn(path));
  change(new CheckedTable(database, name));
  database.close();
}

function stateWithout() {
  const { type: _, ...write } = registerWrite('a:1') as { type: string; state: object };
  return write.state;
}
