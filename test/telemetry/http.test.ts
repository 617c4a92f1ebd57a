import { Counter, Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import type { NetworkGraph } from '../../src/telemetry/graph.ts';
import { type ServedNode, serveTelemetry, type TelemetryServer } from '../../src/telemetry/http.ts';
import { histogram } from '../../src/telemetry/metrics/declaration.ts';
import { HistogramSeries, MetricFamily } from '../../src/telemetry/metrics/family.ts';

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
    'here are /metrics, /healthz, /readyz, /graph and /sd\n',
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

describe('/metrics in the format that the client asks for', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';

  test.each([
    ['a Prometheus that knows OpenMetrics', prometheus, /^application\/openmetrics-text/],
    ['one that does not', 'text/plain;version=0.0.4;q=0.3,*/*;q=0.1', /^text\/plain/],
    ['one that would rather not', 'text/plain, application/openmetrics-text;q=0.1', /^text\/plain/],
    ['one that refuses it', 'application/openmetrics-text;q=0', /^text\/plain/],
    ['anybody else', '*/*', /^text\/plain/],
  ])('%s', async (_, accept, contentType) => {
    const { url } = await serve();
    const response = await fetch(`${url}/metrics`, { headers: { accept } });
    expect(response.headers.get('content-type')).toMatch(contentType);
    const text = await response.text();
    expect(text).toContain('things_total 3');
    expect(text.endsWith('# EOF\n')).toBe(contentType.source.includes('openmetrics'));
  });

  test('turn and turn about, from registries of either kind', async () => {
    const kinds = [Registry.PROMETHEUS_CONTENT_TYPE, Registry.OPENMETRICS_CONTENT_TYPE];
    for (const kind of kinds) {
      const registry = new Registry();
      registry.setContentType(kind as never);
      registry.setDefaultLabels({ app: 'a' });
      new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc(3);
      const took = new HistogramSeries(() => ({}), [1]);
      took.observe(0.5, {
        labelSet: { trace_id: 'abc', span_id: 'def' },
        value: 0.5,
        timestamp: 1_700_000_000,
      });
      MetricFamily.in(registry, histogram('took_seconds', 'Took.', [1])).add(took);
      const server = await serveTelemetry({ listen: '127.0.0.1:0', registry });
      servers.push(server);
      for (let turn = 0; turn < 3; turn += 1) {
        const [text, open] = await Promise.all(
          ['text/plain', 'application/openmetrics-text'].map(async (accept) =>
            (await fetch(`${server.url}/metrics`, { headers: { accept } })).text(),
          ),
        );
        expect(text).toContain('# TYPE things_total counter\nthings_total{app="a"} 3');
        expect(open).toContain('# TYPE things counter\nthings_total{app="a"} 3');
        expect(text).not.toContain('trace_id');
        expect(open).toMatch(
          /took_seconds_bucket\{le="1",app="a"\} 1 # \{trace_id="abc",span_id="def"\} 0\.5 1700000000/,
        );
      }
    }
  });
});

