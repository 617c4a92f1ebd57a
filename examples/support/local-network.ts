import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PeerNode, SeedNode, Switchboard, sqliteStorage } from 'hearsay';
import { freePorts } from './ports.ts';
import { until } from './waiting.ts';

export interface LocalNetworkOptions {
  readonly seedCount: number;
  /** Automatic messages of each peer. */
  readonly messageCount: number;
  /** How many times faster than the classroom's clock. */
  readonly timeScale: number;
  readonly signal: AbortSignal;
  /** Hears of every node before it starts. */
  readonly onNode: (node: PeerNode | SeedNode) => void;
}

/** Seeds on disk and peers, over real TCP on loopback, all in this process. */
export class LocalNetwork {
  readonly seeds: SeedNode[] = [];
  readonly peers: PeerNode[] = [];
  /** The addresses of all seeds, those that have ended included. */
  readonly addresses: readonly string[];
  readonly switchboard = new Switchboard();
  readonly #options: LocalNetworkOptions;
  readonly #folder: string;

  static async create(options: LocalNetworkOptions): Promise<LocalNetwork> {
    const addresses = (await freePorts(options.seedCount)).map((port) => `127.0.0.1:${port}`);
    return new LocalNetwork(options, addresses, await mkdtemp(join(tmpdir(), 'hearsay-')));
  }

  private constructor(options: LocalNetworkOptions, addresses: readonly string[], folder: string) {
    this.#options = options;
    this.addresses = addresses;
    this.#folder = folder;
  }

  /** Starts all seeds; they have found each other when it is fulfilled. */
  async startSeeds(started: (seed: SeedNode) => void): Promise<void> {
    const { signal } = this.#options;
    for (const listen of this.addresses) {
      const storage = sqliteStorage(join(this.#folder, listen.replace(':', '-')));
      const transport = this.switchboard.transport();
      const seed = new SeedNode({ listen, seeds: this.addresses, storage, transport });
      this.#options.onNode(seed);
      this.seeds.push(seed);
      await seed.start({ signal });
      started(seed);
    }
    const all = this.seeds.length;
    const isThere = (seed: SeedNode) => seed.voting && seed.reachableSeeds().length === all;
    await until('the seeds to find each other', () => this.seeds.every(isThere), { signal });
  }

  async startPeer(): Promise<PeerNode> {
    const { messageCount, timeScale, signal } = this.#options;
    const peer = new PeerNode({
      listen: '127.0.0.1:0',
      seeds: this.addresses,
      transport: this.switchboard.transport(),
      profile: 'classroom',
      automaticGossip: { intervalMs: 5_000 / timeScale, count: messageCount },
      options: {
        registration: { renewIntervalMs: 10_000 / timeScale },
        failureDetection: {
          pingIntervalMs: 5_000 / timeScale,
          silenceMs: 15_000 / timeScale,
          suspicionRepeatMs: 5_000 / timeScale,
        },
      },
    });
    this.#options.onNode(peer);
    this.peers.push(peer);
    await peer.start({ signal });
    return peer;
  }

  /** Ends a peer without a goodbye, and forgets it. */
  async killPeer(peer: PeerNode): Promise<void> {
    this.peers.splice(this.peers.indexOf(peer), 1);
    await peer.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.switchboard.heal();
    await Promise.all(this.peers.map((peer) => peer.stop({ timeoutMs: 1000 })));
    await Promise.all(this.seeds.map((seed) => seed.stop()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
