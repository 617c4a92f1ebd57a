import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { looksARound, peerNodes, sampleEvery, seedNodes } from './sampling.ts';

/** How long a quiet network may be at odds with itself. */
const patienceMs: Ms = 30_000;

interface Trouble {
  readonly nodes: readonly number[];
  readonly what: string;
}

class Convergence implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** Since when each thing has been wrong without a break. */
  readonly #sinceMs = new Map<string, Ms>();
  /**
   * Peers have buried a living one by their own agreement, without seeds or deceived by as many liars as agree: it
   * is turned away until it has another incarnation, and nobody gives it one. It may not even have begun yet.
   */
  readonly #buried = new Map<number, Set<Incarnation>>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    // All links of all peers are looked at each time.
    const intervalMs = Math.min(5_000, 1_000 * looksARound(world));
    sampleEvery(world, intervalMs, (atMs) => this.#look(world, atMs));
  }

  event(_atMs: Ms, _node: number, event: NodeEvent): void {
    const { world } = this.#about;
    if (event.type !== 'peer:confirmed-dead') return;
    if (world.seeds > 0 && !this.#about.hasManyLiars) return;
    const node = world.indexOf(event.peer);
    const buried = this.#buried.get(node) ?? new Set();
    this.#buried.set(node, buried);
    buried.add(event.incarnation);
  }

  #look(world: World, atMs: Ms): void {
    if (atMs < this.#about.quietFromMs) return;
    this.#hold('lists', this.#listsDiffer(world), atMs);
    this.#hold('registration', this.#unregistered(world), atMs);
    // A laid overlay is of peers that nothing has touched: asking would wake them all.
    if (world.settled !== undefined || this.#isSplit(world)) return;
    this.#hold('overlay', this.#apart(world), atMs);
    // Whom it could not reach before, it leaves alone for so long.
    const { redialMaxMs } = world.peerOptions.overlay;
    this.#hold('links', this.#lonely(world), atMs, redialMaxMs);
  }

  #isSplit(world: World): boolean {
    return [...peerNodes(world)].some((node) => {
      const incarnation = this.#about.incarnationOf(node);
      return incarnation !== undefined && this.#buried.get(node)?.has(incarnation) === true;
    });
  }

  #hold(name: string, trouble: Trouble | undefined, atMs: Ms, moreMs: Ms = 0): void {
    if (trouble === undefined) {
      this.#sinceMs.delete(name);
      return;
    }
    const sinceMs = this.#sinceMs.get(name) ?? atMs;
    this.#sinceMs.set(name, sinceMs);
    const forMs = patienceMs + moreMs;
    if (atMs - sinceMs < forMs) return;
    const { nodes, what } = trouble;
    this.#accuse(nodes, `${what}, for ${forMs / 1_000} s now, and no fault is at work`);
  }

  #listsDiffer(world: World): Trouble | undefined {
    const running = [...seedNodes(world)].filter((seed) => world.isRunning(seed));
    // Too few stores are left for anybody to copy from: the seeds have to begin anew.
    if (this.#about.disks.sound < this.#about.disks.copiesNeeded) return undefined;
    const silent = running.filter((seed) => world.seedMachine(seed)?.voting === false);
    if (silent.length > 0 && running.length >= this.#about.disks.quorum) {
      return { nodes: silent, what: `${this.#names(silent)} do not vote` };
    }
    const digests = new Set(running.map((seed) => world.seedMachine(seed)?.listed.digest));
    if (digests.size <= 1) return undefined;
    return { nodes: running, what: 'the Peer Lists of the running seeds differ' };
  }

  #unregistered(world: World): Trouble | undefined {
    const running = [...seedNodes(world)].filter((seed) => world.isRunning(seed));
    if (world.seeds === 0 || running.length < this.#about.disks.quorum) return undefined;
    const outside = this.#members(world).filter((node) => world.peer(node)?.incarnation === 0);
    if (outside.length === 0) return undefined;
    return { nodes: outside, what: `${this.#names(outside)} could not register` };
  }

  #apart(world: World): Trouble | undefined {
    const members = this.#members(world).filter((node) => world.peer(node)?.incarnation !== 0);
    const [first] = members;
    if (first === undefined) return undefined;
    const reached = new Set([first]);
    for (const node of reached) for (const other of neighboursOf(world, node)) reached.add(other);
    const apart = members.filter((node) => !reached.has(node));
    if (apart.length === 0) return undefined;
    const few = apart.length * 2 > members.length ? [...reached] : apart;
    return { nodes: few, what: `${this.#names(few)} are cut off from the overlay` };
  }

  /** Who keeps fewer links than it is to dial for itself, though there are others. */
  #lonely(world: World): Trouble | undefined {
    const members = this.#members(world).filter((node) => world.peer(node)?.incarnation !== 0);
    const wanted = Math.min(world.peerOptions.overlay.minDegree, members.length - 1);
    const lonely = members.filter((node) => {
      const { overlay, membership } = world.peer(node) ?? {};
      return (overlay?.degree ?? 0) < Math.min(wanted, membership?.size ?? 0);
    });
    if (lonely.length === 0) return undefined;
    return { nodes: lonely, what: `${this.#names(lonely)} have fewer than ${wanted} links` };
  }

  /** Running peers that stay. */
  #members(world: World): number[] {
    return [...peerNodes(world)].filter(
      (node) => world.isRunning(node) && !this.#about.isLeaving(node) && !this.#about.isLiar(node),
    );
  }

  #names(nodes: readonly number[]): string {
    const some = nodes.slice(0, 5).map((node) => this.#about.name(node));
    return nodes.length > 5 ? `${some.join(', ')} and ${nodes.length - 5} others` : some.join(', ');
  }
}

/** Those that are linked with it as both ends see it. */
function* neighboursOf(world: World, node: number): IterableIterator<number> {
  const id = world.idOf(node);
  for (const link of world.peer(node)?.overlay.links() ?? []) {
    const other = world.indexOf(link.remote.id);
    if (world.peer(other)?.overlay.linkTo(id) !== undefined) yield other;
  }
}

export const convergence: CheckerKind = {
  name: 'convergence',
  promise:
    'once no fault is at work, all Peer Lists agree, every peer is registered and the overlay is in one piece within 30 s, and every peer finds its links again (peers that have buried a living one are excused, without seeds or where there are liars enough for the peers’ own agreement: nobody can take it back)',
  start: (about, accuse) => new Convergence(about, accuse),
};
