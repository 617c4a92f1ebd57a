import { type DisseminationOptions, peerDefaults } from '../../src/core/config.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type { Link } from '../../src/core/link/link.ts';
import type { Gossip, IHave, IWant, LinkId, Message, MessageId } from '../../src/core/messages.ts';
import { Dissemination, type DisseminationTimer } from '../../src/core/peer/dissemination.ts';
import { bodyCodec } from '../../src/wire/body.ts';

/** One peer's dissemination on a bench: links by number, whatever is sent, a clock turned by hand. */
export class DisseminationBench {
  readonly self = { id: 'me:1', incarnation: 1, session: '' };
  readonly dissemination: Dissemination;
  readonly events: NodeEvent[] = [];
  readonly violated: string[] = [];
  /** Everything sent since it was last taken. */
  #sent: { readonly link: LinkId; readonly message: Message }[] = [];
  readonly #links = new Map<LinkId, Link>();
  #timers: { readonly atMs: number; readonly timer: DisseminationTimer }[] = [];
  #nowMs = 1_000;

  constructor(options: Partial<DisseminationOptions> = {}) {
    this.dissemination = new Dissemination(
      { ...peerDefaults.lan.dissemination, ...options },
      {
        effects: {
          send: (link, message) => this.#sent.push({ link, message: message as Message }),
          schedule: (after, timer) => this.#timers.push({ atMs: this.#nowMs + after, timer }),
          emit: (event) => this.events.push(event),
        },
        neighbourhood: {
          linkIds: () => [...this.#links.keys()],
        },
        links: {
          get: (id) => this.#links.get(id),
          send: (link, message) => this.#sent.push({ link: link.id, message }),
          violated: (_link, reason) => this.violated.push(reason),
        },
        self: this.self,
        codec: bodyCodec,
      },
    );
  }

  get now() {
    return { monotonicMs: this.#nowMs, wallMs: 1_700_000_000_000 + this.#nowMs };
  }

  /** Links with neighbours of these numbers. */
  link(...ids: LinkId[]): void {
    for (const id of ids) {
      this.#links.set(id, linkOf(id));
      this.dissemination.neighbourUp(this.#the(id), this.now);
    }
  }

  unlink(id: LinkId): void {
    const link = this.#the(id);
    this.#links.delete(id);
    const closed = { type: 'link-closed', link: id, cause: 'broken', reason: '' } as const;
    this.dissemination.neighbourDown(link, closed, this.now);
  }

  publish(text: string): MessageId {
    return this.dissemination.publish(contentOf(text), this.now);
  }

  arrives(link: LinkId, message: Gossip | IHave | IWant): void {
    const { dissemination, now } = this;
    if (message.type === 'GOSSIP') dissemination.onGossip(this.#the(link), message, now);
    else if (message.type === 'IHAVE') dissemination.onIHave(this.#the(link), message, now);
    else dissemination.onIWant(this.#the(link), message, now);
  }

  overflows(link: LinkId, frames = 1): void {
    this.dissemination.onOverflow(this.#the(link), frames, frames * 100, this.now);
  }

  /** Moves the clock, and fires what is due on the way. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [due] = this.#timers
        .filter(({ atMs }) => atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs);
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      this.dissemination.onTimer(due.timer, 0, this.now);
    }
    this.#nowMs = endMs;
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** What was sent since the last call. */
  sent(): { readonly link: LinkId; readonly message: Message }[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** The same as text: link, kind, and ids by their first two digits. */
  sentText(): string[] {
    return this.sent().map(({ link, message }) => `${link} ${textOf(message)}`);
  }

  eventsOf<Type extends NodeEvent['type']>(
    type: Type,
  ): Extract<NodeEvent, { readonly type: Type }>[] {
    return this.events.filter((event) => event.type === type) as Extract<
      NodeEvent,
      { readonly type: Type }
    >[];
  }

  #the(id: LinkId): Link {
    const link = this.#links.get(id);
    if (link === undefined) throw new Error(`no link ${id}`);
    return link;
  }
}

/** A frame as another peer would push it. */
export function gossip(text: string, fields: Partial<Gossip> = {}, sequence = 1): Gossip {
  const body = bodyCodec.encode({
    origin: 'origin:1',
    incarnation: 3,
    sequence,
    timestampMs: 1_700_000_000_000,
    ...contentOf(text),
  });
  return { type: 'GOSSIP', id: bodyCodec.hash(body), hops: 1, body, ...fields };
}

function textOf(message: Message): string {
  switch (message.type) {
    case 'GOSSIP':
      return `GOSSIP ${short(message.id)} hops ${message.hops}`;
    case 'IHAVE':
      return `IHAVE ${message.ids.map(short).join(' ')} | ${message.expired.map(short).join(' ')}`;
    case 'IWANT':
      return `IWANT ${message.ids.map(short).join(' ')}`;
    default:
      return message.type;
  }
}

export const short = (id: MessageId): string => id.slice(0, 4);

function contentOf(text: string) {
  return { topic: '', contentType: 'text', payload: new TextEncoder().encode(text) } as const;
}

function linkOf(id: LinkId): Link {
  return {
    id,
    direction: 'dialled',
    address: `p${id}:1`,
    purpose: 'neighbour',
    state: 'up',
    remote: { role: 'peer', id: `p${id}:1`, incarnation: 1 },
    lastHeardMs: 0,
    farewell: false,
  };
}
