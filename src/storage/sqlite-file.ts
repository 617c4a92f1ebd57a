import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { HearsayError } from '../core/errors.ts';
import { Damage, failedError, lockedError, unreadableError } from './errors.ts';
import { nodeSqlite } from './node-sqlite.ts';

/**
 * Opens a database file, made with its folders when missing, and writes nothing of its own into it.
 * Throws Damage when its structure is broken.
 */
export function openDatabase(file: string): DatabaseSync {
  makeFolder(dirname(file));
  mustNotHaveLostItsMain(file);
  const { DatabaseSync: Database } = nodeSqlite();
  const database = new Database(file);
  try {
    database.exec(settings);
    mustBeSound(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Takes the database for this process alone, to write to it.
 *
 * The lock is one of the operating system on the file, so it ends with the process however that
 * dies. (It is a POSIX lock: it ends too when this process opens and closes the file by other means.)
 */
export function lockForWriting(database: DatabaseSync): void {
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') throw new Error('no write-ahead log is possible there');
  // In exclusive mode the first read of a database with a log takes the lock and keeps it.
  database.prepare('SELECT 1 FROM sqlite_schema').get();
}

/** Runs `work` as one transaction: all of it is durable when this returns, none of it when it throws. */
export function transaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Moves what the write-ahead log holds into the file, both synced, and empties the log. */
export function checkpoint(database: DatabaseSync): void {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** What went wrong while a database was opened and read, in the contract's words. */
export function openError(file: string, error: unknown): HearsayError {
  if (error instanceof HearsayError) return error;
  if (error instanceof Damage) {
    return unreadableError(file, error.message, { remedy: error.remedy });
  }
  const code = resultCode(error);
  if (lockCodes.has(code)) return lockedError(file, error);
  if (damageCodes.has(code)) return unreadableError(file, messageOf(error), { cause: error });
  return failedError(file, 'open the store', error);
}

/**
 * FULL syncs the log at every commit. Checkpoints are ours, because SQLite's automatic ones keep
 * their errors to themselves. `fullfsync` makes macOS reach the disk, and does nothing elsewhere.
 */
const settings = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA wal_autocheckpoint = 0;
  PRAGMA cell_size_check = ON;
`;

/** SQLite's primary result codes (sqlite.org/rescode.html): SQLITE_BUSY, SQLITE_LOCKED. */
const lockCodes = new Set([5, 6]);

/** SQLITE_ERROR (a table that should be there is not), SQLITE_CORRUPT, SQLITE_FORMAT, SQLITE_NOTADB. */
const damageCodes = new Set([1, 11, 24, 26]);

/**
 * One folder after the other: Node's own `recursive` never returns where a folder cannot be made
 * although the one above it is there, as in /proc.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another seed may have made it in the same moment.
    if (!existsSync(folder)) throw error;
  }
}

/** SQLite takes a log beside an empty file for left over and deletes it, with all that it holds. */
function mustNotHaveLostItsMain(file: string): void {
  if (sizeOf(file) === 0 && sizeOf(`${file}-wal`) > 0) {
    throw new Damage(`it is missing or empty, but its log ${file}-wal is not`);
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function mustBeSound(database: DatabaseSync): void {
  const answer = database.prepare('PRAGMA quick_check(1)').get();
  const verdict = answer?.['quick_check'];
  if (verdict !== 'ok') throw new Damage(`its structure is damaged (${String(verdict)})`);
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back by itself, as it does after most failures of the disk.
  }
}

/** The primary result code: the low byte of the extended one; −1 for what is not SQLite's. */
function resultCode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : -1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
