/** docs/STUDY.md shows figures that its own commands make: each is there, and none is left over. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const text = readFileSync(join(docs, 'STUDY.md'), 'utf8').replaceAll('\\\n', ' ');

test('every figure of the study is in the folder of a command of the study', () => {
  const shown = [...text.matchAll(/!\[[^\]]+\]\((study\/[\w-]+)\/([\w-]+\.svg)\)/g)];
  expect(shown.length).toBeGreaterThan(3);
  const folders = [...text.matchAll(/^npm run hearsay -- sweep .*--out docs\/(\S+)$/gm)];
  expect(new Set(shown.map(([, folder]) => folder))).toEqual(
    new Set(folders.map(([, folder]) => folder)),
  );
  for (const [, folder = '', file = ''] of shown) {
    expect(readFileSync(join(docs, folder, file), 'utf8')).toMatch(/^<svg /);
  }
});

test('every folder of results belongs to a command of the study', () => {
  const kept = globSync('study/*/runs.csv', { cwd: docs });
  expect(kept.length).toBeGreaterThan(0);
  for (const file of kept) expect(text).toContain(`--out docs/${file.split('/runs.csv')[0]}`);
});
