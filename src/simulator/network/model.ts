import type { Ms } from '../../core/time.ts';
import type { RegionName } from './regions.ts';

/** How long a frame travels from one node to another. */
export type Latency =
  | { readonly kind: 'constant'; readonly ms: Ms }
  | { readonly kind: 'uniform'; readonly minMs: Ms; readonly maxMs: Ms }
  /** Half of the frames take less than `medianMs`, one in a hundred more than `p99Ms`. */
  | { readonly kind: 'log-normal'; readonly medianMs: Ms; readonly p99Ms: Ms }
  /**
   * Nodes are dealt to these regions in turn; half of the round trip between two regions, times a
   * factor that is log-normal with a 99th percentile of `1 + jitter`. Within a region 0.4 ms.
   */
  | { readonly kind: 'regions'; readonly regions: readonly RegionName[]; readonly jitter?: number };

/**
 * The network as data. Links are TCP connections: what is sent over one arrives once and in its
 * order, late, or not at all because the connection is over. So loss is delay by retransmission,
 * and frames overtake each other only between different links.
 */
export interface NetworkModel {
  readonly latency: Latency;
  /** Share of transmissions that are lost; each costs a retransmission after 200 ms, 400 ms, … Default 0. */
  readonly loss?: number;
  /** Share of frames that are held up by `extraMs` on their way, so that those of other links overtake them. Default none. */
  readonly delays?: { readonly share: number; readonly extraMs: Ms };
  /** Bytes a second that each node can send. Default: no limit. */
  readonly bandwidthBytesPerS?: number;
  /** Bytes that may wait at a node to be sent before gossip is dropped. Default 8 MiB. Needs `bandwidthBytesPerS`. */
  readonly outboxBytesMax?: number;
}

export const outboxBytesMaxDefault = 8 * 1024 * 1024;
