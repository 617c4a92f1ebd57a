import type { Peer } from '../../core/peer/peer.ts';
import type { Seed } from '../../core/seed/seed.ts';
import type { Ms } from '../../core/time.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { looksARound, peerNodes, peersInTurn, sampleEvery, seedNodes } from './sampling.ts';

class BoundedMemory implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    sampleEvery(world, 1_000, (atMs, look) => {
      this.#lookAtSeeds(world);
      if (look % looksARound(world) === 0) this.#lookAtOverlays(world);
      this.#lookAtPeers(world, peersInTurn(world, look), atMs);
    });
  }

  end(atMs: Ms): void {
    const { world } = this.#about;
    this.#lookAtSeeds(world);
    this.#lookAtOverlays(world);
    this.#lookAtPeers(world, peerNodes(world), atMs);
  }

  #lookAtSeeds(world: World): void {
    for (const node of seedNodes(world)) {
      const seed = world.seedMachine(node);
      if (seed !== undefined) this.#lookAtSeed(node, seed);
    }
  }

  /** What the seeds know of all peers' links. */
  #lookAtOverlays(world: World): void {
    const max = world.seedOptions.reportedNeighboursMax;
    for (const node of seedNodes(world)) {
      for (const [peer, neighbours] of world.seedMachine(node)?.overlayLinks() ?? []) {
        this.#hold(node, `neighbours of ${peer}`, neighbours.length, max);
      }
    }
  }

  #lookAtPeers(world: World, nodes: Iterable<number>, atMs: Ms): void {
    // Peers of a laid overlay that nothing has touched have nothing to remember, and would wake.
    if (world.settled !== undefined) return;
    for (const node of nodes) {
      const peer = world.peer(node);
      if (peer !== undefined) this.#lookAtPeer(node, peer, atMs);
    }
  }

  #lookAtSeed(node: number, seed: Seed): void {
    const { memory } = seed;
    const { seedOptions } = this.#about.world;
    this.#hold(node, 'dial-backs under way', memory.dialBacks, seedOptions.probesMax);
    this.#hold(node, 'proposals under way', memory.proposals, seedOptions.proposalsMax);
    this.#hold(node, 'requests', memory.requests, seedOptions.waitingMax);
    this.#hold(node, 'judgements waiting', memory.judgements, seedOptions.waitingMax);
    this.#hold(node, 'outcomes of dial-backs', memory.looks, seedOptions.waitingMax);
    this.#hold(node, 'ballots', memory.ballots, seedOptions.waitingMax);
    this.#hold(node, 'links with peers', memory.members, seedOptions.membersMax);
  }

  #lookAtPeer(node: number, { dissemination, overlay, membership }: Peer, atMs: Ms): void {
    const { messageList } = dissemination;
    const { dissemination: list, overlay: bounds } = this.#about.world.peerOptions;
    this.#hold(node, 'message ids', messageList.size, list.seenIdsMax);
    this.#hold(node, 'messages', messageList.retained, list.retainedMessagesMax);
    this.#hold(node, 'bytes of messages', messageList.retainedBytes, list.retainedBytesMax);
    // A generation has one at least.
    const originsMax = Math.max(2, list.forgottenOriginsMax);
    this.#hold(node, 'origins of forgotten ids', messageList.forgottenOrigins, originsMax);
    this.#hold(node, 'links', overlay.degree, bounds.maxDegree);
    // Neighbours are never forgotten.
    this.#hold(
      node,
      'known peers',
      membership.size,
      Math.max(bounds.knownPeersMax, bounds.maxDegree),
    );
    this.#mustForget(node, messageList.size, atMs);
  }

  /** Ids that are too old are forgotten with the next look at the Message List, which retained messages may put off. */
  #mustForget(node: number, size: number, atMs: Ms): void {
    const { seenAgeMs, retainedAgeMs } = this.#about.world.peerOptions.dissemination;
    const rememberedMs = (seenAgeMs + 1.25 * retainedAgeMs) * clockMargin;
    const sinceMs = atMs - rememberedMs;
    if (sinceMs <= 0 || this.#about.soundForMs(node, atMs) < rememberedMs) return;
    const young = this.#about.receipts.heldSince(node, sinceMs);
    if (size <= young) return;
    this.#accuse(
      [node],
      `${this.#about.name(node)} keeps ${size} message ids, and has come to know ${young} since it may have begun to forget`,
    );
  }

  #hold(node: number, what: string, size: number, max: number): void {
    if (size <= max) return;
    this.#accuse([node], `${this.#about.name(node)} keeps ${size} ${what}, and may keep ${max}`);
  }
}

/** Clocks may run slow. */
const clockMargin = 1.02;

export const boundedMemory: CheckerKind = {
  name: 'bounded-memory',
  promise:
    'every collection of a peer or a seed stays within the option that bounds it, in number and in age',
  start: (about, accuse) => new BoundedMemory(about, accuse),
};
