import type { DisseminationOptions } from '../config.ts';
import type { Effects } from '../effects.ts';
import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { IHave, LinkId, MessageId, PeerId } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { dropOldest } from './bounded.ts';
import type { MessageList } from './message-list.ts';

/** Fires when what was asked for should have come; there is one at a time, while something is open. */
export interface RecoveryDue {
  readonly type: 'dissemination:recovery-due';
}

export interface RecoveryDependencies {
  readonly effects: Effects<RecoveryDue>;
  readonly links: Pick<Links, 'get' | 'send'>;
  readonly list: Pick<MessageList, 'get'>;
}

/** A message that a neighbour has and this peer lacks. */
interface Want {
  /** The link that was asked. */
  asked: LinkId;
  askedMs: Ms;
  /** Links that announced it too and were not asked yet. */
  readonly others: LinkId[];
}

/** A message that a neighbour had once, and that this peer should have got. */
interface Missing {
  readonly from: PeerId;
  readonly sinceMs: Ms;
  isReported: boolean;
}

/** Other announcers remembered for each message: with that many gone the next link announces it again. */
const othersMax = 3;

/**
 * Fetches what a new link shows to be missing: IHAVE of the other end → IWANT of what was not seen
 * here, each message from one neighbour at a time, from the next one when the link goes down or
 * nothing comes.
 *
 * A gap is a message that is known to exist and that nobody asked can still give. That a neighbour
 * had it once is not enough: what was published before this peer came is none of its business. So
 * an expired id counts as missing when it stands, in the neighbour's order, behind a message that
 * was pushed to this peer; or when it was announced as available and then could not be given.
 */
export class Recovery {
  readonly #options: DisseminationOptions;
  readonly #with: RecoveryDependencies;
  readonly #wants = new Map<MessageId, Want>();
  readonly #missing = new Map<MessageId, Missing>();
  /** Links that have named a message which was pushed here: what they name after it is of our time. */
  readonly #ofOurTime = new Set<LinkId>();
  /** When the last recovered message came over a link: a long answer is not silence. */
  readonly #progressMs = new Map<LinkId, Ms>();
  #isDue = false;

