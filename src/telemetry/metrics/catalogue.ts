import type { NodeRole } from '../../core/messages.ts';
import { codes, counter, type Declaration, gauge } from './declaration.ts';
import { peerMetrics } from './peer-metrics.ts';
import { seedMetrics } from './seed-metrics.ts';

/** What nodes of either role have. */
const nodeMetrics = {
  buildInfo: {
    name: 'hearsay_build_info',
    type: 'gauge',
    help: 'Always 1. Its labels say what runs: the role of the node and the versions of Hearsay and Node.js. Join with it by node to select by role.',
    labels: { role: codes, version: codes, nodejs: codes },
  },
  outboxBytes: gauge(
    'outbox_bytes',
    'Bytes that wait to be sent, over all links. High for long: somebody reads too slowly.',
  ),
  linksRefused: counter(
    'links_refused',
    'Dials of this node that gave no link, by the purpose of the link and the reason’s code.',
    { purpose: codes, code: codes },
  ),
  linksRejected: counter(
    'links_rejected',
    'Dials of others that this node refused, by the purpose of the link and the reason’s code.',
    { purpose: codes, code: codes },
  ),
  violations: counter(
    'protocol_violations',
    'Links closed because the other end broke the protocol. Should stay 0: another version, a bug, or a stranger.',
  ),
  peerListSize: gauge(
    'peer_list_size',
    'Peers in the Peer List: at a seed in its own, at a peer in the last one that it received.',
  ),
  peerListDigest: gauge(
    'peer_list_digest',
    'The first 48 bits of the Peer List’s digest. Nodes that show the same number have the same list; the number itself means nothing.',
  ),
} as const satisfies Record<string, Declaration>;

/**
 * Every metric of Hearsay. Names are in base units; every series has the label `node`, the address
 * of a node in this process. No label ever holds a message id or the address of another node.
 */
export const catalogue = { ...nodeMetrics, ...peerMetrics, ...seedMetrics } as const;

export type MetricKey = keyof typeof catalogue;

/** The metrics of a node of this role. */
export function metricsOf(role: NodeRole): MetricKey[] {
  const own = role === 'seed' ? seedMetrics : peerMetrics;
  return Object.keys({ ...nodeMetrics, ...own }) as MetricKey[];
}
