import type { Registry, RegistryContentType } from 'prom-client';
import type { NodeEvent } from '../core/events.ts';
import type { MessageId, NodeRole } from '../core/messages.ts';
import type { MetricKey } from './metrics/catalogue.ts';
import { NodeMetrics } from './metrics/node-metrics.ts';
import { recorderOf } from './metrics/recorder.ts';

/** What a node knows at this moment; each becomes a gauge. */
export type Statistics = {
  readonly [Key in GaugeOfStatistics]?: number;
};

type GaugeOfStatistics = Extract<
  MetricKey,
  | 'neighbours'
  | 'knownPeers'
  | 'outboxBytes'
  | 'messageIds'
  | 'messagesRetained'
  | 'messageBytesRetained'
  | 'seedsReachable'
  | 'quorum'
  | 'voting'
  | 'peerListSize'
  | 'peerListDigest'
>;

/** Any node. */
export interface MeasuredNode {
  /** Known once the node has started; may throw before. */
  readonly id: string;
  readonly state: string;
  readonly role: NodeRole;
  observe(observer: (event: NodeEvent) => void): () => void;
  statistics(): Statistics;
  /** The W3C traceparent of the node's own span for a message, for exemplars. */
  traceparentOf?(id: MessageId): string | undefined;
}

export interface MetricsOptions {
  /** The application's registry; any number of nodes may share one. */
  readonly registry: Registry<RegistryContentType>;
}

/**
 * Counts and measures a node in a prom-client registry, from now on: docs/METRICS.md lists the
 * metrics. Every series has the label `node`, the node's address. The answer takes the node's
 * series out of the registry.
 *
 * Throws `option-invalid` when the registry has another metric of one of these names.
 *
 * @example
 * const registry = new Registry();
 * attachMetrics(peer, { registry });
 * response.end(await registry.metrics());
 */
export function attachMetrics(node: MeasuredNode, { registry }: MetricsOptions): () => void {
  const metrics = new NodeMetrics(registry, node.role, node.state === 'running' ? node.id : '');
  for (const key of Object.keys(node.statistics()) as GaugeOfStatistics[]) {
    metrics.read(key, () => node.statistics()[key]);
  }
  const recorder = recorderOf(metrics, (id) => node.traceparentOf?.(id));
  const unobserve = node.observe((event) => {
    // Each entry takes the event of its own key, which the compiler cannot follow through the union.
    const record = recorder[event.type] as (event: NodeEvent) => void;
    record(event);
  });
  return () => {
    unobserve();
    metrics.detach();
  };
}
