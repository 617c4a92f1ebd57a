import type { NodeId } from '../../core/messages.ts';

const seedPort = 5000;
const peerPort = 6000;

/** Most peers of one run: the addresses of 10.0.0.0/8. */
export const peersMax = 2 ** 24;
/** Most seeds of one run. */
export const seedsMax = 99;

/**
 * Which address has which index: seeds come first, at 192.168.0.1:5000 and so on, then the peers, at
 * 10.0.0.0:6000 and so on. Computed both ways: a million addresses are not worth a table.
 */
export class Addresses {
  readonly #seeds: number;

  constructor(seeds: number) {
    this.#seeds = seeds;
  }

  of(index: number): NodeId {
    if (index < this.#seeds) return `192.168.0.${index + 1}:${seedPort}`;
    const peer = index - this.#seeds;
    return `10.${peer >>> 16}.${(peer >>> 8) & 255}.${peer & 255}:${peerPort}`;
  }

  /** The index at this address; -1 when it is none of a run's. */
  indexOf(address: NodeId): number {
    const dots = address.split('.');
    const [first = '', second = '', third = '', last = ''] = dots;
    const fourth = Number.parseInt(last, 10);
    const isSeed = first === '192';
    const index = isSeed
      ? fourth - 1
      : this.#seeds + ((Number(second) << 16) | (Number(third) << 8) | fourth);
    return this.of(index) === address && isSeed === index < this.#seeds ? index : -1;
  }
}
