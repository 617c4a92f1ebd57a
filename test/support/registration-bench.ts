import { peerDefaults, type RegistrationOptions } from '../../src/core/config.ts';
import type { Effects } from '../../src/core/effects.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type { Link } from '../../src/core/link/link.ts';
import type {
  DeadReport,
  Incarnation,
  Message,
  PeerEntry,
  PeerListChanges,
  RefusalCode,
  RenewResult,
  SeedId,
  SeedRefusal,
} from '../../src/core/messages.ts';
import type { RegistrationListener, ReportAnswer } from '../../src/core/peer/parts.ts';
import { Registration, type RegistrationTimer } from '../../src/core/peer/registration.ts';
import type { Instant, Ms } from '../../src/core/time.ts';

/** How one seed behaves from now on. `silent`: it says nothing, ever. */
export interface SeedScript {
  dial: 'up' | 'refused' | 'silent' | RefusalCode;
  register: 'ok' | SeedRefusal | 'silent';
  incarnation: Incarnation;
  renew: RenewResult['status'] | 'silent';
  list: 'answer' | 'silent';
  digest: string;
  peers: readonly PeerEntry[];
  /** What has changed of the list since the peer saw it. */
  changes: PeerListChanges | undefined;
  bridge: readonly PeerEntry[];
  report: 'ok' | SeedRefusal | 'silent';
  leave: 'ok' | SeedRefusal | 'silent';
}

const willing: SeedScript = {
  dial: 'up',
  register: 'ok',
  incarnation: 1,
  renew: 'alive',
  list: 'answer',
  digest: 'd1',
  peers: [],
  changes: undefined,
  bridge: [],
  report: 'ok',
  leave: 'ok',
};

export interface BenchOptions {
  readonly seeds?: number;
  readonly options?: Partial<RegistrationOptions>;
  /** Default: the largest number, with which all orders are those of the seed list. */
  readonly random?: () => number;
  /** What a listener call sets off in the peer, synchronously. */
  readonly on?: Partial<RegistrationListener>;
}

type MutableLink = { -readonly [Key in keyof Link]: Link[Key] };

/** What a seed got or gave; `at` is virtual time. */
export interface Sent {
  readonly at: Ms;
  readonly seed: SeedId;
  readonly message: Message;
}

const hopMs = 1;
const handshakeMs = 8000;

/**
 * A Registration among scripted seeds, in virtual time: dials and answers take a millisecond each
 * way. Everything that the machine does is kept: messages, events, calls of the listener, and all
 * of it in `log` as text.
 */
export class RegistrationBench {
  readonly registration: Registration;
  readonly self = { id: 'peer:1', incarnation: 0, session: '' };
  readonly sent: Sent[] = [];
  readonly answered: Sent[] = [];
  readonly events: NodeEvent[] = [];
  readonly calls: (readonly [keyof RegistrationListener, ...unknown[]])[] = [];
  readonly dials: { readonly at: Ms; readonly seed: SeedId }[] = [];
  readonly log: string[] = [];
  readonly options: RegistrationOptions;
  neighbours: string[] = [];
  /** Called when a seed is dialled or asked, before it acts: the place to change its script. */
  before: ((seed: SeedId, what: 'dial' | Message['type']) => void) | undefined;

  readonly #scripts = new Map<SeedId, SeedScript>();
  readonly #links: MutableLink[] = [];
  readonly #queue: { readonly at: Ms; readonly run: () => void }[] = [];
  readonly #on: Partial<RegistrationListener>;
  #nowMs = 0;
  #dialled = 0;
  #sessions = 0;

