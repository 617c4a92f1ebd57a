import type { LinkId } from '../../core/messages.ts';
import type { Tick } from '../engine/ticks.ts';

export const endStates = {
  free: 0,
  dialling: 1,
  /** Accepted by the host, not yet handed to the process. */
  accepting: 2,
  open: 3,
  closed: 4,
  /** Its host lost power, and knows of it no more. */
  gone: 5,
} as const;

/**
 * All connections of a run, in typed arrays: connection c has the ends 2c (which dialled) and 2c + 1
 * (which accepted), so that the other end of e is `e ^ 1`. Numbers are used again; events name the
 * generation that they mean.
 */
export class Ends {
  node = new Int32Array(0);
  link = new Int32Array(0);
  state = new Uint8Array(0);
  /** When the last frame on its way to this end arrives: the next one may not be earlier. */
  lastArrival = new Float64Array(0);
  /** Per connection. */
  generation = new Int32Array(0);
  #nextFree = new Int32Array(0);
  #free = -1;
  #capacity = 0;
  #used = 0;

  /** Connections there are room for without growing. */
  reserve(connections: number): void {
    if (connections > this.#capacity) this.#grow(connections);
  }

  /** The dialling end of a new connection. */
  allocate(from: number, to: number): number {
    let connection = this.#free;
    if (connection >= 0) this.#free = this.#nextFree[connection] as number;
    else {
      connection = this.#used;
      this.#used += 1;
      if (this.#used > this.#capacity) this.#grow(Math.max(256, this.#capacity * 2));
    }
    const end = connection * 2;
    this.node[end] = from;
    this.node[end + 1] = to;
    this.link[end] = 0;
    this.link[end + 1] = 0;
    this.lastArrival[end] = 0;
    this.lastArrival[end + 1] = 0;
    this.state[end] = endStates.dialling;
    this.state[end + 1] = endStates.accepting;
    return end;
  }

  /** The connection is over: events on their way to it are stale from now on. */
  free(end: number): void {
    const connection = end >> 1;
    this.state[connection * 2] = endStates.free;
    this.state[connection * 2 + 1] = endStates.free;
    this.generation[connection] = (this.generation[connection] as number) + 1;
    this.#nextFree[connection] = this.#free;
    this.#free = connection;
  }

  generationOf(end: number): number {
    return this.generation[end >> 1] as number;
  }

  isCurrent(end: number, generation: number): boolean {
    return this.generation[end >> 1] === generation;
  }

  /** When a frame sent to this end arrives that would, alone, come at `tick`: never before one sent earlier. */
  inOrder(end: number, tick: Tick): Tick {
    const last = this.lastArrival[end] as number;
    const arrival = last > tick ? last : tick;
    this.lastArrival[end] = arrival;
    return arrival;
  }

  linkOf(end: number): LinkId {
    return this.link[end] as number;
  }

  nodeOf(end: number): number {
    return this.node[end] as number;
  }

  #grow(connections: number): void {
    const grown = <Numbers extends Int32Array | Uint8Array | Float64Array>(
      from: Numbers,
      to: Numbers,
    ): Numbers => {
      to.set(from);
      return to;
    };
    this.node = grown(this.node, new Int32Array(connections * 2));
    this.link = grown(this.link, new Int32Array(connections * 2));
    this.state = grown(this.state, new Uint8Array(connections * 2));
    this.lastArrival = grown(this.lastArrival, new Float64Array(connections * 2));
    this.generation = grown(this.generation, new Int32Array(connections));
    this.#nextFree = grown(this.#nextFree, new Int32Array(connections));
    this.#capacity = connections;
  }
}
