import { beforeEach, describe, expect, test } from 'vitest';
import type { StoreView } from '../../../src/core/messages.ts';
import { KnownStores, type StoreNoted } from '../../../src/core/seed/known-stores.ts';
import type { StorageWrite } from '../../../src/core/seed/stored.ts';

const seeds = ['s0:1', 's1:1', 's2:1'];
let disk: Map<string, string>;
let unwritten: { readonly write: StorageWrite; readonly token: StoreNoted | undefined }[];
let stores: KnownStores;

beforeEach(() => {
  disk = new Map();
  unwritten = [];
  stores = restarted();
});

describe('the stores of the other seeds', () => {
  test('are those that they showed first; whose votes count once that is on disk', () => {
    stores.show('s1:1', 'd1');
    expect([stores.trustedOf('s1:1'), stores.isTrusted('s1:1')]).toEqual(['d1', false]);
    write();
    expect(stores.isTrusted('s1:1')).toBe(true);
    expect(stores.view(['s1:1'])).toEqual([
      ['s0:1', 'd0'],
      ['s1:1', 'd1'],
    ]);
  });

  test('that are replaced are not trusted before the seed says that it votes again', () => {
    knowS1();
    stores.show('s1:1', 'new');
    write();
    expect([stores.trustedOf('s1:1'), stores.isTrusted('s1:1')]).toEqual(['d1', false]);
    stores.trust('s1:1');
    expect(stores.isTrusted('s1:1')).toBe(false);
    write();
    expect([stores.trustedOf('s1:1'), stores.isTrusted('s1:1')]).toEqual(['new', true]);
  });

  test('contradict a proposer that would count votes of a lost disk, from the moment they are shown', () => {
    knowS1();
    const lost: StoreView = [['s1:1', 'd1']];
    const replaced: StoreView = [['s1:1', 'new']];
    expect(stores.contradicts(lost)).toBeUndefined();
    expect(stores.contradicts(replaced)).toBe('s1:1');
    stores.show('s1:1', 'new');
    expect(stores.contradicts(lost)).toBe('s1:1');
    expect(stores.contradicts(replaced)).toBeUndefined();
  });

  test('contradict a proposer that knows this seed under a store that it has lost', () => {
    expect(stores.contradicts([['s0:1', 'before']])).toBe('s0:1');
    expect(stores.contradicts([['s0:1', 'd0']])).toBeUndefined();
  });

  test('are remembered through a restart, while one is being replaced as well', () => {
    knowS1();
    stores.show('s1:1', 'new');
    write();
    stores = restarted();
    expect([stores.trustedOf('s1:1'), stores.isTrusted('s1:1')]).toEqual(['d1', false]);
    expect(stores.contradicts([['s1:1', 'd1']])).toBe('s1:1');
    stores.trust('s1:1');
    write();
    stores = restarted();
    expect([stores.trustedOf('s1:1'), stores.isTrusted('s1:1')]).toEqual(['new', true]);
  });

  test('are noted from a proposal when they were unknown, and only then', () => {
    knowS1();
    stores.noteView([
      ['s0:1', 'x'],
      ['s1:1', 'x'],
      ['s2:1', 'd2'],
      ['stranger:1', 'x'],
    ]);
    expect(unwritten.map((one) => one.write)).toEqual([
      { type: 'known-store', seed: 's2:1', storeId: 'd2' },
    ]);
    expect(stores.trustedOf('s1:1')).toBe('d1');
  });

  test('that were copied count only once their seed has said so itself', () => {
    knowS1();
    stores.copy([
      ['s1:1', 'newer'],
      ['s2:1', 'd2'],
    ]);
    write();
    expect(stores.isTrusted('s1:1')).toBe(false);
    expect(stores.trustedOf('s2:1')).toBe('d2');
  });

  test('are not taken for noted by the word about an earlier store', () => {
    stores.show('s1:1', 'd1');
    const [early] = unwritten;
    stores.show('s1:1', 'new');
    if (early?.token !== undefined) stores.onNoted(early.token);
    stores.trust('s1:1');
    expect(stores.isTrusted('s1:1')).toBe(false);
  });
});

function knowS1(): void {
  stores.show('s1:1', 'd1');
  write();
}

function restarted(): KnownStores {
  return new KnownStores({
    self: 's0:1',
    seeds,
    storeId: 'd0',
    stored: new Map(disk),
    disk: { persist: (written, token) => unwritten.push({ write: written, token }) },
  });
}

function write(): void {
  for (const { write: written, token } of unwritten.splice(0)) {
    if (written.type === 'known-store') disk.set(written.seed, written.storeId);
    if (token !== undefined) stores.onNoted(token);
  }
}
