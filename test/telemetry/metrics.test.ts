import { Registry } from 'prom-client';
import { beforeEach, describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../src/core/events.ts';
import { GossipNode, PeerNode, packageVersion, SeedNode } from '../../src/index.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { catalogue } from '../../src/telemetry/metrics/catalogue.ts';
import type { Declaration } from '../../src/telemetry/metrics/declaration.ts';
import { attachMetrics, type MeasuredNode, type Statistics } from '../../src/telemetry/metrics.ts';
import { memoryNetwork } from '../../src/transport/memory.ts';

let registry: Registry;
beforeEach(() => {
  registry = new Registry();
});

describe('the metrics of a node', () => {
  test('count what its events tell', async () => {
    const node = new TestNode('a:1');
    attachMetrics(node, { registry });
    node.emit(received({ hops: 2, latencyMs: 3, bytes: 100 }));
    node.emit(received({ hops: 4, latencyMs: -5, bytes: 50, recovered: true }));
    node.emit({ type: 'message:duplicate', id: 'x', from: 'b:1', crossing: true, bytes: 100 });
    node.emit({ type: 'message:dropped', cause: 'overflow', peer: 'b:1', frames: 7, bytes: 70 });
    expect(await sampleOf('hearsay_messages_received_total', { result: 'first' })).toBe(2);
    expect(await sampleOf('hearsay_messages_received_total', { result: 'duplicate' })).toBe(1);
    expect(await sampleOf('hearsay_message_bytes_received_total', { result: 'first' })).toBe(150);
    expect(await sampleOf('hearsay_messages_recovered_total')).toBe(1);
    expect(await sampleOf('hearsay_message_crossings_total')).toBe(1);
    expect(await sampleOf('hearsay_messages_dropped_total', { cause: 'overflow' })).toBe(7);
    expect(await sampleOf('hearsay_message_hops_bucket', { le: '2' })).toBe(1);
    expect(await sampleOf('hearsay_message_hops_bucket', { le: '+Inf' })).toBe(2);
    expect(await sampleOf('hearsay_message_hops_sum')).toBe(6);
    expect(await sampleOf('hearsay_message_delivery_seconds_bucket', { le: '0.0005' })).toBe(1);
    expect(await sampleOf('hearsay_message_delivery_seconds_count')).toBe(2);
  });

  test('say how suspicions ended, of those that were this node’s own', async () => {
    const node = new TestNode('a:1');
    attachMetrics(node, { registry });
    const suspect = { peer: 'b:1', incarnation: 1 };
    const suspected = {
      type: 'peer:suspected',
      ...suspect,
      silentMs: 1,
      failedProbes: [],
    } as const;
    const dead = {
      type: 'peer:confirmed-dead',
      seed: 's:1',
      from: 's:1',
      silentMs: 2_000,
    } as const;
    node.emit({ ...suspected, refutation: 0 } as never);
    node.emit({ type: 'peer:suspicion-cleared', ...suspect, cause: 'spoke', suspectedForMs: 1 });
    node.emit({ ...suspected, refutation: 0 } as never);
    node.emit({ ...dead, ...suspect });
    node.emit({ ...dead, peer: 'c:1', incarnation: 1 });
    expect(await sampleOf('hearsay_suspicions_total')).toBe(2);
    expect(await sampleOf('hearsay_suspicions_ended_total', { outcome: 'spoke' })).toBe(1);
    expect(await sampleOf('hearsay_suspicions_ended_total', { outcome: 'confirmed' })).toBe(1);
    expect(await sampleOf('hearsay_deaths_confirmed_total')).toBe(2);
    expect(await sampleOf('hearsay_death_detection_seconds_bucket', { le: '2.5' })).toBe(2);
  });

  test('tell a seed’s own votes from those it was given', async () => {
    const node = new TestNode('s0:1');
    attachMetrics(node, { registry });
    const ballot = { round: 1, seed: 's0:1' };
    const vote = {
      type: 'death:vote',
      peer: 'p:1',
      ballot,
      answer: 'promise',
      reason: '',
    } as const;
    node.emit({ ...vote, seed: 's0:1', verdict: 'ok' });
    node.emit({ ...vote, seed: 's1:1', verdict: 'alive', answer: 'none' });
    node.emit({ ...vote, seed: 's2:1', verdict: 'ok' });
    const domain = 'death';
    expect(await sampleOf('hearsay_votes_cast_total', { domain, vote: 'promise' })).toBe(1);
    expect(await sampleOf('hearsay_votes_received_total', { domain, vote: 'promise' })).toBe(1);
    expect(await sampleOf('hearsay_votes_received_total', { domain, vote: 'alive' })).toBe(1);
  });

  test('lead from a slow delivery to its trace', async () => {
    const open = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
    open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const node = new TestNode('a:1');
    attachMetrics(node, { registry: open });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    node.emit(received({ latencyMs: 30, traceparent }));
    const line = linesOf(await open.metrics()).find((text) => text.includes('trace_id'));
    expect(line).toMatch(
      /^hearsay_message_delivery_seconds_bucket\{.*le="0\.05".*\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"\} 0\.03 \d/,
    );
    expect(await open.metrics()).toContain('hearsay_messages_received_total{');
    expect(await open.metrics()).not.toContain('_total_total');
  });

  test('lead to the delivery’s own span where the node is traced, and nowhere when not sampled', async () => {
    const open = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
    open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const own = '00-0af7651916cd43dd8448eb211c80319c-00000000000000aa-01';
    const node = Object.assign(new TestNode('a:1'), { traceparentOf: () => own });
    attachMetrics(node, { registry: open });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    node.emit(received({ latencyMs: 30, traceparent }));
    expect(await open.metrics()).toContain('span_id="00000000000000aa"');

    const other = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
    other.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const untraced = new TestNode('b:1');
    attachMetrics(untraced, { registry: other });
    untraced.emit(received({ latencyMs: 30, traceparent: traceparent.replace(/01$/, '00') }));
    expect(await other.metrics()).not.toContain('trace_id');
  });

  test('are 0 from the start, so that the first event is seen as an increase', async () => {
    attachMetrics(new TestNode('a:1'), { registry });
    attachMetrics(new TestNode('s:1', 'running', 'seed'), { registry });
    const [peer, seed] = [{ node: 'a:1' }, { node: 's:1' }];
    expect(await sampleOf('hearsay_message_gaps_total', peer)).toBe(0);
    const refuted = { ...peer, outcome: 'refuted' };
    expect(await sampleOf('hearsay_suspicions_ended_total', refuted)).toBe(0);
    expect(await sampleOf('hearsay_death_detection_seconds_count', peer)).toBe(0);
    const missed = { ...seed, domain: 'death' };
    expect(await sampleOf('hearsay_quorum_misses_total', missed)).toBe(0);
    expect(await sampleOf('hearsay_removals_paused', seed)).toBe(0);
    expect(await valuesOf('hearsay_message_gaps_total', seed)).toEqual([]);
    expect(await valuesOf('hearsay_removals_paused', peer)).toEqual([]);
  });

  test('count a proposal that found no quorum as such', async () => {
    const node = new TestNode('s0:1', 'running', 'seed');
    attachMetrics(node, { registry });
    const votes = { yes: 1, quorum: 2, seeds: 3 };
    const rejected = {
      type: 'death:rejected',
      peer: 'p:1',
      reason: '',
      votes,
      durationMs: 1,
    } as const;
    node.emit({ ...rejected, code: 'no-quorum' });
    node.emit({ ...rejected, code: 'alive' });
    expect(await sampleOf('hearsay_quorum_misses_total', { domain: 'death' })).toBe(1);
    expect(await sumOf('hearsay_proposals_rejected_total', { domain: 'death' })).toBe(2);
  });

  test('say what runs', async () => {
    attachMetrics(new TestNode('s:1', 'running', 'seed'), { registry });
    const nodejs = process.version.slice(1);
    const labels = { node: 's:1', role: 'seed', version: packageVersion, nodejs };
    expect(await sampleOf('hearsay_build_info', labels)).toBe(1);
  });

  test('are not shown before the node has an address', async () => {
    const node = new TestNode('a:1', 'new');
    attachMetrics(node, { registry });
    expect(linesOf(await registry.metrics())).toEqual([]);
    node.emit({ type: 'node:started', role: 'peer', id: 'a:4711' });
    expect(linesOf(await registry.metrics())).toContain('hearsay_neighbours{node="a:4711"} 0');
  });

  test('of many nodes share one registry, and one node’s end leaves the others', async () => {
    const [a, b] = [new TestNode('a:1'), new TestNode('b:1')];
    const detach = attachMetrics(a, { registry });
    attachMetrics(b, { registry });
    for (const node of [a, b, b]) node.emit(published());
    const name = 'hearsay_messages_published_total';
    expect(await sampleOf(name, { node: 'a:1' })).toBe(1);
    expect(await sampleOf(name, { node: 'b:1' })).toBe(2);
    detach();
    a.emit(published());
    expect(await sampleOf(name, { node: 'a:1' })).toBeUndefined();
    expect(await sampleOf(name, { node: 'b:1' })).toBe(2);
  });

  test('refuse a registry in which somebody else has such a metric', async () => {
    const other = { name: 'hearsay_neighbours', help: '', type: 'gauge', get: () => undefined };
    registry.registerMetric(other as never);
    expect(() => attachMetrics(new TestNode('a:1'), { registry })).toThrow(
      /the registry has another metric hearsay_neighbours/,
    );
  });
});

test('a real network shows numbers that agree with what it did', async () => {
  const network = memoryNetwork();
  const seeds = ['s0:1', 's1:1', 's2:1'];
  const random = Math.random;
  const given = (host: string) => ({
    transport: network.transport(host),
    clock: systemClock,
    random,
  });
  const seedNodes = seeds.map((listen, n) => new SeedNode({ listen, seeds, ...given(`s${n}`) }));
  const peers = [0, 1, 2, 3].map(
    (n) => new PeerNode({ listen: `p${n}:1`, seeds, ...given(`p${n}`) }),
  );
  for (const node of [...seedNodes, ...peers]) attachMetrics(node, { registry });
  for (const node of [...seedNodes, ...peers]) await node.start();
  const all = Promise.all(
    peers.slice(1).map((peer) => new Promise((resolve) => peer.once('message:received', resolve))),
  );
  await peers[0]?.publish('hello');
  await all;
  expect(await sumOf('hearsay_messages_published_total')).toBe(1);
  expect(await sumOf('hearsay_messages_received_total', { result: 'first' })).toBe(3);
  expect(await sumOf('hearsay_registrations_total', { outcome: 'quorum' })).toBe(4);
  expect(await sumOf('hearsay_seed_voting')).toBe(3);
  const digests = await valuesOf('hearsay_peer_list_digest', {});
  const ofSeeds = digests.filter(({ labels }) => String(labels['node']).startsWith('s'));
  expect(new Set(ofSeeds.map(({ value }) => value)).size).toBe(1);
  expect(
    await sumOf('hearsay_decisions_total', { domain: 'registration', via: 'own-proposal' }),
  ).toBe(4);
  for (const node of [...peers, ...seedNodes]) await node.stop();
});

test('a node that was given a registry is in it until it has stopped', async () => {
  const network = memoryNetwork();
  const node = new GossipNode({
    listen: 'p:1',
    metrics: { registry },
    transport: network.transport('p'),
  });
  await node.start();
  expect(await sampleOf('hearsay_neighbours', { node: 'p:1' })).toBe(0);
  await node.stop();
  expect(linesOf(await registry.metrics())).toEqual([]);
});

describe('the catalogue', () => {
  const declarations: readonly Declaration[] = Object.values(catalogue);

  test('has no name twice, base units only, and `_total` on counters alone', () => {
    const names = declarations.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type } of declarations) {
      expect(name).toMatch(/^hearsay_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|percent)\b/);
    }
  });

  test('has no label for what is without bound', () => {
    const labels = new Set(declarations.flatMap(({ labels }) => Object.keys(labels)));
    for (const unbounded of ['peer', 'id', 'seed', 'from', 'address', 'link']) {
      expect(labels).not.toContain(unbounded);
    }
  });

  test('explains every metric in a sentence', () => {
    for (const { help } of declarations) expect(help).toMatch(/^[A-Z0-9].{10,}\.$/);
  });
});

