import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import type { AcceptorState } from '../../src/core/messages.ts';
import { describeSeedStorage } from './contract.ts';
import { fileIn, temporaryStores } from './folders.ts';
import { owner, registerState, registerWrite } from './values.ts';

const { folder, storeIn } = temporaryStores();

describeSeedStorage('sqliteStorage', () => {
  const path = folder();
  return { storage: storeIn(path), afterRestart: () => storeIn(path) };
});

test('the folder is made with its parents, and holds one file once the store is closed', async () => {
  const path = join(folder(), 'data', 'seeds', '5000');
  const storage = storeIn(path);
  await storage.open(owner);
  await storage.write([registerWrite('a:1')]);
  await storage.close();
  expect(readdirSync(path)).toEqual(['seed.sqlite']);
});

test('a relative folder is the one that it was when the store was made', async () => {
  const path = folder();
  const storage = storeIn(relative(process.cwd(), path));
  await storage.open(owner);
  expect(existsSync(fileIn(path))).toBe(true);
});

test('a store of many thousand rows is read back whole, and its log does not grow for ever', async () => {
  const path = folder();
  const storage = storeIn(path);
  await storage.open(owner);
  const peers = Array.from({ length: 3000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:6000`);
  await storage.write(peers.map((peer) => registerWrite(peer, 1)));
  expect(sizeOfLog(path)).toBe(0);
  await storage.write(peers.map((peer) => registerWrite(peer, 2)));
  await storage.close();
  const { registers } = await storeIn(path).open(owner);
  const wanted = peers.map((peer) => registerState(peer, 2));
  expect(registers.toSorted(byPeer)).toEqual(wanted.toSorted(byPeer));
});

test('a folder that cannot be made is an error that names it and the reason', async () => {
  const path = folder();
  writeFileSync(join(path, 'file'), '');
  await expect(storeIn(join(path, 'file', 'data')).open(owner)).rejects.toMatchObject({
    code: 'storage-failed',
    message: expect.stringMatching(/seed\.sqlite: could not open the store: ENOTDIR/),
  });
});

test.skipIf(!existsSync('/proc/self'))(
  'a file system that takes no folders is an error, not a hang',
  async () => {
    await expect(storeIn('/proc/no/where').open(owner)).rejects.toMatchObject({
      code: 'storage-failed',
    });
  },
);

test('a folder in the place of the file is an error, and stays', async () => {
  const path = folder();
  mkdirSync(fileIn(path));
  await expect(storeIn(path).open(owner)).rejects.toMatchObject({ code: 'storage-failed' });
  expect(readdirSync(path)).toEqual(['seed.sqlite']);
});

function sizeOfLog(path: string): number {
  return statSync(`${fileIn(path)}-wal`).size;
}

function byPeer(a: AcceptorState, b: AcceptorState): number {
  return a.peer < b.peer ? -1 : 1;
}
