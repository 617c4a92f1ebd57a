import type { LinkOptions } from '../config.ts';
import type {
  CloseLink,
  Effects,
  LinkClosed,
  LinkInput,
  OpenLink,
  TimerFired,
} from '../effects.ts';
import type {
  Bye,
  Hello,
  LinkId,
  LinkPurpose,
  Message,
  NodeIdentity,
  Refuse,
  Welcome,
} from '../messages.ts';
import { protocolVersion } from '../messages.ts';
import { type Instant, wholeMs } from '../time.ts';
import { type FewLinks, fewLinksMax, fewLinksOf, linkIn, linksIn, noLinks } from './few-links.ts';
import type { DialFailure, Link, LinkHandler, StandingLink } from './link.ts';

/** Fires when a handshake has taken too long; stale once the link is up or closed. */
export interface HandshakeDeadline {
  readonly type: 'link:handshake-deadline';
  readonly link: LinkId;
}

/** What the node says about itself, and whom it lets in. */
export interface LinkPolicy {
  readonly clusterId: string;
  /** Undefined for a purpose that this node takes no links for. */
  handlerOf(purpose: LinkPurpose): LinkHandler | undefined;
  /** The HELLO for a link that this node dialled. */
  hello(link: Link): Hello;
  /** Judges a HELLO of our version and cluster. */
  answer(hello: Hello, link: Link, now: Instant): Welcome | Refuse;
  /** A HELLO of another cluster; its answer is the reason given to the stranger. */
  stranger(hello: Hello): string;
}

type MutableLink = { -readonly [Key in keyof Link]: Link[Key] };

/**
 * The handshake of every link and the table of all links: HELLO from the end that dialled, WELCOME
 * or REFUSE from the other, BYE before a wilful end. Frames of links that are up go to the handler
 * of the link's purpose.
 */
export class Links {
  // What every frame looks at comes first, and so lies side by side.
  /** All links, while they are few… */
  #few: FewLinks<MutableLink> = noLinks;
  /** …and once they have been many: a seed's. */
  #many: Map<LinkId, MutableLink> | undefined;
  readonly #policy: LinkPolicy;
  readonly #effects: Effects<HandshakeDeadline>;
  readonly #options: LinkOptions;
  #lastDialled = 0;

  constructor(
    options: LinkOptions,
    dependencies: { policy: LinkPolicy; effects: Effects<HandshakeDeadline> },
  ) {
    this.#options = options;
    this.#policy = dependencies.policy;
    this.#effects = dependencies.effects;
  }

  get(id: LinkId): Link | undefined {
    return this.#get(id);
  }

  /** The links as they lie in memory, while they are few: for who looks ahead. */
  get few(): FewLinks<Link> {
    return this.#few;
  }

  /** All links, whatever their state. */
  all(): Iterable<Link> {
    return this.#many?.values() ?? linksIn(this.#few);
  }

  /** Takes over links with neighbours that are up, before any other; no handler hears of it. */
  resume(standing: readonly StandingLink[], now: Instant): readonly (Link & StandingLink)[] {
    const links = standing.map(({ id, direction, remote }) => {
      this.#lastDialled = Math.max(this.#lastDialled, id);
      const address = direction === 'dialled' ? remote.id : '';
      return newLink({ id, direction, address, purpose: 'neighbour', state: 'up', remote }, now);
    });
    if (links.length <= fewLinksMax) this.#few = fewLinksOf(links);
    else for (const link of links) this.#add(link);
    return links;
  }

  /** Dials; exactly one of the handler's `up` and `failed` follows, unless `close` comes first. */
  dial(address: string, purpose: LinkPurpose, now: Instant): Link {
    this.#lastDialled += 1;
    const remote: NodeIdentity = { role: 'peer', id: address, incarnation: 0 };
    const id = this.#lastDialled;
    const link = newLink(
      { id, direction: 'dialled', address, purpose, state: 'dialling', remote },
      now,
    );
    this.#add(link);
    const timeoutMs = this.#options.dialTimeoutMs;
    this.#effects.send(link.id, { type: 'OPEN', address, timeoutMs } satisfies OpenLink);
    this.#deadline(link, timeoutMs + this.#options.handshakeTimeoutMs);
    return link;
  }

  /** Sends over a link that is up; does nothing on any other. */
  send(link: Link, message: Message): void {
    if (link.state === 'up') this.#effects.send(link.id, message);
  }

