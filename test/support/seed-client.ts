import type {
  DeadReportResult,
  Hello,
  Incarnation,
  LeaveResult,
  MemberMessage,
  Message,
  PeerId,
  RegisterResult,
  SeedId,
  Session,
} from '../../src/core/messages.ts';
import { protocolVersion } from '../../src/core/messages.ts';
import { digestText } from '../../src/runtime/digest.ts';
import type { Connection, ConnectionHandler, Listener } from '../../src/transport/transport.ts';
import type { SeedNetwork } from './seed-network.ts';

export type Result = RegisterResult | LeaveResult | DeadReportResult;

/** One answer of a seed to a client. */
export interface Answered {
  readonly seed: SeedId;
  readonly result: Result;
  /** What was asked. */
  readonly request: MemberMessage;
  readonly session: Session;
}

/**
 * A peer as the seeds see it, played by the test: it answers dial-backs with the proof of its
 * session while it lives, and asks what the test wants asked.
 */
export class SeedClient {
  readonly host: string;
  readonly id: PeerId;
  /** Everything but WELCOME that seeds have sent, in order. */
  readonly heard: { readonly seed: SeedId; readonly message: Message }[] = [];
  readonly answers: Answered[] = [];
  session: Session = '';
  /** The last one that a seed gave to the present session. */
  incarnation: Incarnation = 0;
  isAlive = false;
  /** Virtual time at which the present life began. */
  startedAtMs = 0;
  /** When set, what dial-backs are refused with. */
  refusal: string | undefined;
  readonly #network: SeedNetwork;
  readonly #links = new Map<SeedId, Link>();
  readonly #asked = new Map<number, { request: MemberMessage; session: Session; link: Link }>();
  #listener: Listener | undefined;
  #lastRequest = 0;
  #lives = 0;

  constructor(network: SeedNetwork, host: string) {
    this.#network = network;
    this.host = host;
    this.id = `${host}:1`;
  }

  /** Begins a life with a session of its own. */
  async start(): Promise<void> {
    this.#lives += 1;
    this.session = digestText(`${this.id} ${this.#lives}`).slice(0, 32);
    this.incarnation = 0;
    this.isAlive = true;
    this.startedAtMs = this.#network.time.now().monotonicMs;
    const transport = this.#network.network.transport(this.host);
    this.#listener = await transport.listen(this.id, (connection) => this.#onDialled(connection));
  }

  /** Ends as a killed process does. */
  kill(): void {
    this.isAlive = false;
    this.#links.clear();
    this.#asked.clear();
    this.#network.network.crash(this.host);
  }

  /** A link at whose other end the seed finds nobody any more. */
  hangUp(seed: SeedId): void {
    this.#links.get(seed)?.connection.destroy('hung up');
    this.#links.delete(seed);
  }

  async stopListening(): Promise<void> {
    await this.#listener?.close();
  }

  register(seed: SeedId): void {
    const { id: peer, session } = this;
    this.#ask(seed, { type: 'REGISTER', request: this.#next(), peer, session });
  }

  leave(seed: SeedId): void {
    const { id: peer, session, incarnation } = this;
    this.#ask(seed, { type: 'LEAVE', request: this.#next(), peer, incarnation, session });
  }

  /** Follows the Peer List there when it names the digest that it has `listed`. */
  renew(seed: SeedId, neighbours: readonly PeerId[] = [], listed?: string): void {
    const { id: peer, incarnation } = this;
    const request = this.#next();
    const told = listed !== undefined && { listed };
    const type = 'RENEW';
    this.#ask(seed, { type, request, peer, incarnation, neighbours, peerCount: 1, ...told });
  }

  report(seed: SeedId, peer: PeerId, incarnation: Incarnation): void {
    const text = `Dead Node:${peer}:${this.#network.time.now().wallMs}:${this.host}`;
    const request = this.#next();
    const corroborators = ['other:1'];
    const reporter = this.id;
    const type = 'DEAD_REPORT';
    this.#ask(seed, { type, request, peer, incarnation, reporter, corroborators, text });
  }

