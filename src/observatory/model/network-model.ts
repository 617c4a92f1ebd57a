import type { NodeId, SeedId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { describeEvent, type LogLevel } from '../../telemetry/describe.ts';
import { type EventRecord, eventOf, type RecordedEvent } from '../../telemetry/event-record.ts';
import { type ModelLimits, modelLimits, pushBounded } from './limits.ts';
import { type Link, Links } from './links.ts';
import { isLiving, type Member, Members } from './members.ts';
import { Messages } from './messages.ts';
import { reactions } from './reactions.ts';
import { type Round, Rounds } from './rounds.ts';
import { type Convergence, convergenceOf, type Spread } from './spread.ts';

/** Sums over all nodes since the beginning; they equal the sums of the metrics named after them. */
export interface Totals {
  /** Records taken in. */
  events: number;
  published: number;
  /** First receipts. */
  received: number;
  recovered: number;
  duplicates: number;
  registrations: number;
  suspicions: number;
  suspicionsCleared: number;
  /** Incarnations confirmed dead, each counted once. */
  deaths: number;
}

/** An event worth telling a person. */
export interface LogLine {
  readonly atMs: Ms;
  readonly node: NodeId;
  readonly type: RecordedEvent['type'];
  readonly level: LogLevel;
  readonly text: string;
}

/** Everything a model knows, as JSON: what a page begins with. */
export interface ModelSnapshot {
  readonly atMs: Ms;
  readonly totals: Totals;
  readonly members: readonly Member[];
  readonly ignored: number;
  readonly links: readonly Link[];
  readonly messages: readonly (Omit<Spread, 'population'> & { readonly population: number })[];
  /** The sets of peers that messages refer to by number. */
  readonly populations: readonly (readonly number[])[];
  readonly rounds: readonly Round[];
  readonly log: readonly LogLine[];
}

/**
 * What a network looks like, made from its events alone. The same code runs where the events are
 * (for snapshots) and in the page, and `apply` depends on nothing but the record, so that both
 * come to the same.
 */
export class NetworkModel {
  /** The time of the last record. */
  atMs: Ms = 0;
  totals: Totals = {
    events: 0,
    published: 0,
    received: 0,
    recovered: 0,
    duplicates: 0,
    registrations: 0,
    suspicions: 0,
    suspicionsCleared: 0,
    deaths: 0,
  };
  members: Members;
  links: Links;
  messages: Messages;
  rounds: Rounds;
  log: LogLine[] = [];
  readonly limits: ModelLimits;

  constructor(seeds: readonly SeedId[] = [], limits: Partial<ModelLimits> = {}) {
    this.limits = { ...modelLimits, ...limits };
    this.members = new Members(this.limits);
    this.links = new Links(this.limits);
    this.messages = new Messages(this.limits, this);
    this.rounds = new Rounds(this.limits);
    for (const seed of seeds) this.members.ensure(seed, 'seed', 0);
  }

  static fromSnapshot(snapshot: ModelSnapshot, limits: Partial<ModelLimits> = {}): NetworkModel {
    const model = new NetworkModel([], limits);
    const { members, links, rounds, log, totals, atMs } = structuredClone(snapshot);
    model.atMs = atMs;
    model.totals = totals;
    model.links = new Links(model.limits, links);
    model.rounds = new Rounds(model.limits, [...rounds]);
    model.log = [...log];
    const populations = snapshot.populations.map((indexes) => new Set(indexes));
    model.members = new Members(model.limits, [...members], populations.at(-1));
    model.members.ignored = snapshot.ignored;
    const spreads = structuredClone(snapshot.messages).map((message) => ({
      ...message,
      population: populations[message.population] ?? new Set<number>(),
    }));
    model.messages = new Messages(model.limits, model, spreads);
    return model;
  }

  apply(record: EventRecord): void {
    const { atMs, node, event } = record;
    this.atMs = atMs;
    this.totals.events += 1;
    const role = event.type === 'node:started' ? event.role : 'peer';
    const by = this.members.ensure(node, role, atMs);
    if (by === undefined) return;
    if (!by.observed) {
      by.observed = true;
      by.role = this.#isSeedEvent(event.type) ? 'seed' : by.role;
      this.members.changed(by, atMs);
    }
    const deaths = this.totals.deaths;
    // Each reaction takes the event of its own key, which the compiler cannot follow through the union.
    const react = reactions[event.type] as
      | ((model: NetworkModel, by: Member, event: RecordedEvent, atMs: Ms) => void)
      | undefined;
    react?.(this, by, event, atMs);
    if (isTold(event, this.totals.deaths > deaths)) this.#tell(record);
  }

  /** The figures of a message. */
  convergenceOf(spread: Spread): Convergence {
    return convergenceOf(spread, (index) => {
      const member = this.members.list[index];
      return member !== undefined && isLiving(member);
    });
  }

  toJSON(): ModelSnapshot {
    const populations = new Map<ReadonlySet<number>, number>();
    const messages = Array.from(this.messages.all(), (spread) => {
      const number = populations.get(spread.population) ?? populations.size;
      populations.set(spread.population, number);
      return { ...spread, population: number };
    });
    return {
      atMs: this.atMs,
      totals: this.totals,
      members: this.members.list,
      ignored: this.members.ignored,
      links: [...this.links.all()],
      messages,
      populations: Array.from(populations.keys(), (population) => [...population]),
      rounds: this.rounds.list,
      log: this.log,
    };
  }

  #isSeedEvent(type: RecordedEvent['type']): boolean {
    return type.startsWith('seed:up') || type.endsWith(':proposed') || type.endsWith(':vote');
  }

  #tell(record: EventRecord): void {
    const { level, text } = describeEvent(eventOf(record));
    const { atMs, node } = record;
    const line: LogLine = { atMs, node, type: record.event.type, level, text };
    pushBounded(this.log, line, this.limits.logMax);
  }
}

/** Told once, not once by every node that learns of it. */
function isTold(event: RecordedEvent, isNewDeath: boolean): boolean {
  switch (event.type) {
    case 'registration:committed':
    case 'leave:committed':
    case 'death:committed':
      return event.votes !== null;
    case 'peer:confirmed-dead':
      return isNewDeath;
    case 'node:stopped':
      return event.reason !== 'stopped';
    default:
      return told.has(event.type);
  }
}

const told: ReadonlySet<RecordedEvent['type']> = new Set([
  'message:published',
  'message:gap',
  'peer:suspected',
  'peer:suspicion-cleared',
  'peer:corroborated',
  'peer:reported',
  'peer:report-rejected',
  'peer:registration-failed',
  'self:refuted',
  'self:declared-dead',
  'self:left',
  'overlay:isolated',
  'registration:rejected',
  'leave:rejected',
  'death:rejected',
  'register:conflict',
  'seed:up',
  'seed:down',
  'seed:recovering',
  'seed:readmitted',
  'seed:list-mismatch',
  'removals:paused',
  'removals:resumed',
  'overlay:components-seen',
  'storage:failed',
] as const);
