import { sqliteStorage } from '../../../src/storage/sqlite.ts';
import { owner, registerWrite } from '../values.ts';

// Opens the store in the folder it is given, writes, says so, and holds the store until it is killed.
const [folder = ''] = process.argv.slice(2);
const storage = sqliteStorage(folder);
await storage.open(owner);
await storage.write([registerWrite('a:1')]);
process.stdout.write('open\n');
setInterval(() => undefined, 60_000);
