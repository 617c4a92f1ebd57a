import type { SeedOptions } from '../config.ts';
import type { Effects, LinkClosed, Random } from '../effects.ts';
import type { DialFailure, Link, LinkHandler } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type {
  DeadConfirmed,
  DeadReport,
  Hello,
  Incarnation,
  Intent,
  Leave,
  LinkId,
  Message,
  PeerId,
  PeerListRequest,
  Refuse,
  Register,
  RegisterValue,
  Renew,
  RenewResult,
  SeedId,
  Welcome,
} from '../messages.ts';
import type { Instant } from '../time.ts';
import type { Directory } from './directory.ts';
import type { Leases } from './leases.ts';
import type { OverlayView } from './overlay-view.ts';
import type { Ask, Outcome } from './proposal.ts';
import type { RemovalBrake } from './removal-brake.ts';
import { cut } from './sentence.ts';
import type { Standing } from './standing.ts';

export interface MembersDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly links: Pick<Links, 'get' | 'send' | 'violated'>;
  readonly random: Random;
  readonly self: SeedId;
  readonly standing: Standing;
  readonly committed: (peer: PeerId) => RegisterValue | undefined;
  readonly directory: Directory;
  readonly leases: Pick<Leases, 'heard'>;
  readonly overlay: Pick<OverlayView, 'report' | 'bridgeFor'>;
  readonly brake: Pick<RemovalBrake, 'allows'>;
  readonly propose: (peer: PeerId, intent: Intent, ask: Ask, now: Instant) => void;
  readonly welcome: () => Welcome;
}

const none: readonly never[] = [];

interface Member {
  readonly link: Link;
  /** The incarnation that this link has shown to belong to; 0 before. */
  incarnation: Incarnation;
  /** Whether it follows the Peer List here and not at another seed: who has not said yet, does. */
  follows: boolean;
}

/** Most characters of a death's evidence; reports are longer only by mistake. */
const evidenceCharsMax = 500;

/** The links with peers: their requests and the answers, and the deaths that they are told of. */
export class Members implements LinkHandler {
  readonly #options: SeedOptions;
  readonly #with: MembersDependencies;
  readonly #members = new Map<LinkId, Member>();

  constructor(options: SeedOptions, dependencies: MembersDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** Links with peers. */
  get size(): number {
    return this.#members.size;
  }

  // -------------------------------------------------------------- links

  answer(hello: Hello): Welcome | Refuse {
    if (hello.from.role !== 'peer') {
      const reason = `${hello.from.id} is a seed: it cannot be a member`;
      return { type: 'REFUSE', code: 'wrong-role', reason, candidates: [] };
    }
    if (this.#members.size < this.#options.membersMax) return this.#with.welcome();
    const reason = `${this.#members.size} peers are linked here already`;
    return { type: 'REFUSE', code: 'full', reason, candidates: [] };
  }

  up(link: Link): void {
    this.#members.set(link.id, { link, incarnation: 0, follows: true });
  }

  down(link: Link, _closed: LinkClosed): void {
    this.#members.delete(link.id);
  }

  failed(_link: Link, _failure: DialFailure): void {
    // Seeds never dial these links.
  }

  message(link: Link, message: Message, now: Instant): void {
    const member = this.#members.get(link.id);
    if (member === undefined) return;
    // RENEW says itself whose lease it keeps.
    if (member.incarnation > 0 && message.type !== 'RENEW') {
      this.#with.leases.heard(link.remote.id, member.incarnation, now);
    }
    switch (message.type) {
      case 'REGISTER':
      case 'RENEW':
      case 'LEAVE':
        return this.#onOwn(member, message, now);
      case 'PEER_LIST_REQUEST':
        return this.#onPeerListRequest(member, message);
      case 'DEAD_REPORT':
        return this.#onDeadReport(link, message, now);
      default:
        this.#with.links.violated(link, `${message.type} from a peer to a seed`, now);
    }
  }

  // -------------------------------------------------------------- requests

  /** Requests that a peer makes for itself only. */
  #onOwn(member: Member, message: Register | Renew | Leave, now: Instant): void {
    const { link } = member;
    if (message.peer !== link.remote.id) {
      const reason = `${message.type} for ${message.peer} from ${link.remote.id}`;
      this.#with.links.violated(link, reason, now);
      return;
    }
    switch (message.type) {
      case 'REGISTER':
        return this.#onRegister(link, message, now);
      case 'RENEW':
        return this.#onRenew(member, message, now);
      case 'LEAVE':
        return this.#onLeave(link, message, now);
    }
  }

  #onRegister(link: Link, register: Register, now: Instant): void {
    const { peer, session, metricsPort, request } = register;
    const told = metricsPort !== undefined && { metricsPort };
    this.#propose(link, peer, { type: 'register', session, ...told }, request, now);
  }

