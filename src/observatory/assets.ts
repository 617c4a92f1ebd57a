import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const folder = fileURLToPath(new URL('./web/', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** What the page is made of, by the path it is asked for: built before, or bundled now from the sources. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const names = await readdir(folder);
  const files = names.includes('page.js') ? await read(names) : await bundled();
  const assets = new Map<string, Asset>();
  for (const [name, bytes] of files) {
    const type = types[extname(name)];
    if (type !== undefined) assets.set(`/${name}`, { type, bytes });
  }
  const index = assets.get('/index.html');
  if (index !== undefined) assets.set('/', index);
  return assets;
}

async function read(names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const files = names.map(async (name) => [name, await readFile(join(folder, name))] as const);
  return new Map(await Promise.all(files));
}

async function bundled(): Promise<Map<string, Uint8Array>> {
  const { bundlePage, plainFiles } = await import('./bundle.ts');
  return new Map([...(await bundlePage()), ...(await read(plainFiles))]);
}
