import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../examples/support/ports.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const command = ['--conditions=hearsay-source', join(root, 'src/cli/main.ts')];

/** One line of the log: `<time> <role> <id> <event> <text>`. */
export interface LogLine {
  readonly time: string;
  readonly role: string;
  readonly id: string;
  readonly event: string;
  readonly text: string;
}

/** A process of the `hearsay` command. */
export interface RunningProcess {
  readonly id: string;
  readonly child: ChildProcess;
  /** What it wrote to its standard error. */
  stderr(): string;
  /** Fulfilled with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/** Real processes from one config.txt in a folder of their own, with one outputfile.txt. */
export class ProcessNetwork {
  readonly folder: string;
  readonly seeds: readonly string[];
  readonly #processes = new Set<RunningProcess>();

  private constructor(folder: string, seeds: readonly string[]) {
    this.folder = folder;
    this.seeds = seeds;
  }

  static async create(seedCount: number): Promise<ProcessNetwork> {
    const folder = await mkdtemp(join(tmpdir(), 'hearsay-e2e-'));
    const seeds = (await freePorts(seedCount)).map((port) => `127.0.0.1:${port}`);
    await writeFile(join(folder, 'config.txt'), `${seeds.join('\n')}\n`);
    return new ProcessNetwork(folder, seeds);
  }

  seed(index: number, flags: readonly string[] = []): RunningProcess {
    const id = this.seeds[index] ?? '';
    return this.run(id, ['seed', ...id.split(':'), 'config.txt', ...flags]);
  }

  peer(port: number, flags: readonly string[] = []): RunningProcess {
    const id = `127.0.0.1:${port}`;
    return this.run(id, ['peer', '127.0.0.1', String(port), 'config.txt', ...flags]);
  }

  run(id: string, args: readonly string[]): RunningProcess {
    const child = spawn(process.execPath, [...command, ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const exited = once(child, 'exit').then(
      ([code, signal]) => (code ?? signal) as number | string,
    );
    const running = { id, child, stderr: () => stderr, exited };
    this.#processes.add(running);
    void exited.then(() => this.#processes.delete(running));
    return running;
  }

  async log(): Promise<LogLine[]> {
    const text = await readFile(join(this.folder, 'outputfile.txt'), 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1).map(parseLine);
  }

  /** The log, once it satisfies `done`; fails with the log's end when that takes too long. */
  async logWith(
    what: string,
    done: (log: readonly LogLine[]) => boolean,
    timeoutMs = 60_000,
  ): Promise<LogLine[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const log = await this.log();
      if (done(log)) return log;
      if (Date.now() > deadline) {
        const end = log.slice(-40).map((line) => `${line.id} ${line.event} ${line.text}`);
        throw new Error(`the log never showed ${what}; its end:\n${end.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#processes];
    for (const { child } of all) child.kill('SIGKILL');
    await Promise.all(all.map(({ exited }) => exited));
    await rm(this.folder, { recursive: true, force: true });
  }
}

function parseLine(line: string): LogLine {
  const [time = '', role = '', id = '', event = '', ...words] = line.split(' ');
  return { time, role, id, event, text: words.join(' ') };
}
