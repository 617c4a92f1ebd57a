import { describe, expect, test } from 'vitest';
import { type Listed, MessageList } from '../../../src/core/peer/message-list.ts';

const bounds = {
  retainedMessagesMax: 3,
  retainedBytesMax: 100,
  retainedAgeMs: 1_000,
  seenIdsMax: 5,
  seenAgeMs: 5_000,
  forgottenOriginsMax: 4,
};

describe('the Message List', () => {
  test('keeps the bodies of the newest messages and the ids of more', () => {
    const list = filled(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(list.retainedIds()).toEqual(['d', 'e', 'f']);
    expect(list.expiredIds(10)).toEqual(['b', 'c']);
    expect(list.get('a')).toBeUndefined();
    expect(list.get('b')?.body).toBeUndefined();
    expect([list.size, list.retained, list.retainedBytes]).toEqual([5, 3, 30]);
  });

  test('says what it let go of, and why', () => {
    const list = new MessageList({ ...bounds, retainedBytesMax: 25 });
    const evictions = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((id) => {
      list.add(message(id), new Uint8Array(10));
      return list.shrink();
    });
    expect(evictions).toEqual([
      ...['a', 'b', 'c'].map((id) => ({ what: 'payload', bound: 'bytes', ids: [id] })),
      { what: 'payload', bound: 'bytes', ids: ['d'] },
      { what: 'id', bound: 'count', ids: ['a'] },
    ]);
  });

  test('does not keep a message that is larger than everything allowed', () => {
    const list = new MessageList(bounds);
    list.add(message('large'), new Uint8Array(101));
    list.shrink();
    expect(list.retainedBytes).toBe(0);
    expect(list.get('large')).toMatchObject({ body: undefined });
  });

  test('lets bodies go by the age that they came with, ids by the time they were heard of', () => {
    const list = new MessageList(bounds);
    list.add({ ...message('old'), bornMs: -900, listedMs: 0 }, new Uint8Array(1));
    list.add({ ...message('new'), bornMs: 0, listedMs: 0 }, new Uint8Array(1));
    expect(list.age(100)).toEqual([{ what: 'payload', bound: 'age', ids: ['old'] }]);
    expect(list.age(1_000)).toEqual([{ what: 'payload', bound: 'age', ids: ['new'] }]);
    expect(list.age(5_000)).toEqual([{ what: 'id', bound: 'age', ids: ['old', 'new'] }]);
    expect(list.nextAgeMs).toBeUndefined();
  });

  test('tells when it has to be looked at again', () => {
    const list = new MessageList(bounds);
    list.add(message('a'), new Uint8Array(1));
    expect(list.nextAgeMs).toBe(1_000);
    list.age(1_000);
    expect(list.nextAgeMs).toBe(5_000);
  });

  test('numbers messages in the order in which they came', () => {
    const list = filled(['a', 'b']);
    expect([list.get('a')?.order, list.get('b')?.order, list.lastOrder]).toEqual([1, 2, 2]);
  });

  test('names the newest of those without a body, in their order', () => {
    const list = filled(['a', 'b', 'c', 'd', 'e']);
    expect(list.expiredIds(1)).toEqual(['b']);
    expect(list.expiredIds(0)).toEqual([]);
  });
});

function filled(ids: readonly string[]): MessageList {
  const list = new MessageList(bounds);
  for (const id of ids) {
    list.add(message(id), new Uint8Array(10));
    list.shrink();
  }
  return list;
}

function message(id: string): Omit<Listed, 'order' | 'body'> {
  const numbered = { origin: 'o:1', incarnation: 1, sequence: id.charCodeAt(0) };
  return { id, ...numbered, bornMs: 0, listedMs: 0, hops: 1, from: 1, isPushed: true };
}
