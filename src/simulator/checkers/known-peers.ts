import type { PeerId } from '../../core/messages.ts';
import type { Seed } from '../../core/seed/seed.ts';
import type { Ms } from '../../core/time.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { peerNodes, peersInTurn, sampleEvery, seedNodes } from './sampling.ts';

/** After the first answer to a renewal: one to notice that a seed does not answer, and one to ask another. */
const renewalsMax = 2;
/** How often a peer looks whether its seed's list has changed is moved by chance, by an eighth. */
const jitter = 1.125;

class KnownPeers implements Checker {
  readonly frameTypes = ['RENEW_RESULT'] as const;
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  /** The list of all seeds, and since when it has been that. */
  #list: { readonly digest: string; readonly seed: Seed; readonly sinceMs: Ms } | undefined;

  /** When each peer was first answered since then: over a link that is dead, and not known to be, nothing comes. */
  readonly #answeredMs = new Map<number, Ms>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    if (world.seeds === 0 || !hasRoomForAll(world)) return;
    sampleEvery(world, 1_000, (atMs, look) => {
      if (atMs >= this.#about.quietFromMs) this.#look(world, look, atMs);
    });
  }

  frame(atMs: Ms, _end: number, _generation: number, _from: number, to: number): void {
    if (!this.#answeredMs.has(to)) this.#answeredMs.set(to, atMs);
  }

  life(_atMs: Ms, node: number): void {
    this.#answeredMs.delete(node);
  }

  #look(world: World, look: number, atMs: Ms): void {
    this.#note(world, atMs);
    if (this.#list === undefined || this.#about.hasManyLiars) return;
    const { sinceMs, seed } = this.#list;
    const patienceMs = renewalsMax * world.peerOptions.registration.renewIntervalMs * jitter;
    const members = [...peerNodes(world)].filter((node) => this.#isMember(world, node));
    const listed = new Set([...seed.peerList()].map(({ id }) => id));
    for (const node of peersInTurn(world, look)) {
      const answeredMs = this.#answeredMs.get(node) ?? atMs;
      if (atMs - answeredMs < patienceMs || !this.#isMember(world, node)) continue;
      const wrong = this.#unknownTo(world, node, members) ?? this.#staleAt(world, node, listed);
      if (wrong === undefined) continue;
      const since = `${Math.round(atMs - sinceMs)} ms after the Peer List has last changed`;
      this.#accuse([node], `${this.#about.name(node)} ${wrong}, ${since}`);
      return;
    }
  }

  /** While the seeds' lists differ, or too few of them run, nothing can be known for sure. */
  #note(world: World, atMs: Ms): void {
    const seeds = [...seedNodes(world)].flatMap((node) => world.seedMachine(node) ?? []);
    const [first] = seeds;
    const isOne =
      seeds.length >= this.#about.disks.quorum &&
      seeds.every(({ voting, listed }) => voting && listed.digest === first?.listed.digest);
    if (!isOne || first === undefined) {
      this.#list = undefined;
      return;
    }
    const { digest } = first.listed;
    const isSame = this.#list?.digest === digest;
    if (!isSame) this.#answeredMs.clear();
    const sinceMs = isSame ? (this.#list?.sinceMs ?? atMs) : atMs;
    this.#list = { digest, seed: first, sinceMs };
  }

  #unknownTo(world: World, node: number, members: readonly number[]): string | undefined {
    const membership = world.peer(node)?.membership;
    for (const other of members) {
      if (other === node) continue;
      const known = membership?.get(world.idOf(other))?.incarnation ?? 0;
      const { incarnation } = world.peer(other) ?? {};
      if (known === incarnation) continue;
      return known === 0
        ? `does not know ${this.#about.name(other)}`
        : `takes ${this.#about.name(other)} for incarnation ${known}, which is ${incarnation}`;
    }
    return undefined;
  }

  #staleAt(world: World, node: number, listed: ReadonlySet<PeerId>): string | undefined {
    const stale = world
      .peer(node)
      ?.membership.ranked()
      .find(({ id }) => !listed.has(id) && !this.#about.isLiar(world.indexOf(id)));
    return stale && `takes ${stale.id} for alive, which is not on the list`;
  }

  /** A registered peer that stays. */
  #isMember(world: World, node: number): boolean {
    const isIn = world.isRunning(node) && (world.peer(node)?.incarnation ?? 0) > 0;
    return isIn && !this.#about.isLeaving(node) && !this.#about.isLiar(node);
  }
}

/** Whether nobody has to be left out of a list, and nobody has to be forgotten. */
function hasRoomForAll({ peers, peerOptions, seedOptions }: World): boolean {
  const { registration, overlay } = peerOptions;
  const rooms = [
    registration.peerListLimit,
    registration.peerListAgainLimit,
    seedOptions.peerListLimit,
    overlay.knownPeersMax,
  ];
  return Math.min(...rooms) >= peers;
}

export const knownPeers: CheckerKind = {
  name: 'known-peers',
  promise:
    'in a quiet network with seeds every peer knows exactly those who are on the Peer List, two renewals after the first that was answered since its last change',
  start: (about, accuse) => new KnownPeers(about, accuse),
};
