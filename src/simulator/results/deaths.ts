import type { Ms } from '../../core/time.ts';
import { Delays } from './delays.ts';

/** Deaths that are followed up one by one; of more of them only the number is known. */
const deathsMax = 100_000;
/** Incarnations of a peer that keys tell apart. */
const incarnationsMax = 2 ** 20;

interface Death {
  readonly atMs: Ms;
  isConfirmed: boolean;
}

/** Whose processes ended without a word, and how long it took until others knew. */
export class Deaths {
  /** From the death to the first that knows it confirmed. */
  readonly untilConfirmed = new Delays();
  /** From the death to each peer that learns of the confirmation. */
  readonly untilKnown = new Delays();
  /** From the last sign of life that a neighbour had to the confirmation: what live nodes measure, too. */
  readonly silence = new Delays();
  killed = 0;
  /** Confirmations heard of peers that were running: mistakes. */
  falseConfirmations = 0;
  readonly #deaths = new Map<number, Death>();

  died(node: number, incarnation: number, atMs: Ms): void {
    this.killed += 1;
    if (this.#deaths.size >= deathsMax) return;
    this.#deaths.set(node * incarnationsMax + incarnation, { atMs, isConfirmed: false });
  }

  /** The seeds, or a peer, know it confirmed. `learned`: a peer has heard it. */
  confirmed(
    node: number,
    incarnation: number,
    {
      atMs,
      learned,
      isAlive,
    }: { readonly atMs: Ms; readonly learned: boolean; readonly isAlive: boolean },
  ): void {
    const death = this.#deaths.get(node * incarnationsMax + incarnation);
    if (death === undefined) {
      if (isAlive) this.falseConfirmations += 1;
      return;
    }
    if (!death.isConfirmed) this.untilConfirmed.add(atMs - death.atMs);
    death.isConfirmed = true;
    if (learned) this.untilKnown.add(atMs - death.atMs);
  }
}
