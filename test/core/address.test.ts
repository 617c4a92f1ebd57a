import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress, isCanonicalAddress, parseAddress } from '../../src/core/address.ts';

describe('parseAddress', () => {
  test.each([
    ['127.0.0.1:6000', '127.0.0.1', 6000],
    ['localhost:1', 'localhost', 1],
    ['Seed-1.Example.COM:65535', 'seed-1.example.com', 65_535],
    ['my_service:80', 'my_service', 80],
    ['[::1]:5000', '::1', 5000],
    ['[::]:5000', '::', 5000],
    ['[2001:DB8:0:0:0:0:0:1]:443', '2001:db8::1', 443],
    ['[2001:db8:0:1:1:1:1:1]:443', '2001:db8:0:1:1:1:1:1', 443],
    ['[1:0:0:2:0:0:0:3]:443', '1:0:0:2::3', 443],
    ['[1:0:0:2:3:0:0:4]:443', '1::2:3:0:0:4', 443],
    ['[1::]:443', '1::', 443],
    ['[64:ff9b::192.0.2.33]:443', '64:ff9b::c000:221', 443],
    ['[::ffff:10.0.0.1]:443', '10.0.0.1', 443],
  ])('reads %s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  test.each([
    '',
    'localhost',
    ':6000',
    'localhost:',
    'localhost:0',
    'localhost:65536',
    'localhost:070',
    'localhost:-1',
    'localhost:6000 ',
    'two words:6000',
    '256.0.0.1:6000',
    '127.0.0.01:6000',
    '127.1:6000',
    '1.2.3.4.5:6000',
    '-a.example:6000',
    'a..b:6000',
    'a.:6000',
    `${'a'.repeat(64)}:6000`,
    `${'a.'.repeat(127)}a:6000`,
    '::1:6000',
    '[127.0.0.1]:6000',
    '[localhost]:6000',
    '[::1]',
    '[]:6000',
    '[1:2:3:4:5:6:7]:6000',
    '[1:2:3:4:5:6:7:8:9]:6000',
    '[1:2:3:4::5:6:7:8]:6000',
    '[1::2::3]:6000',
    '[:1:2:3:4:5:6:7]:6000',
    '[12345::]:6000',
    '[1.2.3.4::]:6000',
    '[::1.2.3.4:1]:6000',
    '[fe80::1%eth0]:6000',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test('accepts port 0 only where the caller asks for it', () => {
    expect(parseAddress('127.0.0.1:0', { portZero: true })).toEqual({ host: '127.0.0.1', port: 0 });
    expect(parseAddress('127.0.0.1:0')).toBeUndefined();
    expect(parseAddress('127.0.0.1:00', { portZero: true })).toBeUndefined();
  });

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]0-9a-f:.%]{0,40}$/)), (text) => {
        parseAddress(text, { portZero: true });
      }),
    );
  });
});

describe('formatAddress', () => {
  test('puts IPv6 into brackets and leaves everything else bare', () => {
    expect(formatAddress('::1', 80)).toBe('[::1]:80');
    expect(formatAddress('10.0.0.1', 80)).toBe('10.0.0.1:80');
    expect(formatAddress('LocalHost', 80)).toBe('localhost:80');
    expect(formatAddress('::ffff:10.0.0.1', 80)).toBe('10.0.0.1:80');
  });

  test('gives back what parseAddress read, in one spelling', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const text = formatAddress(name, port);
        const address = parseAddress(text);
        expect(address).toBeDefined();
        expect(formatAddress(address?.host ?? '', address?.port ?? 0)).toBe(text);
        expect(isCanonicalAddress(text)).toBe(true);
      }),
    );
  });
});

test('an IPv4 address is canonical exactly with the spelling that formatAddress gives', () => {
  const part = fc.oneof(fc.nat({ max: 300 }).map(String), fc.stringMatching(/^[0-9:.]{1,3}$/));
  const port = fc.oneof(fc.nat({ max: 70_000 }), fc.constantFrom(0, 59_999, 60_000, 65_535));
  fc.assert(
    fc.property(fc.array(part, { minLength: 3, maxLength: 5 }), port, (parts, number) => {
      const text = `${parts.join('.')}:${number}`;
      const address = parseAddress(text);
      const spelling = address && formatAddress(address.host, address.port);
      expect(isCanonicalAddress(text)).toBe(text === spelling);
    }),
  );
});

test('only the canonical spelling of an address is canonical', () => {
  expect(isCanonicalAddress('[::1]:6000')).toBe(true);
  expect(isCanonicalAddress('[0:0::1]:6000')).toBe(false);
  expect(isCanonicalAddress('LOCALHOST:6000')).toBe(false);
  expect(isCanonicalAddress('[::ffff:10.0.0.1]:6000')).toBe(false);
});
