import type { LinkInput } from '../../core/effects.ts';
import type { LinkId, Message } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { type Tick, ticksOf } from '../engine/ticks.ts';
import type { TimeWheel } from '../engine/time-wheel.ts';

/** An input that waits for a process that is paused or slow. */
export type Waiting<Timer> =
  | { readonly frame: Message; readonly link: LinkId }
  | { readonly input: LinkInput }
  | { readonly timer: Timer; readonly due: Tick };

/** Whose inputs wait. */
export interface BusyProcess<Timer> {
  readonly index: number;
  readonly life: number;
  take(waiting: Waiting<Timer>): void;
}

/**
 * Later timers than this were held up by a stalled process. As in the live runtime (runtime/clock.ts),
 * they yield to what has come in meanwhile.
 */
const stallMs: Ms = 50;

/** What waits for a process that is paused, or that takes time for each input. Most processes never need one. */
export class Backlog<Timer> {
  readonly #process: BusyProcess<Timer>;
  readonly #wheel: TimeWheel;
  #waiting: Waiting<Timer>[] = [];
  #isPaused = false;
  #isServing = false;
  #serviceTicks: Tick = 0;

  constructor(process: BusyProcess<Timer>, wheel: TimeWheel) {
    this.#process = process;
    this.#wheel = wheel;
  }

  /** Until `resume` nothing is taken. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#waiting = inOrderOfStall(this.#waiting, this.#wheel.now);
    this.#planService();
  }

  /** Each input takes this long from now on; 0 for none. */
  slow(serviceMs: Ms): void {
    this.#serviceTicks = ticksOf(serviceMs);
    this.#planService();
  }

  add(waiting: Waiting<Timer>): void {
    this.#waiting.push(waiting);
    this.#planService();
  }

  /** The process's turn has come: it takes what has waited. Returns whether it needs no backlog any more. */
  serve(): boolean {
    this.#isServing = false;
    if (this.#isPaused) return false;
    const waiting = this.#waiting;
    // What an input causes must not overtake those that wait: they are all taken before the queue goes.
    do {
      const next = waiting.shift();
      if (next !== undefined) this.#process.take(next);
    } while (this.#serviceTicks === 0 && waiting.length > 0 && !this.#isPaused);
    const isOver = waiting.length === 0 && this.#serviceTicks === 0 && !this.#isPaused;
    if (!isOver) this.#planService();
    return isOver;
  }

  #planService(): void {
    const isIdle = this.#serviceTicks > 0 && this.#waiting.length === 0;
    if (this.#isPaused || this.#isServing || isIdle) return;
    this.#isServing = true;
    const { index, life } = this.#process;
    const at = this.#wheel.now + this.#serviceTicks;
    this.#wheel.add(at, eventKinds.serve, index, life, undefined);
  }
}

/** Timers that are hardly late, what came in, then the timers that are so late that they yield. */
function inOrderOfStall<Timer>(waiting: Waiting<Timer>[], now: Tick): Waiting<Timer>[] {
  const yieldsBefore = now - ticksOf(stallMs);
  const isLate = (one: Waiting<Timer>) => 'timer' in one && one.due < yieldsBefore;
  const isPrompt = (one: Waiting<Timer>) => 'timer' in one && one.due >= yieldsBefore;
  const isInput = (one: Waiting<Timer>) => !('timer' in one);
  return [...waiting.filter(isPrompt), ...waiting.filter(isInput), ...waiting.filter(isLate)];
}
