import { type OverlayOptions, peerDefaults } from '../../src/core/config.ts';
import type { Outgoing } from '../../src/core/effects.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import { type HandshakeDeadline, type LinkPolicy, Links } from '../../src/core/link/links.ts';
import type {
  Incarnation,
  LinkId,
  NodeIdentity,
  PeerEntry,
  PeerId,
  Refuse,
} from '../../src/core/messages.ts';
import { protocolVersion } from '../../src/core/messages.ts';
import { Membership } from '../../src/core/peer/membership.ts';
import { Overlay, type OverlayTimer } from '../../src/core/peer/overlay.ts';
import type { Instant, Ms } from '../../src/core/time.ts';
import { seededRandom } from './random.ts';

export interface OverlayBenchOptions {
  readonly overlay?: Partial<OverlayOptions>;
  readonly id?: PeerId;
  /** Default 1; 0 is a peer that is not registered. */
  readonly incarnation?: Incarnation;
  readonly known?: readonly (PeerId | PeerEntry)[];
  readonly seed?: number;
  readonly seeds?: readonly PeerId[];
}

/**
 * One overlay with its links, and a test in the place of the network: it sees whom the peer dials
 * and what it sends, and says what becomes of it.
 */
export class OverlayBench {
  readonly self: { id: PeerId; incarnation: Incarnation; session: string };
  readonly membership: Membership;
  readonly overlay: Overlay;
  readonly events: NodeEvent[] = [];
  /** What neighbour listeners were told, like `up b` and `down b`. */
  readonly told: string[] = [];
  /** The PeerIds that said that this incarnation is dead. */
  readonly obituaries: PeerId[] = [];
  isolations = 0;
  readonly #links: Links;
  readonly #sent: { to: LinkId; outgoing: Outgoing }[] = [];
  readonly #timers: { atMs: Ms; timer: OverlayTimer }[] = [];
  #nowMs: Ms = 0;
  #accepted = 0;

