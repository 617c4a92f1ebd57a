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

interface Report {
  readonly incarnation: Incarnation;
  readonly neighbours: readonly PeerId[];
  readonly atMs: Ms;
}

/** The components are found at most this often. */
const lookIntervalMs: Ms = 1_000;

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
  #isLookDue = false;
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
    const { reportedNeighboursMax } = this.#options;
    this.#reports.set(peer, {
      incarnation,
      neighbours: neighbours.slice(0, reportedNeighboursMax),
      atMs: now.monotonicMs,
    });
    this.#lookSoon();
  }

  /** A peer is gone, or lives as another incarnation. */
  forget(peer: PeerId): void {
    if (this.#reports.delete(peer)) this.#lookSoon();
  }

  /** What each peer last told of its neighbours. */
  *links(): Generator<readonly [PeerId, readonly PeerId[]]> {
    for (const [peer, { neighbours }] of this.#reports) yield [peer, neighbours];
  }

  /** Whom this peer should link with to mend the overlay; usually nobody. */
  bridgeFor(peer: PeerId): PeerEntry[] {
    if (!this.#cutOff.has(peer)) return [];
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
    const components = this.#find(now);
    const [largest = [], ...others] = components;
    this.#largest = largest;
    this.#cutOff.clear();
    for (const peer of others.flat()) this.#cutOff.add(peer);
    if (components.length === this.#told) return;
    this.#told = components.length;
    this.#with.effects.emit({
      type: 'overlay:components-seen',
      components: components.length,
      smallest: components.at(-1)?.length ?? 0,
      peers: components.flat().length,
    });
  }

  #find(now: Instant): PeerId[][] {
    const components = new Components<PeerId>();
    const oldestMs = now.monotonicMs - this.#options.leaseMs;
    for (const [peer, { incarnation, neighbours, atMs }] of this.#reports) {
      const isCurrent = this.#livingIncarnation(peer) === incarnation && atMs >= oldestMs;
      if (!isCurrent) {
        this.#reports.delete(peer);
        continue;
      }
      components.add(peer);
      for (const neighbour of neighbours) {
        if (this.#livingIncarnation(neighbour) > 0) components.join(peer, neighbour);
      }
    }
    return components.all();
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
