import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatAddress, parseAddress } from '../core/address.ts';
import { HearsayError } from '../core/errors.ts';
import { closeServer, listenAt } from '../telemetry/serving.ts';
import { type Asset, loadAssets } from './assets.ts';
import { type Action, BadRequest } from './control.ts';
import type { Feed } from './feed.ts';

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Bytes of a request's body. */
const bodyBytesMax = 64 * 1024;

/** Nothing from elsewhere, nothing inline, no frames: whatever a message's text says, it stays text. */
const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * Serves the page, its events, and its buttons. There is no login, so only this machine is served,
 * and only pages of this very address: a name that leads here (DNS rebinding) is refused by its Host,
 * another site's request by its Origin.
 *
 * Rejects with `option-invalid`, `port-in-use` or `listen-failed`.
 */
export async function servePage(
  listen: string,
  feed: Feed,
  actions: ReadonlyMap<string, Action>,
): Promise<PageServer> {
  mustBeLoopback(listen);
  const assets = await loadAssets();
  const server = createServer((request, response) => {
    const hosts = hostsOf(server);
    void answer(request, response, { hosts, assets, feed, actions });
  });
  const { host, port } = await listenAt(server, listen, 'the observatory');
  return {
    url: `http://${formatAddress(host, port)}`,
    close: async () => {
      feed.close();
      await closeServer(server);
    },
  };
}

interface Served {
  readonly hosts: readonly string[];
  readonly assets: ReadonlyMap<string, Asset>;
  readonly feed: Feed;
  readonly actions: ReadonlyMap<string, Action>;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  const { method, headers } = request;
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (!served.hosts.includes(headers.host ?? '')) {
    return reply(response, 421, `this is ${served.hosts[0]}, not the host you asked for`);
  }
  if (method === 'POST') return act(request, response, path, served);
  if (method !== 'GET') return reply(response, 405, 'GET or POST');
  if (path === '/events') {
    return served.feed.connect(response, headers['last-event-id']?.toString());
  }
  const asset = served.assets.get(path);
  if (asset === undefined) return reply(response, 404, 'there is nothing here');
  response.writeHead(200, { 'content-type': asset.type, 'cache-control': 'no-cache' });
  response.end(asset.bytes);
}

async function act(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { hosts, actions }: Served,
): Promise<void> {
  const { origin, 'content-type': type } = request.headers;
  if (origin === undefined || !hosts.some((host) => origin === `http://${host}`)) {
    return reply(response, 403, 'only the page itself may do that');
  }
  if (type !== 'application/json') return reply(response, 415, 'send application/json');
  const action: Action | undefined = actions.get(path.replace('/actions/', ''));
  if (action === undefined) {
    const known = [...actions.keys()].join(', ') || 'none';
    return reply(response, 404, `there is no such action here; there are: ${known}`);
  }
  try {
    const body = await bodyOf(request);
    const done: Promise<unknown> = action(body);
    await done;
    reply(response, 200, 'done');
  } catch (error) {
    const isOurs = error instanceof BadRequest || error instanceof HearsayError;
    reply(response, isOurs ? 400 : 500, error instanceof Error ? error.message : String(error));
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new BadRequest(`at most ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new BadRequest('the body must be a JSON object');
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(`${text}\n`);
}

function mustBeLoopback(listen: string): void {
  const host = parseAddress(listen, { portZero: true })?.host;
  if (host === undefined || /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host)) return;
  throw new HearsayError(
    'option-invalid',
    `${listen}: the observatory has buttons and no login, so it listens on 127.0.0.1 or [::1] only; ` +
      'from another machine, look at it through a tunnel (ssh -L 8080:127.0.0.1:8080 …)',
  );
}

/** The names by which a browser on this machine may know this server. */
function hostsOf(server: Server): string[] {
  const address = server.address();
  if (address === null || typeof address === 'string') return [];
  const { port, address: ip } = address;
  return [ip.includes(':') ? `[${ip}]` : ip, 'localhost'].map((host) => `${host}:${port}`);
}
