import type { LinkInput, Outgoing, Random, TimerFired } from '../../core/effects.ts';
import type { NodeEvent } from '../../core/events.ts';
import type { LinkId, Message } from '../../core/messages.ts';
import type { Instant, Ms } from '../../core/time.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { msOf, type Tick, ticksOf } from '../engine/ticks.ts';
import type { TimeWheel } from '../engine/time-wheel.ts';
import { LinkEnds } from '../network/link-ends.ts';
import type { Endpoint, Network } from '../network/network.ts';
import type { NodeClock } from './node-clock.ts';

/** What of the world a process uses. */
export interface Surroundings {
  readonly wheel: TimeWheel;
  readonly network: Network;
  /** The present on a right clock. */
  instant(): Instant;
  /** Notes an input in the trace, before the machine gets it. */
  delivering(node: number, link: LinkId, input: TracedInput): void;
  /** Whether somebody listens to events. */
  readonly hearsEvents: boolean;
  /** Hands out events, after the machine has finished with the input that caused them. */
  handOut(node: number, events: NodeEvent[]): void;
  /** The process ends by itself once it has finished with its input. */
  ending(process: { readonly index: number; readonly life: number }, how: 'left' | 'failed'): void;
}

/** What the trace hashes of an input: a message, a timer, or anything else by its type. */
export type TracedInput = Message | { readonly type: string };

/** An input that waits for a process that is paused or slow. */
type Waiting<Timer> =
  | { readonly frame: Message; readonly link: LinkId }
  | { readonly input: LinkInput }
  | { readonly timer: Timer; readonly due: Tick };

/** Sits between a machine and its links, for those who lie. */
export interface Meddler {
  /** What is sent instead of this message; undefined swallows it. */
  sending(link: LinkId, message: Message): Message | undefined;
  /** Sees what has come. */
  received(link: LinkId, message: Message): void;
}

/**
 * Later timers than this were held up by a stalled process. As in the live runtime (runtime/clock.ts),
 * they yield to what has come in meanwhile.
 */
const stallMs: Ms = 50;

/** One life of a node's process: the same core machine as live, and its effects on a simulated world. */
export abstract class NodeProcess<Timer> implements Endpoint {
  readonly index: number;
  /** Counts the processes of this node: timers of an earlier one are stale. */
  readonly life: number;
  readonly networkRandom: Random;
  readonly ends = new LinkEnds();
  readonly clock: NodeClock | undefined;
  protected readonly world: Surroundings;
  meddler: Meddler | undefined;
  #accepted = 0;
  #events: NodeEvent[] = [];
  #waiting: Waiting<Timer>[] | undefined;
  #isPaused = false;
  #isServing = false;
  #serviceTicks: Tick = 0;

  constructor(
    world: Surroundings,
    node: { index: number; life: number; networkRandom: Random; clock: NodeClock | undefined },
  ) {
    this.world = world;
    this.index = node.index;
    this.life = node.life;
    this.networkRandom = node.networkRandom;
    this.clock = node.clock;
  }

  protected abstract handle(input: LinkInput | TimerFired<Timer>, now: Instant): void;

  /** Gives the machine what `work` gives it, as one input of this type. */
  protected enter(type: { readonly type: string }, work: (now: Instant) => void): void {
    this.world.delivering(this.index, 0, type);
    work(this.now);
    this.handOut();
  }

  get now(): Instant {
    const instant = this.world.instant();
    return this.clock === undefined ? instant : this.clock.read(instant);
  }

  // -------------------------------------------------------------- effects

  send(to: LinkId, message: Outgoing): void {
    if (message.type === 'OPEN') this.world.network.dial(this, to, message);
    else if (message.type === 'CLOSE') this.world.network.close(this, to);
    else if (this.meddler === undefined) this.world.network.send(this, to, message);
    else this.#sendMeddled(to, message);
  }

  schedule(after: Ms, timer: Timer): void {
    const ticks = ticksOf(this.clock === undefined ? after : this.clock.trueMs(after));
    const { wheel } = this.world;
    wheel.add(wheel.now + ticks, eventKinds.timer, this.index, this.life, timer);
  }

