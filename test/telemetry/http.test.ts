import { Counter, Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { serveTelemetry, type TelemetryServer } from '../../src/telemetry/http.ts';

const servers: TelemetryServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function serve(isReady?: () => boolean): Promise<TelemetryServer> {
  const registry = new Registry();
  new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc(3);
  const options = { listen: '127.0.0.1:0', registry, ...(isReady && { isReady }) };
  const server = await serveTelemetry(options);
  servers.push(server);
  return server;
}

test('/metrics is what the registry has, in the type that Prometheus expects', async () => {
  const { url } = await serve();
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await response.text()).toContain('things_total 3');
});

test('/healthz says that the process lives, /readyz whether it does its work', async () => {
  let ready = false;
  const { url } = await serve(() => ready);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  ready = true;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test('anything else is told what there is', async () => {
  const { url } = await serve();
  const other = await fetch(`${url}/`);
  expect([other.status, await other.text()]).toEqual([
    404,
    'here are /metrics, /healthz and /readyz\n',
  ]);
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('a port that is taken, and an address that is none, are errors that say so', async () => {
  const { url } = await serve();
  const registry = new Registry();
  const listen = url.replace('http://', '');
  await expect(serveTelemetry({ listen, registry })).rejects.toMatchObject({
    code: 'port-in-use',
    message: expect.stringMatching(/is taken: serve telemetry on another port/) as string,
  });
  await expect(serveTelemetry({ listen: 'here', registry })).rejects.toMatchObject({
    code: 'option-invalid',
  });
});

test('is gone when it is closed', async () => {
  const server = await serve();
  await server.close();
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
});
