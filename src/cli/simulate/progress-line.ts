/** Milliseconds between two looks. */
const redrawMs = 200;
/** Where nothing can be redrawn, a line now and then. */
const lineMs = 10_000;

/** One line on stderr that says how far long work is: redrawn on a terminal, repeated elsewhere. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #begunMs = performance.now();
  #lastMs = performance.now();
  #isDrawn = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  get elapsedMs(): number {
    return performance.now() - this.#begunMs;
  }

  /** `text` is asked for only when it is time to show it. */
  show(text: () => string): void {
    const now = performance.now();
    if (now - this.#lastMs < (this.#stream.isTTY ? redrawMs : lineMs)) return;
    this.#lastMs = now;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${text()}\n`);
      return;
    }
    this.#isDrawn = true;
    // No longer than the terminal is wide: a line that wraps cannot be redrawn.
    this.#stream.write(`\r\x1b[2K${text().slice(0, Math.max(20, this.#stream.columns - 1))}`);
  }

  /** Leaves no trace on a terminal. */
  clear(): void {
    if (this.#isDrawn) this.#stream.write('\r\x1b[2K');
    this.#isDrawn = false;
  }
}
