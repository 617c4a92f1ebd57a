import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HearsayError } from '../../index.ts';

/** Makes the folder and writes in it, to know before a long run that its results will have a place. */
export async function prepareFolder(folder: string): Promise<void> {
  const probe = join(folder, '.hearsay-writable');
  try {
    await makeFolder(folder);
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    throw unwritable(folder, '--out', cause);
  }
}

/** The same for a file, which is left empty. */
export async function prepareFile(file: string, flag: string): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await (await open(file, 'w')).close();
  } catch (cause) {
    throw unwritable(file, flag, cause);
  }
}

export async function writeFolder(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  await Promise.all([...files].map(([name, text]) => writeFile(join(folder, name), text)));
}

/**
 * A folder, and those above it that are not there. Node's own `recursive` does not return where a folder
 * cannot be made although the one above is there, as in /proc.
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT') throw cause;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

function unwritable(path: string, flag: string, cause: unknown): HearsayError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HearsayError(
    'option-invalid',
    `${path} cannot be written, so nothing was run: choose another place with ${flag} (${reason})`,
    { option: flag, path },
    { cause },
  );
}
