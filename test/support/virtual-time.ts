import type { Instant, Ms } from '../../src/core/time.ts';
import type { Clock } from '../../src/runtime/clock.ts';

interface Planned {
  readonly atMs: Ms;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * A clock that moves only when a test says so, for nodes on the memory transport: nothing waits,
 * everything that is planned for one moment happens in the order in which it was planned.
 */
export class VirtualTime implements Clock {
  readonly #heap: Planned[] = [];
  #nowMs = 0;
  #planned = 0;
  /** Wall clock at virtual time 0: 2026-01-01. */
  readonly #epochMs = 1_767_225_600_000;

  now(): Instant {
    return { monotonicMs: this.#nowMs, wallMs: this.#epochMs + this.#nowMs };
  }

  setTimer(afterMs: Ms, run: (lateMs: Ms) => void): () => void {
    const planned = this.#plan(afterMs, () => run(0));
    return () => {
      planned.run = undefined;
    };
  }

  endOfTurn(run: () => void): void {
    this.#plan(0, run);
  }

  /** The scheduler of a memory network. */
  readonly schedule = (afterMs: Ms, run: () => void): void => {
    this.#plan(afterMs, run);
  };

  /** Runs everything planned for the next `forMs`; for networks in which nothing awaits. */
  run(forMs: Ms): void {
    const endMs = this.#nowMs + forMs;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) next();
    this.#nowMs = endMs;
  }

  /** Like `run`, but lets promises settle whenever time moves, and ends early when `done`. */
  async runAsync(forMs: Ms, done: () => boolean = () => false): Promise<void> {
    const endMs = this.#nowMs + forMs;
    await settlePromises();
    while (!done()) {
      const beforeMs = this.#nowMs;
      const next = this.#next(endMs);
      if (next === undefined) break;
      if (this.#nowMs !== beforeMs) await settlePromises();
      next();
      if (this.#heap.length === 0) await settlePromises();
    }
    if (!done()) this.#nowMs = endMs;
    await settlePromises();
  }

  /** Runs until the promise is settled, at most for `forMs`. */
  async until<Value>(promise: Promise<Value>, forMs: Ms = 600_000): Promise<Value> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    await this.runAsync(forMs, () => settled);
    if (!settled) throw new Error(`not settled after ${forMs} virtual milliseconds`);
    return watched;
  }

  #plan(afterMs: Ms, run: () => void): Planned {
    this.#planned += 1;
    const planned = { atMs: this.#nowMs + Math.max(0, afterMs), order: this.#planned, run };
    push(this.#heap, planned);
    return planned;
  }

  /** Takes the next thing to run up to `endMs`, and moves the time to it. */
  #next(endMs: Ms): (() => void) | undefined {
    for (
      let first = this.#heap[0];
      first !== undefined && first.atMs <= endMs;
      first = this.#heap[0]
    ) {
      pop(this.#heap);
      if (first.run === undefined) continue;
      this.#nowMs = first.atMs;
      return first.run;
    }
    return undefined;
  }
}

/** A macrotask: every promise chain that can go on without I/O has gone on after it. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Planned[], planned: Planned): void {
  let index = heap.length;
  heap.push(planned);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || !isBefore(planned, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = planned;
}

function pop(heap: Planned[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const right = left + 1;
    let child = heap[left];
    let childIndex = left;
    if (child === undefined) break;
    const other = heap[right];
    if (other !== undefined && isBefore(other, child)) {
      child = other;
      childIndex = right;
    }
    if (!isBefore(child, last)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
}
