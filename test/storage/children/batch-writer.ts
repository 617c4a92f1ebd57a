import { writeSync } from 'node:fs';
import { sqliteStorage } from '../../../src/storage/sqlite.ts';
import { batch } from '../batches.ts';
import { owner } from '../values.ts';

// Writes the batches that follow the given number, one after the other, and prints the number of
// each once the store has acknowledged it, until it is killed or a write fails.
const [folder = '', last = ''] = process.argv.slice(2);
const storage = sqliteStorage(folder);
await storage.open(owner);
for (let number = Number(last) + 1; ; number += 1) {
  await storage.write(batch(number));
  writeSync(1, `${number}\n`);
}
