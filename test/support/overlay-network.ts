import { type OverlayOptions, peerDefaults } from '../../src/core/config.ts';
import type { LinkInput, Outgoing, Random } from '../../src/core/effects.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type { Link, LinkHandler } from '../../src/core/link/link.ts';
import { type HandshakeDeadline, type LinkPolicy, Links } from '../../src/core/link/links.ts';
import {
  type LinkId,
  type LinkPurpose,
  type PeerEntry,
  type PeerId,
  protocolVersion,
} from '../../src/core/messages.ts';
import { Membership } from '../../src/core/peer/membership.ts';
import { Overlay, type OverlayTimer } from '../../src/core/peer/overlay.ts';
import type { Instant, Ms } from '../../src/core/time.ts';
import { seededRandom } from './random.ts';

export interface OverlayNetworkOptions {
  readonly seed: number;
  readonly overlay?: Partial<OverlayOptions>;
  /** Travel time of the frames of the next connection, ms. Default always 1. */
  readonly latencyMs?: () => Ms;
  /** Keep every peer's events. Default false. */
  readonly keepsEvents?: boolean;
}

/** Where a peer's link ends: the other peer, and what that one calls the link. */
interface FarEnd {
  readonly peer: OverlayPeer;
  readonly link: LinkId;
  readonly latencyMs: Ms;
}

/**
 * The overlays of many peers, joined by a network in memory: no bytes, no sockets, no seeds, time
 * that jumps from one thing to do to the next, and one number that everything random comes from.
 */
export class OverlayNetwork {
  readonly peers = new Map<PeerId, OverlayPeer>();
  readonly random: Random;
  readonly options: OverlayOptions;
  readonly latencyMs: () => Ms;
  readonly keepsEvents: boolean;
  /** What is to be done at which millisecond, each list in the order in which it was planned. */
  readonly #agenda = new Map<Ms, (() => void)[]>();
  #nowMs: Ms = 0;

  constructor({ seed, overlay, latencyMs, keepsEvents }: OverlayNetworkOptions) {
    this.random = seededRandom(seed);
    this.options = { ...peerDefaults.lan.overlay, ...overlay };
    this.latencyMs = latencyMs ?? (() => 1);
    this.keepsEvents = keepsEvents ?? false;
  }

  get now(): Instant {
    return { monotonicMs: this.#nowMs, wallMs: this.#nowMs };
  }

  get living(): OverlayPeer[] {
    return [...this.peers.values()].filter(({ isAlive }) => isAlive);
  }

  /** A registered peer that begins to dial those it knows. */
  add(id: PeerId, known: readonly PeerEntry[] = [], incarnation = 1): OverlayPeer {
    const peer = new OverlayPeer(this, id, incarnation);
    this.peers.set(id, peer);
    peer.membership.learnAll(known);
    peer.overlay.start(this.now);
    return peer;
  }

  /** The process dies: its connections close at the other ends, dialling it is refused. */
  kill(peer: OverlayPeer): void {
    peer.die();
  }

  plan(afterMs: Ms, run: () => void): void {
    const atMs = this.#nowMs + Math.max(1, Math.ceil(afterMs));
    const planned = this.#agenda.get(atMs);
    if (planned === undefined) this.#agenda.set(atMs, [run]);
    else planned.push(run);
  }

  run(forMs: Ms): void {
    const endMs = this.#nowMs + forMs;
    while (this.#nowMs < endMs) {
      this.#nowMs += 1;
      const due = this.#agenda.get(this.#nowMs) ?? [];
      this.#agenda.delete(this.#nowMs);
      for (const run of due) run();
    }
  }

  /** The living peers' links as sets of peers that can reach each other, the largest first. */
  components(): PeerId[][] {
    const seen = new Set<PeerId>();
    const components: PeerId[][] = [];
    for (const { id } of this.living) {
      if (seen.has(id)) continue;
      seen.add(id);
      const component = [id];
      for (const member of component) {
        for (const neighbour of this.peers.get(member)?.neighbours() ?? []) {
          if (seen.has(neighbour) || this.peers.get(neighbour)?.isAlive !== true) continue;
          seen.add(neighbour);
          component.push(neighbour);
        }
      }
      components.push(component);
    }
    return components.sort((a, b) => b.length - a.length);
  }
}

/** One peer's overlay and links, and its end of the network. */
export class OverlayPeer implements LinkPolicy {
  readonly id: PeerId;
  readonly self: { readonly id: PeerId; incarnation: number; readonly session: string };
  readonly clusterId = 'test';
  readonly #neighbour: LinkHandler;
  readonly links: Links;
  readonly membership: Membership;
  readonly overlay: Overlay;
  readonly events: NodeEvent[] = [];
  /** How often the overlay asked for fresh Peer Lists. */
  isolations = 0;
  isAlive = true;
  readonly #network: OverlayNetwork;
  readonly #farEnds = new Map<LinkId, FarEnd>();
  #accepted = 0;

