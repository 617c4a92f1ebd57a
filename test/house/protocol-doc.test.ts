/** docs/PROTOCOL.md says everything: no frame, option, default, error code or exit code is missing in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { peerDefaults, seedDefaults } from '../../src/core/config.ts';
import { tcpSettings } from '../../src/transport/tcp-options.ts';
import { frameKinds } from '../../src/wire/kinds.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const page = read('docs/PROTOCOL.md');
const rows = page.split('\n').filter((line) => line.startsWith('|'));
const cellsOf = (row: string) => row.split('|').map((cell) => cell.trim());

test.each(Object.entries(frameKinds))('frame %s has its row, with its number', (type, kind) => {
  const row = rows.map(cellsOf).find((cells) => cells[2] === type);
  expect(row?.[1]).toBe(String(kind));
});

describe('every option has its row, with its default', () => {
  const { lan, classroom } = peerDefaults;
  const groups = ['links', 'registration', 'overlay', 'dissemination', 'failureDetection'] as const;
  const peers = groups.flatMap((group) =>
    Object.entries(lan[group]).map(([name, value]) => {
      const other: unknown = (classroom[group] as unknown as Record<string, unknown>)[name];
      const text = other === value ? shown(value) : `${shown(value)}; classroom ${shown(other)}`;
      return [name, text] as const;
    }),
  );
  const { links: _, ...seeds } = seedDefaults;
  const { connection, slabsKeptMax: __, ...tcp } = tcpSettings({});
  const { onUnknownKind: ___, ...limits } = connection;
  const others = Object.entries({ ...seeds, ...tcp, ...limits }).map(
    ([name, value]) => [name, shown(value)] as const,
  );

  test.each([...peers, ...others])('%s: %s', (name, value) => {
    const found = rows.map(cellsOf).filter((cells) => cells[1] === `\`${name}\``);
    expect(found.map((cells) => cells[2])).toContain(value);
  });
});

test.each(unionMembers('src/core/errors.ts', 'ErrorCode'))('error code %s has its row', (code) => {
  expect(rows.some((row) => cellsOf(row)[1]?.includes(`\`${code}\``))).toBe(true);
});

test.each([
  ...unionMembers('src/core/messages.ts', 'RefusalCode'),
  ...unionMembers('src/core/messages.ts', 'SeedRefusal'),
])('refusal %s is explained', (code) => {
  expect(rows.some((row) => cellsOf(row)[1]?.includes(`\`${code}\``))).toBe(true);
});

test('every exit code is told', () => {
  const told = new Set(rows.map((row) => cellsOf(row)[4]));
  for (const code of [1, 2, 3, 4, 5]) expect(told).toContain(String(code));
  expect(page).toContain('`simulate` and `fuzz` exit\nwith 6 when');
  expect(Object.values(exitCodes)).toEqual([0, 1, 2, 3, 4, 5, 6, 130]);
});

test('every event that the log table names exists', () => {
  const section = page.slice(page.indexOf('## 11.'), page.indexOf('## 12.'));
  const named = section
    .split('\n')
    .flatMap((row) => cellsOf(row)[2]?.match(/[a-z-]+:[a-z-]+/g) ?? []);
  const source = read('src/core/events.ts');
  const declared = [...source.matchAll(/readonly type: (?:'([^']+)'|`\$\{Domain\}:([^`]+)`)/g)];
  const domains = ['registration', 'leave', 'death'];
  const events = declared.flatMap(([, type, fact]) =>
    type === undefined ? domains.map((domain) => `${domain}:${fact}`) : [type],
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !events.includes(name))).toEqual([]);
});

function shown(value: unknown): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : `\`${String(value)}\``;
}

/** The texts of a union type, as its source has them. */
function unionMembers(path: string, name: string): string[] {
  const source = read(path);
  const start = source.indexOf(`export type ${name} =`);
  const union = source.slice(start, source.indexOf(';', start));
  const members = [...union.matchAll(/'([a-z-]+)'/g)].map(([, member]) => member ?? '');
  if (members.length === 0) throw new Error(`no members of ${name} in ${path}`);
  return members;
}