  constructor(options: OverlayBenchOptions = {}) {
    const { id = 'm', incarnation = 1, known = [], seed = 1, seeds = [] } = options;
    this.self = { id, incarnation, session: '' };
    const { self } = this;
    const effects = {
      send: (to: LinkId, outgoing: Outgoing) => this.#sent.push({ to, outgoing }),
      schedule: (afterMs: Ms, timer: OverlayTimer | HandshakeDeadline) => {
        if (timer.type !== 'overlay:repair-due') return;
        this.#timers.push({ atMs: this.#nowMs + afterMs, timer });
      },
      emit: (event: NodeEvent) => this.events.push(event),
    };
    const overlayOptions = { ...peerDefaults.lan.overlay, ...options.overlay };
    this.#links = new Links(peerDefaults.lan.links, { policy: this.#policy(), effects });
    this.membership = new Membership(
      { overlay: overlayOptions, failureDetection: { memoryMax: 100 } },
      { effects, self },
    );
    this.overlay = new Overlay(overlayOptions, {
      effects,
      seeds,
      links: this.#links,
      membership: this.membership,
      self,
      random: seededRandom(seed),
      listener: {
        neighbourUp: (link) => this.told.push(`up ${link.remote.id}`),
        neighbourDown: (link) => this.told.push(`down ${link.remote.id}`),
      },
      welcome: () => ({ type: 'WELCOME', from: this.#identity(), capabilities: [] }),
      isolated: () => {
        this.isolations += 1;
      },
      declaredDead: (by) => this.obituaries.push(by),
    });
    this.membership.learnAll(known.map(entryOf));
  }

  get now(): Instant {
    return { monotonicMs: this.#nowMs, wallMs: this.#nowMs };
  }

  /** Starts the overlay and hands itself back. */
  started(): this {
    this.overlay.start(this.now);
    return this;
  }

  /** As from a Peer List. */
  learn(...peers: (PeerId | PeerEntry)[]): void {
    this.membership.learnAll(peers.map(entryOf));
    this.overlay.membershipChanged(this.now);
  }

  /** The peers whose dials are under way, in the order in which they were dialled. */
  get dialling(): PeerId[] {
    const under = [...this.#links.all()].filter(({ state }) => state !== 'up');
    return under.map(({ address }) => address).filter((address) => address !== '');
  }

  get neighbours(): PeerId[] {
    return Array.from(this.overlay.links(), ({ remote }) => remote.id).sort();
  }

  /** How many dials there were, whatever became of them. */
  get dials(): number {
    return this.#sent.filter(({ outgoing }) => outgoing.type === 'OPEN').length;
  }

  /** Types of what was sent to this peer over its present link (HELLO and orders left out). */
  sentTo(peer: PeerId): string[] {
    const link = this.overlay.linkTo(peer)?.id;
    const types = this.#sent.filter(({ to }) => to === link).map(({ outgoing }) => outgoing.type);
    return types.filter((type) => type !== 'OPEN' && type !== 'HELLO' && type !== 'WELCOME');
  }

  // -------------------------------------------------------------- what the network does

  /** The dial of this peer reaches it, and it answers WELCOME. */
  welcomes(peer: PeerId, from: Partial<NodeIdentity> = {}): void {
    const link = this.#reach(peer);
    const identity: NodeIdentity = { role: 'peer', id: peer, incarnation: 1, ...from };
    const message = { type: 'WELCOME', from: identity, capabilities: [] } as const;
    this.#links.handle({ type: 'message', link, message }, this.now);
  }

  refuses(peer: PeerId, code: Refuse['code'], candidates: readonly PeerEntry[] = []): void {
    const link = this.#reach(peer);
    const message: Refuse = { type: 'REFUSE', code, reason: '', candidates };
    this.#links.handle({ type: 'message', link, message }, this.now);
  }

  unreachable(peer: PeerId): void {
    const link = this.#dialOf(peer);
    const cause = 'unreachable';
    this.#links.handle({ type: 'link-closed', link, cause, reason: '' }, this.now);
  }

  /** Every dial under way is welcomed, also those that follow. */
  welcomesAll(): void {
    for (let next = this.dialling[0]; next !== undefined; next = this.dialling[0])
      this.welcomes(next);
  }

  /** This peer dials us: the answer is `WELCOME` or the code of the refusal. */
  greetedBy(id: PeerId, from: Partial<NodeIdentity> = {}): 'WELCOME' | Refuse['code'] {
    const answer = this.answerTo(id, from);
    return answer.type === 'REFUSE' ? answer.code : 'WELCOME';
  }

  answerTo(id: PeerId, from: Partial<NodeIdentity> = {}): Refuse | { readonly type: 'WELCOME' } {
    this.#accepted -= 1;
    const link = this.#accepted;
    this.#links.handle({ type: 'link-opened', link }, this.now);
    const message = {
      type: 'HELLO',
      version: protocolVersion,
      clusterId: 'test',
      purpose: 'neighbour',
      from: { role: 'peer', id, incarnation: 1, ...from },
      capabilities: [],
    } as const;
    this.#links.handle({ type: 'message', link, message }, this.now);
    for (const { to, outgoing } of this.#sent) {
      if (to !== link) continue;
      if (outgoing.type === 'REFUSE') return outgoing;
      if (outgoing.type === 'WELCOME') return { type: 'WELCOME' };
    }
    throw new Error(`no answer to the HELLO of ${id}`);
  }

  /** The connection to this neighbour breaks. */
  loses(peer: PeerId): void {
    const link = this.overlay.linkTo(peer);
    if (link === undefined) throw new Error(`${peer} is no neighbour`);
    const closed = { type: 'link-closed', link: link.id, cause: 'broken', reason: '' } as const;
    this.#links.handle(closed, this.now);
  }

  /** Time passes; the overlay's timers fire. */
  passes(forMs: Ms): void {
    const endMs = this.#nowMs + forMs;
    for (;;) {
      this.#timers.sort((a, b) => a.atMs - b.atMs);
      const next = this.#timers[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#timers.shift();
      this.#nowMs = next.atMs;
      this.overlay.onTimer(next.timer, 0, this.now);
    }
    this.#nowMs = endMs;
  }

  /** Whether the overlay waits for a timer. */
  get isWaiting(): boolean {
    return this.#timers.length > 0;
  }

  // -------------------------------------------------------------- helpers

  #policy(): LinkPolicy {
    return {
      clusterId: 'test',
      handlerOf: (purpose) =>
        purpose === 'neighbour'
          ? {
              up: (...args) => this.overlay.up(...args),
              down: (...args) => this.overlay.down(...args),
              failed: (...args) => this.overlay.failed(...args),
              message: () => undefined,
            }
          : undefined,
      hello: ({ purpose }) => ({
        type: 'HELLO',
        version: protocolVersion,
        clusterId: 'test',
        purpose,
        from: this.#identity(),
        capabilities: [],
      }),
      answer: (...args) => this.overlay.answer(...args),
      stranger: () => 'a stranger',
    };
  }

  #identity(): NodeIdentity {
    return { role: 'peer', id: this.self.id, incarnation: this.self.incarnation };
  }

  #reach(peer: PeerId): LinkId {
    const link = this.#dialOf(peer);
    this.#links.handle({ type: 'link-opened', link }, this.now);
    return link;
  }

  #dialOf(peer: PeerId): LinkId {
    for (const { id, address, state } of this.#links.all()) {
      if (address === peer && state !== 'up') return id;
    }
    throw new Error(`${peer} is not being dialled`);
  }
}

let nextRank = 0;

/** An entry for a name: incarnation 1, and ranks in the order in which the test mentions peers. */
function entryOf(peer: PeerId | PeerEntry): PeerEntry {
  if (typeof peer !== 'string') return peer;
  nextRank += 1;
  return { id: peer, incarnation: 1, rank: nextRank };
}
