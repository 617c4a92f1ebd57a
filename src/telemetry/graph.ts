import type { Incarnation, NodeId, NodeRole } from '../core/messages.ts';

/** A node, as another one knows it. */
export interface GraphNode {
  readonly id: NodeId;
  readonly role: NodeRole;
  /** 0 for a seed, and for a peer that is not registered. */
  readonly incarnation: Incarnation;
}

/** A link that is up: of two neighbours, or of two seeds. */
export interface GraphEdge {
  readonly source: NodeId;
  readonly target: NodeId;
  readonly kind: 'neighbours' | 'seeds';
}

/** What one node knows of the network at this moment. */
export interface NetworkGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** A row of `/graph`: the fields of Grafana's node graph panel. */
export interface NodeRow {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  /** Links known, which is the degree where all links are. */
  readonly mainstat: number;
  readonly color: string;
  readonly detail__role: NodeRole;
  readonly detail__incarnation: number;
}

export interface EdgeRow {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly mainstat: string;
}

export interface GraphAnswer {
  readonly nodes: readonly NodeRow[];
  readonly edges: readonly EdgeRow[];
  /** All that are known; more than the rows when the network is larger than the answer may be. */
  readonly total: { readonly nodes: number; readonly edges: number };
}

/** The node graph panel draws no more than 1,500 nodes. */
const nodesMax = 1_500;

const colors: Readonly<Record<NodeRole, string>> = { seed: 'orange', peer: 'blue' };

/** What several nodes know, as one graph: each node and each link once, whoever told of it. */
export function graphAnswer(graphs: readonly NetworkGraph[]): GraphAnswer {
  const nodes = new Map<NodeId, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  for (const graph of graphs) {
    for (const node of graph.nodes) keepNewest(nodes, node);
    for (const edge of graph.edges) edges.set(nameOf(edge), edge);
  }
  const known = [...edges].filter(
    ([, { source, target }]) => nodes.has(source) && nodes.has(target),
  );
  const degrees = degreesOf(known.map(([, edge]) => edge));
  const shown = [...nodes.values()]
    .sort((one, other) => degreeOf(degrees, other) - degreeOf(degrees, one))
    .slice(0, nodesMax);
  const shownIds = new Set(shown.map(({ id }) => id));
  const isShown = ({ source, target }: GraphEdge) => shownIds.has(source) && shownIds.has(target);
  return {
    nodes: shown.map((node) => nodeRow(node, degreeOf(degrees, node))),
    edges: known.filter(([, edge]) => isShown(edge)).map(([id, edge]) => edgeRow(id, edge)),
    total: { nodes: nodes.size, edges: known.length },
  };
}

function keepNewest(nodes: Map<NodeId, GraphNode>, node: GraphNode): void {
  const known = nodes.get(node.id);
  if (known === undefined || known.incarnation < node.incarnation) nodes.set(node.id, node);
}

/** The same whichever end tells of it. */
function nameOf({ source, target }: GraphEdge): string {
  return source < target ? `${source}|${target}` : `${target}|${source}`;
}

function degreesOf(edges: readonly GraphEdge[]): Map<NodeId, number> {
  const degrees = new Map<NodeId, number>();
  for (const id of edges.flatMap(({ source, target }) => [source, target])) {
    degrees.set(id, (degrees.get(id) ?? 0) + 1);
  }
  return degrees;
}

function degreeOf(degrees: ReadonlyMap<NodeId, number>, { id }: GraphNode): number {
  return degrees.get(id) ?? 0;
}

function nodeRow({ id, role, incarnation }: GraphNode, degree: number): NodeRow {
  return {
    id,
    title: id,
    subtitle: role === 'seed' ? 'seed' : `peer, incarnation ${incarnation}`,
    mainstat: degree,
    color: colors[role],
    detail__role: role,
    detail__incarnation: incarnation,
  };
}

function edgeRow(id: string, { source, target, kind }: GraphEdge): EdgeRow {
  return { id, source, target, mainstat: kind };
}
