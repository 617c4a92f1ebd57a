import { type FailureDetectionOptions, peerDefaults } from '../../src/core/config.ts';
import type { Effects, LinkCloseCause, Random } from '../../src/core/effects.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type { DialFailure, Link } from '../../src/core/link/link.ts';
import type {
  DeadReport,
  Incarnation,
  LinkPurpose,
  Message,
  NeighbourMessage,
  NodeId,
  PeerEntry,
  PeerId,
  SuspectNotice,
  Welcome,
} from '../../src/core/messages.ts';
import { FailureDetection, type FailureTimer } from '../../src/core/peer/failure-detection.ts';
import type { ReportAnswer } from '../../src/core/peer/parts.ts';
import type { Instant, Ms } from '../../src/core/time.ts';

type MutableLink = { -readonly [Key in keyof Link]: Link[Key] };

export interface FailureBenchOptions {
  readonly options?: Partial<FailureDetectionOptions>;
  /** Default: always 0.5, which means no jitter and the middle of every interval. */
  readonly random?: Random;
}

interface Scheduled {
  readonly atMs: Ms;
  readonly timer: FailureTimer;
}

/** One peer's failure detection, `self:1`, whose neighbours, dials and seeds are the test itself. */
export class FailureBench {
  readonly self = { id: 'self:1', incarnation: 1, session: '' };
  readonly options: FailureDetectionOptions;
  readonly machine: FailureDetection;
  readonly events: NodeEvent[] = [];
  readonly sent: { readonly to: PeerId; readonly message: Message }[] = [];
  readonly reports: Omit<DeadReport, 'type' | 'request'>[] = [];
  /** Calls of the listener, as text. */
  readonly heard: string[] = [];
  /** Addresses of the probe links that are being dialled. */
  readonly dialled: PeerId[] = [];
  readonly known = new Map<PeerId, PeerEntry>();
  readonly over = new Map<PeerId, Incarnation>();
  nowMs = 0;

  readonly #neighbours = new Map<PeerId, MutableLink>();
  readonly #dials = new Map<PeerId, MutableLink>();
  #timers: Scheduled[] = [];
  #lastLink = 0;

  constructor({ options = {}, random = () => 0.5 }: FailureBenchOptions = {}) {
    this.options = { ...peerDefaults.lan.failureDetection, ...options };
    const neighbours = this.#neighbours;
    this.machine = new FailureDetection(this.options, {
      effects: this.#effects(),
      links: {
        dial: (address, purpose) => this.#dial(address, purpose),
        send: (link, message) => {
          if (link.state === 'up') this.sent.push({ to: link.remote.id, message });
        },
        close: (link) => {
          this.#dials.delete(link.address);
        },
        violated: (_link, reason) => this.heard.push(`violated: ${reason}`),
      },
      neighbourhood: {
        get degree() {
          return neighbours.size;
        },
        links: () => [...neighbours.values()],
        linkTo: (peer) => neighbours.get(peer),
      },
      membership: {
        get: (peer) => this.known.get(peer),
        isOver: (peer, incarnation) => incarnation <= (this.over.get(peer) ?? 0),
        isBuried: (peer, incarnation) => incarnation <= (this.over.get(peer) ?? 0),
      },
      self: this.self,
      random,
      reporter: { report: (report) => this.reports.push(report) },
      listener: {
        dead: (peer, incarnation) => {
          this.over.set(peer, incarnation);
          this.heard.push(`dead ${peer}#${incarnation}`);
        },
        replaced: (peer, incarnation) => this.heard.push(`replaced ${peer}#${incarnation}`),
        selfDeclaredDead: (incarnation, from) =>
          this.heard.push(`self declared dead #${incarnation} from ${from}`),
        stuck: (link) => this.heard.push(`stuck ${link.remote.id}`),
      },
    });
    this.machine.start(this.now);
  }

  get now(): Instant {
    return { monotonicMs: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs };
  }

  // -------------------------------------------------------------- neighbours

  /** A known peer becomes a neighbour. */
  neighbour(id: PeerId, incarnation: Incarnation = 1): Link {
    this.know(id, incarnation);
    const link = this.#newLink(id, 'neighbour', incarnation);
    this.#neighbours.set(id, link);
    this.machine.neighbourUp(link, this.now);
    return link;
  }

  know(id: PeerId, incarnation: Incarnation = 1): void {
    this.known.set(id, { id, incarnation, rank: this.known.size + 1 });
  }

  lose(id: PeerId, cause: LinkCloseCause = 'closed-there', farewell = false): void {
    const link = this.#link(id);
    this.#neighbours.delete(id);
    link.state = 'closed';
    link.farewell = farewell;
    const closed = { type: 'link-closed', link: link.id, cause, reason: '' } as const;
    this.machine.neighbourDown(link, closed, this.now);
  }

  /** A frame arrives over the link from this neighbour. */
  hear(from: PeerId, message: NeighbourMessage): void {
    const link = this.#link(from);
    link.lastHeardMs = this.nowMs;
    this.machine.onMessage(link, message, this.now);
  }

  /** A frame arrives that other machines deal with. */
  gossip(from: PeerId): void {
    this.#link(from).lastHeardMs = this.nowMs;
  }

  // -------------------------------------------------------------- dials

  welcome(address: PeerId, incarnation: Incarnation = 1, id: PeerId = address): void {
    const link = this.#dialOf(address);
    link.state = 'up';
    link.remote = { role: 'peer', id, incarnation };
    const welcome: Welcome = { type: 'WELCOME', from: link.remote, capabilities: [] };
    this.machine.up(link, welcome, this.now);
  }