  #onLeave(link: Link, { peer, incarnation, session, request }: Leave, now: Instant): void {
    this.#propose(link, peer, { type: 'leave', incarnation, session }, request, now);
  }

  #onDeadReport(link: Link, report: DeadReport, now: Instant): void {
    const { peer, incarnation, reporter, corroborators, text, request } = report;
    if (reporter !== link.remote.id) {
      this.#with.links.violated(link, `a report of ${reporter} from ${link.remote.id}`, now);
      return;
    }
    const type = 'death:reported';
    this.#with.effects.emit({ type, peer, incarnation, reporter, corroborators, text });
    const current = this.#with.committed(peer);
    if (current?.status === 'alive' && current.incarnation === incarnation) {
      // Reports count for the brake even when no quorum can be had for them.
      this.#with.brake.allows(peer, incarnation, now);
    }
    const evidence = cut(`${reporter}: ${text}`, evidenceCharsMax);
    this.#propose(link, peer, { type: 'confirm-dead', incarnation, evidence }, request, now);
  }

  #propose(link: Link, peer: PeerId, intent: Intent, request: number, now: Instant): void {
    const ask: Ask = { link: link.id, request };
    const { refusal } = this.#with.standing;
    if (refusal === undefined) this.#with.propose(peer, intent, ask, now);
    else this.decided(peer, intent, [ask], refusal, now);
  }

  #onPeerListRequest(member: Member, { request, limit }: PeerListRequest): void {
    const { directory, random } = this.#with;
    member.follows = true;
    const peers = directory.sample(limit, random);
    const { size: total, digest } = directory;
    this.#with.links.send(member.link, { type: 'PEER_LIST', request, total, digest, peers });
  }

  /**
   * A seed that recovers does not know yet who is alive: 'unknown' would make every peer register
   * again. It says nothing, which the peer takes for a seed that is away.
   */
  #onRenew(member: Member, renew: Renew, now: Instant): void {
    if (!this.#with.standing.isVoting) return;
    const { peer, incarnation, neighbours, request, listed } = renew;
    member.follows = listed !== undefined;
    const status = this.#statusOf(peer, incarnation);
    if (status === 'alive') {
      this.#bind(member, incarnation, now);
      this.#with.overlay.report(peer, incarnation, neighbours, now);
    }
    const { size: total, digest } = this.#with.directory;
    const bridge = status === 'alive' ? this.#with.overlay.bridgeFor(peer) : none;
    const isBehind = listed !== undefined && listed !== digest;
    const changes = isBehind ? this.#with.directory.changesSince(listed) : undefined;
    const result: RenewResult = {
      type: 'RENEW_RESULT',
      request,
      status,
      total,
      digest,
      bridge,
    };
    this.#with.links.send(member.link, changes === undefined ? result : { ...result, changes });
  }

  /** An incarnation that a higher one has followed is dead, however it ended. */
  #statusOf(peer: PeerId, incarnation: Incarnation): RenewResult['status'] {
    const current = this.#with.committed(peer);
    if (current === undefined || current.incarnation < incarnation) return 'unknown';
    return current.incarnation === incarnation ? current.status : 'dead';
  }

  /** From now on, every frame over this link keeps this incarnation's lease. */
  #bind(member: Member, incarnation: Incarnation, now: Instant): void {
    member.incarnation = incarnation;
    this.#with.leases.heard(member.link.remote.id, incarnation, now);
  }

  // -------------------------------------------------------------- answers

  /** What was decided on an intent, to all who asked for it. */
  decided(
    peer: PeerId,
    intent: Intent,
    asks: readonly Ask[],
    outcome: Outcome,
    now: Instant,
  ): void {
    for (const { link: id, request } of asks) {
      const member = this.#members.get(id);
      if (member !== undefined) this.#answer(member, peer, intent, request, outcome, now);
    }
  }

  #answer(
    member: Member,
    peer: PeerId,
    intent: Intent,
    request: number,
    { code, reason, value }: Outcome,
    now: Instant,
  ): void {
    const { links } = this.#with;
    const { link } = member;
    switch (intent.type) {
      case 'register': {
        const incarnation = code === 'ok' ? (value?.incarnation ?? 0) : 0;
        if (incarnation > 0) this.#bind(member, incarnation, now);
        const type = 'REGISTER_RESULT';
        links.send(link, { type, request, outcome: code, reason, incarnation });
        return;
      }
      case 'leave':
        links.send(link, { type: 'LEAVE_RESULT', request, outcome: code, reason });
        return;
      case 'confirm-dead':
        // The reporter may have been away when the death was told to all.
        if (code === 'ok') links.send(link, this.#confirmation(peer, intent.incarnation, ''));
        links.send(link, { type: 'DEAD_REPORT_RESULT', request, outcome: code, reason });
    }
  }

  /** Tells every member that follows the Peer List here of a committed death; `seed` is the one that proposed it. */
  tellDeath(peer: PeerId, incarnation: Incarnation, seed: SeedId): void {
    const confirmation = this.#confirmation(peer, incarnation, seed);
    for (const { link, follows } of this.#members.values()) {
      if (follows) this.#with.links.send(link, confirmation);
    }
  }

  #confirmation(peer: PeerId, incarnation: Incarnation, seed: SeedId): DeadConfirmed {
    return { type: 'DEAD_CONFIRMED', peer, incarnation, seed: seed || this.#with.self };
  }
}