describe('/sd', () => {
  const answerOf = async (...nodes: ServedNode[]) => {
    const registry = new Registry();
    const server = await serveTelemetry({ listen: '127.0.0.1:0', registry, nodes: () => nodes });
    servers.push(server);
    const response = await fetch(`${server.url}/sd`);
    return { server, response };
  };

  test('lists the peers that told where their metrics are, and the seed itself', async () => {
    const { server, response } = await answerOf(
      seed('127.0.0.1:5000', [
        { id: '127.0.0.1:6000', metricsPort: 9_470 },
        { id: '[::1]:6001', metricsPort: 9_471 },
      ]),
    );
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual([
      {
        targets: [`127.0.0.1:${server.port}`],
        labels: { node: '127.0.0.1:5000', role: 'seed' },
      },
      { targets: ['127.0.0.1:9470'], labels: { node: '127.0.0.1:6000', role: 'peer' } },
      { targets: ['[::1]:9471'], labels: { node: '[::1]:6001', role: 'peer' } },
    ]);
  });

  test('names a process of several nodes once: two targets would be scraped twice', async () => {
    const peers = ['127.0.0.1:6000', '127.0.0.1:6001'].map((id) => ({ id, metricsPort: 9_470 }));
    const seeds = [seed('127.0.0.1:5000', peers), seed('127.0.0.1:5001', peers)];
    const { server, response } = await answerOf(...seeds);
    expect(await response.json()).toEqual([
      { targets: [`127.0.0.1:${server.port}`], labels: { role: 'seed' } },
      { targets: ['127.0.0.1:9470'], labels: { role: 'peer' } },
    ]);
  });

  test('is an error where no seed runs: Prometheus then keeps the targets that it has', async () => {
    const peer: ServedNode = { ...seed('127.0.0.1:6000', []), role: 'peer' };
    const { exposedPeers: _, ...withoutSeed } = peer;
    const { response } = await answerOf(withoutSeed);
    expect([response.status, await response.text()]).toEqual([
      404,
      'no seed runs here: ask a seed\n',
    ]);
  });
});

describe('/graph', () => {
  test('shows each node and each link once, whoever told of it', async () => {
    const node = (id: string) => ({ id, role: 'peer' as const, incarnation: 1 });
    const edge = (source: string, target: string) => ({
      source,
      target,
      kind: 'neighbours' as const,
    });
    const graphs: NetworkGraph[] = [
      { nodes: [node('a:1'), node('b:1')], edges: [edge('a:1', 'b:1'), edge('a:1', 'gone:1')] },
      { nodes: [{ ...node('b:1'), incarnation: 2 }], edges: [edge('b:1', 'a:1')] },
    ];
    const registry = new Registry();
    const nodes = () => graphs.map((graph) => ({ ...seed('a:1', []), graph: () => graph }));
    const server = await serveTelemetry({ listen: '127.0.0.1:0', registry, nodes });
    servers.push(server);
    const answer: unknown = await (await fetch(`${server.url}/graph`)).json();
    expect(answer).toMatchObject({
      nodes: [
        { id: 'a:1', title: 'a:1', subtitle: 'peer, incarnation 1', mainstat: 1 },
        { id: 'b:1', title: 'b:1', subtitle: 'peer, incarnation 2', mainstat: 1 },
      ],
      edges: [{ id: 'a:1|b:1', source: 'b:1', target: 'a:1', mainstat: 'neighbours' }],
      total: { nodes: 2, edges: 1 },
    });
  });

  test('of a large network shows the best connected nodes, and says how many there are', async () => {
    const nodes = Array.from({ length: 2_000 }, (_, n) => ({
      id: `p${n}:1`,
      role: 'peer' as const,
      incarnation: 1,
    }));
    const edges = nodes.slice(1_000).map(({ id }) => ({
      source: 'p1999:1',
      target: id,
      kind: 'neighbours' as const,
    }));
    const graph = () => ({ nodes, edges });
    const registry = new Registry();
    const server = await serveTelemetry({
      listen: '127.0.0.1:0',
      registry,
      nodes: () => [{ ...seed('a:1', []), graph }],
    });
    servers.push(server);
    const answer = (await (await fetch(`${server.url}/graph`)).json()) as {
      nodes: { id: string }[];
      total: object;
    };
    expect(answer.nodes).toHaveLength(1_500);
    expect(answer.nodes[0]?.id).toBe('p1999:1');
    expect(answer.total).toEqual({ nodes: 2_000, edges: 1_000 });
  });
});

function seed(id: string, peers: ReturnType<NonNullable<ServedNode['exposedPeers']>>): ServedNode {
  return {
    id,
    role: 'seed',
    state: 'running',
    graph: () => ({ nodes: [], edges: [] }),
    exposedPeers: () => peers,
  };
}
