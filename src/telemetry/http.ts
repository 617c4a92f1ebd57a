import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry, RegistryContentType } from 'prom-client';
import { formatAddress, parseAddress } from '../core/address.ts';
import { HearsayError } from '../core/errors.ts';

export interface TelemetryServerOptions {
  /** `host:port`; port 0 takes a free one. There is no login: keep it on loopback or a private network. */
  readonly listen: string;
  /** What `/metrics` shows. */
  readonly registry: Registry<RegistryContentType>;
  /** What `/readyz` answers: 200 or 503. Default: ready. */
  readonly isReady?: () => boolean;
}

export interface TelemetryServer {
  /** Where it really listens, as `http://host:port`. */
  readonly url: string;
  /** Stops listening and ends open requests. */
  close(): Promise<void>;
}

/**
 * Serves `/metrics` (Prometheus), `/healthz` (the process lives) and `/readyz` (it does its work).
 *
 * Rejects with `option-invalid`, `port-in-use` or `listen-failed`.
 */
export async function serveTelemetry(options: TelemetryServerOptions): Promise<TelemetryServer> {
  const address = parseAddress(options.listen, { portZero: true });
  if (address === undefined) {
    const wanted = 'write host:port, like 127.0.0.1:9464';
    throw new HearsayError('option-invalid', `'${options.listen}' is no address: ${wanted}`);
  }
  const server = createServer((request, response) => void answer(request, response, options));
  await listening(server, address.host, address.port, options.listen);
  const { port } = server.address() as AddressInfo;
  return { url: `http://${formatAddress(address.host, port)}`, close: () => closed(server) };
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  { registry, isReady = () => true }: TelemetryServerOptions,
): Promise<void> {
  const reply = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : text);
  };
  if (method !== 'GET' && method !== 'HEAD') {
    reply(405, 'GET or HEAD\n');
    return;
  }
  switch (url.split('?', 1)[0]) {
    case '/metrics':
      try {
        reply(200, await registry.metrics(), registry.contentType);
      } catch (error) {
        reply(500, `${String(error)}\n`);
      }
      return;
    case '/healthz':
      return reply(200, 'alive\n');
    case '/readyz':
      return isReady() ? reply(200, 'ready\n') : reply(503, 'not ready\n');
    default:
      return reply(404, 'here are /metrics, /healthz and /readyz\n');
  }
}

function listening(server: Server, host: string, port: number, listen: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE';
      const text = isTaken
        ? `${listen} is taken: serve telemetry on another port (0: any free one)`
        : `telemetry cannot be served at ${listen}: ${cause.message}`;
      const code = isTaken ? 'port-in-use' : 'listen-failed';
      reject(new HearsayError(code, text, { listen }, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
