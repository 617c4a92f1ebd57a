import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, Message, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { sampleEvery } from './sampling.ts';

/** Beyond a window: the way of a last report, and clocks that are slow. */
const slackMs: Ms = 5_000;

/** One seed's brake, as its events and frames show it. */
interface Brake {
  pausedMs: Ms | undefined;
  /** Deaths that were on their way to this seed, and since when. */
  readonly told: Map<string, Ms>;
  /** …and when it was told of each for the last time before the pause. */
  readonly lastTold: Map<string, Ms>;
  /** Deaths that it has judged, and when the last new one came. */
  readonly heard: Map<string, Ms>;
  lastNewMs: Ms;
  /** Deaths that it has agreed to, and since when they were on their way. */
  readonly agreed: Map<string, Ms>;
}

/** Said before anybody asks the brake: the seed does not know that incarnation, or not this ballot. */
const unjudged: ReadonlySet<string> = new Set(['conflict', 'unknown', 'stale', 'no-quorum']);

/**
 * What is new to a seed is what its brake has not counted. It counts no death of a peer that the seed does not
 * know: after it has lost its store, the same death is new to it once it knows the peer again. So only what it has
 * judged is taken for counted.
 */
class RemovalBrake implements Checker {
  readonly frameTypes = ['DEAD_REPORT', 'PROPOSE', 'VOTE'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  readonly #brakes = new Map<number, Brake>();
  readonly #listSizes = new Map<number, number>();
  /** Which death a ballot is about. */
  readonly #proposed = new Map<string, string>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    sampleEvery(world, 1_000, (atMs) => this.#look(atMs));
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#brakes.delete(node);
  }

  frame(atMs: Ms, _end: number, _generation: number, from: number, to: number, message: Message) {
    const { world } = this.#about;
    if (message.type === 'DEAD_REPORT' && world.isSeed(to)) {
      this.#tell(to, deathOf(message.peer, message.incarnation), atMs);
    } else if (message.type === 'PROPOSE' && message.intent.type === 'confirm-dead') {
      const { peer, ballot, intent } = message;
      const death = deathOf(peer, intent.incarnation);
      this.#proposed.set(keyOf(peer, ballot), death);
      this.#tell(to, death, atMs);
    } else if (message.type === 'PROPOSE') {
      // A proposer that crashed before its ballot was on disk may use it again, for something else.
      this.#proposed.delete(keyOf(message.peer, message.ballot));
    } else if (message.type === 'VOTE' && message.answer === 'promise') {
      this.#onYes(from, keyOf(message.peer, message.ballot), atMs);
    }
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'removals:paused':
        return this.#onPaused(node, atMs);
      case 'removals:resumed':
        this.#brakes.delete(node);
        return;
      case 'peer-list:changed':
        // The largest that it ever was: what it is at the beginning of a window is not known here.
        this.#listSizes.set(node, Math.max(event.size, this.#listSizes.get(node) ?? 0));
        return;
      case 'death:proposed': {
        const death = deathOf(event.peer, event.incarnation);
        this.#proposed.set(keyOf(event.peer, event.ballot), death);
        return this.#hear(node, death, atMs);
      }
      case 'death:reported':
        return this.#hear(node, deathOf(event.peer, event.incarnation), atMs);
      case 'death:vote': {
        if (event.seed !== this.#about.world.idOf(node)) return;
        const ballot = keyOf(event.peer, event.ballot);
        const death = this.#proposed.get(ballot) ?? '';
        this.#hear(node, death, atMs);
        if (!unjudged.has(event.verdict)) this.#judge(node, death, atMs);
        if (event.answer === 'promise') this.#onYes(node, ballot, atMs);
        return;
      }
      default:
    }
  }