  constructor(network: OverlayNetwork, id: PeerId, incarnation: number) {
    this.#network = network;
    this.id = id;
    this.self = { id, incarnation, session: '' };
    const { options, random } = network;
    const effects = {
      send: (to: LinkId, outgoing: Outgoing) => this.#send(to, outgoing),
      schedule: (afterMs: Ms, timer: OverlayTimer | HandshakeDeadline) =>
        network.plan(afterMs, () => this.#onTimer(timer)),
      emit: (event: NodeEvent) => {
        if (network.keepsEvents) this.events.push(event);
      },
    };
    this.links = new Links(peerDefaults.lan.links, { policy: this, effects });
    const isNeighbour = (peer: PeerId) => this.overlay.linkTo(peer) !== undefined;
    this.membership = new Membership(
      { overlay: options, failureDetection: { memoryMax: 1_000 } },
      { effects, self: this.self, isNeighbour },
    );
    this.overlay = new Overlay(options, {
      effects,
      seeds: [],
      links: this.links,
      membership: this.membership,
      self: this.self,
      random,
      listener: { neighbourUp: () => undefined, neighbourDown: () => undefined },
      welcome: () => ({ type: 'WELCOME', from: this.#identity(), capabilities: [] }),
      isolated: () => {
        this.isolations += 1;
      },
    });
    const { overlay } = this;
    this.#neighbour = {
      up: (...args) => overlay.up(...args),
      down: (...args) => overlay.down(...args),
      failed: (...args) => overlay.failed(...args),
      message: () => undefined,
    };
  }

  handlerOf(purpose: LinkPurpose): LinkHandler | undefined {
    return purpose === 'neighbour' ? this.#neighbour : undefined;
  }

  neighbours(): PeerId[] {
    return Array.from(this.overlay.links(), ({ remote }) => remote.id);
  }

  /** Links up that this peer dialled. */
  get dialled(): number {
    return Array.from(this.overlay.links()).filter(({ direction }) => direction === 'dialled')
      .length;
  }

  /** As from a Peer List that has just come. */
  learn(peers: readonly PeerEntry[]): void {
    this.membership.learnAll(peers);
    this.overlay.membershipChanged(this.#network.now);
  }

  die(): void {
    this.isAlive = false;
    for (const link of [...this.#farEnds.keys()]) this.#cut(link);
  }

  hello(link: Link): ReturnType<LinkPolicy['hello']> {
    const { clusterId } = this;
    const from = this.#identity();
    const { purpose } = link;
    return { type: 'HELLO', version: protocolVersion, clusterId, purpose, from, capabilities: [] };
  }

  answer(...args: Parameters<LinkPolicy['answer']>): ReturnType<LinkPolicy['answer']> {
    return this.overlay.answer(...args);
  }

  stranger(): string {
    return 'another network';
  }

  #identity() {
    return { role: 'peer', id: this.id, incarnation: this.self.incarnation } as const;
  }

  #send(to: LinkId, outgoing: Outgoing): void {
    if (outgoing.type === 'OPEN') this.#open(to, outgoing.address);
    else if (outgoing.type === 'CLOSE') this.#cut(to);
    else {
      const far = this.#farEnds.get(to);
      if (far === undefined) return;
      const { peer, link, latencyMs } = far;
      const input: LinkInput = { type: 'message', link, message: outgoing };
      this.#network.plan(latencyMs, () => peer.#input(input));
    }
  }

  #open(link: LinkId, address: PeerId): void {
    const latencyMs = this.#network.latencyMs();
    this.#network.plan(latencyMs, () => {
      if (!this.isAlive) return;
      const other = this.#network.peers.get(address);
      if (other?.isAlive !== true) {
        const reason = 'connection refused';
        this.#input({ type: 'link-closed', link, cause: 'refused', reason });
        return;
      }
      // Closed before it was open: the link is forgotten, and so is its connection.
      if (this.links.get(link) === undefined) return;
      const theirs = other.#accept({ peer: this, link, latencyMs });
      this.#farEnds.set(link, { peer: other, link: theirs, latencyMs });
      other.#input({ type: 'link-opened', link: theirs });
      this.#input({ type: 'link-opened', link });
    });
  }

  #accept(far: FarEnd): LinkId {
    this.#accepted -= 1;
    this.#farEnds.set(this.#accepted, far);
    return this.#accepted;
  }

  /** This end is gone; the other one hears of it. */
  #cut(link: LinkId): void {
    const far = this.#farEnds.get(link);
    if (far === undefined) return;
    this.#farEnds.delete(link);
    const reason = 'closed by the other end';
    const closed: LinkInput = {
      type: 'link-closed',
      link: far.link,
      cause: 'closed-there',
      reason,
    };
    this.#network.plan(far.latencyMs, () => {
      far.peer.#farEnds.delete(far.link);
      far.peer.#input(closed);
    });
  }

  #input(input: LinkInput): void {
    if (this.isAlive) this.links.handle(input, this.#network.now);
  }

  #onTimer(timer: OverlayTimer | HandshakeDeadline): void {
    if (!this.isAlive) return;
    const { now } = this.#network;
    if (timer.type === 'overlay:repair-due') this.overlay.onTimer(timer, 0, now);
    else this.links.handle({ type: 'timer', timer, lateMs: 0 }, now);
  }
}
