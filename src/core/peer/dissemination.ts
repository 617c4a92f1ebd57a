import type { DisseminationOptions } from '../config.ts';
import type { Effects, LinkClosed } from '../effects.ts';
import type { MessageDropped, MessageReceived } from '../events.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type {
  BodyCodec,
  ContentType,
  Gossip,
  GossipMessage,
  IHave,
  Incarnation,
  IWant,
  LinkId,
  MessageId,
} from '../messages.ts';
import { type Instant, type Ms, wholeMs } from '../time.ts';
import { traceparentIn } from '../trace-context.ts';
import { type Eviction, type Listed, MessageList } from './message-list.ts';
import type { NeighbourListener, Outlets } from './parts.ts';
import { Recovery, type RecoveryDue } from './recovery.ts';
import type { Self } from './self.ts';

export type DisseminationTimer =
  | RecoveryDue
  /** Fires when the Message List has something old; there is one at a time, while it is not empty. */
  | { readonly type: 'dissemination:age-due' }
  /** Fires when a neighbour whose outbox was full is to hear what it may have missed. */
  | { readonly type: 'dissemination:overflow-due'; readonly link: LinkId };

/** What an application publishes. */
export interface Content {
  readonly topic: string;
  readonly contentType: ContentType;
  readonly payload: Uint8Array;
}

export interface DisseminationDependencies {
  readonly effects: Effects<DisseminationTimer>;
  readonly links: Pick<Links, 'get' | 'send' | 'violated'>;
  readonly neighbourhood: Outlets;
  readonly self: Self;
  readonly codec: BodyCodec;
}

/** Which messages went over a link, where that is not simply every one of the Message List. */
interface Passage {
  /** Messages of this order and later ones were sent over the link as they came, or came over it. */
  since: number;
  /** Earlier ones that were sent because they were asked for; made with the first. */
  answered: Set<MessageId> | undefined;
  /** The outbox was full, and the other end was not told yet what it may have missed. */
  isOverflowed: boolean;
}

/** The Message List is looked through at most so many times within a retention. */
const looksPerRetention = 8;

/** A message that was under way for longer was recovered somewhere on its way, not pushed all along. */
const pushedAgeMsMax: Ms = 5_000;

/**
 * Flooding: a message goes over each link at most once in each direction, and never back where it
 * came from. A duplicate is recognised by its claimed id, before anything is hashed; only a first
 * receipt costs a hash. What two neighbours have missed of each other while they had no link, they
 * tell each other when they get one (IHAVE, IWANT; see Recovery).
 *
 * All links of a hop get the same frame object: its encoding can be shared by the layers below.
 */
export class Dissemination implements NeighbourListener {
  // What every receipt looks at comes first, and so lies side by side.
  /** The last one that came or was published, whether or not it is still listed: most frames are of it. */
  #newest: Listed | undefined;
  readonly #with: DisseminationDependencies;
  readonly #list: MessageList;
  /** Made when a neighbour announces something for the first time. */
  #recovery: Recovery | undefined;
  /** Of links that came up after the first message, or lost some. */
  #passages: Map<LinkId, Passage> | undefined;
  /** Evictions that are told of with the next look. */
  #evicted: Map<string, { eviction: Omit<Eviction, 'ids'>; count: number }> | undefined;
  #isAgeDue = false;
  #sequence = 0;
  #sequenceOf: Incarnation = 0;
  readonly #options: DisseminationOptions;

  constructor(options: DisseminationOptions, dependencies: DisseminationDependencies) {
    this.#options = options;
    this.#with = dependencies;
    this.#list = new MessageList(options);
  }

  /** What came last or was published, for who looks ahead. */
  get newest(): Listed | undefined {
    return this.#newest;
  }

  /** The Message List's numbers, for those who watch. */
  get messageList(): Pick<MessageList, 'size' | 'retained' | 'retainedBytes' | 'forgottenOrigins'> {
    return this.#list;
  }

