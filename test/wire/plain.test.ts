import fc from 'fast-check';
import { pack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { plainMapProblem } from '../../src/wire/plain.ts';

describe('plainMapProblem', () => {
  test('finds nothing wrong with maps of plain data', () => {
    const plain = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(plain, (value) => {
        expect(plainMapProblem(pack(value))).toBeUndefined();
      }),
    );
  });

  test.each([
    ['a date', 'd6ff00000000'],
    ['a regular expression', 'd4780092a2616100'],
    ['an error', 'd4650092a3457272a0'],
    ['a set', 'd4730090'],
    ['a typed array', 'c7027400ff'],
    ['a record definition', 'd4724091a16101'],
    ['a bundle of strings', 'd66200000000'],
    ['a pointer', 'd67000000001'],
    ['a big integer', 'c70142ff'],
    ['binary', 'c40100'],
    ['the never-used token', 'c1'],
  ])('refuses %s', (_, value) => {
    const map = Buffer.from(`81a161${value}`, 'hex');
    expect(plainMapProblem(map)).toMatch(/not plain data/);
  });

  test.each(['', '01', 'c0', '90', 'a161', 'd6ff00000000'])('refuses %j: not a map', (hex) => {
    expect(plainMapProblem(Buffer.from(hex, 'hex'))).toMatch(/not a map/);
  });

  test.each([
    ['an array', '81a161dd7fffffff'],
    ['a map', 'df7fffffff'],
    ['a map within', '81a161df7fffffff'],
    ['a string', '81a161db7fffffff'],
    ['a short string', '81a161bf61'],
    ['a length', '81a161da01'],
    ['a number', '81a161cf00'],
    ['a key', '81'],
  ])('refuses %s that goes on behind the end', (_, hex) => {
    expect(plainMapProblem(Buffer.from(hex, 'hex'))).toMatch(/ends within/);
  });

  test('refuses deep nesting without following it', () => {
    const deep = Buffer.concat([Buffer.from('81a161', 'hex'), Buffer.alloc(100_000, 0x91)]);
    expect(plainMapProblem(deep)).toMatch(/nested/);
  });

  test('refuses bytes behind the map', () => {
    expect(plainMapProblem(Buffer.from('8000', 'hex'))).toMatch(/follow/);
  });

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        plainMapProblem(bytes);
        plainMapProblem(Buffer.concat([Buffer.of(0x82), bytes]));
      }),
      { numRuns: 2000 },
    );
  });
});
