/**
 * Bundles the page: for `npm run build`, which calls this file with the folder to write to, and on
 * demand where the sources run unbuilt. Published packages contain the result and never need esbuild.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = fileURLToPath(new URL('./web/', import.meta.url));

/** Files that are served as they are. */
export const plainFiles: readonly string[] = ['index.html', 'icon.svg'];

/** The bundled files by name. */
export async function bundlePage(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: source,
    entryPoints: ['page.ts', 'layout-worker.ts', 'page.css'],
    outdir: 'out',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    legalComments: 'eof',
    assetNames: '[name]',
    loader: { '.woff2': 'file' },
    logLevel: 'error',
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}

async function writeBundle(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of await bundlePage()) await writeFile(join(folder, name), bytes);
  for (const name of plainFiles) await copyFile(join(source, name), join(folder, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] !== undefined) {
  await writeBundle(process.argv[2]);
}
