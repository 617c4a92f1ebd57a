/**
 * Makes the figures of docs/STUDY.md by the commands that stand there: `npm run study`. The same Node makes the
 * same bytes, so that a change of the protocol shows as a change of the figures.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const text = await readFile(join(root, 'docs', 'STUDY.md'), 'utf8');
const [, ...commands] = text
  .replaceAll('\\\n', ' ')
  .split('npm run hearsay -- ')
  .map((rest) => (rest.split('\n')[0] ?? '').trim().split(/\s+/));
const hearsay = ['--conditions=hearsay-source', join(root, 'src', 'cli', 'main.ts')];
for (const command of commands.filter(([name]) => name === 'sweep')) {
  console.log(`hearsay ${command.join(' ')}`);
  const { status } = spawnSync(process.execPath, [...hearsay, ...command], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
