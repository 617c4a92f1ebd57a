import type { Incarnation, NodeId, NodeRole } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { type ModelLimits, pushBounded } from './limits.ts';

/**
 * How a node stands, as the whole network sees it.
 * - `starting`: heard of, not in the network yet
 * - `alive`: registered, or linked with somebody
 * - `stopped`: its process is gone; the others have not noticed
 * - `suspected`: at least one peer believes that it is dead
 * - `dead`: its death is confirmed
 * - `left`: it said goodbye
 */
export type MemberState = 'starting' | 'alive' | 'stopped' | 'suspected' | 'dead' | 'left';

export type TimelineKind =
  | 'started'
  | 'registered'
  | 'suspected'
  | 'cleared'
  | 'corroborated'
  | 'reported'
  | 'confirmed-dead'
  | 'declared-dead'
  | 'refuted'
  | 'left'
  | 'stopped';

export interface TimelineEntry {
  readonly atMs: Ms;
  readonly kind: TimelineKind;
  /** Number of the node whose event it is; −1 for the member itself. */
  readonly by: number;
  /** What is worth adding: an incarnation, a cause. */
  readonly note: string;
}

export interface Member {
  /** Its number in the model: 0, 1, … in the order of appearance. */
  readonly index: number;
  readonly id: NodeId;
  role: NodeRole;
  /** Whether its own events are seen, not only those of others about it. */
  observed: boolean;
  incarnation: Incarnation;
  /** When it came into the network, in its present life; null before. */
  aliveSinceMs: Ms | null;
  /** Its process has ended. */
  stopped: boolean;
  left: boolean;
  /** The last incarnation that is confirmed dead; −1 for none. */
  deadIncarnation: Incarnation;
  /** Numbers of the peers that suspect it. */
  suspectedBy: number[];
  /** When its state last changed. */
  changedAtMs: Ms;
  published: number;
  received: number;
  duplicates: number;
  readonly timeline: TimelineEntry[];
}

/** How a member stands. What is final comes first. */
export function stateOf(member: Member): MemberState {
  if (isDead(member)) return 'dead';
  if (member.left) return 'left';
  if (member.suspectedBy.length > 0) return 'suspected';
  if (member.stopped) return 'stopped';
  return member.aliveSinceMs === null ? 'starting' : 'alive';
}

/** Whether its present life is confirmed dead. */
export function isDead(member: Member): boolean {
  return member.deadIncarnation >= member.incarnation;
}

/** Whether it can still receive anything, as far as is known. */
export function isLiving(member: Member): boolean {
  return member.aliveSinceMs !== null && !(member.stopped || member.left || isDead(member));
}

/** Peers whose receipts will be seen, at one moment. The same set is shared by all messages of that moment. */
export type Population = ReadonlySet<number>;

/** All nodes that were ever heard of. */
export class Members {
  readonly list: Member[];
  /** Grows whenever something changes that is shown of a member. */
  version = 0;
  /** Nodes that were not taken up because there are too many. */
  ignored = 0;
  readonly #limits: ModelLimits;
  readonly #indexes: Map<NodeId, Member>;
  /** The last one that was asked for; shared by all messages for which it is the same. */
  #population: Population;
  #isPopulationStale = true;

  constructor(limits: ModelLimits, list: Member[] = [], population: Population = new Set()) {
    this.#population = population;
    this.#limits = limits;
    this.list = list;
    this.#indexes = new Map(list.map((member) => [member.id, member]));
  }

  get(id: NodeId): Member | undefined {
    return this.#indexes.get(id);
  }

  /** The member of that name, new if it was not known; undefined beyond the limit. */
  ensure(id: NodeId, role: NodeRole, atMs: Ms): Member | undefined {
    const known = this.#indexes.get(id);
    if (known !== undefined) return known;
    if (this.list.length >= this.#limits.nodesMax) {
      this.ignored += 1;
      return undefined;
    }
    const member: Member = {
      index: this.list.length,
      id,
      role,
      observed: false,
      incarnation: 0,
      aliveSinceMs: null,
      stopped: false,
      left: false,
      deadIncarnation: -1,
      suspectedBy: [],
      changedAtMs: atMs,
      published: 0,
      received: 0,
      duplicates: 0,
      timeline: [],
    };
    this.list.push(member);
    this.#indexes.set(id, member);
    return member;
  }

  /** The peers that are in the network now and whose events are seen. */
  population(): Population {
    if (!this.#isPopulationStale) return this.#population;
    this.#isPopulationStale = false;
    const isIn = (member: Member) => member.role === 'peer' && member.observed && isLiving(member);
    const indexes = this.list.filter(isIn).map(({ index }) => index);
    const known = this.#population;
    const isSame = known.size === indexes.length && indexes.every((index) => known.has(index));
    if (!isSame) this.#population = new Set(indexes);
    return this.#population;
  }

  /** Says that something about a member changed: who lives, or what is shown of it. */
  changed(member: Member, atMs: Ms): void {
    member.changedAtMs = atMs;
    this.version += 1;
    this.#isPopulationStale = true;
  }

  note(member: Member, entry: TimelineEntry): void {
    pushBounded(member.timeline, entry, this.#limits.timelineMax);
    this.changed(member, entry.atMs);
  }

  /** A life of this incarnation is there: what was said of an earlier one is over. */
  lives(member: Member, incarnation: Incarnation, atMs: Ms): void {
    if (incarnation < member.incarnation) return;
    const isNew = incarnation > member.incarnation;
    member.incarnation = incarnation;
    if (incarnation <= member.deadIncarnation) return;
    if (isNew) {
      member.left = false;
      member.suspectedBy = [];
    }
    if (member.aliveSinceMs === null || isNew) {
      member.aliveSinceMs = atMs;
      this.changed(member, atMs);
    }
  }

  /** `observer` has stopped or died: what it believed no longer counts. */
  forgetSuspicionsOf(observer: number, atMs: Ms): void {
    for (const member of this.list) {
      if (!member.suspectedBy.includes(observer)) continue;
      member.suspectedBy = member.suspectedBy.filter((index) => index !== observer);
      this.changed(member, atMs);
    }
  }
}
