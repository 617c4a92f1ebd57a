import type { Link } from '../model/links.ts';

/** What the worker is to lay out. */
export interface LayoutOrder {
  /** Numbers of the peers. */
  readonly ids: readonly number[];
  /** Numbers of linked peers, two by two. */
  readonly pairs: Int32Array;
  /** Width over height of the picture. */
  readonly aspect: number;
  readonly isFirst: boolean;
}

/** What it found so far. */
export interface LayoutPositions {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly places: Float32Array<ArrayBuffer>;
  readonly isCalm: boolean;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where each peer is drawn, as the worker finds it. */
export class Layout {
  readonly #worker = new Worker('/layout-worker.js', { type: 'module' });
  readonly #places = new Map<number, { x: number; y: number }>();
  #isFirst = true;
  /** Grows with every new position. */
  version = 0;
  isCalm = true;

  constructor(onMoved: () => void) {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<LayoutPositions>) => {
      const { ids, places } = data;
      for (const [n, id] of ids.entries()) {
        const x = places[2 * n] ?? 0;
        const y = places[2 * n + 1] ?? 0;
        const place = this.#places.get(id);
        if (place === undefined) this.#places.set(id, { x, y });
        else Object.assign(place, { x, y });
      }
      this.version += 1;
      this.isCalm = data.isCalm;
      onMoved();
    });
  }

  /** Lays these peers out; those that are no longer among them keep the places they had. */
  order(ids: readonly number[], links: Iterable<Link>, aspect: number): void {
    const shown = new Set(ids);
    const pairs: number[] = [];
    for (const { a, b } of links) if (shown.has(a) && shown.has(b)) pairs.push(a, b);
    const order: LayoutOrder = {
      ids,
      pairs: Int32Array.from(pairs),
      aspect,
      isFirst: this.#isFirst,
    };
    this.#isFirst = ids.length === 0;
    this.isCalm = false;
    this.#worker.postMessage(order);
  }

  /** Another network: nothing of the old picture stays. */
  clear(): void {
    this.#places.clear();
    this.#isFirst = true;
  }

  at(id: number): Place | undefined {
    return this.#places.get(id);
  }
}
