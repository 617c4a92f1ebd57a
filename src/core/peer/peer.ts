import type { PeerOptions } from '../config.ts';
import type { Effects, LinkClosed, Random, TimerFired } from '../effects.ts';
import type { DialFailure, Link, LinkHandler, StandingLink } from '../link/link.ts';
import { type LinkPolicy, Links } from '../link/links.ts';
import type {
  BodyCodec,
  DeadConfirmed,
  DigestText,
  Hello,
  Incarnation,
  Leave,
  LinkPurpose,
  Message,
  MessageId,
  NodeIdentity,
  PeerEntry,
  PeerId,
  PeerListChanges,
  Refuse,
  SeedId,
  Session,
  Welcome,
} from '../messages.ts';
import { protocolVersion } from '../messages.ts';
import type { Instant } from '../time.ts';
import { type Content, Dissemination } from './dissemination.ts';
import type { StuckLinkListener } from './doubts.ts';
import { FailureDetection } from './failure-detection.ts';
import type { PeerInput, PeerTimer } from './io.ts';
import { Membership } from './membership.ts';
import { Overlay } from './overlay.ts';
import type {
  FailureListener,
  NeighbourListener,
  RegistrationListener,
  ReportAnswer,
} from './parts.ts';
import { Registration } from './registration.ts';
import type { OverlayView } from './renewal.ts';
import type { Self } from './self.ts';

export interface PeerDependencies {
  readonly id: PeerId;
  readonly clusterId: string;
  /** Where to register; absent on a GossipNode. */
  readonly seeds?: readonly SeedId[];
  /** Incarnation of a peer without seeds: any number that is higher after a restart. */
  readonly ownIncarnation?: Incarnation;
  /** Where this host serves this peer's metrics, for the seeds to tell Prometheus. */
  readonly metricsPort?: number;
  readonly effects: Effects<PeerTimer>;
  readonly random: Random;
  readonly codec: BodyCodec;
  readonly digest: DigestText;
}

type Phase = 'new' | 'running' | 'leaving' | 'stopped';

const none: readonly never[] = [];

/**
 * One peer: the machines of registration, overlay, dissemination and failure detection, and the
 * routing between them. Everything comes in through `handle`, everything goes out as effects.
 *
 * It is itself what its machines are given as their dependencies, and their listener; the type of
 * each machine's dependencies says what of it that machine sees. So a peer, of which there may be
 * many in one process, holds no object but its machines.
 */
