import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A fault planted in a copy of the core that only one thread ever sees. */
export interface Bug {
  /** In kebab case: what goes wrong. */
  readonly name: string;
  /** What was promised, and is not kept any more. */
  readonly promise: string;
  /** Several where one rule is kept in several places, each of which would be enough. */
  readonly edits: readonly Edit[];
}

export interface Edit {
  /** Below `src`. */
  readonly file: `core/${string}.ts`;
  /** Text that stands exactly once in that file. */
  readonly find: string;
  readonly replace: string;
}

const sources = new URL('../../src/', import.meta.url);

/** The modules that a bug changes, by URL, with their changed sources; throws where a text is not found once. */
export function plantedSources({ name, edits }: Bug): ReadonlyMap<string, string> {
  const planted = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const { href } = new URL(file, sources);
    const source = planted.get(href) ?? readFileSync(fileURLToPath(href), 'utf8');
    const [before, after, ...more] = source.split(find);
    if (before === undefined || after === undefined || more.length > 0) {
      const times = source.split(find).length - 1;
      throw new Error(
        `bug '${name}': its text stands ${times} times in src/${file}, not once: ${find}`,
      );
    }
    planted.set(href, before + replace + after);
  }
  return planted;
}