  #onPaused(seed: number, atMs: Ms): void {
    const brake = this.#brakeOf(seed);
    brake.pausedMs = atMs;
    // Older ones are forgotten by then, and are new when they come again.
    const oldestMs = atMs - this.#about.world.seedOptions.removalWindowMs;
    for (const deaths of [brake.told, brake.lastTold, brake.heard]) {
      for (const [death, sinceMs] of deaths) if (sinceMs < oldestMs) deaths.delete(death);
    }
  }

  #tell(seed: number, death: string, atMs: Ms): void {
    const { told, lastTold, pausedMs } = this.#brakeOf(seed);
    if (!told.has(death)) told.set(death, atMs);
    // Forgotten with its window, a death is new when it comes again, and its window begins with that.
    if (pausedMs === undefined) lastTold.set(death, atMs);
  }

  #hear(seed: number, death: string, atMs: Ms): void {
    // A link may have kept it for long on its way.
    this.#tell(seed, death, atMs);
    const brake = this.#brakeOf(seed);
    if (!brake.heard.has(death)) brake.lastNewMs = atMs;
  }

  #judge(seed: number, death: string, atMs: Ms): void {
    const { heard } = this.#brakeOf(seed);
    if (!heard.has(death)) heard.set(death, atMs);
  }

  /** The seed agreed to a death. */
  #onYes(seed: number, ballot: string, atMs: Ms): void {
    const death = this.#proposed.get(ballot);
    const brake = this.#brakeOf(seed);
    const { pausedMs, lastTold } = brake;
    if (death === undefined) return;
    this.#count(seed, brake, death, atMs);
    if (pausedMs === undefined || lastTold.has(death) || this.#isDecided(death)) return;
    this.#accuse(
      [seed],
      `${this.#about.name(seed)} agreed to the removal of ${death}, which it first heard of while its removals were paused`,
    );
  }

  /**
   * No more than a share of the list within a window, reckoned from when each death was on its way. The brake counts
   * peers, not lives: one that restarts again and again is one place of the list, however often it dies.
   */
  #count(seed: number, { agreed, told }: Brake, death: string, atMs: Ms): void {
    if (agreed.has(death) || this.#isDecided(death)) return;
    agreed.set(death, told.get(death) ?? atMs);
    const { removalWindowMs, removalCountMin, removalShareMax } = this.#about.world.seedOptions;
    if (this.#about.soundForMs(seed, atMs) < removalWindowMs) return;
    const sinceMs = atMs - removalWindowMs + slackMs;
    const recent = [...agreed].filter(([, toldMs]) => toldMs > sinceMs);
    const count = new Set(recent.map(([one]) => one.split(' ')[0])).size;
    const listSize = this.#listSizes.get(seed) ?? 0;
    if (count <= Math.max(removalCountMin, Math.floor(removalShareMax * listSize))) return;
    this.#accuse(
      [seed],
      `${this.#about.name(seed)} agreed to ${count} removals from a list of ${listSize} within a window, without a pause`,
    );
  }

  #isDecided(death: string): boolean {
    const { disks } = this.#about;
    const [peer = '', incarnation] = death.split(' ');
    return disks
      .acceptancesOf(peer)
      .some(
        ({ value }) =>
          value.incarnation > Number(incarnation) ||
          (value.incarnation === Number(incarnation) && value.status !== 'alive'),
      );
  }

  #look(atMs: Ms): void {
    const { removalWindowMs } = this.#about.world.seedOptions;
    for (const [seed, { pausedMs, lastNewMs }] of this.#brakes) {
      if (pausedMs === undefined || this.#about.soundForMs(seed, atMs) < removalWindowMs) continue;
      const sinceMs = Math.max(pausedMs, lastNewMs);
      if (atMs - sinceMs <= removalWindowMs * clockMargin + slackMs) continue;
      this.#accuse(
        [seed],
        `the removals of ${this.#about.name(seed)} are still paused ${Math.round(atMs - sinceMs)} ms after the last new death`,
      );
    }
  }

  #brakeOf(seed: number): Brake {
    const known = this.#brakes.get(seed);
    if (known !== undefined) return known;
    const brake: Brake = {
      pausedMs: undefined,
      told: new Map(),
      lastTold: new Map(),
      heard: new Map(),
      lastNewMs: 0,
      agreed: new Map(),
    };
    this.#brakes.set(seed, brake);
    return brake;
  }
}

/** Clocks may run slow. */
const clockMargin = 1.02;

function deathOf(peer: PeerId, incarnation: Incarnation): string {
  return `${peer} ${incarnation}`;
}

function keyOf(peer: PeerId, { round, seed }: { readonly round: number; readonly seed: string }) {
  return `${peer} ${round} ${seed}`;
}

export const removalBrake: CheckerKind = {
  name: 'removal-brake',
  promise:
    'a seed agrees to no more deaths within a window than its options allow and to none while its removals are paused, and it goes on when a whole window has brought no new one',
  start: (about, accuse) => new RemovalBrake(about, accuse),
};