export class Peer
  implements
    LinkPolicy,
    LinkHandler,
    NeighbourListener,
    OverlayView,
    RegistrationListener,
    FailureListener,
    StuckLinkListener
{
  // What every input looks at comes first, and so lies side by side.
  #phase: Phase = 'new';
  readonly links: Links;
  readonly dissemination: Dissemination;
  readonly failureDetection: FailureDetection;
  readonly overlay: Overlay;
  readonly effects: Effects<PeerTimer>;
  readonly codec: BodyCodec;
  readonly registration: Registration | undefined;
  readonly membership: Membership;
  readonly self: Self & { incarnation: Incarnation; session: Session };
  readonly random: Random;
  readonly clusterId: string;
  readonly seeds: readonly SeedId[];
  readonly #digest: DigestText;
  readonly #ownIncarnation: Incarnation;
  /** What every greeting says; both ends of a link keep it, so there is one object for all links. */
  #identity: NodeIdentity | undefined;

  constructor(options: PeerOptions, dependencies: PeerDependencies) {
    this.clusterId = dependencies.clusterId;
    this.seeds = dependencies.seeds ?? none;
    this.effects = dependencies.effects;
    this.random = dependencies.random;
    this.codec = dependencies.codec;
    this.#digest = dependencies.digest;
    this.#ownIncarnation = dependencies.ownIncarnation ?? 0;
    const { id, metricsPort } = dependencies;
    const told = metricsPort !== undefined && { metricsPort };
    this.self = { id, incarnation: 0, session: '', ...told };
    this.links = new Links(options.links, { policy: this, effects: this.effects });
    this.membership = new Membership(options, this);
    this.overlay = new Overlay(options.overlay, this);
    this.dissemination = new Dissemination(options.dissemination, this);
    this.registration = dependencies.seeds && new Registration(options.registration, this);
    this.failureDetection = new FailureDetection(options.failureDetection, this);
  }

  get id(): PeerId {
    return this.self.id;
  }

  /** 0 while not registered. */
  get incarnation(): Incarnation {
    return this.self.incarnation;
  }

  get neighbourhood(): Overlay {
    return this.overlay;
  }

  get reporter(): Registration | undefined {
    return this.registration;
  }

  get listener(): this {
    return this;
  }

  get view(): OverlayView {
    return this;
  }

  handle(input: PeerInput, now: Instant): void {
    if (this.#phase === 'stopped') return;
    switch (input.type) {
      case 'message':
      case 'link-opened':
      case 'link-closed':
        return this.links.handle(input, now);
      case 'link-overflowed':
        return this.#onOverflow(input.link, input.frames, input.bytes, now);
      case 'timer':
        return this.#onTimer(input, now);
      case 'start':
        return this.#start(now);
      case 'resume':
        return this.#resume(input.links, now);
      case 'publish':
        this.publish(input.content, now);
        return;
      case 'peers-found':
        return this.#peersFound(input.peers, now);
      case 'leave':
        return this.#leave(now);
      case 'stop':
        return this.#stop(now);
    }
  }

  /** The `publish` input, for callers that want the id. */
  publish(content: Content, now: Instant): MessageId {
    return this.dissemination.publish(content, now);
  }

  // -------------------------------------------------------------- life

  #start(now: Instant): void {
    if (this.#phase !== 'new') return;
    this.#phase = 'running';
    this.effects.emit({ type: 'node:started', role: 'peer', id: this.self.id });
    if (this.registration) this.registration.start(now);
    else this.registered(this.#ownIncarnation, now);
  }

  /** Nothing has been published yet, and nobody has fallen silent: of its machines only these two have a past. */
  #resume(standing: readonly StandingLink[], now: Instant): void {
    if (this.#phase !== 'new') return;
    this.#phase = 'running';
    this.#become(this.#ownIncarnation);
    const links = this.links.resume(standing, now);
    this.membership.resume(links);
    this.overlay.resume(links, now);
    this.failureDetection.start(now);
  }

  #peersFound(peers: readonly PeerId[], now: Instant): void {
    // Addresses alone: their incarnations become known with the first WELCOME.
    const entries = peers.map((id, index) => ({ id, incarnation: 0, rank: index + 1 }));
    this.peersLearned(entries, now);
  }

  #leave(now: Instant): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'leaving';
    this.failureDetection.stop();
    this.overlay.stop();
    const { id: peer, incarnation } = this.self;
    const leave: Leave = { type: 'LEAVE', request: 0, peer, incarnation, session: '' };
    for (const link of this.overlay.links()) this.links.send(link, leave);
    if (this.registration) this.registration.leave(now);
    else this.leaveEnded(true, '', now);
  }

  #stop(now: Instant): void {
    this.#phase = 'stopped';
    for (const link of [...this.links.all()]) this.links.close(link, 'this peer is stopping');
    this.registration?.stop(now);
  }

  // -------------------------------------------------------------- what the seeds say

  registered(incarnation: Incarnation, now: Instant): void {
    this.#become(incarnation);
    this.overlay.start(now);
    this.failureDetection.start(now);
  }

  peersLearned(peers: readonly PeerEntry[], now: Instant): void {
    this.membership.learnAll(peers);
    this.overlay.membershipChanged(now);
  }

  listReplaced(peers: readonly PeerEntry[], now: Instant): void {
    this.membership.forgetOthers(peers);
    this.peersLearned(peers, now);
  }

  /** Most deaths are known already: the followed seed has told them at once. */
  listChanged({ joined, gone }: PeerListChanges, seed: SeedId, now: Instant): void {
    for (const { id: peer, incarnation, status } of gone) {
      if (this.membership.isOver(peer, incarnation)) continue;
      if (status === 'left') this.#left(peer, incarnation, now);
      else this.deadConfirmed({ type: 'DEAD_CONFIRMED', peer, incarnation, seed }, seed, now);
    }
    if (joined.length > 0) this.peersLearned(joined, now);
  }

  bridgeOffered(peers: readonly PeerEntry[], now: Instant): void {
    this.membership.learnAll(peers);
    this.overlay.offer(peers, now);
  }

  /** Our links carry an incarnation that is over: neighbours would drop them anyway. */
  removed(_status: 'dead' | 'left' | 'unknown', seed: SeedId, now: Instant): void {
    const { incarnation } = this.self;
    this.effects.emit({ type: 'self:declared-dead', incarnation, from: seed });
    this.#become(0);
    for (const link of this.overlay.links()) {
      this.overlay.close(link.remote.id, 'this incarnation is over, a new one follows', now);
    }
  }

  deadConfirmed(confirmed: DeadConfirmed, seed: SeedId, now: Instant): void {
    // While it is not settled which seed is followed, more than one tells a death.
    const { peer, incarnation } = confirmed;
    if (this.membership.isBuried(peer, incarnation) && !this.isNeighbour(peer)) return;
    this.failureDetection.confirmed(confirmed, seed, now);
  }

  reportAnswered(answer: ReportAnswer, now: Instant): void {
    this.failureDetection.onReportAnswered(answer, now);
  }

  leaveEnded(committed: boolean, reason: string, _now: Instant): void {
    const { incarnation } = this.self;
    this.effects.emit({ type: 'self:left', incarnation, committed, reason });
  }

  // -------------------------------------------------------------- what failure detection says

  dead(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    this.membership.bury(peer, incarnation, 'dead');
    this.overlay.drop(peer, incarnation, 'confirmed dead', now);
  }

  replaced(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    this.overlay.drop(peer, incarnation, 'replaced by a newer incarnation', now);
  }

  /** A fresh dial reaches it, this link does not: another one takes the link's place. */
  stuck(link: Link, now: Instant): void {
    this.overlay.close(link.remote.id, 'the link carries nothing', now);
  }

  selfDeclaredDead(_incarnation: Incarnation, _from: string, now: Instant): void {
    this.registration?.refresh(now);
  }

  // -------------------------------------------------------------- what the overlay says

  neighbourUp(link: Link, now: Instant): void {
    this.failureDetection.neighbourUp(link, now);
    this.dissemination.neighbourUp(link, now);
  }

  neighbourDown(link: Link, closed: LinkClosed, now: Instant): void {
    this.dissemination.neighbourDown(link, closed, now);
    this.failureDetection.neighbourDown(link, closed, now);
  }

  isolated(now: Instant): void {
    this.registration?.refresh(now);
  }

  declaredDead(_by: PeerId, now: Instant): void {
    this.registration?.refresh(now);
  }

  isNeighbour(peer: PeerId): boolean {
    return this.overlay.linkTo(peer) !== undefined;
  }

  neighbourIds(): readonly PeerId[] {
    return this.overlay.neighbourIds();
  }

  peerCount(): number {
    return this.membership.size;
  }

  // -------------------------------------------------------------- greetings

  handlerOf(purpose: LinkPurpose): LinkHandler | undefined {
    switch (purpose) {
      case 'neighbour':
        return this;
      case 'member':
        return this.registration;
      case 'probe':
        return this.failureDetection;
      case 'seed':
        return undefined;
    }
  }

  hello(link: Link): Hello {
    return {
      type: 'HELLO',
      version: protocolVersion,
      clusterId: this.clusterId,
      purpose: link.purpose,
      from: this.#introduction(),
      capabilities: none,
    };
  }

  answer(hello: Hello, link: Link, now: Instant): Welcome | Refuse {
    switch (hello.purpose) {
      case 'neighbour':
        return this.overlay.answer(hello, link, now);
      case 'probe':
        return this.#answerProbe(hello);
      case 'member':
      case 'seed':
        return refuse('wrong-role', `${this.id} is a peer, not a seed: is the seed list right?`);
    }
  }

  stranger(hello: Hello): string {
    return `${hello.from.id} belongs to another network than ${this.id}: use the same config.txt for both`;
  }

  /** Anyone may ask whether we live; whoever knows our session can check that it is really us. */
  #answerProbe(hello: Hello): Welcome {
    const { challenge } = hello;
    if (challenge === undefined) return this.welcome();
    return { ...this.welcome(), proof: this.#digest(`${this.self.session}:${challenge}`) };
  }

  welcome(): Welcome {
    return { type: 'WELCOME', from: this.#introduction(), capabilities: none };
  }

  // -------------------------------------------------------------- links with neighbours

  up(link: Link, greeting: Hello | Welcome, now: Instant): void {
    this.overlay.up(link, greeting, now);
  }

  down(link: Link, closed: LinkClosed, now: Instant): void {
    this.overlay.down(link, closed, now);
  }

  failed(link: Link, failure: DialFailure, now: Instant): void {
    this.overlay.failed(link, failure, now);
  }

  message(link: Link, message: Message, now: Instant): void {
    switch (message.type) {
      case 'GOSSIP':
        return this.dissemination.onGossip(link, message, now);
      case 'IHAVE':
        return this.dissemination.onIHave(link, message, now);
      case 'IWANT':
        return this.dissemination.onIWant(link, message, now);
      case 'LEAVE':
        return this.#onLeave(link, message, now);
      case 'PING':
      case 'PONG':
      case 'PROBE':
      case 'PROBE_RESULT':
      case 'SUSPECT_NOTICE':
      case 'REFUTE':
      case 'DEAD_CONFIRMED':
        return this.failureDetection.onMessage(link, message, now);
      default:
        // The wire knows this frame, but it has no business between neighbours.
        this.links.violated(link, `${message.type} on a link between peers`, now);
    }
  }

  /**
   * A leave is told on, once, so that peers further away hear of it, too. Where there are seeds, those
   * hear of it with the Peer List's changes.
   */
  #onLeave(link: Link, leave: Leave, now: Instant): void {
    const { peer, incarnation } = leave;
    const isItself = peer === link.remote.id;
    // A neighbour says itself that it leaves; of one that is linked here nobody else is believed.
    if (!isItself && this.overlay.linkTo(peer) !== undefined) return;
    if (isItself) this.links.markFarewell(link);
    const isNews = this.#left(peer, incarnation, now);
    if (!isNews || this.registration !== undefined) return;
    for (const other of this.overlay.links()) if (other !== link) this.links.send(other, leave);
  }

  /** Returns whether that is news. */
  #left(peer: PeerId, incarnation: Incarnation, now: Instant): boolean {
    const isNews = this.membership.bury(peer, incarnation, 'left');
    this.failureDetection.peerLeft(peer, incarnation, now);
    this.overlay.drop(peer, incarnation, 'it left', now);
    return isNews;
  }

  #onOverflow(id: number, frames: number, bytes: number, now: Instant): void {
    const link = this.links.get(id);
    if (link?.purpose === 'neighbour') this.dissemination.onOverflow(link, frames, bytes, now);
  }

  #onTimer(input: TimerFired<PeerTimer>, now: Instant): void {
    const { timer, lateMs } = input;
    if (isOf('link:', timer)) this.links.handle({ type: 'timer', timer, lateMs }, now);
    else if (isOf('overlay:', timer)) this.overlay.onTimer(timer, lateMs, now);
    else if (isOf('failure:', timer)) this.failureDetection.onTimer(timer, lateMs, now);
    else if (isOf('dissemination:', timer)) this.dissemination.onTimer(timer, lateMs, now);
    else this.registration?.onTimer(timer, lateMs, now);
  }

  #become(incarnation: Incarnation): void {
    this.self.incarnation = incarnation;
    this.#identity = undefined;
  }

  #introduction(): NodeIdentity {
    const { id, incarnation } = this.self;
    this.#identity ??= { role: 'peer', id, incarnation };
    return this.#identity;
  }

  newSession(): Session {
    const words = Array.from({ length: 4 }, () => Math.floor(this.random() * 2 ** 32));
    const session = words.map((word) => word.toString(16).padStart(8, '0')).join('');
    this.self.session = session;
    return session;
  }
}

function isOf<Prefix extends string, Timer extends { readonly type: string }>(
  prefix: Prefix,
  timer: Timer,
): timer is Extract<Timer, { readonly type: `${Prefix}${string}` }> {
  return timer.type.startsWith(prefix);
}

function refuse(code: Refuse['code'], reason: string): Refuse {
  return { type: 'REFUSE', code, reason, candidates: [] };
}