  emit(event: NodeEvent): void {
    if (this.world.hearsEvents) this.#events.push(event);
  }

  // -------------------------------------------------------------- inputs

  nextAccepted(): LinkId {
    this.#accepted -= 1;
    return this.#accepted;
  }

  frame(link: LinkId, message: Message): void {
    if (this.#waiting !== undefined) this.#wait({ frame: message, link });
    else this.#onFrame(link, message);
  }

  linkInput(input: LinkInput): void {
    if (this.#waiting !== undefined) this.#wait({ input });
    else this.#onLinkInput(input);
  }

  timer(timer: Timer, due: Tick): void {
    if (this.#waiting !== undefined) this.#wait({ timer, due });
    else this.#onTimer(timer, 0);
  }

  // -------------------------------------------------------------- pauses and slowness

  /** Stops taking inputs, as a stalled or stopped process does; its host goes on. */
  pause(): void {
    this.#isPaused = true;
    this.#waiting ??= [];
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#waiting = inOrderOfStall(this.#waiting ?? [], this.world.wheel.now);
    this.#planService();
  }

  /** Each input takes this long from now on; 0 for none. */
  slow(serviceMs: Ms): void {
    this.#serviceTicks = ticksOf(serviceMs);
    if (this.#serviceTicks > 0) this.#waiting ??= [];
    this.#planService();
  }

  /** Its turn has come: takes what has waited. */
  serve(): void {
    this.#isServing = false;
    if (this.#isPaused) return;
    const waiting = this.#waiting ?? [];
    // What an input causes must not overtake those that wait: they are all taken before the queue goes.
    do {
      const next = waiting.shift();
      if (next !== undefined) this.#take(next);
    } while (this.#serviceTicks === 0 && waiting.length > 0 && !this.#isPaused);
    if (waiting.length > 0 || this.#serviceTicks > 0 || this.#isPaused) this.#planService();
    else this.#waiting = undefined;
  }

  #wait(waiting: Waiting<Timer>): void {
    this.#waiting?.push(waiting);
    this.#planService();
  }

  #planService(): void {
    const isIdle = this.#serviceTicks > 0 && this.#waiting?.length === 0;
    if (this.#isPaused || this.#isServing || this.#waiting === undefined || isIdle) return;
    this.#isServing = true;
    const { wheel } = this.world;
    const at = wheel.now + this.#serviceTicks;
    wheel.add(at, eventKinds.serve, this.index, this.life, undefined);
  }

  #take(waiting: Waiting<Timer>): void {
    if ('timer' in waiting) {
      this.#onTimer(waiting.timer, msOf(this.world.wheel.now - waiting.due));
    } else if ('input' in waiting) {
      this.#onLinkInput(waiting.input);
    } else if (this.ends.has(waiting.link)) {
      this.#onFrame(waiting.link, waiting.frame);
    }
  }

  // -------------------------------------------------------------- the machine's door

  #onFrame(link: LinkId, message: Message): void {
    this.world.delivering(this.index, link, message);
    this.meddler?.received(link, message);
    this.handle({ type: 'message', link, message }, this.now);
    this.handOut();
  }

  /** A link that the machine has closed brings nothing more. */
  #onLinkInput(input: LinkInput): void {
    if (!this.ends.has(input.link)) return;
    if (input.type === 'link-closed') this.ends.delete(input.link);
    this.world.delivering(this.index, input.link, input);
    this.handle(input, this.now);
    this.handOut();
  }

  #onTimer(timer: Timer, lateMs: Ms): void {
    this.world.delivering(this.index, 0, timer as { readonly type: string });
    this.handle({ type: 'timer', timer, lateMs }, this.now);
    this.handOut();
  }

  protected handOut(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.world.handOut(this.index, events);
  }

  #sendMeddled(to: LinkId, message: Message): void {
    const sent = this.meddler?.sending(to, message);
    if (sent !== undefined) this.world.network.send(this, to, sent);
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
