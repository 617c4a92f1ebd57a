import { expect, test } from 'vitest';
import { BoundedMap } from '../../../src/telemetry/tracing/bounded-map.ts';

test('a bounded map lets go of its oldest entry, and says which', () => {
  const dropped: string[] = [];
  const map = new BoundedMap<string, string>(2, (value) => dropped.push(value));
  map.set('a', 'first');
  map.set('b', 'second');
  map.set('a', 'first again');
  expect(dropped).toEqual(['first']);
  map.set('c', 'third');
  expect(dropped).toEqual(['first', 'second']);
  expect(map.get('b')).toBeUndefined();
  expect(map.take('a')).toBe('first again');
  expect(map.takeAll()).toEqual(['third']);
  expect(dropped).toEqual(['first', 'second']);
});
