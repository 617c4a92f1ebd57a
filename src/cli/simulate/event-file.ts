import { closeSync, openSync, writeSync } from 'node:fs';
import { formatEventFileHeader, formatEventRecord, recordEvent } from '../../index.ts';
import type { SimulationObserver } from '../../simulator/index.ts';
import { prepareFile } from './run-folder.ts';

const chunkChars = 1 << 20;

/** Writes every event of a run to a file as it happens, in pieces of a megabyte. */
export class EventFile {
  readonly observer: SimulationObserver;
  readonly #file: number;
  #pending = '';

  private constructor(file: number, title: string) {
    this.#file = file;
    let idOf = (node: number) => String(node);
    this.observer = {
      begin: (world) => {
        idOf = (node) => world.idOf(node);
        const seeds = Array.from({ length: world.seeds }, (_, seed) => world.idOf(seed));
        this.#write(formatEventFileHeader({ startedAtMs: world.epochMs, seeds, title }));
      },
      event: (atMs, node, event) =>
        this.#write(formatEventRecord(recordEvent(atMs, idOf(node), event))),
    };
  }

  static async open(path: string, title: string): Promise<EventFile> {
    await prepareFile(path, '--events');
    return new EventFile(openSync(path, 'w'), title);
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #write(line: string): void {
    this.#pending += line;
    if (this.#pending.length > chunkChars) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#file, bytes, written, bytes.length - written);
    }
  }
}
