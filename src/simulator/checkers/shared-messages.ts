import type { DisseminationOptions } from '../../core/config.ts';
import type { NodeEvent } from '../../core/events.ts';
import type { Ms } from '../../core/time.ts';
import { msOf } from '../engine/ticks.ts';
import type { LifeChange } from '../observer.ts';
import type { World } from '../world.ts';
import { Bits } from './bits.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { peerNodes, peersInTurn, sampleEvery } from './sampling.ts';

/** After so long two neighbours have the same messages. */
const patienceMs: Ms = 30_000;
const samplesPerPatience = 3;
/** Where more is lost, a frame may be on its way for longer. */
const lossMax = 0.05;

/** A line is full when it takes more than this to send what waits. */
const fullMs: Ms = 1_000;

/** Two neighbours, and what one of them had at some time. */
interface Sight {
  readonly node: number;
  readonly end: number;
  readonly generation: number;
  readonly neighbour: number;
  readonly upMs: Ms;
  readonly had: Bits;
}

/** Patience is with lines that have room: on a full one a message waits for as long as the others take. */
class SharedMessages implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  readonly #samples: { readonly atMs: Ms; readonly sights: readonly Sight[] }[] = [];
  /** Messages that a process has said that it misses. */
  readonly #gaps = new Map<number, Bits>();
  /** When each connection's end came up. */
  readonly #upMs = new Map<number, { readonly generation: number; readonly atMs: Ms }>();
  /** Until when each node's line was full, when it was last looked at. */
  readonly #fullUntilMs = new Map<number, Ms>();
  #largestBytes = 0;

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    // Peers of a laid overlay that nothing has touched would wake.
    if (world.settled !== undefined || (world.scenario.network.loss ?? 0) > lossMax) return;
    sampleEvery(world, patienceMs / samplesPerPatience, (atMs, look) => {
      this.#lookAtLines(world, atMs);
      const past = this.#samples.find((sample) => sample.atMs <= atMs - patienceMs);
      if (past !== undefined) this.#compare(past.sights, past.atMs, atMs);
      this.#samples.unshift({ atMs, sights: this.#sights(world, look) });
      this.#samples.length = Math.min(this.#samples.length, samplesPerPatience);
    });
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#gaps.delete(node);
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    const { world, receipts } = this.#about;
    switch (event.type) {
      case 'message:published':
        this.#largestBytes = Math.max(this.#largestBytes, event.bytes);
        return;
      case 'message:gap': {
        const gaps = this.#gaps.get(node) ?? new Bits();
        this.#gaps.set(node, gaps);
        for (const id of event.ids) gaps.add(receipts.numberOf(id));
        return;
      }
      case 'link:up': {
        const end = world.process(node)?.ends.get(event.link) ?? -1;
        if (end < 0) return;
        const generation = world.network.ends.generationOf(end);
        this.#upMs.set(end, { generation, atMs });
        return;
      }
      default:
    }
  }

  #sights(world: World, look: number): Sight[] {
    const sights: Sight[] = [];
    for (const node of peersInTurn(world, look)) {
      const had = this.#about.receipts.heldBy(node)?.copy();
      if (had === undefined || this.#about.isLiar(node)) continue;
      const process = world.process(node);
      for (const link of world.peer(node)?.overlay.links() ?? []) {
        const end = process?.ends.get(link.id) ?? -1;
        const up = this.#upMs.get(end);
        if (end < 0 || up === undefined) continue;
        const { generation, atMs: upMs } = up;
        const neighbour = world.network.ends.nodeOf(end ^ 1);
        if (this.#about.isLiar(neighbour)) continue;
        sights.push({ node, end, generation, neighbour, upMs, had });
      }
    }
    return sights;
  }

  #compare(sights: readonly Sight[], thenMs: Ms, atMs: Ms): void {
    for (const sight of sights) {
      const { node, neighbour } = sight;
      const missed = this.#missedBy(sight);
      if (missed === undefined || !this.#isStill(sight) || this.#isUnderWay(sight, atMs)) continue;
      if (this.#soundForMs(node, neighbour, atMs) < atMs - thenMs) continue;
      this.#accuse(
        [node, neighbour],
        `${this.#about.name(node)} has had message ${missed + 1} for ${(atMs - thenMs) / 1_000} s, and its neighbour ${this.#about.name(neighbour)} has neither got it nor said that it misses it`,
      );
      return;
    }
  }

  /** A message that the neighbour should have by now. */
  #missedBy(sight: Sight): number | undefined {
    const { neighbour, had } = sight;
    const has = this.#about.receipts.heldBy(neighbour);
    return had.find(
      (message) =>
        has?.has(message) !== true &&
        this.#gaps.get(neighbour)?.has(message) !== true &&
        !this.#mayHaveBeenLeftOut(sight, message),
    );
  }

  /** What was sent while much was lost comes after its retransmissions, and all that was sent later waits behind it. */
  #isUnderWay({ end }: Sight, atMs: Ms): boolean {
    return msOf(this.#about.world.network.ends.lastArrivalAt(end ^ 1)) > atMs;
  }

  /** A host without power leaves its connections as they are: each process has to have its own end still. */
  #isStill({ node, end, generation, neighbour }: Sight): boolean {
    const { world } = this.#about;
    return (
      world.network.ends.generationOf(end) === generation &&
      world.process(node)?.ends.values().includes(end) === true &&
      world
        .process(neighbour)
        ?.ends.values()
        .includes(end ^ 1) === true &&
      world.peer(node)?.overlay.linkTo(world.idOf(neighbour)) !== undefined
    );
  }

  #lookAtLines(world: World, atMs: Ms): void {
    for (const node of peerNodes(world)) {
      const backlogMs = world.network.backlogMs(node);
      if (backlogMs > fullMs) this.#fullUntilMs.set(node, atMs + backlogMs);
    }
  }

  #soundForMs(node: number, neighbour: number, atMs: Ms): Ms {
    const sound = [node, neighbour].flatMap((one) => [
      this.#about.soundForMs(one, atMs),
      atMs - (this.#fullUntilMs.get(one) ?? Number.NEGATIVE_INFINITY),
    ]);
    return Math.min(...sound);
  }

  /**
   * Whether the first of them may not have had the bytes any more when they became neighbours, or the
   * other could not ask for all that was announced to it then: it leaves the rest for the next announcement.
   */
  #mayHaveBeenLeftOut({ node, upMs }: Sight, message: number): boolean {
    const { receipts, world } = this.#about;
    const { dissemination } = world.peerOptions;
    const isOlder = receipts.publishedAtMs(message) < upMs;
    if (isOlder && receipts.messages > dissemination.wantedIdsMax) return true;
    if (upMs - receipts.publishedAtMs(message) >= dissemination.retainedAgeMs * ageShare)
      return true;
    return receipts.laterThan(node, message) >= retainedFor(dissemination, this.#largestBytes);
  }
}

/** Clocks may be wrong, and messages age by what their hops could tell. */
const ageShare = 0.5;

/** How many later messages do not push one out, whatever their sizes. */
function retainedFor(
  { retainedMessagesMax, retainedBytesMax }: DisseminationOptions,
  largestBytes: number,
): number {
  return (
    Math.min(retainedMessagesMax, Math.floor(retainedBytesMax / Math.max(1, largestBytes))) - 1
  );
}

export const sharedMessages: CheckerKind = {
  name: 'shared-messages',
  promise:
    'a message reaches every peer that stays connected through correct peers: what one neighbour has, the other has 30 s later, where their lines have room, or says that it misses it',
  start: (about, accuse) => new SharedMessages(about, accuse),
};
