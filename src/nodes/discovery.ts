import type { PeerId } from '../core/messages.ts';
import type { Ms } from '../core/time.ts';
import type { Clock } from '../runtime/clock.ts';
import { canonicalAddress, type PeerSource } from './options.ts';

/** Finds the peers of a GossipNode: once at its start, then again and again where a function finds them. */
export class Discovery {
  readonly #source: PeerSource;
  readonly #intervalMs: Ms;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;

  constructor(source: PeerSource, intervalMs: Ms, clock: Clock) {
    this.#source = source;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
  }

  async find(): Promise<readonly PeerId[]> {
    const found = typeof this.#source === 'function' ? await this.#source() : this.#source;
    return found.map((peer, index) => canonicalAddress(peer, `peers[${index}]`));
  }

  /** Calls `found` with every later result. A search that fails leaves the peers known so far. */
  repeat(found: (peers: readonly PeerId[]) => void): void {
    if (typeof this.#source !== 'function') return;
    this.#cancel = this.#clock.setTimer(this.#intervalMs, () => void this.#findAgain(found));
  }

  async #findAgain(found: (peers: readonly PeerId[]) => void): Promise<void> {
    const peers = await this.find().catch(() => []);
    if (this.#cancel === undefined) return;
    found(peers);
    this.repeat(found);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
