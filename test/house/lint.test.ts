/**
 * The house rules are lint rules; here they are tried on planted files. A rule that no longer
 * rejects its violation, because of a new version of the linter or a slip in biome.json, fails here.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = join(import.meta.dirname, '..', '..');
const biome = join(repository, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');

/** A file as it might be written, and rules that have to object: none for an innocent one. */
interface Plant {
  readonly file: string;
  readonly code: string;
  readonly rules: readonly string[];
}

const direction = ['plugin'];
const globals = ['lint/style/noRestrictedGlobals'];
const properties = ['lint/nursery/noJsRestrictedProperties'];

const rejectedImports: [file: string, path: string][] = [
  ['src/core/time.ts', 'node:net'],
  ['src/core/time.ts', 'net'],
  ['src/core/time.ts', 'eventemitter3'],
  ['src/core/time.ts', '@opentelemetry/api'],
  ['src/core/time.ts', '../wire/frame.ts'],
  ['src/core/time.ts', '../index.ts'],
  ['src/core/time.ts', '..'],
  ['src/core/time.ts', '../cli/main.ts'],
  ['src/core/time.ts', './peer/../../wire/frame.ts'],
  ['src/core/time.ts', './../wire/frame.ts'],
  ['src/core/peer/peer.ts', 'node:net'],
  ['src/core/peer/peer.ts', '../../cli/main.ts'],
  ['src/core/peer/peer.ts', '../../wire/frame.ts'],
  ['src/core/peer/peer.ts', '../../index.ts'],
  ['src/core/peer/overlay/degree.ts', '../../../wire/frame.ts'],
  ['src/core/peer/overlay/deep/er.ts', '../../../../wire/frame.ts'],
  ['src/wire/frame.ts', '../transport/tcp.ts'],
  ['src/wire/frame.ts', '../index.ts'],
  ['src/wire/frame.ts', 'hearsay'],
  ['src/wire/text/line.ts', '../../runtime/runtime.ts'],
  ['src/transport/tcp.ts', '../runtime/runtime.ts'],
  ['src/transport/tcp.ts', '../storage/memory.ts'],
  ['src/storage/sqlite.ts', '../wire/frame.ts'],
  ['src/storage/sqlite.ts', '../nodes/seed-node.ts'],
  ['src/runtime/runtime.ts', '../nodes/peer-node.ts'],
  ['src/runtime/runtime.ts', '../telemetry/metrics.ts'],
  ['src/nodes/peer-node.ts', '../cli/main.ts'],
  ['src/nodes/peer-node.ts', '../simulator/network.ts'],
  ['src/nodes/peer-node.ts', '../observatory/server.ts'],
  ['src/telemetry/metrics.ts', '../nodes/peer-node.ts'],
  ['src/telemetry/metrics.ts', '../runtime/clock.ts'],
  ['src/simulator/network.ts', '../runtime/runtime.ts'],
  ['src/simulator/network.ts', '../transport/memory.ts'],
  ['src/simulator/checkers/register.ts', '../../runtime/runtime.ts'],
  ['src/observatory/server.ts', '../nodes/peer-node.ts'],
  ['src/observatory/web/page.ts', '../../telemetry/metrics.ts'],
  ['src/cli/main.ts', '../core/config.ts'],
  ['src/cli/main.ts', '../nodes/peer-node.ts'],
  ['src/cli/commands/seed.ts', '../../nodes/seed-node.ts'],
  ['src/cli/commands/simulate.ts', '../../simulator/world.ts'],
  ['src/cli/simulate.ts', '../simulator/network/network.ts'],
  ['src/index.ts', './cli/main.ts'],
  ['src/misc/util.ts', '../core/time.ts'],
  ['examples/run-local.ts', '../src/index.ts'],
  ['examples/chat/main.ts', '../../src/nodes/peer-node.ts'],
  ['examples/run-local.ts', '../dist/index.js'],
];

const acceptedImports: [file: string, path: string][] = [
  ['src/core/time.ts', './peer/peer.ts'],
  ['src/core/peer/peer.ts', './self.ts'],
  ['src/core/peer/peer.ts', '../time.ts'],
  ['src/core/peer/peer.ts', '../seed/stored.ts'],
  ['src/core/peer/overlay/degree.ts', '../../time.ts'],
  ['src/config/seeds-file.ts', '../core/address.ts'],
  ['src/wire/frame.ts', '../core/messages.ts'],
  ['src/wire/frame.ts', 'msgpackr'],
  ['src/wire/text/line.ts', '../../core/peer/peer.ts'],
  ['src/transport/tcp.ts', '../wire/frame.ts'],
  ['src/transport/tcp.ts', 'node:net'],
  ['src/storage/sqlite.ts', '../core/seed/stored.ts'],
  ['src/runtime/runtime.ts', '../storage/storage.ts'],
  ['src/runtime/runtime.ts', '../transport/transport.ts'],
  ['src/nodes/peer-node.ts', '../runtime/runtime.ts'],
  ['src/nodes/peer-node.ts', '../telemetry/metrics.ts'],
  ['src/telemetry/metrics.ts', '../core/events.ts'],
  ['src/simulator/network.ts', '../core/peer/peer.ts'],
  ['src/simulator/network.ts', '../wire/frame.ts'],
  ['src/observatory/web/page.ts', '../../core/events.ts'],
  ['src/observatory/web/page.ts', '../../telemetry/event-record.ts'],
  ['src/observatory/server.ts', '../telemetry/serving.ts'],
  ['src/cli/main.ts', '../index.ts'],
  ['src/cli/main.ts', 'commander'],
  ['src/cli/commands/seed.ts', '../../index.ts'],
  ['src/cli/simulate.ts', '../simulator/index.ts'],
  ['src/cli/commands/seed.ts', '../options.ts'],
  ['src/index.ts', './nodes/peer-node.ts'],
  ['examples/run-local.ts', 'hearsay'],
  ['examples/chat/main.ts', '../shared.ts'],
  ['test/nodes/peer-node.test.ts', '../../src/nodes/peer-node.ts'],
  ['test/nodes/peer-node.test.ts', 'hearsay'],
  ['test/examples/run-local.test.ts', '../../src/index.ts'],
  ['test/nodes/peer-node.test.ts', 'fast-check'],
];