  publish({ topic, contentType, payload }: Content, now: Instant): MessageId {
    const { codec, self, effects, neighbourhood } = this.#with;
    const { id: origin, incarnation } = self;
    const sequence = this.#nextSequence(incarnation);
    const timestampMs = now.wallMs;
    const unnamed = { origin, incarnation, sequence, timestampMs, topic, contentType, payload };
    const body = codec.encode(unnamed);
    const id = codec.hash(body);
    const message: GossipMessage = { id, ...unnamed };
    const bornMs = wholeMs(now);
    const receipt = { bornMs, listedMs: bornMs, hops: 0, from: 0, isPushed: true };
    const listed = this.#list.add({ id, origin, incarnation, sequence, ...receipt }, body);
    const bytes = body.length;
    const { length: links } = neighbourhood.linkIds();
    effects.emit({ type: 'message:published', message, links, bytes });
    this.#forward(listed, nobody, undefined, now);
    this.#keepBounds();
    return id;
  }

  // -------------------------------------------------------------- from neighbours

  onGossip(link: Link, gossip: Gossip, now: Instant): void {
    const newest = this.#newest;
    const known = newest?.id === gossip.id ? newest : this.#list.get(gossip.id);
    if (known === undefined) this.#onFirst(link, gossip, now);
    else this.#onDuplicate(link, known, gossip.body.length);
  }

  onIHave(link: Link, announcement: IHave, now: Instant): void {
    const { effects, links } = this.#with;
    this.#recovery ??= new Recovery(this.#options, { effects, links, list: this.#list });
    this.#recovery.onIHave(link, announcement, now);
  }

  /** Gives what is asked for, once; what is gone is said to be gone. */
  onIWant(link: Link, { ids }: IWant, now: Instant): void {
    const expired: MessageId[] = [];
    for (const id of ids) {
      const listed = this.#list.get(id);
      if (listed?.body === undefined || this.#isTooOld(listed, now)) expired.push(id);
      else this.#give(link, listed, now);
    }
    if (expired.length > 0) this.#with.links.send(link, { type: 'IHAVE', ids: [], expired });
  }

  // -------------------------------------------------------------- links

  /** Both ends of a new link say what they have: one of them may come from another component. */
  neighbourUp(link: Link, _now: Instant): void {
    if (this.#list.lastOrder === 0) return;
    this.#passage(link).since = this.#list.lastOrder + 1;
    this.#announce(link);
  }

  neighbourDown(link: Link, _closed: LinkClosed, now: Instant): void {
    this.#passages?.delete(link.id);
    this.#recovery?.linkDown(link, now);
  }

  /**
   * Which frames were dropped is not known here: any that went over the link may be among them. So
   * the other end is told what there is, and what it then asks for is sent again.
   */
  onOverflow(link: Link, frames: number, bytes: number, _now: Instant): void {
    const { id: peer } = link.remote;
    this.#with.effects.emit({ type: 'message:dropped', cause: 'overflow', peer, frames, bytes });
    if (link.state !== 'up') return;
    const passage = this.#passage(link);
    if (passage.isOverflowed) return;
    passage.isOverflowed = true;
    const timer: DisseminationTimer = { type: 'dissemination:overflow-due', link: link.id };
    this.#with.effects.schedule(this.#options.overflowPauseMs, timer);
  }

  onTimer(timer: DisseminationTimer, _lateMs: Ms, now: Instant): void {
    switch (timer.type) {
      case 'dissemination:recovery-due':
        return this.#recovery?.onDue(now);
      case 'dissemination:age-due':
        return this.#onAgeDue(now);
      case 'dissemination:overflow-due':
        return this.#onOverflowDue(timer.link);
    }
  }

  // -------------------------------------------------------------- receipts

  #onFirst(link: Link, gossip: Gossip, now: Instant): void {
    const { codec, effects } = this.#with;
    const body = ownBytes(gossip.body);
    const { id, hops, trace } = gossip;
    if (codec.hash(body) !== id) {
      this.#onViolation(
        link,
        'id-mismatch',
        body,
        'the message id is not the hash of its bytes',
        now,
      );
      return;
    }
    const message = codec.decode(id, body);
    if (message === undefined) {
      this.#onViolation(link, 'malformed', body, 'the hashed bytes are no message', now);
      return;
    }
    const holders = this.#recovery?.holdersOf(id) ?? nobody;
    const recovered = this.#recovery?.delivered(id, link, now) ?? false;
    const { id: from } = link.remote;
    if (this.#list.hasForgotten(message)) {
      const { length: bytes } = body;
      effects.emit({ type: 'message:duplicate', id, from, crossing: false, bytes });
      return;
    }
    const listed = this.#listReceived(link, gossip, message, body, recovered, now);
    const latencyMs = now.wallMs - message.timestampMs;
    const received: MessageReceived = {
      type: 'message:received',
      message,
      hops,
      latencyMs,
      link: link.id,
      from,
      recovered,
      bytes: body.length,
    };
    const traceparent = trace && traceparentIn(trace);
    effects.emit(traceparent === undefined ? received : { ...received, traceparent });
    this.#forward(listed, holders, trace && ownBytes(trace), now);
    this.#keepBounds();
  }

