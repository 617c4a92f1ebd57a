/** What a step waits for, with a line of progress on the terminal while it takes long. */
export async function until(
  what: string,
  done: () => boolean,
  options: {
    readonly signal: AbortSignal;
    readonly progress?: () => string;
    readonly timeoutMs?: number;
  },
): Promise<void> {
  const { signal, progress = () => '', timeoutMs = 60_000 } = options;
  const begun = performance.now();
  let shown = 0;
  while (!done()) {
    signal.throwIfAborted();
    const waited = performance.now() - begun;
    if (waited > timeoutMs)
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}: ${progress()}`);
    if (waited - shown >= 1000) {
      shown = waited;
      console.log(`  … waiting for ${what}: ${progress()} (${(waited / 1000).toFixed(0)} s)`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