const imports = (rules: readonly string[], pairs: [file: string, path: string][]): Plant[] =>
  pairs.map(([file, path]) => ({ file, code: `import '${path}';`, rules }));

const inCore = (rules: readonly string[], code: string): Plant => ({
  file: 'src/core/peer/planted.ts',
  code,
  rules,
});

const plants: Plant[] = [
  ...imports(direction, rejectedImports),
  ...imports([], acceptedImports),

  // Every form of import is seen.
  inCore(direction, "import type { Socket } from 'node:net';\nexport type S = Socket;"),
  inCore(direction, "export type { Frame } from '../../wire/frame.ts';"),
  inCore(direction, "export const later = import('../../wire/frame.ts');"),
  inCore(direction, "export type F = import('../../wire/frame.ts').Frame;"),
  inCore(direction, 'export const later = import(`../../wire/frame.ts`);'),

  // Time, randomness and the world come into core by argument.
  inCore(globals, 'export const now = Date.now();'),
  inCore(globals, 'export const now = new Date();'),
  inCore(globals, 'export const now = performance.now();'),
  inCore(globals, 'setTimeout(() => undefined, 5);'),
  inCore(globals, 'setInterval(() => undefined, 5);'),
  inCore(globals, 'setImmediate(() => undefined);'),
  inCore(globals, 'queueMicrotask(() => undefined);'),
  inCore(globals, 'export const path = process.env;'),
  inCore(globals, 'export const id = crypto.randomUUID();'),
  inCore(globals, 'export const bytes = Buffer.alloc(8);'),
  inCore(globals, 'export const number = globalThis.Math.random();'),
  inCore(globals, "console.log('hello');"),
  inCore(properties, 'export const number = Math.random();'),
  inCore(properties, "export const number = Math['random']();"),
  inCore(properties, 'export const { random } = Math;'),
  inCore(properties, "export const order = 'a'.localeCompare('b');"),
  inCore([], 'export const even = (n: number): boolean => Math.trunc(n) % 2 === 0;'),
  { file: 'src/runtime/clock.ts', code: 'export const now = (): number => Date.now();', rules: [] },
  {
    file: 'src/simulator/world.ts',
    code: 'export const roll = (): number => Math.random();',
    rules: properties,
  },

  // A promise is awaited or handed on; a union is handled whole.
  {
    file: 'src/nodes/floating.ts',
    code: 'async function save(): Promise<void> {}\nexport function stop(): void {\n  save();\n}',
    rules: ['lint/nursery/noFloatingPromises'],
  },
  {
    file: 'src/nodes/exhaustive.ts',
    code: "export function name(role: 'peer' | 'seed'): void {\n  switch (role) {\n    case 'peer':\n      return;\n  }\n}",
    rules: ['lint/nursery/useExhaustiveSwitchCases'],
  },
  {
    file: 'src/nodes/any.ts',
    code: 'export const loose = (value: any): string => value.name!;',
    rules: ['lint/suspicious/noExplicitAny', 'lint/style/noNonNullAssertion'],
  },
];

/** Two modules that need each other are one module. */
const cycle: Plant[] = [
  {
    file: 'src/nodes/chicken.ts',
    code: "import { egg } from './egg.ts';\nexport const chicken = (): unknown => egg;",
    rules: ['lint/suspicious/noImportCycles'],
  },
  {
    file: 'src/nodes/egg.ts',
    code: "import { chicken } from './chicken.ts';\nexport const egg = (): unknown => chicken;",
    rules: ['lint/suspicious/noImportCycles'],
  },
];

/** Plants side by side: many of them name the same file, so each gets a number. */
const planted = [
  ...plants.map((plant, index) => ({
    ...plant,
    path: plant.file.replace('.ts', `-${index}.ts`),
  })),
  ...cycle.map((plant) => ({ ...plant, path: plant.file })),
];

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string };
}

describe('the linter, on planted files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hearsay-lint-'));
  /** The rules look for 'src' in absolute paths: one in the path to the repository must not matter. */
  const house = join(folder, 'src', 'hearsay');
  const objections = new Map<string, string[]>();

  beforeAll(() => {
    for (const part of ['biome.json', 'lint', 'package.json', '.gitignore']) {
      cpSync(join(repository, part), join(house, part), { recursive: true });
    }
    for (const { path, code } of planted) {
      mkdirSync(dirname(join(house, path)), { recursive: true });
      writeFileSync(join(house, path), `${code}\n`);
    }
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'],
      { cwd: house, encoding: 'utf8' },
    );
    if (!stdout.startsWith('{')) throw new Error(`biome said: ${stdout}${stderr}`);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
    for (const { category, location } of diagnostics) {
      objections.set(location.path, [...(objections.get(location.path) ?? []), category]);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(planted.filter(({ rules }) => rules.length > 0))(
    '$file rejects: $code',
    ({ path, rules }) => {
      expect(objections.get(path)).toEqual(expect.arrayContaining([...rules]));
    },
  );

  test.each(planted.filter(({ rules }) => rules.length === 0))(
    '$file accepts: $code',
    ({ path }) => {
      expect(objections.get(path) ?? []).toEqual([]);
    },
  );
});
