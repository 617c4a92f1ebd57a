import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterIdOf, loadSeeds, parseSeeds } from '../../src/config/seeds-file.ts';
import { formatAddress } from '../../src/core/address.ts';
import { HearsayError } from '../../src/core/errors.ts';

/** Hosts that can be dialled. */
const host = fc
  .oneof(fc.ipV4(), fc.ipV6(), fc.domain())
  .filter((name) => !['0.0.0.0', '[::]'].includes(formatAddress(name, 1).slice(0, -2)));

describe('parseSeeds', () => {
  test('reads one address a line, in the order of the file and in one spelling', () => {
    const text =
      'Seed-1.Example:5000\n127.0.0.1:5001\n[2001:DB8:0:0::1]:5002\n[::ffff:10.0.0.1]:5003\n';
    expect(parseSeeds(text, 'config.txt')).toEqual([
      'seed-1.example:5000',
      '127.0.0.1:5001',
      '[2001:db8::1]:5002',
      '10.0.0.1:5003',
    ]);
  });

  test.each([
    ['comments on lines of their own', '# seeds\n a:1\n  # more\nb:2'],
    ['comments behind an address', 'a:1 # the first\nb:2# the second'],
    ['blank lines and outer space', '\n\n  a:1  \n\t\n\tb:2\n\n'],
    ['line ends of Windows', 'a:1\r\nb:2\r\n'],
    ['line ends of old Macintoshes', 'a:1\rb:2'],
    ['a byte order mark', '\uFEFFa:1\nb:2'],
    ['no line end at the end', 'a:1\nb:2'],
  ])('takes %s', (_, text) => {
    expect(parseSeeds(text, 'config.txt')).toEqual(['a:1', 'b:2']);
  });

  test('reads back whatever addresses were written, comments and blank lines between them', () => {
    const seed = fc
      .tuple(host, fc.integer({ min: 1, max: 65_535 }))
      .map(([name, port]) => formatAddress(name, port));
    const filler = fc.constantFrom('', ' ', '# comment', '\t#', ' # a:1');
    fc.assert(
      fc.property(
        fc.uniqueArray(seed, { minLength: 2, maxLength: 9 }),
        fc.array(filler, { minLength: 9, maxLength: 9 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        (seeds, fillers, lineEnd) => {
          const lines = seeds.flatMap((address, i) => [`${address} ${fillers[i]}`, fillers[i]]);
          expect(parseSeeds(lines.join(lineEnd), 'config.txt')).toEqual(seeds);
        },
      ),
    );
  });

  test.each([
    ['127.0.0.1 5000', '127.0.0.1:5000'],
    ['127.0.0.1\t5000', '127.0.0.1:5000'],
    ['127.0.0.1,5000', '127.0.0.1:5000'],
    ['127.0.0.1;5000', '127.0.0.1:5000'],
    ['127.0.0.1:5000;', '127.0.0.1:5000'],
    ['127.0.0.1:5000,', '127.0.0.1:5000'],
    ['127.0.0.1 : 5000', '127.0.0.1:5000'],
    ['127.0.0.1: 5000', '127.0.0.1:5000'],
    ['127.0.0.1:05000', '127.0.0.1:5000'],
    ['"127.0.0.1:5000",', '127.0.0.1:5000'],
    ['tcp://127.0.0.1:5000/', '127.0.0.1:5000'],
    ['- 127.0.0.1:5000', '127.0.0.1:5000'],
    ['[127.0.0.1]:5000', '127.0.0.1:5000'],
    ['[::1] 5000', '[::1]:5000'],
    ['::1:5000', '[::1]:5000'],
    ['::1 5000', '[::1]:5000'],
    ['2001:db8:0:1:1:1:1:1:80', '[2001:db8:0:1:1:1:1:1]:80'],
    ['127.0.0.1:5000 the first', '127.0.0.1:5000 # the first'],
    ['127.0.0.1:5000 // the first', '127.0.0.1:5000 # the first'],
    ['seed1 = 127.0.0.1:5000', '127.0.0.1:5000 # seed1'],
    ['127.0.0.1:5000, 127.0.0.1:5001', '127.0.0.1:5000\n127.0.0.1:5001'],
    ['// the seeds', '# the seeds'],
    ['; the seeds', '# the seeds'],
  ])('refuses %j and says what to write instead', (line, suggestion) => {
    const { message, details } = refusal(`a:1\n${line}\nb:2\n`);
    expect(details).toMatchObject({ line: 2, text: line, problems: [{ line: 2, suggestion }] });
    expect(message).toMatch(/^config\.txt line 2: .*: write ./);
    expect(message).toContain(suggestion.split('\n')[0]);
  });

  test.each([
    ['127.0.0.1:70000', 'port 70000 is not between 1 and 65535 in "127.0.0.1:70000"'],
    ['127.0.0.1 70000', 'port 70000 is not between 1 and 65535 in "127.0.0.1 70000"'],
    ['127.0.0.1:0', 'port 0 is not between 1 and 65535'],
    ['127.0.0.1:-1', 'port -1 is not between 1 and 65535'],
    ['localhost:http', '"http" is no port, which is a number between 1 and 65535'],
    ['localhost', '"localhost" has no port: write host:port, like localhost:5000'],
    ['localhost:', '"localhost:" has no port'],
    ['[::1]', '"[::1]" has no port: write host:port, like [::1]:5000'],
    [
      '2001:db8::7',
      'is IPv6, which needs brackets to tell it from its port: write it like [2001:db8::7]:5000',
    ],
    ['5000', '"5000" has no host: write host:port, like 127.0.0.1:5000'],
    [':5000', '":5000" has no host'],
    ['256.0.0.1:5000', '"256.0.0.1" is no IPv4 address: four numbers from 0 to 255'],
    ['127.1:5000', '"127.1" is no IPv4 address'],
    ['[1:2]:5000', '"[1:2]" is no IPv6 address in brackets'],
    ['[fe80::1%eth0]:5000', 'a zone such as %eth0 has a meaning here only'],
    ['my*seed:5000', '"my*seed" is no host name: letters, digits and hyphens'],
    ['0.0.0.0:5000', 'is where to listen, not an address that others can dial'],
    ['[::]:5000', 'is where to listen, not an address that others can dial'],
    ['?', '"?" is no address: write host:port, like 127.0.0.1:5000 or [::1]:5000'],
    ['\u0007', String.raw`"\u0007" is no address`],
  ])('refuses %j with the rule it breaks', (line, sentence) => {
    const { message, details } = refusal(`a:1\nb:2\n${line} # comment`);
    expect(message).toMatch(/^config\.txt line 3: /);
    expect(message).toContain(sentence);
    expect(details).toMatchObject({ file: 'config.txt', line: 3, text: line });
  });

  test('reports all bad lines at once', () => {
    const { message, details } = refusal('127.0.0.1:70000\n# fine\na:1\nb\na:1\n');
    expect(message).toBe(
      [
        'config.txt has 3 bad lines:',
        'line 1: port 70000 is not between 1 and 65535 in "127.0.0.1:70000"',
        'line 4: "b" has no port: write host:port, like b:5000',
        'line 5: a:1 is on line 3 already: list each seed once',
      ].join('\n  '),
    );
    expect(details).toMatchObject({
      line: 1,
      text: '127.0.0.1:70000',
      problems: [{ line: 1 }, { line: 4, text: 'b' }, { line: 5, text: 'a:1' }],
    });
  });

  test('a file of the wrong kind gives a message that can still be read', () => {
    const { message, details } = refusal('no seed at all\n'.repeat(1000) + 'x'.repeat(100_000));
    expect(message.length).toBeLessThan(5000);
    expect(message).toContain('… and 981 more');
    expect(details['problems']).toHaveLength(1001);
  });

  test('a seed listed twice is refused, in whatever spelling', () => {
    expect(refusal('[::1]:5000\na:1\n[0::1]:5000').message).toBe(
      'config.txt line 3: [::1]:5000 is on line 1 already: list each seed once',
    );
  });

  test.each([
    ['', 'config.txt names no seed: at least 2 are needed'],
    ['# a:1\n', 'config.txt names no seed'],
    ['a:1', 'config.txt names only the seed a:1: at least 2 are needed'],
  ])('%j has too few seeds', (text, sentence) => {
    expect(refusal(text).message).toContain(sentence);
  });

  test('whatever the text, the answer is seeds or the error', () => {
    const line = fc.oneof(fc.string(), fc.stringMatching(/^[[\]0-9a-f:.%,; /="#-]{0,40}$/));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          parseSeeds(lines.join('\n'), 'config.txt');
        } catch (error) {
          expect(error).toBeInstanceOf(HearsayError);
        }
      }),
    );
  });

  test('what it suggests to write, it reads', () => {
    const sloppy = fc
      .tuple(
        fc.constantFrom('', 'tcp://', '"', ' - '),
        host,
        fc.constantFrom(' ', ',', ';', ' : ', ':', '='),
        fc.integer({ min: 1, max: 65_535 }),
        fc.constantFrom('', ';', '"', ' first'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(sloppy, (line) => {
        const suggestion = suggestionFor(line);
        if (suggestion === undefined) return;
        expect(suggestionFor(suggestion)).toBeUndefined();
        expect(parseSeeds(`${suggestion}\na:1\nb:2`, 'config.txt').length).toBeGreaterThan(2);
      }),
    );
  });
});

describe('loadSeeds', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearsay-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('reads the config.txt that comes with the package', async () => {
    const path = resolve(import.meta.dirname, '../../config.txt');
    expect(await loadSeeds(path)).toEqual(['127.0.0.1:5000', '127.0.0.1:5001', '127.0.0.1:5002']);
  });

  test('names the file in what is wrong with its text', async () => {
    const path = join(folder, 'seeds.txt');
    writeFileSync(path, '\uFEFFa:1\r\nb:70000\r\n');
    await expect(loadSeeds(path)).rejects.toMatchObject({
      code: 'config-invalid',
      message: `${path} line 2: port 70000 is not between 1 and 65535 in "b:70000"`,
    });
  });

  test('says how to make a file that is missing, and where it was looked for', async () => {
    await expect(loadSeeds('no-such-config.txt')).rejects.toMatchObject({
      code: 'config-unreadable',
      message: expect.stringMatching(
        /^no-such-config\.txt \(.+no-such-config\.txt\) cannot be read: there is no such file\. Make one .*127\.0\.0\.1:5000\n/s,
      ),
      details: {
        file: 'no-such-config.txt',
        path: resolve('no-such-config.txt'),
        reason: 'ENOENT',
      },
    });
  });

  test('gives the reason when a file cannot be read', async () => {
    await expect(loadSeeds(folder)).rejects.toMatchObject({
      code: 'config-unreadable',
      message: expect.stringMatching(/cannot be read: EISDIR/),
      details: { reason: 'EISDIR' },
    });
  });

  test('asks for UTF-8 when an editor has written UTF-16', async () => {
    const path = join(folder, 'utf-16.txt');
    writeFileSync(path, Buffer.from('\uFEFFa:1\r\nb:2\r\n', 'utf16le'));
    await expect(loadSeeds(path)).rejects.toMatchObject({
      code: 'config-unreadable',
      message: expect.stringContaining('it is not UTF-8 text: save it as such'),
    });
  });
});

describe('clusterIdOf', () => {
  test('depends on the seeds, not on their order or spelling', () => {
    const id = clusterIdOf(['a:1', '[::1]:2', '10.0.0.1:3']);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(clusterIdOf(['10.0.0.1:3', '[0:0::1]:2', 'A:1'])).toBe(id);
    expect(clusterIdOf(['a:1', '[::1]:2'])).not.toBe(id);
    expect(clusterIdOf(['a:1', '[::1]:2', '10.0.0.1:4'])).not.toBe(id);
  });

  test('is the same in every version: nodes of two versions must find each other', () => {
    expect(clusterIdOf(['127.0.0.1:5000', '127.0.0.1:5001', '127.0.0.1:5002'])).toBe(
      '26c6ed54b49d0fb8530b54cd4fdb4c79',
    );
  });
});

function refusal(text: string): HearsayError {
  try {
    parseSeeds(text, 'config.txt');
  } catch (error) {
    if (error instanceof HearsayError && error.code === 'config-invalid') return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

function suggestionFor(line: string): string | undefined {
  try {
    parseSeeds(`${line}\na:1\nb:2`, 'config.txt');
    return undefined;
  } catch (error) {
    const problems = (error as HearsayError).details['problems'] as { suggestion?: string }[];
    return problems[0]?.suggestion;
  }
}
