/** Who cannot reach whom for now. */
export interface Blockade {
  /** Whether packets from one node to the other are lost. */
  blocks(from: number, to: number): boolean;
}

/** How much worse than its model the network is. */
export interface Degradation {
  /** Added to the model's loss. */
  readonly loss: number;
  /** Multiplies the model's latency. */
  readonly latencyFactor: number;
}

/** What is wrong with the network at this moment; faults change it, transmissions ask. */
export class Conditions {
  readonly #blockades = new Set<Blockade>();
  readonly #degradations = new Set<Degradation>();
  /** The sum of all that the degradations add. */
  extraLoss = 0;
  /** The product of all their factors. */
  latencyFactor = 1;

  begin(blockade: Blockade): void {
    this.#blockades.add(blockade);
  }

  end(blockade: Blockade): void {
    this.#blockades.delete(blockade);
  }

  blocks(from: number, to: number): boolean {
    if (this.#blockades.size === 0) return false;
    for (const blockade of this.#blockades) if (blockade.blocks(from, to)) return true;
    return false;
  }

  worsen(degradation: Degradation): void {
    this.#degradations.add(degradation);
    this.#sum();
  }

  mend(degradation: Degradation): void {
    this.#degradations.delete(degradation);
    this.#sum();
  }

  #sum(): void {
    this.extraLoss = 0;
    this.latencyFactor = 1;
    for (const { loss, latencyFactor } of this.#degradations) {
      this.extraLoss += loss;
      this.latencyFactor *= latencyFactor;
    }
  }
}
