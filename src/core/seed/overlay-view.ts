import type { SeedOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type { Incarnation, PeerEntry, PeerId, RegisterValue } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { Components } from './components.ts';
import type { Directory } from './directory.ts';

/** Fires when the components are to be found again. */
export interface OverlayViewTimer {
  readonly type: 'overlay-view:look';
}

export interface OverlayViewDependencies {
  readonly effects: Effects<OverlayViewTimer>;
  readonly random: Random;
  readonly committed: (peer: PeerId) => RegisterValue | undefined;
  readonly directory: Pick<Directory, 'entryOf'>;
}

const none: readonly never[] = [];

interface Report {
  readonly incarnation: Incarnation;
  readonly neighbours: readonly PeerId[];
  /** Of the peer itself and of those neighbours (see #numberOf). */
  readonly number: number;
  readonly numbers: readonly number[];
  atMs: Ms;
}

/** The components are found at most this often: a quarter of the default pause between a peer's renewals. */
const lookIntervalMs: Ms = 2_500;

/** Without any change they are found again after this share of a lease: what nobody renews is out of date. */
const lookShare = 0.25;

/** Peers that are numbered though nobody is linked with them any more, before the numbers begin anew. */
const strayNumbersMax = 1_000;

/** Peers named to a component that is cut off: a few, in case some are full. */
const bridgeSize = 3;

/**
 * The overlay as the peers' RENEWs tell it, and its components: a network that has fallen apart is
 * mended by naming peers of the largest component to the members of the others. Peers that renew
 * with other seeds only are seen here when a neighbour names them.
 */
export class OverlayView {
  readonly #options: SeedOptions;
  readonly #with: OverlayViewDependencies;
  readonly #reports = new Map<PeerId, Report>();
  // Most renewals tell nothing new, and every second something is: so each peer is looked up once, when it is told.
  readonly #numbers = new Map<PeerId, number>();
  #numbered: PeerId[] = [];
  /** Of each number, the incarnation that lives, 0 for none; undefined until it is looked up (again). */
  #incarnations: (Incarnation | undefined)[] = [];
  #isLookDue = false;
  #lookedMs: Ms = Number.NEGATIVE_INFINITY;
  /** The number of components last told. */
  #told = 0;
  #largest: readonly PeerId[] = [];
  /** Members of all components but the largest. */
  readonly #cutOff = new Set<PeerId>();

  constructor(options: SeedOptions, dependencies: OverlayViewDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** A living peer tells its neighbours. */
  report(
    peer: PeerId,
    incarnation: Incarnation,
    neighbours: readonly PeerId[],
    now: Instant,
  ): void {
    const known = this.#reports.get(peer);
    if (known?.incarnation === incarnation && this.#tellsTheSame(known, neighbours)) {
      known.atMs = now.monotonicMs;
      const lookMs = this.#lookedMs + this.#options.leaseMs * lookShare;
      if (now.monotonicMs >= lookMs) this.#lookSoon();
      return;
    }
    this.#take(peer, incarnation, neighbours, now.monotonicMs);
    this.#lookSoon();
  }

  /** A peer is gone, or lives as another incarnation. */
  forget(peer: PeerId): void {
    const number = this.#numbers.get(peer);
    if (number !== undefined) this.#incarnations[number] = undefined;
    if (this.#reports.delete(peer)) this.#lookSoon();
  }

  /** What each peer last told of its neighbours. */
  *links(): Generator<readonly [PeerId, readonly PeerId[]]> {
    for (const [peer, { neighbours }] of this.#reports) yield [peer, neighbours];
  }

  /** Whom this peer should link with to mend the overlay; usually nobody. */
  bridgeFor(peer: PeerId): readonly PeerEntry[] {
    if (this.#cutOff.size === 0 || !this.#cutOff.has(peer)) return none;
    const { random } = this.#with;
    const chosen = new Set<PeerId>();
    for (let draw = 0; draw < bridgeSize; draw += 1) {
      const candidate = this.#largest[Math.floor(random() * this.#largest.length)];
      if (candidate !== undefined) chosen.add(candidate);
    }
    return [...chosen].flatMap((id) => this.#entryOf(id));
  }

  onTimer(now: Instant): void {
    this.#isLookDue = false;
    const found = this.#find(now);
    const { count: components, size: peers } = found;
    // Nearly always there is one, and who is in it does not matter.
    const [largest = [], ...others] = components > 1 ? found.all() : [];
    this.#largest = largest.map((number) => this.#peerOf(number));
    this.#cutOff.clear();
    for (const number of others.flat()) this.#cutOff.add(this.#peerOf(number));
    const smallest = others.at(-1)?.length ?? peers;
    if (this.#numbered.length > peers + strayNumbersMax) this.#numberAnew();
    if (components === this.#told) return;
    this.#told = components;
    const type = 'overlay:components-seen';
    this.#with.effects.emit({ type, components, smallest, peers });
  }

  #find(now: Instant): Components {
    this.#lookedMs = now.monotonicMs;
    const oldestMs = now.monotonicMs - this.#options.leaseMs;
    const incarnations = this.#incarnations;
    for (let number = 0; number < incarnations.length; number += 1) {
      incarnations[number] ??= this.#livingIncarnation(this.#peerOf(number));
    }
    const components = new Components(incarnations.length);
    for (const [peer, { incarnation, number, numbers, atMs }] of this.#reports) {
      if (incarnations[number] !== incarnation || atMs < oldestMs) {
        this.#reports.delete(peer);
        continue;
      }
      components.add(number);
      for (const neighbour of numbers) {
        if (incarnations[neighbour] !== 0) components.join(number, neighbour);
      }
    }
    return components;
  }

  #tellsTheSame({ neighbours: told }: Report, neighbours: readonly PeerId[]): boolean {
    if (told === neighbours) return true;
    const { length } = told;
    return (
      length === Math.min(neighbours.length, this.#options.reportedNeighboursMax) &&
      told.every((neighbour, index) => neighbour === neighbours[index])
    );
  }

  #take(peer: PeerId, incarnation: Incarnation, told: readonly PeerId[], atMs: Ms): void {
    const { reportedNeighboursMax: max } = this.#options;
    const neighbours = told.length > max ? told.slice(0, max) : told;
    const number = this.#numberOf(peer);
    const numbers = neighbours.map((neighbour) => this.#numberOf(neighbour));
    this.#reports.set(peer, { incarnation, neighbours, number, numbers, atMs });
  }

  #numberOf(peer: PeerId): number {
    const known = this.#numbers.get(peer);
    if (known !== undefined) return known;
    const number = this.#numbered.push(peer) - 1;
    this.#numbers.set(peer, number);
    this.#incarnations.push(undefined);
    return number;
  }

  #peerOf(number: number): PeerId {
    return this.#numbered[number] ?? '';
  }

  #numberAnew(): void {
    this.#numbers.clear();
    this.#numbered = [];
    this.#incarnations = [];
    for (const [peer, { incarnation, neighbours, atMs }] of this.#reports) {
      this.#take(peer, incarnation, neighbours, atMs);
    }
  }

  /** 0 for a peer that is not alive. */
  #livingIncarnation(peer: PeerId): Incarnation {
    const value = this.#with.committed(peer);
    return value?.status === 'alive' ? value.incarnation : 0;
  }

  #entryOf(peer: PeerId): PeerEntry[] {
    const value = this.#with.committed(peer);
    return value?.status === 'alive' ? [this.#with.directory.entryOf(peer, value)] : [];
  }

  #lookSoon(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    this.#with.effects.schedule(lookIntervalMs, { type: 'overlay-view:look' });
  }
}
