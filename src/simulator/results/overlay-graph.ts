import type { World } from '../world.ts';

/** How a flood from one peer would spread over an overlay that stays as it is. */
export interface FloodTheory {
  /** Peers at each distance from the source: layers[0] is 1, the source. */
  readonly layers: readonly number[];
  /** Links to the farthest peer: a flood needs as many hops. */
  readonly eccentricity: number;
  /** Peers that can be reached, the source among them. */
  readonly peers: number;
  /** Links between them. */
  readonly links: number;
  /** Payload frames of a flood that never returns a message: 2E − (n − 1). */
  readonly sends: number;
}

/** Who is linked with whom at one moment, in rows of numbers. Peers that do not run have no links. */
export class OverlayGraph {
  readonly #offsets: Int32Array;
  readonly #neighbours: Int32Array;

  constructor(world: World) {
    const degrees = degreesOf(world);
    this.#offsets = new Int32Array(world.peers + 1);
    for (let peer = 0; peer < world.peers; peer += 1) {
      this.#offsets[peer + 1] =
        (this.#offsets[peer] as number) + Math.max(0, degrees[peer] as number);
    }
    this.#neighbours = new Int32Array(this.#offsets[world.peers] as number);
    for (let peer = 0; peer < world.peers; peer += 1) {
      if ((degrees[peer] as number) <= 0) continue;
      let at = this.#offsets[peer] as number;
      for (const neighbour of neighboursOf(world, peer)) {
        this.#neighbours[at] = neighbour;
        at += 1;
      }
    }
  }

  /** Steps of a search from any peer. */
  get size(): number {
    return this.#offsets.length + this.#neighbours.length;
  }

  flood(source: number): FloodTheory {
    const isReached = new Uint8Array(this.#offsets.length);
    isReached[source] = 1;
    const layers: number[] = [];
    let ends = 0;
    for (let layer = [source]; layer.length > 0; ) {
      layers.push(layer.length);
      const next: number[] = [];
      for (const peer of layer) {
        const to = this.#offsets[peer + 1] as number;
        for (let at = this.#offsets[peer] as number; at < to; at += 1) {
          ends += 1;
          const neighbour = this.#neighbours[at] as number;
          if (isReached[neighbour] === 1) continue;
          isReached[neighbour] = 1;
          next.push(neighbour);
        }
      }
      layer = next;
    }
    const peers = layers.reduce((sum, size) => sum + size, 0);
    return {
      layers,
      eccentricity: layers.length - 1,
      peers,
      links: ends / 2,
      sends: ends - (peers - 1),
    };
  }
}

/** Each peer's number of neighbours; -1 for peers that do not run. Wakes nobody. */
export function degreesOf(world: World): Int32Array {
  const degrees = new Int32Array(world.peers).fill(-1);
  for (let peer = 0; peer < world.peers; peer += 1) {
    const node = world.peerNode(peer);
    if (!world.isRunning(node)) continue;
    degrees[peer] = isUntouched(world, node)
      ? (world.settled?.degreeOf(peer) ?? 0)
      : (world.peer(node)?.overlay.degree ?? -1);
  }
  return degrees;
}

function neighboursOf(world: World, peer: number): number[] {
  const node = world.peerNode(peer);
  if (isUntouched(world, node)) return world.settled?.neighboursOf(peer) ?? [];
  const ends = world.process(node)?.ends;
  const links = world.peer(node)?.overlay.links() ?? [];
  return links.map((link) => {
    const end = ends?.get(link.id) ?? -1;
    // Of a connection that is closed, which the process has not heard yet, only the address is left.
    const other = end < 0 ? world.indexOf(link.remote.id) : world.network.ends.nodeOf(end ^ 1);
    return other - world.seeds;
  });
}

/** A peer of a settled overlay whose machine was not made yet: asking for it would make it. */
function isUntouched(world: World, node: number): boolean {
  return world.lifeOf(node) === 0 && world.isRunning(node);
}
