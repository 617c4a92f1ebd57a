import { type FailureDetectionOptions, peerDefaults } from '../../src/core/config.ts';
import type { LinkCloseCause, LinkInput, Random } from '../../src/core/effects.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type { DialFailure, Link, LinkHandler } from '../../src/core/link/link.ts';
import { type HandshakeDeadline, type LinkPolicy, Links } from '../../src/core/link/links.ts';
import type {
  Hello,
  LinkId,
  LinkPurpose,
  Message,
  NeighbourMessage,
  PeerId,
  Refuse,
  Welcome,
} from '../../src/core/messages.ts';
import { FailureDetection, type FailureTimer } from '../../src/core/peer/failure-detection.ts';
import { Membership } from '../../src/core/peer/membership.ts';
import type { FailureListener, Neighbourhood, Reporter } from '../../src/core/peer/parts.ts';
import type { Instant, Ms } from '../../src/core/time.ts';
import { seededRandom } from './random.ts';
import { VirtualTime } from './virtual-time.ts';

export interface FailureNetworkOptions {
  readonly seed: number;
  readonly options?: Partial<FailureDetectionOptions>;
  /** One way's latency, drawn for each frame; frames of one direction keep their order. */
  readonly latencyMs?: (random: Random) => Ms;
  /** Whether a peer that lost a link dials another peer at once, as the overlay does. Default true. */
  readonly relinks?: boolean;
}

export interface Happening {
  readonly atMs: Ms;
  readonly at: PeerId;
  readonly event: NodeEvent;
}

type Timer = FailureTimer | HandshakeDeadline;

/** One direction's end of a connection, as its owner sees it. */
interface End {
  readonly owner: Member;
  readonly id: LinkId;
  other: End | undefined;
  isOpen: boolean;
  /** When the last frame to this end arrives: nothing overtakes it. */
  arrivesMs: Ms;
}

/**
 * Failure detections on real Links, over a modelled network, under virtual time: processes can be
 * killed, stopped and continued, hosts can vanish, ways between two hosts can break. Its seeds are
 * one that knows the truth and answers reports by it.
 */
export class FailureNetwork {
  readonly time = new VirtualTime();
  readonly happenings: Happening[] = [];
  readonly members = new Map<PeerId, Member>();
  readonly random: Random;
  readonly options: FailureDetectionOptions;
  readonly relinks: boolean;
  readonly #latencyMs: (random: Random) => Ms;
  readonly #cuts = new Set<string>();

  constructor({ seed, options, latencyMs = () => 1, relinks = true }: FailureNetworkOptions) {
    this.random = seededRandom(seed);
    this.options = { ...peerDefaults.lan.failureDetection, ...options };
    this.relinks = relinks;
    this.#latencyMs = latencyMs;
  }

  add(id: PeerId): Member {
    const member = new Member(id, this);
    this.members.set(id, member);
    for (const other of this.members.values()) {
      other.membership.learn({ id, incarnation: 1, rank: this.members.size });
      member.membership.learn({ id: other.id, incarnation: 1, rank: 1 });
    }
    member.detection.start(this.time.now());
    return member;
  }

