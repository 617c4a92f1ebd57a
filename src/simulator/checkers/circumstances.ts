import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, Message } from '../../core/messages.ts';
import type { StorageWrite } from '../../core/seed/stored.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange, SimulationObserver } from '../observer.ts';
import type { Fault, Scenario } from '../scenario/scenario.ts';
import type { World } from '../world.ts';
import { Disks } from './disks.ts';
import { Receipts } from './receipts.ts';

/** Disturbances of one node, or of the network. */
class Trouble {
  #open = 0;
  #endedMs: Ms = Number.NEGATIVE_INFINITY;

  begin(): void {
    this.#open += 1;
  }

  /** It may have begun for an earlier process. */
  end(atMs: Ms): void {
    this.#open = Math.max(0, this.#open - 1);
    this.#endedMs = atMs;
  }

  overForMs(atMs: Ms): Ms {
    return this.#open > 0 ? 0 : atMs - this.#endedMs;
  }
}

/**
 * What promises depend on, for all checkers of a run: which peers lie, which nodes are paused, slow or cut off
 * and since when not any more, who has which incarnation, and from when on no fault is at work.
 *
 * The end of a node's earlier life is no excuse for its present one: who dies and comes back has another
 * incarnation. Nor are clocks that jump: they change nothing but the times that are shown.
 */
export class Circumstances implements SimulationObserver {
  readonly frameTypes = ['LEAVE'] as const;
  readonly receipts = new Receipts();
  readonly disks = new Disks();
  #world: World | undefined;
  #quietFromMs: Ms | undefined;
  readonly #liars = new Set<number>();
  readonly #troubles = new Map<number, Trouble>();
  /** A disk outlives the processes that it serves, and so does what is wrong with it. */
  readonly #diskTroubles = new Map<number, Trouble>();
  readonly #network = new Trouble();
  readonly #incarnations = new Map<number, Incarnation>();
  readonly #leaving = new Set<number>();

  constructor({ quietFromMs }: { readonly quietFromMs?: Ms | undefined } = {}) {
    this.#quietFromMs = quietFromMs;
  }

  begin(world: World): void {
    this.#world = world;
    this.#quietFromMs ??= quietFrom(world.scenario);
    this.receipts.begin(world);
    this.disks.begin(world);
  }

  life(atMs: Ms, node: number, change: LifeChange, life: number): void {
    this.receipts.life(atMs, node, change);
    this.disks.life(atMs, node, change);
    this.#troubles.delete(node);
    this.#leaving.delete(node);
    this.#incarnations.delete(node);
    // Without seeds a peer is in its first incarnation in its first process, and so on.
    if (change === 'started' && this.world.seeds === 0) this.#incarnations.set(node, life);
  }

  event(_atMs: Ms, node: number, event: NodeEvent): void {
    if (event.type === 'peer:registered') this.#incarnations.set(node, event.incarnation);
  }

  /** A peer says goodbye before anything else is known of its leave. */
  frame(_at: Ms, _end: number, _generation: number, from: number, _to: number, message: Message) {
    if (message.type === 'LEAVE' && message.peer === this.world.idOf(from)) {
      this.#leaving.add(from);
    }
  }

  durable(_atMs: Ms, seed: number, write: StorageWrite): void {
    this.disks.durable(seed, write);
  }

  fault(
    atMs: Ms,
    _index: number,
    fault: Fault,
    state: 'begun' | 'ended',
    nodes: readonly number[],
  ): void {
    switch (fault.kind) {
      case 'malicious':
        for (const node of nodes) this.#liars.add(node);
        return;
      case 'pause':
      case 'slow':
        for (const node of nodes) turn(troubleOf(this.#troubles, node), state, atMs);
        return;
      case 'disk':
        for (const node of nodes) turn(troubleOf(this.#diskTroubles, node), state, atMs);
        return;
      case 'partition':
      case 'cut':
      case 'swizzle-clog':
      case 'degrade':
        turn(this.#network, state, atMs);
        return;
      default:
    }
  }

  get world(): World {
    if (this.#world === undefined) throw new Error('the run has not begun');
    return this.#world;
  }

  /** From here on no fault is at work, except for liars that lie to the end. */
  get quietFromMs(): Ms {
    return this.#quietFromMs ?? 0;
  }

  get hasLiars(): boolean {
    return this.#liars.size > 0;
  }

  /** Whether there are enough liars for the peers' own agreement, which needs one and its corroborations. */
  get hasManyLiars(): boolean {
    return this.#liars.size > this.world.peerOptions.failureDetection.corroborations;
  }

  /** Whether this node has ever lied: no promise is made about it. */
  isLiar(node: number): boolean {
    return this.#liars.has(node);
  }

  /** The incarnation that a running peer was given, and that it was not told by seeds to give up. */
  incarnationOf(node: number): Incarnation | undefined {
    const given = this.#incarnations.get(node);
    return given !== undefined && this.world.peer(node)?.incarnation === given ? given : undefined;
  }

  /** Whether a peer has begun to say goodbye. */
  isLeaving(node: number): boolean {
    return this.#leaving.has(node);
  }

  /** How long a node has been neither paused nor slow, and the network whole: no reason not to be heard. */
  soundForMs(node: number, atMs: Ms): Ms {
    return Math.min(this.steadyForMs(node, atMs), this.#network.overForMs(atMs));
  }

  /** How long a node has been neither paused nor slow, nor its disk, whatever the network does. */
  steadyForMs(node: number, atMs: Ms): Ms {
    const troubles = [this.#troubles.get(node), this.#diskTroubles.get(node)];
    return Math.min(...troubles.map((one) => one?.overForMs(atMs) ?? Number.POSITIVE_INFINITY));
  }

  name(node: number): string {
    const { world } = this;
    return world.isSeed(node) ? `seed ${node}` : `peer ${node - world.seeds}`;
  }
}

function troubleOf(troubles: Map<number, Trouble>, node: number): Trouble {
  const known = troubles.get(node);
  if (known !== undefined) return known;
  const trouble = new Trouble();
  troubles.set(node, trouble);
  return trouble;
}

function turn(trouble: Trouble, state: 'begun' | 'ended', atMs: Ms): void {
  if (state === 'begun') trouble.begin();
  else trouble.end(atMs);
}

/** When the last node has come and the last fault is over. */
function quietFrom({ topology, faults = [] }: Scenario): Ms {
  const { start, seeds } = topology;
  const startMs =
    start.kind === 'join' ? (start.afterMs ?? (seeds > 0 ? 3_000 : 0)) + start.spreadMs : 0;
  return Math.max(startMs, ...faults.map((fault) => fault.atMs + lastsMs(fault, topology)));
}

function lastsMs(fault: Fault, { seeds, peers }: Scenario['topology']): Ms {
  switch (fault.kind) {
    case 'crash':
      return (fault.spreadMs ?? 0) + (fault.restartAfterMs ?? 0);
    case 'leave':
    case 'join':
      return fault.spreadMs ?? 0;
    case 'churn':
      // Who goes last comes back after twice the mean at the latest.
      return fault.forMs + 2 * fault.downMs;
    case 'swizzle-clog':
      return 2 * fault.stepMs * (seeds + peers);
    case 'clock-jump':
      return 0;
    case 'disk':
      return Math.max(fault.forMs ?? 0, fault.restartAfterMs ?? 0);
    default:
      return fault.forMs ?? 0;
  }
}
