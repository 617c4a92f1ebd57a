/** Writes grafana/dashboards anew: `npm run dashboards`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards, textOf } from './dashboards.ts';

const folder = join(import.meta.dirname, '../dashboards');
for (const [file, dashboard] of Object.entries(dashboards)) {
  writeFileSync(join(folder, file), textOf(dashboard));
}