class TestNode implements MeasuredNode {
  readonly role: 'peer' | 'seed';
  readonly id: string;
  readonly state: string;
  #observer: ((event: NodeEvent) => void) | undefined;

  constructor(id: string, state = 'running', role: 'peer' | 'seed' = 'peer') {
    this.role = role;
    this.id = id;
    this.state = state;
  }

  observe(observer: (event: NodeEvent) => void): () => void {
    this.#observer = observer;
    return () => {
      this.#observer = undefined;
    };
  }

  statistics(): Statistics {
    return { neighbours: 0 };
  }

  emit(event: NodeEvent): void {
    this.#observer?.(event);
  }
}

async function valuesOf(name: string, labels: Record<string, string>) {
  const metrics = await registry.getMetricsAsJSON();
  const values = metrics.flatMap((metric) => {
    const samples = metric.values as {
      value: number;
      labels: Record<string, string | number>;
      metricName?: string;
    }[];
    return samples.filter((sample) => (sample.metricName ?? metric.name) === name);
  });
  return values.filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
}

async function sampleOf(name: string, labels: Record<string, string> = {}) {
  const values = await valuesOf(name, labels);
  expect(values.length).toBeLessThanOrEqual(1);
  return values[0]?.value;
}

async function sumOf(name: string, labels: Record<string, string> = {}): Promise<number> {
  return (await valuesOf(name, labels)).reduce((sum, { value }) => sum + value, 0);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function published(): NodeEvent {
  return { type: 'message:published', message: message(), links: 1, bytes: 1 };
}

function received(
  fields: Partial<Extract<NodeEvent, { readonly type: 'message:received' }>>,
): NodeEvent {
  return {
    type: 'message:received',
    message: message(),
    hops: 1,
    latencyMs: 1,
    link: 1,
    from: 'b:1',
    recovered: false,
    bytes: 1,
    ...fields,
  };
}

function message() {
  return {
    id: 'x',
    origin: 'b:1',
    incarnation: 1,
    sequence: 1,
    timestampMs: 1_700_000_000_000,
    topic: '',
    contentType: 'text',
    payload: new Uint8Array(),
  } as const;
}
