import { closeSync, openSync, writeSync } from 'node:fs';
import { describeEvent, HearsayError, type LogLevel, type NodeEvent } from '../index.ts';
import { endUnread } from './unread.ts';

export type LogFormat = 'text' | 'json';

export interface OutputOptions {
  readonly role: 'seed' | 'peer';
  /** What lines name before the node has started, when its real address becomes known. */
  readonly id: string;
  /** The file that all processes append to; undefined for the console only. */
  readonly file: string | undefined;
  readonly format: LogFormat;
  /** Events below this level are left out. */
  readonly level: LogLevel;
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * The log of one process: every line goes to the console and, appended, to a file that many
 * processes share. A write to a file opened for appending is placed at its end as a whole, so lines
 * of different processes do not mix.
 */
export class Output {
  readonly #options: OutputOptions;
  readonly #levelMin: number;
  readonly #file: number | undefined;
  readonly #console: NodeJS.WritableStream;
  #id: string;
  #pending = '';
  #isConsoleGone = false;
  #hasComplained = false;

  /** Throws `log-unwritable` when the file cannot be opened. */
  constructor(options: OutputOptions, console: NodeJS.WritableStream = process.stdout) {
    this.#options = options;
    this.#id = options.id;
    this.#console = console;
    // A reader that has seen enough (`| head`) is no reason to stop: the file goes on.
    console.off('error', endUnread);
    console.on('error', () => {
      this.#isConsoleGone = true;
    });
    this.#levelMin = levels.indexOf(options.level);
    this.#file = options.file === undefined ? undefined : openLog(options.file);
  }

  event(event: NodeEvent): void {
    if (event.type === 'node:started') this.#id = event.id;
    const { level, text } = describeEvent(event);
    const always = event.type === 'peer-list:received' && event.first;
    if (always || levels.indexOf(level) >= this.#levelMin) this.#write(level, event.type, text);
  }

  /** Writes what is still to be written and closes the file. */
  close(): void {
    this.#flush();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #write(level: LogLevel, event: string, text: string): void {
    const { role, format } = this.#options;
    const id = this.#id;
    const time = new Date().toISOString();
    const line =
      format === 'json'
        ? JSON.stringify({ time, level, role, id, event, text })
        : `${time} ${role} ${id} ${event} ${text}`;
    if (this.#pending === '') setImmediate(() => this.#flush());
    this.#pending += `${line}\n`;
  }

  #flush(): void {
    const lines = this.#pending;
    this.#pending = '';
    if (lines === '') return;
    if (!this.#isConsoleGone) this.#console.write(lines);
    if (this.#file === undefined) return;
    try {
      append(this.#file, lines);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Once: a full disk would otherwise fill the console, too. */
  #complain(error: unknown): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    const { file } = this.#options;
    process.stderr.write(`hearsay: ${file} could not be written: ${String(error)}\n`);
  }
}

/** One write, nearly always; more when the system takes less than all. */
function append(file: number, lines: string): void {
  const bytes = Buffer.from(lines);
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written);
  }
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (cause) {
    throw new HearsayError(
      'log-unwritable',
      `${file} cannot be opened for appending: choose another with --output, or none with --no-output (${String(cause)})`,
      { file },
      { cause },
    );
  }
}
