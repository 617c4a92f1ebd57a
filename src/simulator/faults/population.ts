import { randomStream } from '../engine/random.ts';
import { PeerProcess } from '../nodes/peer-process.ts';
import type { World } from '../world.ts';

/** Addresses that a peer without seeds is told at its start. */
const introducedMax = 100;
/** How often such a peer is told of others, as a GossipNode asks its source of peers. */
const discoveryIntervalMs = 10_000;

/** Brings nodes to life, and tells peers of others where no seeds do. */
export class Population {
  readonly #world: World;
  /** Peers with lower numbers have been started at least once. */
  #started = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Plans the beginning of the world. */
  plan(): void {
    const world = this.#world;
    const { start, peers } = world.scenario.topology;
    for (let seed = 0; seed < world.seeds; seed += 1) world.at(0, () => void world.start(seed));
    this.#started = peers;
    if (start.kind === 'settled') {
      const nodes = start.machines === 'at-start' ? peers : 0;
      for (let peer = 0; peer < nodes; peer += 1) world.process(peer);
      return;
    }
    const afterMs = start.afterMs ?? (world.seeds > 0 ? 3_000 : 0);
    for (let peer = 0; peer < peers; peer += 1) {
      world.at(afterMs + (peer * start.spreadMs) / peers, () => this.start(world.peerNode(peer)));
    }
  }

  /** The next peer that has never run. */
  newcomer(): number {
    const node = this.#world.peerNode(this.#started);
    this.#started += 1;
    return node;
  }

  /** Starts a node, unless it runs. */
  start(node: number): void {
    if (this.#world.isRunning(node)) return;
    const process = this.#world.start(node);
    if (process instanceof PeerProcess && this.#world.seeds === 0) this.#introduce(process);
  }

  #introduce(process: PeerProcess): void {
    const { peers } = this.#world;
    const random = randomStream(
      this.#world.seed,
      'topology',
      'peer',
      process.index + process.life * 2 ** 24,
    );
    const tell = () => {
      if (this.#world.lifeOf(process.index) !== process.life) return;
      const others = new Set<number>();
      for (let draw = 0; draw < introducedMax; draw += 1) {
        const other = Math.floor(random() * Math.min(peers, this.#started));
        if (other !== process.index && this.#world.isRunning(other)) others.add(other);
      }
      const found = [...others].sort((one, other) => one - other);
      process.command({
        type: 'peers-found',
        peers: found.map((other) => this.#world.idOf(other)),
      });
      this.#world.after(discoveryIntervalMs, tell);
    };
    tell();
  }
}
