import type { NodeEvent } from '../core/events.ts';
import type { Incarnation, NodeId, NodeRole, PeerEntry, PeerId } from '../core/messages.ts';
import { recordEvent } from '../telemetry/event-record.ts';
import type { Feed } from './feed.ts';

/** Any node of this process. */
export interface ObservedNode {
  /** Known once the node has started; may throw before. */
  readonly id: NodeId;
  readonly state: string;
  observe(observer: (event: NodeEvent) => void): () => void;
  /** Peers have these. */
  readonly incarnation?: Incarnation;
  neighbours?(): readonly {
    readonly peer: PeerId;
    readonly incarnation: Incarnation;
    readonly direction: 'dialled' | 'accepted';
  }[];
  /** Seeds have this. */
  peerList?(): readonly PeerEntry[];
}

/** Hands a node's events to a feed, from now on; the answer ends it. `now`: ms since the run's start. */
export function watchNode(node: ObservedNode, feed: Feed, now: () => number): () => void {
  let id = node.state === 'running' ? node.id : '';
  const tell = (event: NodeEvent) => {
    if (event.type === 'node:started' || event.type === 'node:stopped') id = event.id;
    if (unshown.has(event.type)) return;
    feed.push(recordEvent(now(), id || node.id, event));
  };
  if (node.state === 'running') for (const event of presentOf(node)) tell(event);
  return node.observe(tell);
}

/** Events that no page shows, of which there are many. */
const unshown: ReadonlySet<NodeEvent['type']> = new Set([
  'storage:committed',
  'peer-list:received',
  'peer-list:updated',
  'peer-list:changed',
  'link:refused',
  'link:rejected',
  'message:evicted',
] as const);

/** The events that would have led to where a running node is: for whoever begins to look late. */
function presentOf(node: ObservedNode): NodeEvent[] {
  const { id, incarnation = 0 } = node;
  const role: NodeRole = node.neighbours === undefined ? 'seed' : 'peer';
  const members = node.peerList?.() ?? [];
  const neighbours = node.neighbours?.() ?? [];
  return [
    { type: 'node:started', role, id },
    ...(role === 'peer' ? [{ type: 'peer:joined', peer: id, incarnation } as const] : []),
    ...members.map((peer) => ({
      type: 'peer:joined' as const,
      peer: peer.id,
      incarnation: peer.incarnation,
    })),
    ...neighbours.map((neighbour, index) => ({
      type: 'link:up' as const,
      link: 0,
      ...neighbour,
      degree: index + 1,
    })),
  ];
}
