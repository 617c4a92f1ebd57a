import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AcceptorState, PeerId, SeedId } from '../../src/core/messages.ts';
import type { StorageWrite } from '../../src/core/seed/stored.ts';
import type { SeedStorage } from '../../src/storage/storage.ts';
import { batches } from './arbitraries.ts';
import { owner, registerState, registerWrite, unstorable } from './values.ts';

export interface StoreUnderTest {
  readonly storage: SeedStorage;
  /** The same store as a restarted seed finds it. */
  afterRestart(): SeedStorage;
}

/** What every SeedStorage promises; `make` gives a new store, not yet open. */
export function describeSeedStorage(name: string, make: () => StoreUnderTest): void {
  describe(`${name} keeps the contract of SeedStorage:`, () => {
    test('a fresh store is empty, not admitted, and has 128 random bits for an id', async () => {
      const one = await make().storage.open(owner);
      const other = await make().storage.open(owner);
      expect(one).toMatchObject({ admitted: false, registers: [], knownStores: new Map() });
      expect(one.storeId).toMatch(/^[0-9a-f]{32}$/);
      expect(other.storeId).not.toBe(one.storeId);
    });

    test('a store keeps its id, even when nothing was ever written', async () => {
      const store = make();
      const { storeId } = await store.storage.open(owner);
      await store.storage.close();
      expect(await store.afterRestart().open(owner)).toMatchObject({ storeId, admitted: false });
    });

    test('what was promised, accepted and committed is read back as it was written', async () => {
      const store = make();
      await store.storage.open(owner);
      const full = registerState('127.0.0.1:6000');
      const { accepted: _, committed: __, ...promisedOnly } = registerState('[::1]:6001');
      await store.storage.write([full, promisedOnly].map((state) => ({ type: 'register', state })));
      await store.storage.close();
      const { registers } = await store.afterRestart().open(owner);
      expect(byPeer(registers)).toEqual(byPeer([full, promisedOnly]));
    });

    test('a later write replaces an earlier one, in the same batch and in the next', async () => {
      const store = make();
      await store.storage.open(owner);
      await store.storage.write([registerWrite('a:1', 1), registerWrite('a:1', 2)]);
      await store.storage.write([registerWrite('b:1', 1)]);
      await store.storage.write([registerWrite('b:1', 2)]);
      await store.storage.close();
      const { registers } = await store.afterRestart().open(owner);
      expect(byPeer(registers)).toEqual(byPeer([registerState('a:1', 2), registerState('b:1', 2)]));
    });

    test('the order within a batch decides whether a register is removed or there', async () => {
      const store = make();
      await store.storage.open(owner);
      await store.storage.write([
        registerWrite('removed:1'),
        { type: 'remove-register', peer: 'removed:1' },
        { type: 'remove-register', peer: 'there:1' },
        registerWrite('there:1'),
        { type: 'remove-register', peer: 'never-there:1' },
      ]);
      await store.storage.close();
      const { registers } = await store.afterRestart().open(owner);
      expect(registers).toEqual([registerState('there:1')]);
    });

    test('the newest store id of each other seed is kept', async () => {
      const store = make();
      await store.storage.open(owner);
      await store.storage.write([
        { type: 'known-store', seed: '127.0.0.1:5001', storeId: 'old' },
        { type: 'known-store', seed: '127.0.0.1:5002', storeId: 'other' },
        { type: 'known-store', seed: '127.0.0.1:5001', storeId: 'new' },
      ]);
      await store.storage.close();
      const { knownStores } = await store.afterRestart().open(owner);
      expect(knownStores).toEqual(
        new Map([
          ['127.0.0.1:5001', 'new'],
          ['127.0.0.1:5002', 'other'],
        ]),
      );
    });

    test('a store that was admitted stays so', async () => {
      const store = make();
      await store.storage.open(owner);
      await store.storage.write([{ type: 'admitted' }]);
      await store.storage.close();
      expect(await store.afterRestart().open(owner)).toMatchObject({ admitted: true });
    });

    test('an empty batch is no failure', async () => {
      const { storage } = make();
      await storage.open(owner);
      await expect(storage.write([])).resolves.toBeUndefined();
    });

    test('whatever the batches, a restart finds what they add up to', async () => {
      await fc.assert(
        fc.asyncProperty(batches, async (list) => {
          const store = make();
          await store.storage.open(owner);
          for (const batch of list) await store.storage.write(batch);
          await store.storage.close();
          const storage = store.afterRestart();
          const { admitted, registers, knownStores } = await storage.open(owner);
          await storage.close();
          const found = { admitted, registers: byPeer(registers), knownStores };
          expect(found).toEqual(sumOf(list.flat()));
        }),
        { numRuns: 60 },
      );
    });

    test('changing an object after it was written does not change the store', async () => {
      const store = make();
      await store.storage.open(owner);
      const state = structuredClone(registerState('a:1'));
      await store.storage.write([{ type: 'register', state }]);
      Object.assign(state.promised, { round: 99 });
      await store.storage.close();
      const { registers } = await store.afterRestart().open(owner);
      expect(registers).toEqual([registerState('a:1')]);
    });

    test('a batch with one write that fails leaves nothing behind', async () => {
      const store = make();
      await store.storage.open(owner);
      await store.storage.write([registerWrite('a:1', 1)]);
      const batch = [registerWrite('a:1', 2), { type: 'admitted' } as const, unstorable];
      await expect(store.storage.write(batch)).rejects.toMatchObject({ code: 'storage-failed' });
      await store.storage.close();
      const found = await store.afterRestart().open(owner);
      expect(found).toMatchObject({ admitted: false, registers: [registerState('a:1', 1)] });
    });

    test('after a failed write every write fails, until the store is opened again', async () => {
      const store = make();
      await store.storage.open(owner);
      await expect(store.storage.write([unstorable])).rejects.toMatchObject(failed);
      await expect(store.storage.write([registerWrite('a:1')])).rejects.toMatchObject(failed);
      await expect(store.storage.write([])).rejects.toMatchObject(failed);
      await store.storage.close();
      const storage = store.afterRestart();
      expect(await storage.open(owner)).toMatchObject({ registers: [] });
      await expect(storage.write([registerWrite('a:1')])).resolves.toBeUndefined();
    });

    test('only an open store can be written to', async () => {
      const { storage } = make();
      await expect(storage.write([registerWrite('a:1')])).rejects.toMatchObject(failed);
      await storage.open(owner);
      await storage.close();
      await expect(storage.write([registerWrite('a:1')])).rejects.toMatchObject(failed);
    });

    test('a store that is open cannot be opened again until it is closed', async () => {
      const store = make();
      await store.storage.open(owner);
      const locked = { code: 'storage-locked', message: expect.stringContaining('is in use') };
      await expect(store.storage.open(owner)).rejects.toMatchObject(locked);
      await expect(store.afterRestart().open(owner)).rejects.toMatchObject(locked);
      await store.storage.write([registerWrite('a:1')]);
      await store.storage.close();
      const found = await store.afterRestart().open(owner);
      expect(found.registers).toEqual([registerState('a:1')]);
    });

    test('another seed is refused by a sentence that names both', async () => {
      const store = make();
      await store.storage.open(owner);
      await store.storage.close();
      const asking = { ...owner, seed: '127.0.0.1:5009' };
      await expect(store.afterRestart().open(asking)).rejects.toMatchObject({
        code: 'storage-foreign',
        message: expect.stringMatching(
          /belongs to seed 127\.0\.0\.1:5000, not to 127\.0\.0\.1:5009: give each seed/,
        ),
        details: { owner, asking },
      });
    });

    test('the same seed with another seed list is refused by a sentence that names both', async () => {
      const store = make();
      await store.storage.open(owner);
      await store.storage.close();
      const asking = { ...owner, clusterId: 'b'.repeat(32) };
      await expect(store.afterRestart().open(asking)).rejects.toMatchObject({
        code: 'storage-foreign',
        message: expect.stringMatching(/of cluster a{32}, not of cluster b{32}.*new store/),
        details: { owner, asking },
      });
    });

    test('a foreign store is left to its owner', async () => {
      const store = make();
      await store.storage.open(owner);
      await store.storage.write([registerWrite('a:1')]);
      await store.storage.close();
      const foreign = store.afterRestart().open({ ...owner, seed: 'x:1' });
      await expect(foreign).rejects.toMatchObject({ code: 'storage-foreign' });
      const found = await store.afterRestart().open(owner);
      expect(found.registers).toEqual([registerState('a:1')]);
    });

    test('closing is safe at any time', async () => {
      const { storage } = make();
      await storage.close();
      await storage.open(owner);
      await storage.close();
      await expect(storage.close()).resolves.toBeUndefined();
    });
  });
}

const failed = { code: 'storage-failed' };

function byPeer(registers: readonly AcceptorState[]): Map<PeerId, AcceptorState> {
  return new Map(registers.map((state) => [state.peer, state]));
}

/** The contract once more, in its simplest form. */
function sumOf(writes: readonly StorageWrite[]) {
  const registers = new Map<PeerId, AcceptorState>();
  const knownStores = new Map<SeedId, string>();
  let admitted = false;
  for (const write of writes) {
    if (write.type === 'register') registers.set(write.state.peer, write.state);
    if (write.type === 'remove-register') registers.delete(write.peer);
    if (write.type === 'known-store') knownStores.set(write.seed, write.storeId);
    if (write.type === 'admitted') admitted = true;
  }
  return { admitted, registers, knownStores };
}
