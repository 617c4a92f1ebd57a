import type { LinkCloseCause, LinkInput, OpenLink, Random } from '../../core/effects.ts';
import type { LinkId, Message, NodeId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { encodedFrameBytes } from '../../wire/frames.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { msOf, type Tick, ticksOf, ticksPerMs } from '../engine/ticks.ts';
import type { TimeWheel } from '../engine/time-wheel.ts';
import { Conditions } from './conditions.ts';
import { Ends, endStates } from './ends.ts';
import { type LatencySampler, latencySampler } from './latency.ts';
import type { LinkEnds } from './link-ends.ts';
import { type NetworkModel, outboxBytesMaxDefault } from './model.ts';

/** A running process, as the network sees it. */
export interface Endpoint {
  readonly index: number;
  /** What the network draws for frames that this node sends. */
  readonly networkRandom: Random;
  /** The ends of its links; -1 for one that is closed, which the process has not heard yet. */
  readonly ends: LinkEnds;
  /** The id for a connection that is accepted. */
  nextAccepted(): LinkId;
  /** Hands over what a link brings. */
  linkInput(input: LinkInput): void;
  /** Hands over a frame. */
  frame(link: LinkId, message: Message): void;
}

export interface Hosts {
  /** The process at a node; undefined when none runs. */
  endpoint(node: number): Endpoint | undefined;
  /** Whether the host has power: it then refuses what no process takes. */
  hasPower(node: number): boolean;
  indexOf(address: NodeId): number;
}

/** Hears of every frame that is sent; `bytes` of its encoding are counted only when asked for. */
export type FrameListener = (end: number, from: number, to: number, message: Message) => void;

/** Why a link is down whose other end has closed the connection and said no goodbye before. */
export const endedByOther = 'the other end closed the connection';

/** TCP on Linux: the least time before a retransmission, doubled by each. */
const retransmissionMinMs: Ms = 200;
/** …and how long a cut-off connection tries before it breaks (tcp_retries2 = 15). */
const givesUpAfterMs: Ms = 924_600;
/** TCP's first retransmission of a SYN (RFC 6298); the next ones double. */
const synRetransmissionMs: Ms = 1_000;

/**
 * The network: TCP connections between nodes, as the live runtime's transport shows them to the
 * machines. What is sent over a connection arrives in order; loss is delay by retransmission; what is
 * sent into a cut waits for its end, and breaks the connection if that takes too long.
 */
export class Network {
  readonly conditions = new Conditions();
  readonly ends = new Ends();
  /** Frames sent since the start. */
  framesSent = 0;
  onFrame: FrameListener | undefined;
  onDial: ((from: number, to: number, link: LinkId) => void) | undefined;
  readonly #wheel: TimeWheel;
  readonly #hosts: Hosts;
  readonly #model: NetworkModel;
  readonly #latency: LatencySampler;
  /** What could not leave because of a cut, by the sending end: in order, `undefined` for its FIN. */
  readonly #stalled = new Map<
    number,
    { generation: number; readonly since: Tick; readonly frames: (Message | undefined)[] }
  >();
  /** With limited bandwidth: when each node has sent what it has. */
  readonly #sentAll: Float64Array;
  /** …and all of its control frames, which the outbox of a link sends first (transport/outbox.ts). */
  readonly #sentControl: Float64Array;

  constructor(
    model: NetworkModel,
    dependencies: { wheel: TimeWheel; hosts: Hosts; nodes: number },
  ) {
    this.#model = model;
    this.#wheel = dependencies.wheel;
    this.#hosts = dependencies.hosts;
    this.#latency = latencySampler(model.latency);
    const lines = model.bandwidthBytesPerS === undefined ? 0 : dependencies.nodes;
    this.#sentAll = new Float64Array(lines);
    this.#sentControl = new Float64Array(lines);
  }

  // -------------------------------------------------------------- what processes do

  dial(from: Endpoint, link: LinkId, { address, timeoutMs }: OpenLink): void {
    const to = this.#hosts.indexOf(address);
    const end = this.ends.allocate(from.index, to);
    this.ends.setLink(end, link);
    from.ends.set(link, end);
    this.onDial?.(from.index, to, link);
    const generation = this.ends.generationOf(end);
    this.#wheel.add(this.#in(timeoutMs), eventKinds.dialTimeout, end, generation, undefined);
    if (to >= 0) this.#sendSyn(end, generation, 0);
  }

  send(from: Endpoint, link: LinkId, message: Message): void {
    const end = from.ends.get(link);
    if (end === undefined || end < 0 || this.ends.stateOf(end) !== endStates.open) return;
    this.framesSent += 1;
    this.onFrame?.(end, from.index, this.ends.nodeOf(end ^ 1), message);
    this.#transmit(from, end, message);
  }

  /** Writes what is queued, then closes. */
  close(from: Endpoint, link: LinkId): void {
    const end = from.ends.get(link);
    from.ends.delete(link);
    if (end === undefined || end < 0) return;
    if (this.ends.stateOf(end) === endStates.dialling) this.ends.free(end);
    else this.#shut(from, end);
  }

  /** The process is gone: its host closes all that it had open. */
  killed(process: Endpoint): void {
    for (const [link] of process.ends.entries()) this.close(process, link);
  }

  /** The host is gone without a word; what reaches it is lost until it runs again. */
  poweredOff(process: Endpoint): void {
    for (const end of process.ends.values()) {
      if (end < 0) continue;
      if (this.ends.stateOf(end) === endStates.dialling) this.ends.free(end);
      else this.ends.setState(end, endStates.gone);
    }
    process.ends.clear();
  }

  /** With limited bandwidth: how long a node will take to send what it has. */
  backlogMs(node: number): Ms {
    return Math.max(0, msOf((this.#sentAll[node] ?? 0) - this.#wheel.now));
  }

  // -------------------------------------------------------------- cuts

  /** A cut is over: what waited for it is sent again, at the next retransmission. */
  released(): void {
    for (const [end, stalled] of this.#stalled) {
      const from = this.ends.nodeOf(end);
      if (this.ends.generationOf(end) !== stalled.generation) {
        this.#stalled.delete(end);
        continue;
      }
      if (this.conditions.blocks(from, this.ends.nodeOf(end ^ 1))) continue;
      this.#stalled.delete(end);
      const sender = this.#hosts.endpoint(from);
      if (sender === undefined && !this.#hosts.hasPower(from)) continue;
      // Retransmissions double their pause: the next one is at most as far away as the cut was long.
      const cutTicks = this.#wheel.now - stalled.since;
      const random = sender?.networkRandom ?? (() => 0.5);
      const pause = Math.max(ticksOf(retransmissionMinMs), Math.floor(random() * cutTicks));
      const travel = this.#travel(from, this.ends.nodeOf(end ^ 1), random);
      const arrival = this.ends.inOrder(end ^ 1, this.#wheel.now + pause + travel);
      for (const frame of stalled.frames) this.#arrive(end ^ 1, arrival, stalled.generation, frame);
    }
  }

  // -------------------------------------------------------------- events of the queue

  handle(kind: number, end: number, generation: number, payload: unknown): void {
    if (this.ends.generationOf(end) !== generation) return;
    switch (kind) {
      case eventKinds.frame:
        return this.#onFrame(end, payload as Message);
      case eventKinds.fin:
        return this.#onFin(end);
      case eventKinds.reset:
        return this.#onClosed(end, 'broken', 'the connection was reset');
      case eventKinds.stalledOut:
        return this.#onStalledOut(end, payload as Tick);
      case eventKinds.syn:
        return this.#onSyn(end, generation);
      case eventKinds.synAgain:
        return this.#sendSyn(end, generation, payload as number);
      case eventKinds.synAck:
        return this.#onSynAck(end, generation);
      case eventKinds.refused:
        return this.#onDialFailed(end, 'refused', 'nobody listens there');
      case eventKinds.dialTimeout:
        return this.#onDialFailed(end, 'unreachable', 'no answer to the dial');
      case eventKinds.accept:
        return this.#onAccept(end, generation);
      case eventKinds.overflow:
        return this.#onOverflow(end, payload as number);
    }
  }

  #onFrame(end: number, message: Message): void {
    const state = this.ends.stateOf(end);
    if (state === endStates.open) {
      this.#hosts.endpoint(this.ends.nodeOf(end))?.frame(this.ends.linkOf(end), message);
    } else if (state === endStates.gone) {
      this.#onLost(end);
    }
  }

  /** A frame for a connection of which its host knows nothing any more. */
  #onLost(end: number): void {
    const generation = this.ends.generationOf(end);
    const hasPower = this.#hosts.hasPower(this.ends.nodeOf(end));
    const after = hasPower ? 1 : ticksOf(givesUpAfterMs);
    this.#wheel.add(this.#wheel.now + after, eventKinds.reset, end ^ 1, generation, undefined);
  }

  #onFin(end: number): void {
    const state = this.ends.stateOf(end);
    if (state === endStates.gone || state === endStates.closed || state === endStates.accepting) {
      this.ends.free(end);
      return;
    }
    this.#onClosed(end, 'closed-there', endedByOther);
  }

  #onClosed(end: number, cause: LinkCloseCause, reason: string): void {
    if (this.ends.stateOf(end) !== endStates.open) return;
    // First the process: one of a settled overlay wakes with this, and only then are its links numbered.
    const process = this.#hosts.endpoint(this.ends.nodeOf(end));
    const link = this.ends.linkOf(end);
    const other = this.ends.stateOf(end ^ 1);
    if (other === endStates.open && cause === 'broken') this.ends.setState(end, endStates.gone);
    else this.ends.free(end);
    process?.ends.set(link, -1);
    process?.linkInput({ type: 'link-closed', link, cause, reason });
  }

  #onStalledOut(end: number, since: Tick): void {
    if (this.#stalled.get(end)?.since !== since) return;
    this.#stalled.delete(end);
    this.#onClosed(end, 'broken', 'nothing was acknowledged for 15 minutes');
  }

  #onSyn(end: number, generation: number): void {
    const node = this.ends.nodeOf(end);
    const dialler = this.ends.nodeOf(end ^ 1);
    const isTaken = this.#hosts.endpoint(node) !== undefined;
    if (!(isTaken || this.#hosts.hasPower(node))) return;
    if (this.conditions.blocks(node, dialler)) return;
    const kind = isTaken ? eventKinds.synAck : eventKinds.refused;
    this.#wheel.add(this.#wheel.now + this.#travelBack(end), kind, end ^ 1, generation, undefined);
  }

  #onSynAck(end: number, generation: number): void {
    if (this.ends.stateOf(end) !== endStates.dialling) return;
    this.ends.setState(end, endStates.open);
    const arrival = this.ends.inOrder(end ^ 1, this.#wheel.now + this.#travelBack(end ^ 1));
    this.#wheel.add(arrival, eventKinds.accept, end ^ 1, generation, undefined);
    const link = this.ends.linkOf(end);
    this.#hosts.endpoint(this.ends.nodeOf(end))?.linkInput({ type: 'link-opened', link });
  }

  #onAccept(end: number, generation: number): void {
    const process = this.#hosts.endpoint(this.ends.nodeOf(end));
    if (process === undefined) {
      this.ends.setState(end, endStates.gone);
      this.#wheel.add(this.#wheel.now + 1, eventKinds.reset, end ^ 1, generation, undefined);
      return;
    }
    const link = process.nextAccepted();
    this.ends.setLink(end, link);
    this.ends.setState(end, endStates.open);
    process.ends.set(link, end);
    process.linkInput({ type: 'link-opened', link });
  }

  #onDialFailed(end: number, cause: LinkCloseCause, reason: string): void {
    if (this.ends.stateOf(end) !== endStates.dialling) return;
    const link = this.ends.linkOf(end);
    const process = this.#hosts.endpoint(this.ends.nodeOf(end));
    this.ends.free(end);
    process?.ends.set(link, -1);
    process?.linkInput({ type: 'link-closed', link, cause, reason });
  }

  #onOverflow(end: number, bytes: number): void {
    if (this.ends.stateOf(end) !== endStates.open) return;
    const link = this.ends.linkOf(end);
    const process = this.#hosts.endpoint(this.ends.nodeOf(end));
    process?.linkInput({ type: 'link-overflowed', link, frames: 1, bytes });
  }

  // -------------------------------------------------------------- packets

  #sendSyn(end: number, generation: number, attempt: number): void {
    if (this.ends.stateOf(end) !== endStates.dialling) return;
    const from = this.ends.nodeOf(end);
    const to = this.ends.nodeOf(end ^ 1);
    const random = this.#hosts.endpoint(from)?.networkRandom;
    if (random === undefined) return;
    const isLost = this.#loss > 0 && random() < this.#loss;
    const isCut = this.conditions.blocks(from, to) || this.conditions.blocks(to, from);
    if (isLost || isCut || !(this.#hosts.endpoint(to) || this.#hosts.hasPower(to))) {
      const again = this.#in(synRetransmissionMs * 2 ** attempt);
      this.#wheel.add(again, eventKinds.synAgain, end, generation, attempt + 1);
      return;
    }
    const arrival = this.#wheel.now + this.#travel(from, to, random);
    this.#wheel.add(arrival, eventKinds.syn, end ^ 1, generation, undefined);
  }

  /** The process has closed this end; the other one hears of it after all that was sent. */
  #shut(from: Endpoint, end: number): void {
    if (this.ends.stateOf(end) === endStates.open) this.ends.setState(end, endStates.closed);
    if (this.ends.stateOf(end ^ 1) === endStates.closed) this.ends.free(end);
    else this.#transmit(from, end, undefined);
  }

  /** Sends a frame, or the FIN, which is `undefined`. */
  #transmit(from: Endpoint, end: number, frame: Message | undefined): void {
    const to = this.ends.nodeOf(end ^ 1);
    const generation = this.ends.generationOf(end);
    if (this.#stalls(from.index, to, end, generation, frame)) return;
    let departure = this.#wheel.now;
    const isQueued = this.#sentAll.length > 0 && frame !== undefined;
    if (isQueued) {
      departure = this.#departure(from.index, end, generation, frame);
      if (departure < 0) return;
    }
    const alone = departure + this.#travel(from.index, to, from.networkRandom);
    const arrival = isQueued
      ? this.#inTurn(end ^ 1, alone, frame)
      : this.ends.inOrder(end ^ 1, alone);
    this.#arrive(end ^ 1, arrival, generation, frame);
  }

  #inTurn(end: number, arrival: Tick, frame: Message): Tick {
    if (frame.type === 'GOSSIP') return this.ends.behind(end, arrival);
    if (isGoodbye(frame)) return this.ends.inOrder(end, arrival);
    return this.ends.inFront(end, arrival);
  }

  #arrive(end: number, arrival: Tick, generation: number, frame: Message | undefined): void {
    const kind = frame === undefined ? eventKinds.fin : eventKinds.frame;
    this.#wheel.add(arrival, kind, end, generation, frame);
  }

  /** Whether a cut keeps the frame here. What follows one that waits has to wait, too. */
  #stalls(
    from: number,
    to: number,
    end: number,
    generation: number,
    frame: Message | undefined,
  ): boolean {
    if (this.#stalled.size === 0 && !this.conditions.blocks(from, to)) return false;
    const stalled = this.#stalled.get(end);
    if (stalled !== undefined && stalled.generation === generation) {
      stalled.frames.push(frame);
      return true;
    }
    if (!this.conditions.blocks(from, to)) return false;
    this.#stalled.set(end, { generation, since: this.#wheel.now, frames: [frame] });
    const { now } = this.#wheel;
    this.#wheel.add(this.#in(givesUpAfterMs), eventKinds.stalledOut, end, generation, now);
    return true;
  }

  /**
   * When the frame has left its node, whose frames leave one after the other, control before gossip, which makes
   * room for it; -1 when it is dropped.
   */
  #departure(from: number, end: number, generation: number, frame: Message): Tick {
    const { bandwidthBytesPerS = 1, outboxBytesMax = outboxBytesMaxDefault } = this.#model;
    const { now } = this.#wheel;
    const free = Math.max(now, this.#sentAll[from] ?? 0);
    const bytes = encodedFrameBytes(frame);
    const waiting = (msOf(free - now) / 1000) * bandwidthBytesPerS;
    if (frame.type === 'GOSSIP' && waiting + bytes > outboxBytesMax) {
      this.#wheel.add(now, eventKinds.overflow, end, generation, bytes);
      return -1;
    }
    const took = ((bytes * 1000) / bandwidthBytesPerS) * ticksPerMs;
    this.#sentAll[from] = free + took;
    if (frame.type === 'GOSSIP' || isGoodbye(frame)) return Math.ceil(free + took);
    const departure = Math.max(now, this.#sentControl[from] ?? 0) + took;
    this.#sentControl[from] = departure;
    return Math.ceil(departure);
  }

  /** Ticks on the way, retransmissions included. */
  #travel(from: number, to: number, random: Random): Tick {
    let ticks = this.#latency(from, to, random);
    if (this.conditions.latencyFactor !== 1)
      ticks = Math.ceil(ticks * this.conditions.latencyFactor);
    const { delays } = this.#model;
    if (delays !== undefined && random() < delays.share) ticks += ticksOf(delays.extraMs);
    const loss = this.#loss;
    if (loss > 0) {
      // What TCP would have given up arrives after every run's end: the link is silent until then.
      for (let pause = retransmissionMinMs; pause < givesUpAfterMs && random() < loss; pause *= 2) {
        ticks += ticksOf(pause);
      }
    }
    return ticks;
  }

  /** From the node of `end` to the one at the other end; drawn from whoever runs there. */
  #travelBack(end: number): Tick {
    const from = this.ends.nodeOf(end);
    const to = this.ends.nodeOf(end ^ 1);
    const sender = this.#hosts.endpoint(from) ?? this.#hosts.endpoint(to);
    return sender === undefined ? 1 : this.#travel(from, to, sender.networkRandom);
  }

  get #loss(): number {
    return Math.min(0.95, (this.#model.loss ?? 0) + this.conditions.extraLoss);
  }

  #in(ms: Ms): Tick {
    return this.#wheel.now + ticksOf(ms);
  }
}

/** What overtakes nothing: after it the other end reads no more. */
function isGoodbye({ type }: Message): boolean {
  return type === 'BYE' || type === 'LEAVE';
}
