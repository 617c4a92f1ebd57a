import type { NodeEvent } from '../../core/events.ts';
import type { Ms } from '../../core/time.ts';
import type { Violation } from '../checkers/checker.ts';
import type { LifeChange, SimulationObserver } from '../observer.ts';
import type { Fault } from '../scenario/scenario.ts';
import type { World } from '../world.ts';

/** What happened at a node (or, for faults of the network, nowhere) at a time. */
export interface Happening {
  readonly atMs: Ms;
  /** A PeerId or SeedId; '' for what belongs to no node. */
  readonly node: string;
  readonly what:
    | NodeEvent
    | LifeChange
    | { readonly fault: Fault; readonly state: 'begun' | 'ended' };
}

/**
 * The last things that happened in a run: everywhere, and for each node on its own, so that what a
 * broken promise is about can be told without the noise of the others.
 */
export class EventTail implements SimulationObserver {
  readonly #linesMax: number;
  readonly #last: Happening[] = [];
  readonly #byNode = new Map<string, Happening[]>();
  #world: World | undefined;

  constructor(linesMax: number) {
    this.#linesMax = linesMax;
  }

  begin(world: World): void {
    this.#world = world;
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    this.#add({ atMs, node: this.#idOf(node), what: event });
  }

  life(atMs: Ms, node: number, change: LifeChange): void {
    this.#add({ atMs, node: this.#idOf(node), what: change });
  }

  fault(atMs: Ms, _index: number, fault: Fault, state: 'begun' | 'ended'): void {
    this.#add({ atMs, node: '', what: { fault, state } });
  }

  /** The last ones before a violation: of its nodes, where it names some, and of the network. */
  before({ nodes }: Pick<Violation, 'nodes'>): readonly Happening[] {
    if (nodes.length === 0) return this.#last;
    const names = ['', ...nodes.map((node) => this.#idOf(node))];
    return names
      .flatMap((name) => this.#byNode.get(name) ?? [])
      .sort((one, other) => one.atMs - other.atMs)
      .slice(-this.#linesMax);
  }

  #add(happening: Happening): void {
    const known = this.#byNode.get(happening.node);
    if (known === undefined) this.#byNode.set(happening.node, [happening]);
    for (const list of known === undefined ? [this.#last] : [this.#last, known]) {
      list.push(happening);
      if (list.length > this.#linesMax) list.shift();
    }
  }

  #idOf(node: number): string {
    return this.#world?.idOf(node) ?? String(node);
  }
}