  constructor({ seeds = 3, options = {}, random = () => 0.999, on = {} }: BenchOptions = {}) {
    this.options = { ...peerDefaults.lan.registration, ...options };
    this.#on = on;
    for (let n = 1; n <= seeds; n += 1) this.#scripts.set(`seed${n}`, { ...willing });
    const effects: Effects<RegistrationTimer> = {
      send: () => {
        throw new Error('the registration sends over Links only');
      },
      schedule: (afterMs, timer) => {
        const due = this.#nowMs + afterMs;
        this.#after(afterMs, () => this.registration.onTimer(timer, this.#nowMs - due, this.now()));
      },
      emit: (event) => {
        this.events.push(event);
        this.#note(`${event.type} ${detail(event)}`);
      },
    };
    this.registration = new Registration(this.options, {
      effects,
      links: {
        dial: (seed) => this.#dial(seed),
        send: (link, message) => this.#send(link, message),
        close: (link, reason) => this.#close(link, reason),
      },
      self: this.self,
      seeds: [...this.#scripts.keys()],
      random,
      newSession: () => this.#newSession(),
      view: { neighbourIds: () => this.neighbours, peerCount: () => 7 },
      listener: this.#listener(),
    });
  }

  now(): Instant {
    return { monotonicMs: this.#nowMs, wallMs: 1_700_000_000_000 + this.#nowMs };
  }

  /** Changes how a seed (or all of them) behaves. */
  script(seed: SeedId | 'all', change: Partial<SeedScript>): void {
    const seeds = seed === 'all' ? [...this.#scripts.keys()] : [seed];
    for (const name of seeds) Object.assign(this.#scriptOf(name), change);
  }

  start(): void {
    this.registration.start(this.now());
  }

  /** Starts and runs until registered and settled; fails when that takes longer than a second. */
  startRegistered(): void {
    this.start();
    this.run(1000);
    if (this.of('peer:registered').length !== 1) throw new Error('not registered within 1 s');
  }

  /** Lets time pass, with all that falls due. */
  run(ms: Ms): void {
    const end = this.#nowMs + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#nowMs = next.at;
      next.run();
    }
    this.#nowMs = end;
  }

  report(peer = 'dead:1', incarnation = 4): void {
    this.registration.report(deathOf(peer, incarnation), this.now());
  }

  leave(): void {
    this.registration.leave(this.now());
  }

  /** The link to this seed breaks. */
  cut(seed: SeedId): void {
    const link = this.#linkTo(seed);
    this.#forget(link);
    const cause = 'broken';
    const closed = { type: 'link-closed', link: link.id, cause, reason: 'cut' } as const;
    this.registration.down(link, closed, this.now());
  }

  /** A message from this seed that no script foresees. */
  deliver(seed: SeedId, message: Message): void {
    this.registration.message(this.#linkTo(seed), message, this.now());
  }

  /** Seeds with a link that is up, in the order of the seed list. */
  linked(): SeedId[] {
    const up = this.#links.filter((link) => link.state === 'up').map((link) => link.address);
    return [...this.#scripts.keys()].filter((seed) => up.includes(seed));
  }

  /** The messages of one type that were sent. */
  got<Type extends Message['type']>(
    type: Type,
  ): (Extract<Message, { type: Type }> & Pick<Sent, 'at' | 'seed'>)[] {
    return this.sent.flatMap(({ at, seed, message }) =>
      message.type === type ? [{ ...(message as Extract<Message, { type: Type }>), at, seed }] : [],
    );
  }

  /** The events of one type. */
  of<Type extends NodeEvent['type']>(type: Type): Extract<NodeEvent, { type: Type }>[] {
    return this.events.filter(
      (event): event is Extract<NodeEvent, { type: Type }> => event.type === type,
    );
  }

  /** The arguments, without the time, of the calls of one of the listener's methods. */
  heard(call: keyof RegistrationListener): unknown[][] {
    return this.calls.filter(([name]) => name === call).map(([, ...rest]) => rest);
  }

  /** What the log gained while `act` ran. */
  during(act: () => void): string {
    const from = this.log.length;
    act();
    return this.log.slice(from).join('\n');
  }

  #newSession(): string {
    this.#sessions += 1;
    this.self.session = `session${this.#sessions}`;
    return this.self.session;
  }

  #listener(): RegistrationListener {
    const heard = <Name extends keyof RegistrationListener>(
      name: Name,
      text: string,
      ...rest: unknown[]
    ): void => {
      this.calls.push([name, ...rest]);
      this.#note(`  -> ${name} ${text}`);
    };
    return {
      registered: (incarnation, now) => {
        this.self.incarnation = incarnation;
        heard('registered', String(incarnation), incarnation);
        this.#on.registered?.(incarnation, now);
      },
      listReplaced: (peers) => heard('listReplaced', names(peers), peers),
      peersLearned: (peers, now) => {
        heard('peersLearned', names(peers), peers);
        this.#on.peersLearned?.(peers, now);
      },
      listChanged: (changes, seed, now) => {
        heard('listChanged', names(changes.joined), changes, seed);
        this.#on.listChanged?.(changes, seed, now);
      },
      bridgeOffered: (peers, now) => {
        heard('bridgeOffered', names(peers), peers);
        this.#on.bridgeOffered?.(peers, now);
      },
      removed: (status, seed, now) => {
        heard('removed', `${status} (${seed})`, status, seed);
        this.#on.removed?.(status, seed, now);
      },
      deadConfirmed: (confirmed, seed, now) => {
        heard('deadConfirmed', `${confirmed.peer} (${seed})`, confirmed, seed);
        this.#on.deadConfirmed?.(confirmed, seed, now);
      },
      reportAnswered: (answer: ReportAnswer, now) => {
        heard('reportAnswered', `${answer.peer} ${answer.outcome} (${answer.seed})`, answer);
        this.#on.reportAnswered?.(answer, now);
      },
      leaveEnded: (committed, reason, now) => {
        heard('leaveEnded', `${committed} ${reason}`, committed, reason);
        this.#on.leaveEnded?.(committed, reason, now);
      },
    };
  }

  #dial(seed: SeedId): Link {
    this.#dialled += 1;
    const link: MutableLink = {
      id: this.#dialled,
      direction: 'dialled',
      address: seed,
      purpose: 'member',
      state: 'dialling',
      remote: { role: 'peer', id: seed, incarnation: 0 },
      lastHeardMs: this.#nowMs,
      farewell: false,
    };
    this.#links.push(link);
    this.dials.push({ at: this.#nowMs, seed });
    this.#note(`  ${seed} <- (dial)`);
    this.before?.(seed, 'dial');
    const { dial } = this.#scriptOf(seed);
    this.#after(dial === 'silent' ? handshakeMs : hopMs, () => this.#dialEnds(link, dial));
    return link;
  }

  #dialEnds(link: MutableLink, dial: SeedScript['dial']): void {
    if (link.state !== 'dialling') return;
    if (dial === 'up') {
      link.state = 'up';
      this.registration.up(link);
      return;
    }
    this.#forget(link);
    const code = dial === 'silent' ? 'handshake-timeout' : dial;
    this.registration.failed(link, { code, reason: `script: ${dial}`, candidates: [] }, this.now());
  }

  #send(link: Link, message: Message): void {
    if (link.state !== 'up') return;
    const seed = link.address;
    this.sent.push({ at: this.#nowMs, seed, message });
    this.#note(`  ${seed} <- ${message.type}`);
    this.before?.(seed, message.type);
    const answer = answerOf(this.#scriptOf(seed), message);
    if (answer === undefined) return;
    this.#after(2 * hopMs, () => {
      if (link.state !== 'up') return;
      this.answered.push({ at: this.#nowMs, seed, message: answer });
      this.registration.message(link, answer, this.now());
    });
  }

  #close(link: Link, reason: string): void {
    if (link.state === 'closed') return;
    this.#note(`  ${link.address} <- (close: ${reason})`);
    const own = this.#links.find((one) => one === link);
    if (own !== undefined) this.#forget(own);
  }

  #linkTo(seed: SeedId): MutableLink {
    const link = this.#links.find((one) => one.address === seed);
    if (link === undefined) throw new Error(`${seed} is not linked`);
    return link;
  }

  #forget(link: MutableLink): void {
    link.state = 'closed';
    this.#links.splice(this.#links.indexOf(link), 1);
  }

  #scriptOf(seed: SeedId): SeedScript {
    const script = this.#scripts.get(seed);
    if (script === undefined) throw new Error(`${seed} is no seed`);
    return script;
  }

  #after(ms: Ms, run: () => void): void {
    const at = this.#nowMs + ms;
    const later = this.#queue.findIndex((other) => other.at > at);
    this.#queue.splice(later < 0 ? this.#queue.length : later, 0, { at, run });
  }

