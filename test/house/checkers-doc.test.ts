import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkerKinds } from '../../src/simulator/checkers/all-checkers.ts';

const root = join(import.meta.dirname, '..', '..');

test('docs/SIMULATOR.md names every promise, in the words of its checker', () => {
  const page = readFileSync(join(root, 'docs', 'SIMULATOR.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith('The promises'));
  const rows = section?.match(/^\| `.*$/gm);
  expect(rows).toEqual(checkerKinds.map(({ name, promise }) => `| \`${name}\` | ${promise} |`));
});

test('each promise has a file of its name', () => {
  const files = readdirSync(join(root, 'src', 'simulator', 'checkers'));
  for (const { name } of checkerKinds) expect(files).toContain(`${name}.ts`);
});
