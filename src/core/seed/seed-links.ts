import type { SeedOptions } from '../config.ts';
import type { Effects, LinkClosed } from '../effects.ts';
import type { DialFailure, Link, LinkHandler } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { Hello, Message, Refuse, SeedId, Welcome } from '../messages.ts';
import type { Instant } from '../time.ts';
import { enumerated } from './sentence.ts';

export type SeedLinksTimer =
  /** Fires when missing seeds are to be dialled. */
  | { readonly type: 'seed-links:dial-due' }
  /** Fires when linked seeds are to be pinged, and silent ones given up. */
  | { readonly type: 'seed-links:ping-due' };

/** Hears what happens on the links between seeds. */
export interface SeedLinksListener {
  /** A link to this seed is up; the other end's store has this id. */
  seedUp(seed: SeedId, storeId: string, now: Instant): void;
  seedDown(seed: SeedId, now: Instant): void;
  /** Anything but PING and PONG. */
  seedMessage(seed: SeedId, link: Link, message: Message, now: Instant): void;
}

export interface SeedLinksDependencies {
  readonly effects: Effects<SeedLinksTimer>;
  readonly links: Pick<Links, 'dial' | 'send' | 'close' | 'violated'>;
  readonly self: SeedId;
  readonly seeds: readonly SeedId[];
  readonly quorum: number;
  readonly listener: SeedLinksListener;
  /** Accepts a HELLO. */
  readonly welcome: () => Welcome;
}

/** Another seed: the link with it, if there is one, and the dial under way. */
interface Contact {
  readonly seed: SeedId;
  link: Link | undefined;
  dial: Link | undefined;
}

/** A link without a frame for so many intervals of PING is lost. */
const silentIntervalsMax = 3;

/**
 * The links between seeds, at most one for each pair. Both ends dial; of two simultaneous dials the
 * one of the seed with the smaller id stays, which both ends know.
 */
export class SeedLinks implements LinkHandler {
  readonly #options: SeedOptions;
  readonly #with: SeedLinksDependencies;
  readonly #contacts: ReadonlyMap<SeedId, Contact>;
  #lastNonce = 0;

