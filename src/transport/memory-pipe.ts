import type { Ms } from '../core/time.ts';
import { Fifo } from './fifo.ts';

/** A machine of a memory network, with what is wrong with it at the moment. */
export interface MemoryHost {
  readonly name: string;
  /** Its process is stopped, as by SIGSTOP. */
  isStalled: boolean;
  /** Its process was killed. */
  hasCrashed: boolean;
}

/** What pipes and ends need of their network. */
export interface MemoryWorld {
  schedule(after: Ms, run: () => void): void;
  latencyMs(from: MemoryHost, to: MemoryHost): Ms;
  /** Whether what arrives now on the way between these hosts has to wait. */
  isHeld(from: MemoryHost, to: MemoryHost): boolean;
  /** Has `release` called when fewer paths are held. */
  hold(pipe: { release(): void }): void;
}

/**
 * One direction of a connection: items arrive one by one, each after its latency, in the order in
 * which they were pushed, whatever the latencies.
 */
export class MemoryPipe<Item> {
  readonly #world: MemoryWorld;
  readonly #from: MemoryHost;
  readonly #to: MemoryHost;
  readonly #deliver: (item: Item) => void;
  readonly #items = new Fifo<Item>();
  #heldArrivals = 0;

  constructor(world: MemoryWorld, from: MemoryHost, to: MemoryHost, deliver: (item: Item) => void) {
    this.#world = world;
    this.#from = from;
    this.#to = to;
    this.#deliver = deliver;
  }

  push(item: Item): void {
    this.#items.push(item);
    const latency = this.#world.latencyMs(this.#from, this.#to);
    this.#world.schedule(latency, () => this.#arrive());
  }

  /** Lets arrivals try again that were held. */
  release(): void {
    const arrivals = this.#heldArrivals;
    this.#heldArrivals = 0;
    for (let i = 0; i < arrivals; i += 1) this.#world.schedule(0, () => this.#arrive());
  }

  /** Loses everything that is on its way. */
  clear(): void {
    this.#items.clear();
  }

  #arrive(): void {
    if (this.#world.isHeld(this.#from, this.#to)) {
      this.#heldArrivals += 1;
      this.#world.hold(this);
      return;
    }
    // An arrival stands for the item at the head, not for the one it was scheduled with: that keeps
    // the order when a later item had the shorter latency.
    const item = this.#items.shift();
    if (item !== undefined) this.#deliver(item);
  }
}
