import { HearsayError } from '../../../src/core/errors.ts';
import { sqliteStorage } from '../../../src/storage/sqlite.ts';
import { batch } from '../batches.ts';
import { owner } from '../values.ts';

export interface FullDiskReport {
  readonly acknowledged: number;
  readonly code: string;
  readonly message: string;
  /** What came of a small write after the failed one. */
  readonly codeLater: string;
}

// Writes until the disk takes no more, then once again, and prints what it was told.
const [folder = ''] = process.argv.slice(2);
const storage = sqliteStorage(folder);
await storage.open(owner);
let acknowledged = 0;
let failure: HearsayError | undefined;
while (failure === undefined) {
  failure = await write(acknowledged + 1);
  if (failure === undefined) acknowledged += 1;
}
const later = await write(acknowledged + 1);
await storage.close();
const { code, message } = failure;
const report: FullDiskReport = { acknowledged, code, message, codeLater: later?.code ?? 'ok' };
process.stdout.write(JSON.stringify(report));

async function write(number: number): Promise<HearsayError | undefined> {
  try {
    await storage.write(batch(number));
    return undefined;
  } catch (error) {
    if (error instanceof HearsayError) return error;
    throw error;
  }
}
