import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;

/** A program as a user would write it: two seeds and three peers in one process. */
const program = `
import { memoryStorage, payloadOf, PeerNode, SeedNode } from 'hearsay';
import { createServer } from 'node:net';

const ports = await Promise.all([1, 2].map(() => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
})));
const seeds = ports.map((port) => '127.0.0.1:' + port);
const nodes = seeds.map((listen) => new SeedNode({ listen, seeds, storage: memoryStorage() }));
for (const node of nodes) await node.start();
const peers = [1, 2, 3].map(() => new PeerNode({ listen: '127.0.0.1:0', seeds }));
for (const peer of peers) await peer.start();
const [first, ...others] = peers;
const received = others.map((peer) => new Promise((resolve) => {
  peer.on('message:received', ({ message, hops }) => resolve([payloadOf(message), hops > 0]));
}));
await first.publish({ hello: 'world' }, { topic: 'news' });
console.log(JSON.stringify(await Promise.all(received)), nodes[0].peerList().length);
for (const peer of peers) await peer.stop();
for (const node of nodes) await node.stop();
`;

const typed = `
import { type GossipMessage, HearsayError, PeerNode, SeedNode } from 'hearsay';

const seeds = ['127.0.0.1:5000', '127.0.0.1:5001'] as const;
export const seed = new SeedNode({ listen: seeds[0], seeds });
seed.on('registration:committed', ({ peer, incarnation, votes }) => {
  const text: string = peer;
  const number: number = incarnation;
  const yes: number | undefined = votes?.yes;
  console.log(text, number, yes);
});
export const peer = new PeerNode({ listen: '127.0.0.1:0', seeds, profile: 'lan' });
peer.on('message:received', ({ message, hops, latencyMs }) => {
  const received: GossipMessage = message;
  console.log(received.id, hops.toFixed(), latencyMs.toFixed());
});
// @ts-expect-error: there is no such event
peer.on('message:arrived', () => undefined);
// @ts-expect-error: a seed emits nothing of the kind
seed.on('message:received', () => undefined);
// @ts-expect-error: there is no such field
peer.on('peer:confirmed-dead', ({ nobody }) => console.log(nobody));
// @ts-expect-error: seeds are needed
export const lost = new PeerNode({ listen: '127.0.0.1:0' });
export const isKnown = (error: unknown) => error instanceof HearsayError && error.code === 'port-in-use';
export async function use(): Promise<void> {
  await using started = peer;
  const { id }: { id: string } = await started.publish('text');
  for await (const { payload } of started.messages({ topic: id })) console.log(payload.byteLength);
}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearsay-package-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
  });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string }[];
  await run('npm', ['install', '--no-audit', '--no-fund', `./${packed?.filename}`], {
    cwd: folder,
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the packed and installed package', () => {
  it('runs two seeds and three peers from JavaScript', async () => {
    await writeFile(join(folder, 'program.js'), program);
    const { stdout } = await run(process.execPath, ['program.js'], { cwd: folder });
    expect(stdout.trim()).toBe('[[{"hello":"world"},true],[{"hello":"world"},true]] 3');
  });

  it('has full types on nodes, events and errors', async () => {
    await writeFile(join(folder, 'program.ts'), typed);
    // The types of Node come from here, as they would from the user's own dependencies.
    await symlink(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
    await symlink(
      join(root, 'node_modules/undici-types'),
      join(folder, 'node_modules/undici-types'),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const flags = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext'];
    const libraries = [
      '--lib',
      'es2024,esnext.disposable',
      '--types',
      'node',
      '--skipLibCheck',
      'false',
    ];
    await run(process.execPath, [tsc, ...flags, ...libraries, 'program.ts'], { cwd: folder });
  });

  it('brings the command', async () => {
    const { stdout } = await hearsay('--help');
    expect(stdout).toContain('Usage: hearsay');
    expect(stdout).toMatch(/seed .*run a seed[\s\S]*peer .*run a peer/);
  });

  const hearsay = (...flags: string[]) =>
    run(process.execPath, ['node_modules/hearsay/dist/cli/main.js', ...flags], { cwd: folder });

  it('lets the swarm loose, on worker threads of the package', async () => {
    const { stdout } = await hearsay('fuzz', '--seeds', '3');
    expect(stdout).toMatch(/^seeds 1 to 3\n3 seeds in \d+ s on \d+ threads /);
    expect(stdout.split('\n').at(-2)).toBe('every promise was kept');
  });

  it('simulates and sweeps, on worker threads of the package', async () => {
    const one = await hearsay('simulate', '--scenario', 'classroom', '--out', 'run');
    expect(one.stdout).toContain('coverage');
    const vary = ['--vary', 'peers=5,10', '--repeats', '1', '--threads', '2'];
    const many = await hearsay('sweep', '--scenario', 'classroom', ...vary, '--out', 'sweep');
    expect(many.stdout).toContain('2 of 2 runs');
    const drawings = ['run/coverage.svg', 'sweep/convergence.svg'];
    for (const file of drawings) {
      expect(await readFile(join(folder, file), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    }
  });
});