  /** Sends any frame once the member link is up, the link being dialled if need be. */
  send(seed: SeedId, message: Message): void {
    const link = this.#links.get(seed) ?? this.#dial(seed);
    if (link.isUp) link.connection.send(message);
    else link.waiting.push(message);
  }

  /** The last answer, for tests that ask one thing at a time. */
  get lastResult(): Result | undefined {
    return this.answers.at(-1)?.result;
  }

  /** What was asked over links that are still there, and has no answer. A seed may be silent to RENEW. */
  get unanswered(): MemberMessage[] {
    return [...this.#asked.values()]
      .map(({ request }) => request)
      .filter(({ type }) => type !== 'RENEW');
  }

  #ask(seed: SeedId, request: MemberMessage & { readonly request: number }): void {
    const link = this.#links.get(seed) ?? this.#dial(seed);
    this.#asked.set(request.request, { request, session: this.session, link });
    this.send(seed, request);
  }

  #next(): number {
    this.#lastRequest += 1;
    return this.#lastRequest;
  }

  #dial(seed: SeedId): Link {
    const transport = this.#network.network.transport(this.host);
    const waiting: Message[] = [];
    const handler: ConnectionHandler = {
      opened: () => link.connection.send(this.#hello()),
      message: (message) => this.#onMessage(seed, link, message),
      overflowed: () => undefined,
      closed: () => {
        if (this.#links.get(seed) === link) this.#links.delete(seed);
        for (const [request, asked] of this.#asked) {
          if (asked.link === link) this.#asked.delete(request);
        }
      },
    };
    const link: Link = { connection: transport.dial(seed, 3_000, handler), waiting, isUp: false };
    this.#links.set(seed, link);
    return link;
  }

  #hello(): Hello {
    const { clusterId } = this.#network;
    const from = { role: 'peer', id: this.id, incarnation: this.incarnation } as const;
    const purpose = 'member';
    return {
      type: 'HELLO',
      version: protocolVersion,
      clusterId,
      purpose,
      from,
      capabilities: [],
    };
  }

  #onMessage(seed: SeedId, link: Link, message: Message): void {
    if (message.type === 'WELCOME') {
      link.isUp = true;
      for (const waiting of link.waiting.splice(0)) link.connection.send(waiting);
      return;
    }
    this.heard.push({ seed, message });
    if ('outcome' in message && 'request' in message) this.#onResult(seed, message);
  }

  #onResult(seed: SeedId, result: Result): void {
    const asked = this.#asked.get(result.request);
    if (asked === undefined) return;
    this.#asked.delete(result.request);
    if (result.type === 'REGISTER_RESULT' && asked.session === this.session) {
      this.incarnation = Math.max(this.incarnation, result.incarnation);
    }
    const { request, session } = asked;
    const answered: Answered = { seed, result, request, session };
    this.answers.push(answered);
    this.#network.answered(this, answered);
  }

  /** Dial-backs: WELCOME, with the proof when it is asked for. */
  #onDialled(connection: Connection): ConnectionHandler {
    return {
      opened: () => undefined,
      message: (message) => {
        if (message.type !== 'HELLO') return;
        const { challenge } = message;
        const from = { role: 'peer', id: this.id, incarnation: this.incarnation } as const;
        if (this.refusal !== undefined) {
          const reason = this.refusal;
          connection.send({ type: 'REFUSE', code: 'full', reason, candidates: [] });
          return;
        }
        connection.send({
          type: 'WELCOME',
          from,
          capabilities: [],
          ...(challenge !== undefined && { proof: digestText(`${this.session}:${challenge}`) }),
        });
      },
      overflowed: () => undefined,
      closed: () => undefined,
    };
  }
}

interface Link {
  readonly connection: Connection;
  readonly waiting: Message[];
  isUp: boolean;
}
