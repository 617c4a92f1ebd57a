import type { OverlayOptions } from '../config.ts';
import type { Effects, LinkClosed, Random } from '../effects.ts';
import type { DialFailure, Link, LinkHandler } from '../link/link.ts';
import type { LinkPolicy, Links } from '../link/links.ts';
import type {
  Hello,
  Incarnation,
  LinkId,
  NodeIdentity,
  PeerEntry,
  PeerId,
  RefusalCode,
  Refuse,
  SeedId,
  Welcome,
} from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { drawOutDegree } from './attachment.ts';
import { Candidates } from './candidates.ts';
import { Dials } from './dials.ts';
import type { Membership } from './membership.ts';
import type { Neighbourhood, NeighbourListener, Outlets } from './parts.ts';
import { keepsOwn } from './rival-links.ts';
import type { Self } from './self.ts';

/** Fires when missing links are to be looked for again. There is one at a time, so none is stale. */
export interface OverlayTimer {
  readonly type: 'overlay:repair-due';
}

export interface OverlayDependencies {
  readonly effects: Effects<OverlayTimer>;
  readonly links: Pick<Links, 'dial' | 'send' | 'close'>;
  readonly membership: Pick<Membership, 'size' | 'get' | 'isOver' | 'ranked' | 'learn'>;
  readonly self: Self;
  /** None for a GossipNode. */
  readonly seeds: readonly SeedId[];
  readonly random: Random;
  readonly listener: NeighbourListener;
  /** What this peer answers to whom it lets in. */
  welcome(): Welcome;
  /** No neighbour is left though others are known: fresh Peer Lists are wanted. Once an episode. */
  isolated(now: Instant): void;
  /** Another peer holds this peer's incarnation for dead. */
  declaredDead?(by: PeerId, now: Instant): void;
}

/**
 * Whom this peer is linked with: it dials as many others as it has drawn, lets others in up to a
 * bound, and replaces what it loses.
 *
 * Why the overlay stays in one piece: every peer keeps at least `minDegree` links that it chose
 * itself, and out of all ages, not only among hubs (α < 1 leaves most of the weight to the many
 * young). For a part to come off, all links out of it must go at once; whoever lost some of these
 * dials others from the whole list that it knows, and a small part has little weight in it. The
 * hubs are no weak point either: their loss takes many links, but each was dialled by a peer that
 * dials another in its place, so an attack on the oldest leaves a random graph of out-degree 3 and
 * more, which is connected with high probability (Fenner, Frieze 1982), for as long as the attacker
 * is slower than a dial. What is torn apart nonetheless, the seeds see and bridge (`offer`).
 */