  #next(end: Ms): { readonly at: Ms; readonly run: () => void } | undefined {
    const [first] = this.#queue;
    return first !== undefined && first.at <= end ? this.#queue.shift() : undefined;
  }

  #note(line: string): void {
    this.log.push(`${String(Math.round(this.#nowMs)).padStart(6)} ${line}`.trimEnd());
  }
}

function deathOf(peer: string, incarnation: Incarnation): Omit<DeadReport, 'type' | 'request'> {
  const text = `Dead Node:${peer}:1700000000000:peer`;
  return { peer, incarnation, reporter: 'peer:1', corroborators: ['other:1'], text };
}

export function entry(id: string, rank = 1): PeerEntry {
  return { id, incarnation: 1, rank };
}

function answerOf(script: SeedScript, message: Message): Message | undefined {
  const { digest, peers, changes, bridge } = script;
  switch (message.type) {
    case 'REGISTER': {
      if (script.register === 'silent') return undefined;
      const incarnation = script.register === 'ok' ? script.incarnation : 0;
      const { request } = message;
      const reason = reasonOf(script.register);
      return { type: 'REGISTER_RESULT', request, outcome: script.register, reason, incarnation };
    }
    case 'PEER_LIST_REQUEST': {
      if (script.list === 'silent') return undefined;
      const { request } = message;
      return { type: 'PEER_LIST', request, total: peers.length, digest, peers };
    }
    case 'RENEW': {
      if (script.renew === 'silent') return undefined;
      const { request } = message;
      const { renew: status } = script;
      const told = changes !== undefined && { changes };
      const { length: total } = peers;
      return { type: 'RENEW_RESULT', request, status, total, digest, ...told, bridge };
    }
    case 'DEAD_REPORT': {
      if (script.report === 'silent') return undefined;
      const { report: outcome } = script;
      const { request } = message;
      return { type: 'DEAD_REPORT_RESULT', request, outcome, reason: reasonOf(outcome) };
    }
    case 'LEAVE': {
      if (script.leave === 'silent') return undefined;
      const { leave: outcome } = script;
      const { request } = message;
      return { type: 'LEAVE_RESULT', request, outcome, reason: reasonOf(outcome) };
    }
    default:
      return undefined;
  }
}

