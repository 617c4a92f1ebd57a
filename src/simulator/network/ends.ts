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

// An end: its node, its link's id there, its state, the connection's generation, and when the last frame
// arrives, and the last of those that let others pass.
const words = 8;
const linkAt = 1;
const stateAt = 2;
const generationAt = 3;
const doubles = 4;
const lastArrivalAt = 2;
const lastBehindAt = 3;

/**
 * All connections of a run, in one typed array: connection c has the ends 2c (which dialled) and 2c + 1
 * (which accepted), so that the other end of e is `e ^ 1`. Both lie side by side, in one line of the
 * processor's cache. Numbers are used again; events name the generation that they mean.
 */
export class Ends {
  #words = new Int32Array(0);
  /** The same bytes. */
  #doubles = new Float64Array(0);
  /** The first connection that is free, and in each of these, where its node would stand, the next one. */
  #free = -1;
  #capacity = 0;
  #used = 0;

  /** The dialling end of a new connection. */
  allocate(from: number, to: number): number {
    let connection = this.#free;
    if (connection >= 0) this.#free = this.#words[connection * 2 * words] as number;
    else {
      connection = this.#used;
      this.#used += 1;
      if (this.#used > this.#capacity) this.#grow(Math.max(256, this.#capacity * 2));
    }
    const end = connection * 2;
    this.#begin(end, from, endStates.dialling);
    this.#begin(end + 1, to, endStates.accepting);
    return end;
  }

  /** The connection is over: events on their way to it are stale from now on. */
  free(end: number): void {
    const first = (end >> 1) * 2 * words;
    this.#words[first + stateAt] = endStates.free;
    this.#words[first + words + stateAt] = endStates.free;
    const generation = (this.#words[first + generationAt] as number) + 1;
    this.#words[first + generationAt] = generation;
    this.#words[first + words + generationAt] = generation;
    this.#words[first] = this.#free;
    this.#free = end >> 1;
  }

  generationOf(end: number): number {
    return this.#words[end * words + generationAt] as number;
  }

  stateOf(end: number): number {
    return this.#words[end * words + stateAt] as number;
  }

  linkOf(end: number): LinkId {
    return this.#words[end * words + linkAt] as number;
  }

  nodeOf(end: number): number {
    return this.#words[end * words] as number;
  }

  setState(end: number, state: number): void {
    this.#words[end * words + stateAt] = state;
  }

  setLink(end: number, link: LinkId): void {
    this.#words[end * words + linkAt] = link;
  }

  /** When all that was sent to this end has arrived. */
  lastArrivalAt(end: number): Tick {
    return this.#doubles[end * doubles + lastArrivalAt] as number;
  }

  /** When a frame sent to this end arrives that would, alone, come at `tick`: never before one sent earlier. */
  inOrder(end: number, tick: Tick): Tick {
    const arrival = Math.max(tick, this.#doubles[end * doubles + lastBehindAt] as number);
    return this.inFront(end, arrival);
  }

  /** The same of a frame that overtakes those that were sent `behind`. */
  inFront(end: number, tick: Tick): Tick {
    const at = end * doubles + lastArrivalAt;
    const last = this.#doubles[at] as number;
    if (last >= tick) return last;
    this.#doubles[at] = tick;
    return tick;
  }

  /** The same of a frame that those sent `inFront` later may overtake. */
  behind(end: number, tick: Tick): Tick {
    const at = end * doubles;
    const last = this.#doubles[at + lastArrivalAt] as number;
    const arrival = Math.max(tick, last, this.#doubles[at + lastBehindAt] as number);
    this.#doubles[at + lastBehindAt] = arrival;
    return arrival;
  }

  #begin(end: number, node: number, state: number): void {
    const at = end * words;
    this.#words[at] = node;
    this.#words[at + linkAt] = 0;
    this.#words[at + stateAt] = state;
    this.#doubles[end * doubles + lastArrivalAt] = 0;
    this.#doubles[end * doubles + lastBehindAt] = 0;
  }

  #grow(connections: number): void {
    const grown = new Int32Array(connections * 2 * words);
    grown.set(this.#words);
    this.#words = grown;
    this.#doubles = new Float64Array(grown.buffer);
    this.#capacity = connections;
  }
}