export class Overlay
  implements Neighbourhood, Outlets, Omit<LinkHandler, 'message'>, Pick<LinkPolicy, 'answer'>
{
  readonly #options: OverlayOptions;
  readonly #with: OverlayDependencies;
  /** Replaced on change. For so few links an array takes a third of a Map's room. */
  #neighbours: readonly Link[] = none;
  #linkIds: readonly LinkId[] = none;
  /** By peer, from when somebody asks until the next change: to go through all is to reach for each of them. */
  #byPeer: ReadonlyMap<PeerId, Link> | undefined;
  /** Their ids, likewise: they are told with every renewal. */
  #neighbourIds: readonly PeerId[] | undefined;
  /** Both made when this peer dials or refuses somebody first: one that resumes may never do so. */
  #openDials: Dials | undefined;
  #openCandidates: Candidates | undefined;
  /** 0 until `start`. */
  #outDegree = 0;
  /** Lost links that others had dialled, and no other has made up for: replaced by own dials. */
  #lostAccepted = 0;
  /** Failed dials since the last one that reached somebody. */
  #failuresInARow = 0;
  #isRepairDue = false;
  #isIsolated = false;
  #isStopping = false;

  constructor(options: OverlayOptions, dependencies: OverlayDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  get degree(): number {
    return this.#neighbours.length;
  }

  /** How many links this peer wants to dial; 0 until `start`. */
  get outDegree(): number {
    return this.#outDegree;
  }

  links(): readonly Link[] {
    return this.#neighbours;
  }

  linkIds(): readonly LinkId[] {
    return this.#linkIds;
  }

  neighbourIds(): readonly PeerId[] {
    this.#neighbourIds ??= this.#neighbours.map((link) => link.remote.id);
    return this.#neighbourIds;
  }

  linkTo(peer: PeerId): Link | undefined {
    this.#byPeer ??= new Map(this.#neighbours.map((link) => [link.remote.id, link]));
    return this.#byPeer.get(peer);
  }

  /** This peer is registered (again): draws the out-degree, the first time, and dials. */
  start(now: Instant): void {
    this.#outDegree ||= drawOutDegree(this.#options, this.#with.random);
    this.fill(now);
  }

  /** Instead of `start`, with neighbours that it has dialled and let in before. */
  resume(neighbours: readonly Link[], now: Instant): void {
    this.#setNeighbours(neighbours);
    this.start(now);
  }

  /** Leaving: dials and lets in nobody any more. The links stay up for the goodbyes. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Dials until as many links as wanted are up or under way, or nobody is left to dial. */
  fill(now: Instant): void {
    while (this.#missing > 0 && this.#dialsUnderWay < this.#options.dialsMax && this.#hasRoom) {
      const candidate = this.#candidates.next(now);
      if (candidate === undefined) break;
      this.#dial(candidate, now);
    }
    this.#scheduleRepair();
  }

  /** Peers became known. The first peers of a network find only so the links they still miss. */
  membershipChanged(now: Instant): void {
    this.fill(now);
  }

  /**
   * Known peers of another component: links with one of them, wanted or not, one dial at a time
   * until one is up. A peer that has no room leaves the bridge to others.
   */
  offer(peers: readonly PeerEntry[], now: Instant): void {
    this.#candidates.offer(peers);
    this.#dialOffered(now);
  }

  /** Ends the link with this peer, if there is one, and replaces it. */
  close(peer: PeerId, reason: string, now: Instant): void {
    const link = this.linkTo(peer);
    if (link === undefined) return;
    this.#with.links.close(link, reason);
    this.#lost(link, closedHere(link, reason), now);
  }

  /** This incarnation is over: ends the link with it, whether up or being dialled. */
  drop(peer: PeerId, incarnation: Incarnation, reason: string, now: Instant): void {
    const link = this.linkTo(peer);
    if (link !== undefined && link.remote.incarnation <= incarnation) this.close(peer, reason, now);
    const dial = this.#dials.get(peer);
    if (dial === undefined || this.#with.membership.get(peer) !== undefined) return;
    this.#with.links.close(dial, reason);
    this.#dials.end(dial);
    this.fill(now);
  }

  onTimer(_timer: OverlayTimer, _lateMs: Ms, now: Instant): void {
    this.#isRepairDue = false;
    this.#failuresInARow = 0;
    this.fill(now);
  }

  // -------------------------------------------------------------- links

  /** Judges a HELLO for purpose `neighbour`. */
  answer(hello: Hello, _link: Link, now: Instant): Welcome | Refuse {
    const { from } = hello;
    const { links, membership, self } = this.#with;
    const objection = this.#objectionTo(from);
    if (objection !== undefined) return objection;
    const own = this.linkTo(from.id) ?? this.#dials.get(from.id);
    if (own !== undefined && keepsOwn(own, from, self.id)) {
      // Should only this end believe that it is up, then sending over it finds that out.
      links.send(own, { type: 'PING', nonce: 0 });
      return refuse('duplicate', `the link that ${self.id} dialled to ${from.id} stays`);
    }
    if (own !== undefined) this.#yield(own, now);
    else if (!this.#hasRoomForOthers) return this.#full(from.id);
    membership.learn({ id: from.id, incarnation: from.incarnation, rank: 0 });
    return this.#with.welcome();
  }

  up(link: Link, _greeting: Hello | Welcome, now: Instant): void {
    if (link.direction === 'accepted') {
      if (this.#lostAccepted > 0) this.#lostAccepted -= 1;
      this.#linked(link, now);
      return;
    }
    this.#dials.end(link);
    this.#failuresInARow = 0;
    const fault = this.#faultOf(link);
    if (fault === undefined) {
      const { id, incarnation } = link.remote;
      this.#with.membership.learn({ id, incarnation, rank: 0 });
      this.#linked(link, now);
      return;
    }
    this.#with.links.close(link, fault);
    this.#dials.pause(link.address, 'short', now);
    this.#next(now);
  }

  down(link: Link, closed: LinkClosed, now: Instant): void {
    if (this.#neighbours.includes(link)) this.#lost(link, closed, now);
  }

  failed(link: Link, failure: DialFailure, now: Instant): void {
    if (!this.#dials.end(link)) return;
    const { code } = failure;
    this.#dials.pause(link.address, isLasting(code) ? 'long' : 'short', now);
    if (code === 'full') this.#candidates.suggest(failure.candidates);
    else this.#failuresInARow += 1;
    if (code === 'declared-dead') this.#with.declaredDead?.(link.address, now);
    this.#next(now);
  }

  // -------------------------------------------------------------- the table

  #setNeighbours(neighbours: readonly Link[]): void {
    this.#neighbours = neighbours;
    this.#linkIds = neighbours.map(({ id }) => id);
    this.#byPeer = undefined;
    this.#neighbourIds = undefined;
  }

  #linked(link: Link, now: Instant): void {
    const { id: peer, incarnation } = link.remote;
    this.#setNeighbours(this.#neighbours.concat(link));
    this.#dials.unpause(peer);
    this.#isIsolated = false;
    this.#candidates.linked(peer);
    const { id, direction } = link;
    const { degree } = this;
    this.#with.effects.emit({ type: 'link:up', link: id, peer, incarnation, direction, degree });
    this.#with.listener.neighbourUp(link, now);
    this.fill(now);
  }

  #unlinked(link: Link, closed: LinkClosed, now: Instant): void {
    const { id: peer, incarnation } = link.remote;
    this.#setNeighbours(this.#neighbours.filter((other) => other !== link));
    const { cause, reason } = closed;
    const { degree } = this;
    const event = { link: link.id, peer, incarnation, cause, reason, degree } as const;
    this.#with.effects.emit({ type: 'link:down', ...event });
    this.#with.listener.neighbourDown(link, closed, now);
  }

  /**
   * A neighbour is gone: another one takes its place at once. A link that this peer had dialled is
   * missing from its out-degree. One that it had accepted is owed by nobody, so it is replaced by an
   * own dial, too, but no more of these than `maxOutDegree` allows, and the next peer that dials
   * this one settles the debt: otherwise peers that come and go would leave ever more links behind.
   */
  #lost(link: Link, closed: LinkClosed, now: Instant): void {
    this.#unlinked(link, closed, now);
    if (!this.#isActive) return;
    if (link.direction === 'accepted' && this.#lostAccepted < this.#options.maxOutDegree) {
      this.#lostAccepted += 1;
    }
    // If it died, dialling it first would only delay its replacement.
    this.#dials.pause(link.remote.id, 'short', now);
    this.fill(now);
    if (this.degree === 0) this.#isolated(now);
  }

  /** Makes way for the link that the other end dialled. */
  #yield(own: Link, now: Instant): void {
    const reason = `${own.remote.id} dialled anew`;
    this.#with.links.close(own, reason);
    if (!this.#dials.end(own)) this.#unlinked(own, closedHere(own, reason), now);
  }

  #isolated(now: Instant): void {
    const { effects, membership, self } = this.#with;
    if (this.#isIsolated || membership.size === 0) return;
    this.#isIsolated = true;
    effects.emit({ type: 'overlay:isolated', peer: self.id, known: membership.size });
    this.#with.isolated(now);
  }

  // -------------------------------------------------------------- judging

  #objectionTo(from: NodeIdentity): Refuse | undefined {
    const { self, membership } = this.#with;
    const { id, incarnation } = from;
    if (from.role !== 'peer') return refuse('wrong-role', `${id} is a ${from.role}, not a peer`);
    if (id === self.id) return refuse('self', `${id} dialled itself`);
    if (this.#isStopping) return refuse('stopping', `${self.id} is leaving the network`);
    if (!this.#isActive) return refuse('starting', `${self.id} is not registered yet`);
    if (incarnation === 0) return refuse('starting', `${id} is not registered yet`);
    if (membership.isOver(id, incarnation)) {
      const reason = `incarnation ${incarnation} of ${id} is over: it must register again`;
      return refuse('declared-dead', reason);
    }
    return undefined;
  }

  #full(asking: PeerId): Refuse {
    const reason = `${this.#with.self.id} has all the ${this.#options.maxDegree} links it may have`;
    return { ...refuse('full', reason), candidates: this.#candidates.forOther(asking) };
  }

  /** Why a dialled link that was welcomed is not what was dialled for. */
  #faultOf(link: Link): string | undefined {
    const { role, id, incarnation } = link.remote;
    if (!this.#isActive) return 'this peer is no longer in the network';
    if (role !== 'peer' || id !== link.address) return `${link.address} answers as ${role} ${id}`;
    if (incarnation === 0) return `${id} is not registered`;
    if (this.#with.membership.isOver(id, incarnation)) {
      return `incarnation ${incarnation} of ${id} is over`;
    }
    return this.linkTo(id) !== undefined ? `${id} is linked already` : undefined;
  }

  // -------------------------------------------------------------- dialling

  /** A dial came to nothing: tries another one at once. */
  #next(now: Instant): void {
    this.#dialOffered(now);
    // Without a network all dials fail at once; then each round of repair tries a few, not all.
    if (this.#failuresInARow < this.#options.dialsMax) this.fill(now);
    else this.#scheduleRepair();
    if (this.degree === 0 && this.#dialsUnderWay === 0 && this.#isActive) this.#isolated(now);
  }

  #dial(candidate: PeerEntry, now: Instant): void {
    this.#dials.begin(this.#with.links.dial(candidate.id, 'neighbour', now));
  }

  #dialOffered(now: Instant): void {
    if (!this.#isActive || !this.#hasRoom) return;
    const offered = this.#candidates.nextOffered(now);
    if (offered !== undefined) this.#dial(offered, now);
  }

  /**
   * How many links are still to be dialled. Whatever is lost, this keeps the degree at `minDegree`
   * and above while there are candidates: the out-degree alone is never less.
   */
  get #missing(): number {
    if (!this.#isActive) return 0;
    let dialled = this.#dialsUnderWay;
    for (const { direction } of this.#neighbours) if (direction === 'dialled') dialled += 1;
    return Math.min(this.#outDegree + this.#lostAccepted, this.#options.maxOutDegree) - dialled;
  }

  get #hasRoom(): boolean {
    return this.degree + this.#dialsUnderWay < this.#options.maxDegree;
  }

  /** Room that this peer still wants for its own choice is kept: callers must not choose for it. */
  get #hasRoomForOthers(): boolean {
    const { maxDegree } = this.#options;
    const kept = Math.min(Math.max(0, this.#missing), Math.floor(maxDegree / 2));
    return this.degree + this.#dialsUnderWay + kept < maxDegree;
  }

  get #dials(): Dials {
    this.#openDials ??= new Dials(this.#options);
    return this.#openDials;
  }

  get #dialsUnderWay(): number {
    return this.#openDials?.size ?? 0;
  }

  get #candidates(): Candidates {
    if (this.#openCandidates === undefined) {
      const { membership, random, seeds, self } = this.#with;
      const seen = { membership, random, seeds, self, neighbourhood: this, dials: this.#dials };
      this.#openCandidates = new Candidates(this.#options, seen);
    }
    return this.#openCandidates;
  }

  get #isActive(): boolean {
    return this.#with.self.incarnation > 0 && this.#outDegree > 0 && !this.#isStopping;
  }

  /**
   * Only for peers that are left alone for a while, and for dials beyond `dialsMax`: all else that
   * could help (a peer learned, a link lost, a dial ended) calls `fill` itself. So a satisfied peer,
   * and one that is linked with all it knows, needs no timer.
   */
  #scheduleRepair(): void {
    const { membership, effects } = this.#with;
    if (this.#isRepairDue || this.#missing <= 0) return;
    if (!this.#hasRoom || membership.size <= this.degree + this.#dialsUnderWay) return;
    this.#isRepairDue = true;
    effects.schedule(this.#options.repairIntervalMs, repairDue);
  }
}

const none: readonly never[] = [];
const repairDue: OverlayTimer = { type: 'overlay:repair-due' };

/** Time does not heal these. */
function isLasting(code: DialFailure['code']): boolean {
  switch (code) {
    case 'wrong-version':
    case 'wrong-cluster':
    case 'wrong-role':
    case 'self':
    case 'stopping':
    case 'bad-frame':
      return true;
    default:
      return false;
  }
}

function refuse(code: RefusalCode, reason: string): Refuse {
  return { type: 'REFUSE', code, reason, candidates: [] };
}

function closedHere(link: Link, reason: string): LinkClosed {
  return { type: 'link-closed', link: link.id, cause: 'closed-here', reason };
}