function reasonOf(outcome: 'ok' | SeedRefusal): string {
  return outcome === 'ok' ? '' : `script: ${outcome}`;
}

function names(peers: readonly PeerEntry[]): string {
  return peers.map((peer) => peer.id).join(' ');
}

function detail(event: NodeEvent): string {
  switch (event.type) {
    case 'peer:registering':
      return `attempt ${event.attempt}`;
    case 'seed:registered':
      return `${event.seed} ${event.registered}/${event.quorum} incarnation ${event.incarnation}`;
    case 'seed:registration-failed':
      return `${event.seed} ${event.code}`;
    case 'peer:registered':
      return `${event.seeds.join(' ')} incarnation ${event.incarnation} attempts ${event.attempts}`;
    case 'peer:registration-failed': {
      const answers = event.answers.map(({ seed, code }) => `${seed} ${code}`).join(', ');
      return `${event.registered}/${event.quorum} (${answers}) retry in ${event.retryInMs}`;
    }
    case 'peer-list:received':
      return `${event.seed} ${event.digest}${event.first ? ' first' : ''}`;
    case 'peer-list:updated':
      return `${event.seed} ${event.digest}`;
    case 'overlay:bridge-offered':
      return event.candidates.join(' ');
    case 'peer:reported':
      return `${event.peer} ${event.seed}`;
    default:
      throw new Error(`a registration emits no ${event.type}`);
  }
}
