import { registerHooks } from 'node:module';
import { type Bug, plantedSources } from './bug.ts';

/**
 * From now on this thread loads the core with that fault in it: modules that were loaded before stay as
 * they are, other threads and the files on disk, too. The core has no seam for this.
 */
export function plant(bug: Bug): void {
  const planted = plantedSources(bug);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const source = planted.get(url);
      return source === undefined ? loaded : { ...loaded, source };
    },
  });
}
