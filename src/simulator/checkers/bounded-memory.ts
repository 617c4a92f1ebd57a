import type { Ms } from '../../core/time.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { peerNodes, sampleEvery } from './sampling.ts';

class BoundedMemory implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    sampleEvery(world, 5_000, () => this.#look(world));
  }

  end(_atMs: Ms): void {
    this.#look(this.#about.world);
  }

  #look(world: World): void {
    // Peers of a laid overlay that nothing has touched have nothing to remember, and would wake.
    if (world.settled !== undefined) return;
    const { dissemination, overlay } = world.peerOptions;
    for (const node of peerNodes(world)) {
      const peer = world.peer(node);
      if (peer === undefined) continue;
      const { messageList } = peer.dissemination;
      this.#hold(node, 'message ids', messageList.size, dissemination.seenIdsMax);
      this.#hold(node, 'messages', messageList.retained, dissemination.retainedMessagesMax);
      const { retainedBytesMax } = dissemination;
      this.#hold(node, 'bytes of messages', messageList.retainedBytes, retainedBytesMax);
      this.#hold(node, 'links', peer.overlay.degree, overlay.maxDegree);
      // Neighbours are never forgotten.
      const knownMax = Math.max(overlay.knownPeersMax, overlay.maxDegree);
      this.#hold(node, 'known peers', peer.membership.size, knownMax);
    }
  }

  #hold(node: number, what: string, size: number, max: number): void {
    if (size <= max) return;
    this.#accuse([node], `${this.#about.name(node)} keeps ${size} ${what}, and may keep ${max}`);
  }
}

export const boundedMemory: CheckerKind = {
  name: 'bounded-memory',
  promise: 'every collection stays within the option that bounds it',
  start: (about, accuse) => new BoundedMemory(about, accuse),
};
