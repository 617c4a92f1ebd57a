import type { LinkInput, Outgoing, Random, TimerFired } from '../../core/effects.ts';
import type { NodeEvent } from '../../core/events.ts';
import type { LinkId, Message } from '../../core/messages.ts';
import type { Instant, Ms } from '../../core/time.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { msOf, type Tick, ticksOf } from '../engine/ticks.ts';
import type { TimeWheel } from '../engine/time-wheel.ts';
import { LinkEnds } from '../network/link-ends.ts';
import type { Endpoint, Network } from '../network/network.ts';
import { Backlog, type BusyProcess, type Waiting } from './backlog.ts';
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
  /** Keeps an event until the machine has finished with the input that caused it. */
  emitted(event: NodeEvent): void;
  /** Hands out what this node's machine has emitted. */
  handOut(node: number): void;
  /** The process ends by itself once it has finished with its input. */
  ending(process: { readonly index: number; readonly life: number }, how: 'left' | 'failed'): void;
}

/** What the trace hashes of an input: a message, a timer, or anything else by its type. */
export type TracedInput = Message | { readonly type: string };

/** Sits between a machine and its links, for those who lie. */
export interface Meddler {
  /** What is sent instead of this message; undefined swallows it. */
  sending(link: LinkId, message: Message): Message | undefined;
  /** Sees what has come. */
  received(link: LinkId, message: Message): void;
}

/** The one way into a core machine. */
interface Door<Timer> {
  handle(input: LinkInput | TimerFired<Timer>, now: Instant): void;
}

/** One life of a node's process: the same core machine as live, and its effects on a simulated world. */
export abstract class NodeProcess<Timer, Machine extends Door<Timer>>
  implements Endpoint, BusyProcess<Timer>
{
  // What every frame looks at comes first, and so lies side by side.
  /** Made by the constructor of its kind of process, with the process as its effects. */
  protected machine!: Machine;
  protected readonly world: Surroundings;
  readonly index: number;
  #backlog: Backlog<Timer> | undefined;
  meddler: Meddler | undefined;
  readonly clock: NodeClock | undefined;
  readonly ends = new LinkEnds();
  readonly networkRandom: Random;
  /** Counts the processes of this node: timers of an earlier one are stale. */
  readonly life: number;
  #accepted = 0;

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
    if (this.world.hearsEvents) this.world.emitted(event);
  }

  // -------------------------------------------------------------- inputs

  nextAccepted(): LinkId {
    this.#accepted -= 1;
    return this.#accepted;
  }

  frame(link: LinkId, message: Message): void {
    if (this.#backlog === undefined) this.#onFrame(link, message);
    else this.#backlog.add({ frame: message, link });
  }

  linkInput(input: LinkInput): void {
    if (this.#backlog === undefined) this.#onLinkInput(input);
    else this.#backlog.add({ input });
  }

  timer(timer: Timer, due: Tick): void {
    if (this.#backlog === undefined) this.#onTimer(timer, 0);
    else this.#backlog.add({ timer, due });
  }

  // -------------------------------------------------------------- pauses and slowness

  /** Stops taking inputs, as a stalled or stopped process does; its host goes on. */
  pause(): void {
    this.#backlog ??= new Backlog(this, this.world.wheel);
    this.#backlog.pause();
  }

  resume(): void {
    this.#backlog?.resume();
  }

  /** Each input takes this long from now on; 0 for none. */
  slow(serviceMs: Ms): void {
    if (serviceMs > 0) this.#backlog ??= new Backlog(this, this.world.wheel);
    this.#backlog?.slow(serviceMs);
  }

  /** Its turn has come: takes what has waited. */
  serve(): void {
    if (this.#backlog?.serve()) this.#backlog = undefined;
  }

  take(waiting: Waiting<Timer>): void {
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
    this.machine.handle({ type: 'message', link, message }, this.now);
    this.handOut();
  }

  /** A link that the machine has closed brings nothing more. */
  #onLinkInput(input: LinkInput): void {
    if (!this.ends.has(input.link)) return;
    if (input.type === 'link-closed') this.ends.delete(input.link);
    this.world.delivering(this.index, input.link, input);
    this.machine.handle(input, this.now);
    this.handOut();
  }

  #onTimer(timer: Timer, lateMs: Ms): void {
    this.world.delivering(this.index, 0, timer as { readonly type: string });
    this.machine.handle({ type: 'timer', timer, lateMs }, this.now);
    this.handOut();
  }

  protected handOut(): void {
    if (this.world.hearsEvents) this.world.handOut(this.index);
  }

  #sendMeddled(to: LinkId, message: Message): void {
    const sent = this.meddler?.sending(to, message);
    if (sent !== undefined) this.world.network.send(this, to, sent);
  }
}