  constructor(options: DisseminationOptions, dependencies: RecoveryDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** Messages that were asked for and have not come. */
  get size(): number {
    return this.#wants.size;
  }

  onIHave(link: Link, { ids, expired }: IHave, now: Instant): void {
    const nextAsks = new Asks();
    for (const id of expired) this.#onExpired(link, id, nextAsks, now);
    for (const id of ids) this.#onAnnounced(link, id, nextAsks, now);
    this.#send(nextAsks);
  }

  /** Links that have announced this message and were not sent it: they need no copy of ours. */
  holdersOf(id: MessageId): readonly LinkId[] {
    const want = this.#wants.get(id);
    return want === undefined ? nobody : [want.asked, ...want.others];
  }

  /** It came over this link; returns whether it was asked for there. */
  delivered(id: MessageId, link: Link, now: Instant): boolean {
    this.#missing.delete(id);
    const want = this.#wants.get(id);
    if (want === undefined) return false;
    this.#wants.delete(id);
    if (want.asked !== link.id) return false;
    this.#progressMs.set(link.id, now.monotonicMs);
    return true;
  }

  linkDown(link: Link, now: Instant): void {
    this.#ofOurTime.delete(link.id);
    this.#progressMs.delete(link.id);
    const nextAsks = new Asks();
    for (const [id, want] of this.#wants) {
      remove(want.others, link.id);
      if (want.asked === link.id) this.#askNext(id, want, nextAsks, now);
    }
    this.#send(nextAsks);
  }

  onDue(now: Instant): void {
    this.#isDue = false;
    const nextAsks = new Asks();
    const { recoveryTimeoutMs } = this.#options;
    for (const [id, want] of this.#wants) {
      const sinceMs = Math.max(want.askedMs, this.#progressMs.get(want.asked) ?? want.askedMs);
      if (now.monotonicMs - sinceMs >= recoveryTimeoutMs) this.#askNext(id, want, nextAsks, now);
    }
    this.#send(nextAsks);
    this.#reportGaps(now);
    if (this.#wants.size > 0 || this.#unreported().length > 0) this.#scheduleDue();
  }

  #onAnnounced(link: Link, id: MessageId, nextAsks: Asks, now: Instant): void {
    const listed = this.#with.list.get(id);
    if (listed !== undefined) {
      if (listed.isPushed) this.#ofOurTime.add(link.id);
      return;
    }
    const want = this.#wants.get(id);
    if (want === undefined) {
      if (this.#wants.size >= this.#options.wantedIdsMax) return;
      this.#wants.set(id, { asked: link.id, askedMs: now.monotonicMs, others: [] });
    } else if (want.asked !== link.id) {
      if (want.others.length < othersMax && !want.others.includes(link.id)) {
        want.others.push(link.id);
      }
      return;
    }
    // Announced again by the link that was asked: it has lost the answer.
    nextAsks.add(link.id, id);
  }

  #onExpired(link: Link, id: MessageId, nextAsks: Asks, now: Instant): void {
    const listed = this.#with.list.get(id);
    if (listed !== undefined) {
      if (listed.isPushed) this.#ofOurTime.add(link.id);
      return;
    }
    const want = this.#wants.get(id);
    if (want === undefined) {
      if (this.#ofOurTime.has(link.id)) this.#miss(id, link.remote.id, now);
      return;
    }
    remove(want.others, link.id);
    if (want.asked !== link.id || this.#askNext(id, want, nextAsks, now)) return;
    this.#miss(id, link.remote.id, now);
  }

  /** Asks the next announcer; without one the message is given up until somebody announces it again. */
  #askNext(id: MessageId, want: Want, nextAsks: Asks, now: Instant): boolean {
    const next = want.others.shift();
    if (next === undefined) {
      this.#wants.delete(id);
      return false;
    }
    want.asked = next;
    want.askedMs = now.monotonicMs;
    nextAsks.add(next, id);
    return true;
  }

  #miss(id: MessageId, from: PeerId, now: Instant): void {
    if (this.#missing.has(id)) return;
    this.#missing.set(id, { from, sinceMs: now.monotonicMs, isReported: false });
    dropOldest(this.#missing, this.#options.wantedIdsMax);
    this.#scheduleDue();
  }

  /** Another neighbour may still have it, so a gap is told of only after a while. */
  #reportGaps(now: Instant): void {
    const byPeer = new Map<PeerId, MessageId[]>();
    for (const [id, missing] of this.#unreported()) {
      if (this.#wants.has(id)) continue;
      if (now.monotonicMs - missing.sinceMs < this.#options.recoveryTimeoutMs) continue;
      missing.isReported = true;
      const ids = byPeer.get(missing.from);
      if (ids === undefined) byPeer.set(missing.from, [id]);
      else ids.push(id);
    }
    for (const [from, ids] of byPeer) this.#with.effects.emit({ type: 'message:gap', ids, from });
  }

  #unreported(): [MessageId, Missing][] {
    return [...this.#missing].filter(([, { isReported }]) => !isReported);
  }

  #send(asks: Asks): void {
    const { idsPerFrameMax } = this.#options;
    for (const [id, wanted] of asks.byLink) {
      const link = this.#with.links.get(id);
      if (link === undefined) continue;
      for (let from = 0; from < wanted.length; from += idsPerFrameMax) {
        const ids = wanted.slice(from, from + idsPerFrameMax);
        this.#with.links.send(link, { type: 'IWANT', ids });
      }
      this.#scheduleDue();
    }
  }

  #scheduleDue(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const { recoveryTimeoutMs } = this.#options;
    this.#with.effects.schedule(recoveryTimeoutMs, { type: 'dissemination:recovery-due' });
  }
}

/** What is to be asked over which link, gathered for as few frames as possible. */
class Asks {
  readonly byLink = new Map<LinkId, MessageId[]>();

  add(link: LinkId, id: MessageId): void {
    const ids = this.byLink.get(link);
    if (ids === undefined) this.byLink.set(link, [id]);
    else ids.push(id);
  }
}

const nobody: readonly LinkId[] = [];

function remove(links: LinkId[], link: LinkId): void {
  const at = links.indexOf(link);
  if (at >= 0) links.splice(at, 1);
}
