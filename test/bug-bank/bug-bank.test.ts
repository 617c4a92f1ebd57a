import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { plantedSources } from './bug.ts';
import { bugs } from './bugs.ts';
import { firstFailure, hunt } from './hunt.ts';

describe('the bug bank', () => {
  test('names each bug once, and what it breaks', () => {
    expect(bugs.length).toBeGreaterThanOrEqual(20);
    expect(new Set(bugs.map(({ name }) => name)).size).toBe(bugs.length);
    for (const { name, promise } of bugs) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(promise).not.toBe('');
    }
  });

  test.each(bugs)('$name fits the core as it is today', (bug) => {
    const planted = plantedSources(bug);
    expect(planted.size).toBeGreaterThan(0);
    for (const [url, source] of planted) {
      const sound = readFileSync(fileURLToPath(url), 'utf8');
      // Without its types, so that a change of comments or types alone is none. It throws on bad syntax.
      expect(stripTypeScriptTypes(source)).not.toBe(stripTypeScriptTypes(sound));
    }
  });

  // Those that are found at once; `npm run bug-bank` finds them all. The core's next change may move a
  // find to another seed, so the hunt goes on for a while.
  test.each([
    ['forwards-back', 'at-most-once'],
    ['forwards-own-messages-only', 'shared-messages'],
    ['accepts-before-the-disk', 'votes'],
    ['one-vote-is-enough', 'quorum'],
    ['repairs-nothing', 'convergence'],
  ])('the swarm finds %s, where the sound core keeps its promises', async (name, checker) => {
    const { find } = await hunt(name, { seeds: 30 });
    expect(find?.violation.checker).toBe(checker);
    const seed = find?.seed ?? 0;
    expect(await firstFailure({ bug: undefined, from: seed, seeds: 1 })).toBeUndefined();
  });

  test('a bug whose text is not in the core any more is told', () => {
    const bug = { name: 'stale', promise: '', edits: [edit('no such text')] };
    expect(() => plantedSources(bug)).toThrow(
      "bug 'stale': its text stands 0 times in src/core/time.ts",
    );
    const vague = { name: 'vague', promise: '', edits: [edit('e')] };
    expect(() => plantedSources(vague)).toThrow('not once');
  });
});

function edit(find: string) {
  return { file: 'core/time.ts', find, replace: '' } as const;
}