  get(id: PeerId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no peer ${id}`);
    return member;
  }

  link(from: PeerId, to: PeerId): void {
    this.get(from).overlay.dial(to);
  }

  /** The process ends: its sockets close, and nobody listens at its address. */
  kill(id: PeerId): void {
    const member = this.get(id);
    member.state = 'killed';
    for (const end of member.ends.values()) this.#closeFrom(end, 'closed-there');
  }

  /** The host goes without a word: not even a refusal comes from it any more. */
  vanish(id: PeerId): void {
    this.get(id).state = 'vanished';
  }

  /** SIGSTOP, and SIGCONT after so long. */
  stop(id: PeerId, forMs: Ms): void {
    const member = this.get(id);
    member.state = 'stopped';
    this.time.schedule(forMs, () => member.resume());
  }

  /** Nothing passes between the two hosts any more. */
  cut(one: PeerId, other: PeerId): void {
    this.#cuts.add(`${one} ${other}`).add(`${other} ${one}`);
  }

  run(forMs: Ms): void {
    this.time.run(forMs);
  }

  // -------------------------------------------------------------- what members use

  open(from: Member, id: LinkId, address: PeerId, timeoutMs: Ms): void {
    const end: End = { owner: from, id, other: undefined, isOpen: true, arrivesMs: 0 };
    from.ends.set(id, end);
    const target = this.members.get(address);
    const isReachable = target !== undefined && target.state !== 'vanished';
    if (!isReachable || this.#isCut(from.id, address)) {
      this.time.schedule(timeoutMs, () => this.#closeEnd(end, 'unreachable'));
      return;
    }
    this.#later(() => {
      if (target.state === 'killed') {
        this.#later(() => this.#closeEnd(end, 'refused'));
        return;
      }
      const accepted: End = {
        owner: target,
        id: target.nextAccepted(),
        other: end,
        isOpen: true,
        arrivesMs: 0,
      };
      end.other = accepted;
      target.ends.set(accepted.id, accepted);
      target.input({ type: 'link-opened', link: accepted.id });
      this.#arrive(end, { type: 'link-opened', link: end.id });
    });
  }

  send(end: End, message: Message): void {
    const { other } = end;
    if (other !== undefined) this.#arrive(other, { type: 'message', link: other.id, message });
  }

  close(end: End): void {
    end.owner.ends.delete(end.id);
    end.isOpen = false;
    this.#closeFrom(end, 'closed-there');
  }

  /** The seed: 20 ms for the report and the decision, and it knows who lives. */
  report(by: Member, peer: PeerId, incarnation: number): void {
    const isDead = ['killed', 'vanished'].includes(this.get(peer).state);
    const outcome = isDead ? 'ok' : 'alive';
    const seed = 'seed:1';
    by.emit({ type: 'peer:reported', peer, incarnation, seed, text: '' });
    this.time.schedule(20, () => {
      const answer = { peer, incarnation, seed, outcome, reason: '' } as const;
      by.whenRunning((now) => by.detection.onReportAnswered(answer, now));
      if (!isDead) return;
      const confirmed = { type: 'DEAD_CONFIRMED', peer, incarnation, seed } as const;
      for (const member of this.members.values()) {
        member.whenRunning((now) => member.detection.confirmed(confirmed, seed, now));
      }
    });
  }

  #isCut(one: PeerId, other: PeerId): boolean {
    return this.#cuts.has(`${one} ${other}`);
  }

  #closeFrom(end: End, cause: LinkCloseCause): void {
    const { other } = end;
    if (other === undefined) return;
    this.#arrive(other, { type: 'link-closed', link: other.id, cause, reason: '' });
  }

  #closeEnd(end: End, cause: LinkCloseCause): void {
    if (!end.isOpen) return;
    end.isOpen = false;
    end.owner.ends.delete(end.id);
    end.owner.input({ type: 'link-closed', link: end.id, cause, reason: '' });
  }

  #arrive(end: End, input: LinkInput): void {
    const from = end.other?.owner;
    const nowMs = this.time.now().monotonicMs;
    end.arrivesMs = Math.max(end.arrivesMs, nowMs + this.#latencyMs(this.random));
    this.time.schedule(end.arrivesMs - nowMs, () => {
      if (from !== undefined && this.#isCut(from.id, end.owner.id)) return;
      if (from?.state === 'vanished') return;
      if (input.type === 'link-closed') this.#closeEnd(end, input.cause);
      else if (end.isOpen) end.owner.input(input);
    });
  }

  #later(run: () => void): void {
    this.time.schedule(this.#latencyMs(this.random), run);
  }
}

/** One peer: its Links, its failure detection, and the simplest overlay. */
export class Member implements LinkPolicy, FailureListener, Reporter {
  readonly clusterId = 'test';
  readonly id: PeerId;
  readonly network: FailureNetwork;
  readonly links: Links;
  readonly membership: Membership;
  readonly overlay: TestOverlay;
  readonly detection: FailureDetection;
  readonly ends = new Map<LinkId, End>();
  state: 'running' | 'stopped' | 'killed' | 'vanished' = 'running';
  readonly #self: { id: PeerId; incarnation: number; session: string };
  /** What came while it was stopped. */
  readonly #timersDue: { readonly atMs: Ms; readonly timer: Timer }[] = [];
  readonly #inputsDue: ((now: Instant) => void)[] = [];
  #accepted = 0;

  constructor(id: PeerId, network: FailureNetwork) {
    this.id = id;
    this.network = network;
    this.#self = { id, incarnation: 1, session: '' };
    const effects = {
      send: (link: LinkId, message: Parameters<Member['transmit']>[1]) =>
        this.transmit(link, message),
      schedule: (afterMs: Ms, timer: Timer) => this.#schedule(afterMs, timer),
      emit: (event: NodeEvent) => this.emit(event),
    };
    this.links = new Links(peerDefaults.lan.links, { policy: this, effects });
    this.membership = new Membership(
      { overlay: { knownPeersMax: 1000 }, failureDetection: { memoryMax: 1000 } },
      { effects: { emit: () => undefined }, self: this.#self },
    );
    this.overlay = new TestOverlay(this);
    const seeds = network.options.confirmation === 'seeds' ? { reporter: this } : {};
    this.detection = new FailureDetection(network.options, {
      effects,
      links: this.links,
      neighbourhood: this.overlay,
      membership: this.membership,
      self: this.#self,
      random: network.random,
      ...seeds,
      listener: this,
    });
  }

  handlerOf(purpose: LinkPurpose): LinkHandler | undefined {
    if (purpose === 'neighbour') return this.overlay;
    return purpose === 'probe' ? this.detection : undefined;
  }

  get isAlive(): boolean {
    return this.state === 'running' || this.state === 'stopped';
  }

  get now(): Instant {
    return this.network.time.now();
  }

  emit(event: NodeEvent): void {
    const atMs = this.now.monotonicMs;
    this.network.happenings.push({ atMs, at: this.id, event });
  }

  // -------------------------------------------------------------- inputs

  input(input: LinkInput): void {
    this.whenRunning((now) => this.links.handle(input, now));
  }

  whenRunning(run: (now: Instant) => void): void {
    if (this.state === 'running') run(this.now);
    else if (this.state === 'stopped') this.#inputsDue.push(run);
  }

  /** As Node does after a stall: timers first, then what there is to read. */
  resume(): void {
    if (this.state !== 'stopped') return;
    this.state = 'running';
    const nowMs = this.now.monotonicMs;
    for (const { atMs, timer } of this.#timersDue.splice(0)) this.#onTimer(timer, nowMs - atMs);
    for (const run of this.#inputsDue.splice(0)) run(this.now);
  }

  nextAccepted(): LinkId {
    this.#accepted += 1;
    return -this.#accepted;
  }

  // -------------------------------------------------------------- effects

  transmit(
    id: LinkId,
    message:
      | Message
      | { type: 'OPEN'; address: string; timeoutMs: Ms }
      | { type: 'CLOSE'; reason: string },
  ): void {
    if (message.type === 'OPEN') {
      this.network.open(this, id, message.address, message.timeoutMs);
      return;
    }
    const end = this.ends.get(id);
    if (end === undefined) return;
    if (message.type === 'CLOSE') this.network.close(end);
    else this.network.send(end, message);
  }

  #schedule(afterMs: Ms, timer: Timer): void {
    const atMs = this.now.monotonicMs + afterMs;
    this.network.time.schedule(afterMs, () => {
      if (this.state === 'running') this.#onTimer(timer, 0);
      else if (this.state === 'stopped') this.#timersDue.push({ atMs, timer });
    });
  }

  #onTimer(timer: Timer, lateMs: Ms): void {
    if (timer.type === 'link:handshake-deadline') {
      this.links.handle({ type: 'timer', timer, lateMs }, this.now);
    } else {
      this.detection.onTimer(timer, lateMs, this.now);
    }
  }

  // -------------------------------------------------------------- what the machines ask

  hello(link: Link): Hello {
    const { purpose } = link;
    const { clusterId } = this;
    return {
      type: 'HELLO',
      version: 1,
      clusterId,
      purpose,
      from: this.#identity(),
      capabilities: [],
    };
  }

  answer(hello: Hello): Welcome | Refuse {
    const { id, incarnation } = hello.from;
    const { membership, overlay } = this;
    if (hello.purpose === 'neighbour' && membership.isOver(id, incarnation)) {
      return { type: 'REFUSE', code: 'declared-dead', reason: '', candidates: [] };
    }
    if (hello.purpose === 'neighbour' && overlay.linkTo(id) !== undefined) {
      return { type: 'REFUSE', code: 'duplicate', reason: '', candidates: [] };
    }
    return { type: 'WELCOME', from: this.#identity(), capabilities: [] };
  }

  stranger(): string {
    return '';
  }

  report(report: Parameters<Reporter['report']>[0]): void {
    this.network.report(this, report.peer, report.incarnation);
  }

  dead(peer: PeerId, incarnation: number): void {
    this.membership.bury(peer, incarnation, 'dead');
    this.overlay.drop(peer, 'confirmed dead');
  }

  replaced(peer: PeerId): void {
    this.overlay.drop(peer, 'replaced');
  }

  selfDeclaredDead(): void {
    // Its seed knows better.
  }

  #identity(): Hello['from'] {
    const { id, incarnation } = this.#self;
    return { role: 'peer', id, incarnation };
  }
}

/** Links as the test makes them; one that is lost is replaced at once by one to any known peer. */
export class TestOverlay implements Neighbourhood, LinkHandler {
  readonly #member: Member;
  readonly #neighbours = new Map<PeerId, Link>();

  constructor(member: Member) {
    this.#member = member;
  }

  get degree(): number {
    return this.#neighbours.size;
  }

  links(): readonly Link[] {
    return [...this.#neighbours.values()];
  }

  linkTo(peer: PeerId): Link | undefined {
    return this.#neighbours.get(peer);
  }

  dial(peer: PeerId): void {
    this.#member.links.dial(peer, 'neighbour', this.#member.now);
  }

  drop(peer: PeerId, reason: string): void {
    const link = this.#neighbours.get(peer);
    if (link === undefined) return;
    this.#neighbours.delete(peer);
    this.#member.links.close(link, reason);
    const closed = { type: 'link-closed', link: link.id, cause: 'closed-here', reason } as const;
    this.#member.detection.neighbourDown(link, closed, this.#member.now);
    this.#relink(peer);
  }

  up(link: Link, _greeting: Hello | Welcome, now: Instant): void {
    const { id } = link.remote;
    if (this.#neighbours.has(id)) {
      this.#member.links.close(link, 'duplicate');
      return;
    }
    this.#neighbours.set(id, link);
    this.#member.detection.neighbourUp(link, now);
  }

  down(link: Link, closed: Parameters<LinkHandler['down']>[1], now: Instant): void {
    const { id } = link.remote;
    if (this.#neighbours.get(id) !== link) return;
    this.#neighbours.delete(id);
    this.#member.detection.neighbourDown(link, closed, now);
    this.#relink(id);
  }

  failed(link: Link, _failure: DialFailure): void {
    this.#relink(link.address);
  }

  message(link: Link, message: Message, now: Instant): void {
    this.#member.detection.onMessage(link, message as NeighbourMessage, now);
  }

  /** Any known peer but the one just lost, while this one has fewer than two links. */
  #relink(lost: PeerId): void {
    const { membership, network } = this.#member;
    if (!network.relinks || this.degree >= 2) return;
    const candidates = membership
      .ranked()
      .map(({ id }) => id)
      .filter((id) => id !== lost && !this.#neighbours.has(id));
    const chosen = candidates[Math.floor(network.random() * candidates.length)];
    if (chosen !== undefined) this.dial(chosen);
  }
}
