import { closeSync, openSync, writeSync } from 'node:fs';
import { describeEvent, HearsayError, type LogLevel, type NodeEvent } from '../index.ts';

export type LogFormat = 'text' | 'json';

export interface OutputOptions {
  readonly role: 'seed' | 'peer';
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
  #pending = '';

  /** Throws `log-unwritable` when the file cannot be opened. */
  constructor(options: OutputOptions) {
    this.#options = options;
    this.#levelMin = levels.indexOf(options.level);
    this.#file = options.file === undefined ? undefined : openLog(options.file);
  }

  event(event: NodeEvent): void {
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
    const { role, id, format } = this.#options;
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
    process.stdout.write(lines);
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, lines);
    } catch (error) {
      process.stderr.write(`${this.#options.file} could not be written: ${String(error)}\n`);
    }
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
