import type { Incarnation, PeerId, Session } from '../messages.ts';

/** Who this peer is now. The Peer writes it when the seeds have answered; its machines read it. */
export interface Self {
  readonly id: PeerId;
  /** 0 until registered. */
  readonly incarnation: Incarnation;
  /** Of the present registered life; empty on a GossipNode. */
  readonly session: Session;
  /** Where this host serves this peer's metrics, for the seeds to tell Prometheus; absent when it does not. */
  readonly metricsPort?: number;
}