  #listReceived(
    link: Link,
    { id, hops, ageMs = 0 }: Gossip,
    { origin, incarnation, sequence }: GossipMessage,
    body: Uint8Array,
    recovered: boolean,
    now: Instant,
  ): Listed {
    const listedMs = wholeMs(now);
    const bornMs = listedMs - ageMs;
    const isPushed = !recovered && ageMs < pushedAgeMsMax;
    const receipt = { bornMs, listedMs, hops, from: link.id, isPushed };
    return this.#list.add({ id, origin, incarnation, sequence, ...receipt }, body);
  }

  #onDuplicate(link: Link, known: Listed, bytes: number): void {
    const crossing = this.#wentOver(link, known);
    const { id } = known;
    const { id: from } = link.remote;
    this.#with.effects.emit({ type: 'message:duplicate', id, from, crossing, bytes });
  }

  #onViolation(
    link: Link,
    cause: MessageDropped['cause'],
    { length: bytes }: Uint8Array,
    reason: string,
    now: Instant,
  ): void {
    const { id: peer } = link.remote;
    this.#with.effects.emit({ type: 'message:dropped', cause, peer, frames: 1, bytes });
    this.#with.links.violated(link, reason, now);
  }

  // -------------------------------------------------------------- sends

  /** To every neighbour but the one it came from and those that have it. */
  #forward(listed: Listed, holders: readonly LinkId[], trace: Gossip['trace'], now: Instant): void {
    this.#newest = listed;
    const plain = frameOf(listed, now);
    if (plain === undefined) return;
    const frame = trace === undefined ? plain : { ...plain, trace };
    const { effects, neighbourhood } = this.#with;
    for (const link of neighbourhood.linkIds()) {
      if (link === listed.from || holders.includes(link)) continue;
      effects.send(link, frame);
    }
  }

  #give(link: Link, listed: Listed, now: Instant): void {
    // Who gave it to us has no need of it, whatever it says.
    if (listed.from === link.id || this.#wentOver(link, listed)) return;
    const frame = frameOf(listed, now);
    if (frame === undefined) return;
    const passage = this.#passage(link);
    passage.answered ??= new Set();
    passage.answered.add(listed.id);
    this.#with.links.send(link, frame);
  }

  /** Whether this message was sent over the link. */
  #wentOver(link: Link, { id, order, from }: Listed): boolean {
    const passage = this.#passages?.get(link.id);
    if (passage === undefined) return from !== link.id;
    return (order >= passage.since && from !== link.id) || passage.answered?.has(id) === true;
  }

  #passage(link: Link): Passage {
    this.#passages ??= new Map();
    const known = this.#passages.get(link.id);
    if (known !== undefined) return known;
    const passage = { since: 0, answered: undefined, isOverflowed: false };
    this.#passages.set(link.id, passage);
    return passage;
  }

  /** What can be given, and what was known once: oldest first. */
  #announce(link: Link): void {
    const { idsPerFrameMax } = this.#options;
    const { links } = this.#with;
    const ids = this.#list.retainedIds();
    const expired = this.#list.expiredIds(idsPerFrameMax);
    if (expired.length > 0) links.send(link, { type: 'IHAVE', ids: [], expired });
    for (let from = 0; from < ids.length; from += idsPerFrameMax) {
      const some = ids.slice(from, from + idsPerFrameMax);
      links.send(link, { type: 'IHAVE', ids: some, expired: [] });
    }
  }

  #onOverflowDue(id: LinkId): void {
    const passage = this.#passages?.get(id);
    const link = this.#with.links.get(id);
    if (passage === undefined || link === undefined) return;
    passage.isOverflowed = false;
    passage.since = this.#list.lastOrder + 1;
    passage.answered = undefined;
    this.#announce(link);
  }

  // -------------------------------------------------------------- bounds

  #keepBounds(): void {
    this.#note(this.#list.shrink());
    if (this.#isAgeDue) return;
    this.#isAgeDue = true;
    this.#scheduleAge(this.#options.retainedAgeMs / looksPerRetention);
  }

  #onAgeDue(now: Instant): void {
    this.#note(this.#list.age(now.monotonicMs));
    for (const { eviction, count } of this.#evicted?.values() ?? []) {
      this.#with.effects.emit({ type: 'message:evicted', ...eviction, count });
    }
    this.#evicted = undefined;
    const { nextAgeMs } = this.#list;
    this.#isAgeDue = nextAgeMs !== undefined;
    if (nextAgeMs === undefined) return;
    const pauseMs = this.#options.retainedAgeMs / looksPerRetention;
    this.#scheduleAge(Math.max(pauseMs, nextAgeMs - now.monotonicMs));
  }

  #scheduleAge(afterMs: Ms): void {
    this.#with.effects.schedule(afterMs, ageDue);
  }

  #note(evictions: readonly Eviction[]): void {
    for (const { what, bound, ids } of evictions) {
      for (const { answered } of this.#passages?.values() ?? []) {
        for (const id of answered === undefined ? [] : ids) answered?.delete(id);
      }
      this.#evicted ??= new Map();
      const key = `${what} ${bound}`;
      const count = (this.#evicted.get(key)?.count ?? 0) + ids.length;
      this.#evicted.set(key, { eviction: { what, bound }, count });
    }
  }

  /** What is given late would live on with others for as long again. */
  #isTooOld({ bornMs }: Listed, now: Instant): boolean {
    return now.monotonicMs - bornMs >= this.#options.retainedAgeMs;
  }

  #nextSequence(incarnation: Incarnation): number {
    if (incarnation !== this.#sequenceOf) this.#sequence = 0;
    this.#sequenceOf = incarnation;
    this.#sequence += 1;
    return this.#sequence;
  }
}

const nobody: readonly LinkId[] = [];
const ageDue: DisseminationTimer = { type: 'dissemination:age-due' };

/** A window on more than itself, as on all that a transport has read, would keep all of that: it is copied. */
function ownBytes(body: Uint8Array): Uint8Array {
  return body.length === body.buffer.byteLength ? body : new Uint8Array(body);
}

/** Ages below this are left out of the frame: a message that is pushed on at once has none. */
const ageMsMin: Ms = 1_000;

function frameOf({ id, hops, bornMs, body }: Listed, now: Instant): Gossip | undefined {
  if (body === undefined) return undefined;
  const ageMs = Math.round(now.monotonicMs - bornMs);
  const frame: Gossip = { type: 'GOSSIP', id, hops: hops + 1, body };
  return ageMs < ageMsMin ? frame : { ...frame, ageMs };
}
