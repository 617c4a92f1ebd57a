import { expect, test } from 'vitest';
import { randomStream } from '../../src/simulator/engine/random.ts';

const draws = (random: () => number, count = 20) => Array.from({ length: count }, () => random());

test('a stream depends on the seed, the purpose, and whose it is, and on nothing else', () => {
  const stream = () => draws(randomStream(7, 'protocol', 'peer', 3));
  expect(stream()).toEqual(stream());
  for (const other of [
    randomStream(8, 'protocol', 'peer', 3),
    randomStream(7 + 2 ** 33, 'protocol', 'peer', 3),
    randomStream(7, 'network', 'peer', 3),
    randomStream(7, 'protocol', 'seed', 3),
    randomStream(7, 'protocol', 'peer', 4),
  ]) {
    expect(draws(other)).not.toEqual(stream());
  }
});

test('streams are uniform, each and side by side', () => {
  for (const numbers of [
    draws(randomStream(1, 'load'), 100_000),
    Array.from({ length: 100_000 }, (_, peer) => randomStream(1, 'protocol', 'peer', peer)()),
  ]) {
    const tenths = new Array<number>(10).fill(0);
    for (const number of numbers) {
      tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
    }
    // 10,000 ± 5 standard deviations.
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(475);
  }
});