  constructor(options: SeedOptions, dependencies: SeedLinksDependencies) {
    this.#options = options;
    this.#with = dependencies;
    const others = dependencies.seeds.filter((seed) => seed !== dependencies.self);
    this.#contacts = new Map(
      others.map((seed) => [seed, { seed, link: undefined, dial: undefined }]),
    );
  }

  /** The other seeds that are linked, in the order of the seed list. */
  linked(): SeedId[] {
    return [...this.#contacts.values()]
      .filter((contact) => contact.link !== undefined)
      .map((contact) => contact.seed);
  }

  linkTo(seed: SeedId): Link | undefined {
    return this.#contacts.get(seed)?.link;
  }

  send(seed: SeedId, message: Message): void {
    const link = this.linkTo(seed);
    if (link !== undefined) this.#with.links.send(link, message);
  }

  broadcast(message: Message): void {
    for (const seed of this.#contacts.keys()) this.send(seed, message);
  }

  start(now: Instant): void {
    this.#onDialDue(now);
    this.#with.effects.schedule(this.#options.seedPingIntervalMs, { type: 'seed-links:ping-due' });
  }

  onTimer(timer: SeedLinksTimer, lateMs: number, now: Instant): void {
    switch (timer.type) {
      case 'seed-links:dial-due':
        return this.#onDialDue(now);
      case 'seed-links:ping-due':
        return this.#onPingDue(lateMs, now);
    }
  }

  // -------------------------------------------------------------- the handshake

  /** Judges a HELLO that came over an accepted link. */
  answer(hello: Hello): Welcome | Refuse {
    const { id, role } = hello.from;
    const { self, seeds } = this.#with;
    if (id === self) return refuse('self', `${self} dialled itself`);
    const contact = this.#contacts.get(id);
    if (contact === undefined || role !== 'seed') {
      const list = enumerated(seeds);
      return refuse('wrong-role', `${id} is not in the seed list of ${self}, which is ${list}`);
    }
    if (hello.storeId === undefined) {
      return refuse('wrong-role', `${id} does not tell its store, as a seed must`);
    }
    if (!this.#ownDialStays(contact)) return this.#with.welcome();
    this.#ping(contact);
    return refuse('duplicate', `${self} keeps the link that it dialled itself`);
  }

  up(link: Link, greeting: Hello | Welcome, now: Instant): void {
    const contact = this.#contacts.get(
      link.direction === 'dialled' ? link.address : link.remote.id,
    );
    const { storeId } = greeting;
    if (contact === undefined || contact.seed !== link.remote.id || storeId === undefined) {
      this.#refuseAnswer(link, contact, now);
      return;
    }
    if (contact.link !== undefined) this.#lose(contact, 'another link took its place', now);
    if (contact.dial !== undefined && contact.dial !== link) {
      this.#with.links.close(contact.dial, 'another link is up');
    }
    contact.dial = undefined;
    contact.link = link;
    const { seed } = contact;
    this.#with.effects.emit({ type: 'seed:up', seed, ...this.#reach() });
    this.#with.listener.seedUp(seed, storeId, now);
  }

  down(link: Link, closed: LinkClosed, now: Instant): void {
    const contact = this.#contacts.get(link.remote.id);
    if (contact?.link === link) this.#forget(contact, closed.reason, now);
  }

  failed(link: Link, _failure: DialFailure): void {
    const contact = this.#contacts.get(link.address);
    if (contact?.dial === link) contact.dial = undefined;
  }

  message(link: Link, message: Message, now: Instant): void {
    switch (message.type) {
      case 'PING':
        this.#with.links.send(link, { type: 'PONG', nonce: message.nonce });
        return;
      case 'PONG':
        return;
      default:
        this.#with.listener.seedMessage(link.remote.id, link, message, now);
    }
  }

  /**
   * Whether a HELLO from this seed loses against what we dialled ourselves. Only our id being the
   * smaller one decides that; a link that the other seed dialled before is gone in its eyes, or it
   * would not dial again. A dial of ours that has no connection yet may never get one, so it yields.
   */
  #ownDialStays({ seed, link, dial }: Contact): boolean {
    if (link?.direction === 'accepted') return false;
    return this.#with.self < seed && (link !== undefined || dial?.state === 'greeting');
  }

  /** The address answered as somebody else than the seed that it belongs to. */
  #refuseAnswer(link: Link, contact: Contact | undefined, now: Instant): void {
    if (contact?.dial === link) contact.dial = undefined;
    const reason = `${link.remote.id} answered at ${link.address}, not as the seed of that address`;
    this.#with.links.violated(link, reason, now);
  }

  // -------------------------------------------------------------- upkeep

  #onDialDue(now: Instant): void {
    const { effects, links } = this.#with;
    effects.schedule(this.#options.seedDialIntervalMs, { type: 'seed-links:dial-due' });
    for (const contact of this.#contacts.values()) {
      if (contact.link !== undefined || contact.dial !== undefined) continue;
      contact.dial = links.dial(contact.seed, 'seed', now);
    }
  }

  #onPingDue(lateMs: number, now: Instant): void {
    const { seedPingIntervalMs } = this.#options;
    this.#with.effects.schedule(seedPingIntervalMs, { type: 'seed-links:ping-due' });
    // When this process was stalled, frames wait unread: it is not the others that were silent.
    const wasStalled = lateMs > seedPingIntervalMs;
    const silenceMs = seedPingIntervalMs * silentIntervalsMax;
    for (const contact of this.#contacts.values()) {
      const { link } = contact;
      if (link === undefined) continue;
      const isSilent = now.monotonicMs - link.lastHeardMs > silenceMs;
      if (isSilent && !wasStalled) this.#lose(contact, `not heard for ${silenceMs} ms`, now);
      else this.#ping(contact);
    }
  }

  #ping({ link }: Contact): void {
    if (link === undefined) return;
    this.#lastNonce += 1;
    this.#with.links.send(link, { type: 'PING', nonce: this.#lastNonce });
  }

  #lose(contact: Contact, reason: string, now: Instant): void {
    if (contact.link === undefined) return;
    this.#with.links.close(contact.link, reason);
    this.#forget(contact, reason, now);
  }

  #forget(contact: Contact, reason: string, now: Instant): void {
    contact.link = undefined;
    const { seed } = contact;
    this.#with.effects.emit({ type: 'seed:down', seed, reason, ...this.#reach() });
    this.#with.listener.seedDown(seed, now);
  }

  #reach(): { readonly reachable: number; readonly quorum: number } {
    return { reachable: this.linked().length + 1, quorum: this.#with.quorum };
  }
}

function refuse(code: Refuse['code'], reason: string): Refuse {
  return { type: 'REFUSE', code, reason, candidates: [] };
}
