import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { loadScenario, scenarioNames } from '../../src/simulator/scenario/files.ts';

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  readdir: () => Promise.reject(Object.assign(new Error('ENOENT'), { code: 'ENOENT' })),
}));

test('without the folder of scenarios, only who asks for one of them is told', async () => {
  expect(await scenarioNames()).toEqual([]);
  await expect(loadScenario('classroom')).rejects.toMatchObject({
    code: 'scenario-unreadable',
    message: expect.stringMatching(/scenarios, is missing or cannot be read$/),
  });
  const folder = await mkdtemp(join(tmpdir(), 'hearsay-scenario-'));
  const own = join(folder, 'own.json');
  await writeFile(own, '[]');
  await expect(loadScenario(own)).rejects.toMatchObject({ code: 'scenario-invalid' });
  await rm(folder, { recursive: true });
});
