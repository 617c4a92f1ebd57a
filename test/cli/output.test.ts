import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Output, type OutputOptions } from '../../src/cli/output.ts';
import type { NodeEvent } from '../../src/index.ts';

const started: NodeEvent = { type: 'node:started', role: 'peer', id: '127.0.0.1:41000' };
const stopped: NodeEvent = { type: 'node:stopped', id: '127.0.0.1:41000', reason: 'done' };

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearsay-output-'));
  file = join(folder, 'outputfile.txt');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the log of a process', () => {
  test('is one line an event, on the console and in the file alike', async () => {
    const { output, shown } = open();
    output.event(started);
    output.event(stopped);
    output.close();
    const written = await readFile(file, 'utf8');
    expect(written).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z peer 127\.0\.0\.1:41000 node:started Started as peer 127\.0\.0\.1:41000\n.*\n$/,
    );
    expect(shown()).toBe(written);
  });

  test('names the address that the node has found, not the port 0 that was asked for', async () => {
    const { output } = open({ id: '127.0.0.1:0' });
    output.event(started);
    output.close();
    expect(await readFile(file, 'utf8')).not.toContain('127.0.0.1:0 ');
  });

  test('as JSON is one object a line', async () => {
    const { output } = open({ format: 'json' });
    output.event(started);
    output.close();
    const line: unknown = JSON.parse(await readFile(file, 'utf8'));
    expect(line).toMatchObject({
      level: 'info',
      role: 'peer',
      id: '127.0.0.1:41000',
      event: 'node:started',
      text: 'Started as peer 127.0.0.1:41000',
    });
  });

  test('leaves out what is below its level, but never the first Peer List', async () => {
    const { output } = open({ level: 'warn' });
    const list = {
      type: 'peer-list:received',
      seed: 'a:1',
      total: 0,
      digest: '',
      peers: [],
    } as const;
    output.event(started);
    output.event({ ...list, first: true });
    output.event({ ...list, first: false });
    output.close();
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('Peer List from seed a:1');
  });

  test('goes on in the file when nobody reads the console any more', async () => {
    const { output } = open({}, new Error('write EPIPE'));
    output.event(started);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    output.event(stopped);
    output.close();
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(3);
  });

  test('appends to what is there', async () => {
    for (const _ of [1, 2]) {
      const { output } = open();
      output.event(started);
      output.close();
    }
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(3);
  });

  test('says what to do when the file cannot be opened', () => {
    expect(() => open({ file: join(folder, 'none', 'x') })).toThrow(
      /none\/x cannot be opened for appending: choose another with --output, or none with --no-output/,
    );
  });
});

function open(options: Partial<OutputOptions> = {}, problem: Error | null = null) {
  let text = '';
  const console = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk;
      done(problem);
    },
  });
  const id = '127.0.0.1:41000';
  const standard = { role: 'peer', id, file, format: 'text', level: 'info' } as const;
  const output = new Output({ ...standard, ...options }, console);
  return { output, shown: () => text };
}
