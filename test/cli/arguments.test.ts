import { describe, expect, test } from 'vitest';
import { addressOf, positiveNumber, seconds, wholeNumber } from '../../src/cli/arguments.ts';

describe('an address on the command line', () => {
  test.each([
    ['127.0.0.1', '6000', '127.0.0.1:6000'],
    ['::1', '6000', '[::1]:6000'],
    ['[::1]', '6000', '[::1]:6000'],
    ['localhost', '0', 'localhost:0'],
    ['Node-7.example', '65535', 'node-7.example:65535'],
  ])('%s %s is %s', (ip, port, address) => {
    expect(addressOf(ip, port)).toBe(address);
  });

  test.each([
    ['127.0.0.1', '70000', 'port 70000 is no number from 0 to 65535'],
    ['127.0.0.1', '-1', 'port -1 is no number from 0 to 65535'],
    ['127.0.0.1', '6e3', 'port 6e3 is no number from 0 to 65535'],
    ['127.0.0.1', '', 'port  is no number from 0 to 65535'],
    ['256.0.0.1', '1', '256.0.0.1 is no IPv4 address, IPv6 address or host name'],
    ['127.0.0.1:6000', '1', '127.0.0.1:6000 is no IPv4 address, IPv6 address or host name'],
    ['a b', '1', 'a b is no IPv4 address, IPv6 address or host name'],
  ])('%s %s is refused with a sentence', (ip, port, sentence) => {
    expect(() => addressOf(ip, port)).toThrow(sentence);
  });
});

describe('a number on the command line', () => {
  test.each(['0', '-1', 'NaN', 'Infinity', 'five', ''])('%j is not above 0', (text) => {
    expect(() => positiveNumber(text)).toThrow('It must be a number above 0.');
  });

  test.each(['1.5', '-1', '1e999', 'ten'])('%j is not whole', (text) => {
    expect(() => wholeNumber(text)).toThrow('It must be a whole number, 0 or more.');
  });

  test('in seconds becomes milliseconds, and stays absent when it is', () => {
    expect(seconds(positiveNumber('1.5'))).toBe(1500);
    expect(seconds(undefined)).toBeUndefined();
    expect(wholeNumber('0')).toBe(0);
  });
});