  refuse(address: PeerId, code: DialFailure['code'] = 'refused'): void {
    const link = this.#dialOf(address);
    this.#dials.delete(address);
    link.state = 'closed';
    this.machine.failed(link, { code, reason: '', candidates: [] }, this.now);
  }

  isDialling(address: PeerId): boolean {
    return this.#dials.has(address);
  }

  // -------------------------------------------------------------- time

  /** Lets time pass; neighbours named in `alive` speak all the time. */
  pass(forMs: Ms, alive: readonly PeerId[] = []): void {
    const endMs = this.nowMs + forMs;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.nowMs = next.atMs;
      for (const id of alive) this.gossip(id);
      this.machine.onTimer(next.timer, 0, this.now);
    }
    this.nowMs = endMs;
    for (const id of alive) this.gossip(id);
  }

  /** The process stops for so long; then its timers fire, all of them late, before anything is read. */
  stall(forMs: Ms): void {
    const endMs = this.nowMs + forMs;
    this.nowMs = endMs;
    const due = this.#timers.filter((one) => one.atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((one) => one.atMs > endMs);
    for (const { timer, atMs } of due) this.machine.onTimer(timer, endMs - atMs, this.now);
  }

  // -------------------------------------------------------------- what came of it

  /** All events of a type, oldest first. */
  all<Type extends NodeEvent['type']>(type: Type): Extract<NodeEvent, { readonly type: Type }>[] {
    return this.events.filter(
      (event): event is Extract<NodeEvent, { readonly type: Type }> => event.type === type,
    );
  }

  /** Who was sent messages of a type, in order. */
  sentTo(type: Message['type']): PeerId[] {
    return this.sent.filter(({ message }) => message.type === type).map(({ to }) => to);
  }

  /** The last message of a type that was sent. */
  last<Type extends Message['type']>(
    type: Type,
  ): Extract<Message, { readonly type: Type }> | undefined {
    return this.sent
      .map(({ message }) => message)
      .findLast(
        (message): message is Extract<Message, { readonly type: Type }> => message.type === type,
      );
  }

  clear(): void {
    this.events.length = 0;
    this.sent.length = 0;
    this.dialled.length = 0;
    this.heard.length = 0;
    this.reports.length = 0;
  }

  // -------------------------------------------------------------- shortcuts

  /** The link to a neighbour is lost, and nobody listens at its address any more. */
  kill(id: PeerId): void {
    this.lose(id);
    this.refuse(id);
  }

  /** A helper answers the PROBE that it got last. */
  result(from: PeerId, outcome: 'alive' | 'silent' | 'replaced'): void {
    const asked = this.sent.findLast(({ to, message }) => to === from && message.type === 'PROBE');
    if (asked?.message.type !== 'PROBE') throw new Error(`${from} was not asked`);
    const { nonce, peer, incarnation } = asked.message;
    this.hear(from, { type: 'PROBE_RESULT', nonce, peer, incarnation, outcome });
  }

  notice(
    from: PeerId,
    peer: PeerId,
    told: Partial<Pick<SuspectNotice, 'by' | 'incarnation' | 'refutation' | 'near'>> = {},
  ): void {
    const { by = from, incarnation = 1, refutation = 0, near } = told;
    const type = 'SUSPECT_NOTICE';
    const notice = { type, peer, incarnation, refutation, by, byIncarnation: 1 } as const;
    this.hear(from, { ...notice, ...(near && { near }) });
  }

  answer(outcome: ReportAnswer['outcome'], peer: PeerId, seed: NodeId = 'seed:1'): void {
    const answer = { peer, incarnation: 1, seed, outcome, reason: '' };
    this.machine.onReportAnswered(answer, this.now);
  }

  #effects(): Effects<FailureTimer> {
    return {
      send: () => {
        throw new Error('failure detection sends over Links only');
      },
      schedule: (afterMs, timer) => {
        this.#timers.push({ atMs: this.nowMs + afterMs, timer });
      },
      emit: (event) => {
        this.events.push(event);
      },
    };
  }

  #next(endMs: Ms): Scheduled | undefined {
    let next: Scheduled | undefined;
    for (const one of this.#timers) if (next === undefined || one.atMs < next.atMs) next = one;
    if (next === undefined || next.atMs > endMs) return undefined;
    this.#timers.splice(this.#timers.indexOf(next), 1);
    return next;
  }

  #dial(address: PeerId, purpose: LinkPurpose): Link {
    if (this.#dials.has(address)) throw new Error(`${address} is being dialled already`);
    const link = this.#newLink(address, purpose, 0);
    link.address = address;
    link.state = 'dialling';
    this.#dials.set(address, link);
    this.dialled.push(address);
    return link;
  }

  #newLink(id: PeerId, purpose: LinkPurpose, incarnation: Incarnation): MutableLink {
    this.#lastLink += 1;
    return {
      id: this.#lastLink,
      direction: 'dialled',
      address: id,
      purpose,
      state: 'up',
      remote: { role: 'peer', id, incarnation },
      lastHeardMs: this.nowMs,
      farewell: false,
    };
  }

  #link(id: PeerId): MutableLink {
    const link = this.#neighbours.get(id);
    if (link === undefined) throw new Error(`${id} is no neighbour`);
    return link;
  }

  #dialOf(address: PeerId): MutableLink {
    const link = this.#dials.get(address);
    if (link === undefined) throw new Error(`${address} is not being dialled`);
    return link;
  }
}
