import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry, RegistryContentType } from 'prom-client';
import { type Address, formatAddress } from '../core/address.ts';
import type { NodeId, NodeRole } from '../core/messages.ts';
import { type ExposedPeer, targetGroups } from './discovery.ts';
import { exposition } from './exposition.ts';
import { graphAnswer, type NetworkGraph } from './graph.ts';
import { closeServer, listenAt } from './serving.ts';

/** Any node: what `/graph` and `/sd` ask it. */
export interface ServedNode {
  readonly role: NodeRole;
  readonly state: string;
  /** May throw before the node has started. */
  readonly id: NodeId;
  graph(): NetworkGraph;
  /** Seeds have it. */
  exposedPeers?(): readonly ExposedPeer[];
}

export interface TelemetryServerOptions {
  /** `host:port`; port 0 takes a free one. There is no login: keep it on loopback or a private network. */
  readonly listen: string;
  /** What `/metrics` shows. */
  readonly registry: Registry<RegistryContentType>;
  /** The nodes of this process, for `/graph` and, where seeds are among them, `/sd`. Default: none. */
  readonly nodes?: () => readonly ServedNode[];
  /** What `/readyz` answers: 200 or 503. Default: ready. */
  readonly isReady?: () => boolean;
}

export interface TelemetryServer {
  /** Where it really listens, as `http://host:port`. */
  readonly url: string;
  /** The port alone: what a peer tells the seeds as its `metricsPort`. */
  readonly port: number;
  /** Stops listening and ends open requests. */
  close(): Promise<void>;
}

/**
 * Serves `/metrics` (Prometheus; OpenMetrics with exemplars where the client asks for it),
 * `/healthz` (the process lives), `/readyz` (it does its work), `/graph` (the nodes and links that
 * this process knows, in the fields of Grafana's node graph panel) and, on seeds, `/sd` (Prometheus's
 * HTTP service discovery: all living peers that told the seeds where their metrics are).
 *
 * Rejects with `option-invalid`, `port-in-use` or `listen-failed`.
 *
 * @example
 * const nodes: SeedNode[] = [];
 * const telemetry = await serveTelemetry({ listen: '127.0.0.1:9464', registry, nodes: () => nodes });
 * nodes.push(new SeedNode({ listen: '127.0.0.1:5000', seeds, metrics: { registry } }));
 */
export async function serveTelemetry(options: TelemetryServerOptions): Promise<TelemetryServer> {
  let at: Address = { host: '', port: 0 };
  const server = createServer((request, response) => void answer(request, response, options, at));
  at = await listenAt(server, options.listen, 'telemetry');
  return {
    url: `http://${formatAddress(at.host, at.port)}`,
    port: at.port,
    close: () => closeServer(server),
  };
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly contentType?: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: TelemetryServerOptions,
  server: Address,
): Promise<void> {
  const { status, text, contentType } = await replyTo(request, options, server).catch(
    (error: unknown): Reply => ({ status: 500, text: `${String(error)}\n` }),
  );
  response.writeHead(status, {
    'content-type': contentType ?? 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    // /metrics has two formats; a cache must not give the one for the other.
    vary: 'accept',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function replyTo(
  { method, url = '/', headers }: IncomingMessage,
  options: TelemetryServerOptions,
  server: Address,
): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'GET or HEAD\n' };
  const nodes = () => (options.nodes?.() ?? []).filter(({ state }) => state === 'running');
  switch (url.split('?', 1)[0]) {
    case '/metrics':
      return { status: 200, ...(await exposition(options.registry, headers.accept)) };
    case '/healthz':
      return { status: 200, text: 'alive\n' };
    case '/readyz':
      return (options.isReady?.() ?? true)
        ? { status: 200, text: 'ready\n' }
        : { status: 503, text: 'not ready\n' };
    case '/graph':
      return json(graphAnswer(nodes().map((node) => node.graph())));
    case '/sd':
      return discovery(nodes(), server);
    default:
      return { status: 404, text: 'here are /metrics, /healthz, /readyz, /graph and /sd\n' };
  }
}

/**
 * Prometheus keeps the targets that it has when the answer is no list: so a process that runs no
 * seed, or none yet, is an error and not an empty list.
 */
function discovery(nodes: readonly ServedNode[], server: Address): Reply {
  const seeds = nodes.flatMap((node) =>
    node.exposedPeers === undefined ? [] : [{ seed: node.id, peers: node.exposedPeers() }],
  );
  if (seeds.length > 0) return json(targetGroups(seeds, server));
  return { status: 404, text: 'no seed runs here: ask a seed\n' };
}

function json(value: object): Reply {
  return { status: 200, text: `${JSON.stringify(value)}\n`, contentType: 'application/json' };
}