  /** Ends a link on purpose: BYE where the other end can understand it, no call to the handler. */
  close(link: Link, reason: string): void {
    if (link.state === 'closed') return;
    if (link.state === 'up') this.#effects.send(link.id, { type: 'BYE', reason } satisfies Bye);
    this.#drop(link, reason);
  }

  /** Ends a link whose other end broke the protocol, and says so. */
  violated(link: Link, reason: string, now: Instant): void {
    const from = link.state === 'up' ? link.remote.id : '';
    this.#effects.emit({ type: 'link:violated', link: link.id, from, reason });
    const wasUp = link.state === 'up';
    this.close(link, reason);
    const closed: LinkClosed = { type: 'link-closed', link: link.id, cause: 'bad-frame', reason };
    if (wasUp) this.#handlerOf(link)?.down(link, closed, now);
  }

  /** The other end announced its leave: whatever ends the link now is no sign of death. */
  markFarewell(link: Link): void {
    const own = this.#get(link.id);
    if (own !== undefined) own.farewell = true;
  }

  handle(input: LinkInput | TimerFired<HandshakeDeadline>, now: Instant): void {
    switch (input.type) {
      case 'link-opened':
        return this.#onOpened(input.link, now);
      case 'link-closed':
        return this.#onClosed(input, now);
      case 'message':
        return this.#onMessage(input.link, input.message, now);
      case 'timer':
        return this.#onDeadline(input.timer, now);
      case 'link-overflowed':
        return;
    }
  }

