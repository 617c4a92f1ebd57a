import type { Ms } from '../../core/time.ts';
import type { ModelLimits } from './limits.ts';
import type { Population } from './members.ts';

/** A link between two peers, named by their numbers; `a` is the smaller one. */
export interface Link {
  readonly a: number;
  readonly b: number;
  /** Connections that the end at `a` has open, and those that the end at `b` has. */
  atA: number;
  atB: number;
  readonly sinceMs: Ms;
}

/** The overlay: which peers are linked. A link is there as long as one of its ends says so. */
export class Links {
  readonly #limits: ModelLimits;
  readonly #links: Map<number, Link>;
  #neighbours: Map<number, number[]> | undefined;
  /** Grows with every change of the overlay. */
  version = 0;

  constructor(limits: ModelLimits, links: readonly Link[] = []) {
    this.#limits = limits;
    this.#links = new Map(links.map((link) => [keyOf(link.a, link.b), link]));
  }

  get size(): number {
    return this.#links.size;
  }

  all(): IterableIterator<Link> {
    return this.#links.values();
  }

  has(one: number, other: number): boolean {
    return this.#links.has(keyOf(one, other));
  }

  /** One end says that a connection is up. */
  up(at: number, other: number, atMs: Ms): void {
    const key = keyOf(at, other);
    let link = this.#links.get(key);
    if (link === undefined) {
      if (this.#links.size >= this.#limits.linksMax) return;
      link = { a: Math.min(at, other), b: Math.max(at, other), atA: 0, atB: 0, sinceMs: atMs };
      this.#links.set(key, link);
      this.#changed();
    }
    if (at === link.a) link.atA += 1;
    else link.atB += 1;
  }

  /** One end says that a connection is gone. */
  down(at: number, other: number): void {
    const link = this.#links.get(keyOf(at, other));
    if (link === undefined) return;
    if (at === link.a) link.atA = Math.max(0, link.atA - 1);
    else link.atB = Math.max(0, link.atB - 1);
    this.#dropUnlessUp(link);
  }

  /** One end has none of its connections any more. */
  stopped(at: number): void {
    for (const other of this.neighboursOf(at)) {
      const link = this.#links.get(keyOf(at, other));
      if (link === undefined) continue;
      if (at === link.a) link.atA = 0;
      else link.atB = 0;
      this.#dropUnlessUp(link);
    }
  }

  neighboursOf(index: number): readonly number[] {
    this.#neighbours ??= this.#adjacency();
    return this.#neighbours.get(index) ?? [];
  }

  degreeOf(index: number): number {
    return this.neighboursOf(index).length;
  }

  /** How many members of the population are how many links away from `origin`: flooding's expected hops. */
  distancesFrom(origin: number, population: Population): number[] {
    const seen = new Set([origin]);
    const counts: number[] = [];
    for (let ring = [origin]; ring.length > 0; ) {
      counts.push(ring.length);
      const next: number[] = [];
      for (const index of ring) {
        for (const neighbour of this.neighboursOf(index)) {
          if (seen.has(neighbour) || !population.has(neighbour)) continue;
          seen.add(neighbour);
          next.push(neighbour);
        }
      }
      ring = next;
    }
    return counts;
  }

  #dropUnlessUp(link: Link): void {
    if (link.atA > 0 || link.atB > 0) return;
    this.#links.delete(keyOf(link.a, link.b));
    this.#changed();
  }

  #changed(): void {
    this.version += 1;
    this.#neighbours = undefined;
  }

  #adjacency(): Map<number, number[]> {
    const neighbours = new Map<number, number[]>();
    const add = (from: number, to: number) => {
      const known = neighbours.get(from);
      if (known === undefined) neighbours.set(from, [to]);
      else known.push(to);
    };
    for (const { a, b } of this.#links.values()) {
      add(a, b);
      add(b, a);
    }
    return neighbours;
  }
}

/** Numbers of nodes stay far below 2²⁰, so two of them make one safe integer. */
function keyOf(one: number, other: number): number {
  return Math.min(one, other) * 2 ** 20 + Math.max(one, other);
}