  #onOpened(id: LinkId, now: Instant): void {
    const known = this.#get(id);
    if (known === undefined) {
      if (id < 0) this.#accept(id, now);
      return;
    }
    known.state = 'greeting';
    known.lastHeardMs = wholeMs(now);
    this.#effects.send(id, this.#policy.hello(known));
  }

  #accept(id: LinkId, now: Instant): void {
    const purpose = 'neighbour';
    const link = newLink(
      { id, direction: 'accepted', address: '', purpose, state: 'greeting', remote: stranger },
      now,
    );
    this.#add(link);
    this.#deadline(link, this.#options.handshakeTimeoutMs);
  }

  #onClosed(closed: LinkClosed, now: Instant): void {
    const link = this.#get(closed.link);
    if (link === undefined) return;
    const { state } = link;
    if (closed.cause === 'bad-frame') {
      const from = state === 'up' ? link.remote.id : '';
      this.#effects.emit({ type: 'link:violated', link: link.id, from, reason: closed.reason });
    }
    this.#forget(link);
    if (state === 'up') this.#handlerOf(link)?.down(link, closed, now);
    else if (link.direction === 'dialled') {
      this.#failed(link, { code: closed.cause, reason: closed.reason, candidates: [] }, now);
    }
  }

  #onMessage(id: LinkId, message: Message, now: Instant): void {
    const link = this.#get(id);
    if (link === undefined) return;
    link.lastHeardMs = wholeMs(now);
    if (link.state === 'up') this.#onMessageWhenUp(link, message, now);
    else if (link.direction === 'accepted') this.#onGreeting(link, message, now);
    else this.#onAnswer(link, message, now);
  }

  #onMessageWhenUp(link: MutableLink, message: Message, now: Instant): void {
    if (message.type === 'BYE') {
      const { reason } = message;
      link.farewell = true;
      this.#drop(link, reason);
      const closed = { type: 'link-closed', link: link.id, cause: 'closed-there', reason } as const;
      this.#handlerOf(link)?.down(link, closed, now);
      return;
    }
    if (message.type === 'HELLO' || message.type === 'WELCOME' || message.type === 'REFUSE') {
      this.violated(link, `${message.type} on a link that is already up`, now);
      return;
    }
    this.#handlerOf(link)?.message(link, message, now);
  }

  /** The first frame on an accepted link must be HELLO. */
  #onGreeting(link: MutableLink, message: Message, now: Instant): void {
    if (message.type !== 'HELLO') {
      this.violated(link, `${message.type} before HELLO`, now);
      return;
    }
    link.purpose = message.purpose;
    link.remote = message.from;
    const answer = this.#judge(message, link, now);
    this.#effects.send(link.id, answer);
    if (answer.type === 'REFUSE') {
      const { code, reason } = answer;
      const { purpose, from } = message;
      this.#effects.emit({ type: 'link:rejected', purpose, from: from.id, code, reason });
      this.#drop(link, reason);
      return;
    }
    this.#up(link, message, now);
  }

  #judge(hello: Hello, link: Link, now: Instant): Welcome | Refuse {
    if (hello.version !== protocolVersion) {
      const reason = `protocol version ${hello.version} here meets version ${protocolVersion}: run the same Hearsay on both sides`;
      return { type: 'REFUSE', code: 'wrong-version', reason, candidates: [] };
    }
    if (hello.clusterId !== this.#policy.clusterId) {
      const reason = this.#policy.stranger(hello);
      return { type: 'REFUSE', code: 'wrong-cluster', reason, candidates: [] };
    }
    if (this.#policy.handlerOf(hello.purpose) === undefined) {
      const reason = `this node takes no links for ${hello.purpose}: is the address right?`;
      return { type: 'REFUSE', code: 'wrong-role', reason, candidates: [] };
    }
    return this.#policy.answer(hello, link, now);
  }

  /** The first frame on a dialled link must be WELCOME or REFUSE. */
  #onAnswer(link: MutableLink, message: Message, now: Instant): void {
    switch (message.type) {
      case 'WELCOME':
        link.remote = message.from;
        this.#up(link, message, now);
        return;
      case 'REFUSE':
        this.#drop(link, message.reason);
        this.#failed(link, message, now);
        return;
      default: {
        const reason = `${message.type} instead of WELCOME`;
        this.violated(link, reason, now);
        this.#failed(link, { code: 'bad-frame', reason, candidates: [] }, now);
      }
    }
  }

  #up(link: MutableLink, greeting: Hello | Welcome, now: Instant): void {
    link.state = 'up';
    this.#handlerOf(link)?.up(link, greeting, now);
  }

  #onDeadline(timer: HandshakeDeadline, now: Instant): void {
    const link = this.#get(timer.link);
    if (link === undefined || link.state === 'up') return;
    const reason = 'the handshake took too long';
    this.#drop(link, reason);
    if (link.direction === 'dialled') {
      this.#failed(link, { code: 'handshake-timeout', reason, candidates: [] }, now);
    }
  }

  #failed(link: Link, failure: DialFailure, now: Instant): void {
    const { purpose, address } = link;
    const { code, reason } = failure;
    this.#effects.emit({ type: 'link:refused', purpose, address, code, reason });
    this.#handlerOf(link)?.failed(link, failure, now);
  }

  #deadline(link: Link, afterMs: number): void {
    this.#effects.schedule(afterMs, { type: 'link:handshake-deadline', link: link.id });
  }

  #drop(link: Link, reason: string): void {
    this.#effects.send(link.id, { type: 'CLOSE', reason } satisfies CloseLink);
    const own = this.#get(link.id);
    if (own !== undefined) this.#forget(own);
  }

  #forget(link: MutableLink): void {
    link.state = 'closed';
    if (this.#many !== undefined) this.#many.delete(link.id);
    else this.#few = fewLinksOf(linksIn(this.#few).filter((one) => one !== link));
  }

  #get(id: LinkId): MutableLink | undefined {
    return this.#many === undefined ? linkIn(this.#few, id) : this.#many.get(id);
  }

  #add(link: MutableLink): void {
    if (this.#many === undefined && this.#few.length >= 2 * fewLinksMax) {
      this.#many = new Map(linksIn(this.#few).map((one) => [one.id, one]));
      this.#few = noLinks;
    }
    if (this.#many === undefined) this.#few = [...this.#few, link.id, link];
    else this.#many.set(link.id, link);
  }

  #handlerOf(link: Link): LinkHandler | undefined {
    return this.#policy.handlerOf(link.purpose);
  }
}

/** The other end of an accepted link, until its HELLO has come. */
const stranger: NodeIdentity = { role: 'peer', id: '', incarnation: 0 };

/** All links are made here, so that all have one shape: what every frame looks at comes first. */
function newLink<Remote extends NodeIdentity>(
  {
    id,
    direction,
    address,
    purpose,
    state,
    remote,
  }: Omit<Link, 'lastHeardMs' | 'farewell'> & { readonly remote: Remote },
  now: Instant,
): MutableLink & { readonly remote: Remote } {
  const lastHeardMs = wholeMs(now);
  return { id, state, lastHeardMs, purpose, remote, direction, address, farewell: false };
}
