/**
 * Does what the dashboards and alerts ask exist? A real Prometheus scrapes a real run, found by `/sd`:
 * 3 seeds and 8 peers in processes of their own, with load, a death, and an outage of seeds.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../examples/support/ports.ts';
import type { Dashboard } from '../../grafana/src/dashboard.ts';
import { dashboards } from '../../grafana/src/dashboards.ts';
import { alertsIn, exprsOf, metricsIn, panelsOf, selectorsOf } from '../support/grafana.ts';
import { ProcessNetwork, type RunningProcess } from './support/network.ts';
import { OtlpReceiver } from './support/otlp-receiver.ts';
import { Prometheus, promtool, type Series, until } from './support/prometheus.ts';

const observability = fileURLToPath(new URL('../../observability/', import.meta.url));

/** Names that prom-client chose: gauges that end like counters. */
const knownComplaints = [
  'nodejs_active_handles_total non-counter metrics should not have "_total" suffix',
  'nodejs_active_requests_total non-counter metrics should not have "_total" suffix',
  'nodejs_active_resources_total non-counter metrics should not have "_total" suffix',
];

/** Expressions that are right to have no answer in this run, and why. */
const rightlyEmpty: Readonly<Record<string, string>> = {};

describe('a network that Prometheus watches', () => {
  let network: ProcessNetwork;
  let prometheus: Prometheus;
  let collector: OtlpReceiver;
  let seeds: RunningProcess[] = [];
  let peers: RunningProcess[] = [];
  let seedUrls: string[] = [];

  beforeAll(async () => {
    network = await ProcessNetwork.create(3);
    collector = await OtlpReceiver.start();
    const telemetry = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
    seedUrls = telemetry.map((address) => `http://${address}`);
    prometheus = await Prometheus.start({ discovery: seedUrls.map((url) => `${url}/sd`) });
    const startSeed = (index: number) =>
      network.seed(index, ['--metrics', telemetry[index] ?? '', '--lease', '10']);
    const telemetryFlags = ['--metrics', '127.0.0.1:0', '--traces', collector.url];
    const flags = ['--profile', 'lan', '--renew', '2', ...telemetryFlags];
    const load = ['--count', '1000000', '--interval', '0.5'];
    const ports = await freePorts(10);
    const startPeer = (n: number) => network.peer(ports[n] ?? 0, [...flags, ...load]);

    seeds = [0, 1, 2].map(startSeed);
    await until('Prometheus hears 3 seeds', async () => (await upTargets(prometheus)).length === 3);
    peers = [0, 1, 2, 3, 4, 5, 6, 7].map(startPeer);
    await until(
      'Prometheus hears 3 seeds and 8 peers',
      async () => (await upTargets(prometheus)).length === 11,
      async () => `${await targetsInWords(prometheus)}${endedInWords([...seeds, ...peers])}`,
    );
    await until('messages arrive', async () => (await received(prometheus)) > 100);
  });

  afterAll(async () => {
    await network[Symbol.asyncDispose]();
    await prometheus[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  it('is found by the /sd of each single seed', async () => {
    const expected = [...peers.map(({ id }) => id)].sort();
    for (const [index, url] of seedUrls.entries()) {
      const groups = (await (await fetch(`${url}/sd`)).json()) as {
        targets: string[];
        labels: { node: string; role: string };
      }[];
      const found = groups.filter(({ labels }) => labels.role === 'peer');
      expect(found.map(({ labels }) => labels.node).sort()).toEqual(expected);
      const self = groups.filter(({ labels }) => labels.role === 'seed');
      expect(self).toEqual([
        {
          targets: [url.replace('http://', '')],
          labels: { node: seeds[index]?.id, role: 'seed' },
        },
      ]);
    }
  });

  it('is scraped once each, under the names of its nodes', async () => {
    const targets = await upTargets(prometheus);
    const expected = [...seeds, ...peers].map(({ id }) => id).sort();
    expect(targets.map(({ labels }) => labels['node']).sort()).toEqual(expected);
    expect(await prometheus.value('count(hearsay_build_info)')).toBe(11);
    expect(await prometheus.value('count({__name__=~"hearsay_.+", exported_node!=""})')).toBe(
      undefined,
    );
  });

  it('is shown whole by the /graph of a seed', async () => {
    await until('each peer has told its links', async () => {
      const answer = await fetch(`${seedUrls[0]}/graph`);
      const { nodes, edges } = (await answer.json()) as {
        nodes: { id: string; mainstat: number }[];
        edges: object[];
      };
      const linked = nodes.filter(({ mainstat }) => mainstat > 0);
      return linked.length === 11 && edges.length > 12;
    });
  });

  it('has names, help texts and types that promtool finds nothing wrong with', async () => {
    for (const { scrapeUrl, labels } of await upTargets(prometheus)) {
      const text = await (await fetch(scrapeUrl)).text();
      const { output } = await promtool(['check', 'metrics'], text);
      const complaints = output.split('\n').filter((line) => line !== '');
      expect(
        complaints.filter((line) => !knownComplaints.includes(line)),
        labels['node'],
      ).toEqual([]);
    }
  });

  it('gives data to every expression of every panel, through load, a death and an outage', async () => {
    await live();
    const empty: string[] = [];
    const asked = new Set<string>();
    for (const { place, expr } of Object.values(dashboards).flatMap(placesOf)) {
      asked.add(place);
      const series = await prometheus.range(substituted(expr, prometheus));
      if (!hasData(series)) empty.push(place);
    }
    expect(asked.size).toBeGreaterThan(100);
    expect(empty.filter((place) => !(place in rightlyEmpty))).toEqual([]);
    // The list of exceptions does not grow stale.
    expect(Object.keys(rightlyEmpty).filter((place) => !asked.has(place))).toEqual([]);
  });

  it('understands the annotations, and has the series that fill the variables', async () => {
    for (const dashboard of Object.values(dashboards)) {
      for (const { expr = '' } of dashboard.annotations?.list ?? []) {
        if (expr !== '') await prometheus.range(substituted(expr, prometheus));
      }
      for (const selector of selectorsOf(dashboard)) {
        const series = await prometheus.range(substituted(selector, prometheus));
        expect(hasData(series), selector).toBe(true);
      }
    }
  });

  it('shows what really happened', async () => {
    const deaths = 'hearsay_decisions_total{domain="death", via="own-proposal"}';
    expect(await prometheus.value(`sum(max_over_time(${deaths}[1h]))`)).toBeGreaterThanOrEqual(1);
    expect(
      await prometheus.value('sum(max_over_time(hearsay_quorum_misses_total[1h]))'),
    ).toBeGreaterThanOrEqual(1);
    expect(await prometheus.value('count(hearsay_seed_voting == 1)')).toBe(3);
    expect(
      await prometheus.value(
        'count(count_values("list", hearsay_peer_list_digest and on (node) hearsay_seed_voting))',
      ),
    ).toBe(1);
  });

  it('leads from a bucket of the delivery times to the very delivery in its trace', async () => {
    await until('an exemplar in Prometheus names a span that the collector has', async () => {
      const exemplars = await prometheus.exemplars('hearsay_message_delivery_seconds_bucket');
      return exemplars.some(({ trace_id, span_id }) =>
        collector.spans.some(
          ({ name, traceId, spanId }) =>
            name === 'hearsay.receive' && traceId === trace_id && spanId === span_id,
        ),
      );
    });
  });

  it('has every series that an alert looks at, and every alert can be evaluated', async () => {
    const alerts = alertsIn(await readFile(join(observability, 'rules.yml'), 'utf8'));
    for (const { name, expr } of alerts) {
      await prometheus.range(expr);
      for (const metric of metricsIn(expr)) {
        const series = await prometheus.range(`{__name__=~"${metric}(_bucket)?"}`);
        expect(hasData(series), `${name}: ${metric}`).toBe(true);
      }
    }
    const answer = await fetch(`${prometheus.url}/api/v1/rules`);
    const { data } = (await answer.json()) as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.map(({ name }) => name).sort()).toEqual(alerts.map(({ name }) => name).sort());
    for (const rule of rules) expect(rule, rule.lastError).toMatchObject({ health: 'ok' });
  });

  /** A death; then two of three seeds go, a peer dies and one comes in vain; then all is well again. */
  async function live(): Promise<void> {
    const log = () => network.log();
    const [first, second] = peers;
    first?.child.kill('SIGKILL');
    await until('the death is confirmed', async () =>
      (await log()).some(
        ({ event, text }) => event === 'death:committed' && text.includes(`${first?.id}`),
      ),
    );
    await strangerKnocks();

    seeds[1]?.child.kill('SIGKILL');
    seeds[2]?.child.kill('SIGTERM');
    await Promise.all([seeds[1]?.exited, seeds[2]?.exited]);
    second?.child.kill('SIGKILL');
    const newcomer = network.peer((await freePorts(1))[0] ?? 0, [
      ...['--profile', 'lan', '--renew', '2', '--metrics', '127.0.0.1:0'],
      ...['--count', '10', '--interval', '1', '--register-timeout', '300'],
    ]);
    await until('no quorum is found for the death and for the newcomer', async () => {
      const lines = await log();
      return (
        lines.some(({ event, text }) => event === 'death:rejected' && text.includes('no-quorum')) &&
        lines.some(({ event, id }) => event === 'peer:registration-failed' && id === newcomer.id)
      );
    });
    await until(
      'Prometheus has seen it',
      async () => ((await prometheus.value('sum(hearsay_quorum_misses_total)')) ?? 0) > 0,
    );

    for (const index of [1, 2]) {
      const listen = seedUrls[index]?.replace('http://', '') ?? '';
      seeds[index] = network.seed(index, ['--metrics', listen, '--lease', '10']);
    }
    await until('the second death is confirmed', async () =>
      (await log()).some(
        ({ event, text }) => event === 'death:committed' && text.includes(`${second?.id}`),
      ),
    );
    await until(
      'the newcomer is scraped',
      async () =>
        (await upTargets(prometheus)).some(({ labels }) => labels['node'] === newcomer.id),
      async () => `${await targetsInWords(prometheus)}${endedInWords([...seeds, ...peers])}`,
    );
    await until(
      'the overlay is one again',
      async () => (await prometheus.value('max(hearsay_overlay_components)')) === 1,
    );
    // Rates look back over some seconds.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
  }

  /** Somebody with another list of seeds is refused at the door. */
  async function strangerKnocks(): Promise<void> {
    const [port = 0, other = 0] = await freePorts(2);
    const list = [...network.seeds, `127.0.0.1:${other}`];
    await writeFile(join(network.folder, 'other.txt'), list.join('\n'));
    const id = `127.0.0.1:${port}`;
    const stranger = network.run(id, ['peer', '127.0.0.1', `${port}`, 'other.txt', '--no-output']);
    expect(await stranger.exited).toBe(4);
  }
});

describe('alerts', () => {
  it('pass the tests of promtool', async () => {
    for (const args of [
      ['check', 'config', join(observability, 'prometheus.yml')],
      ['check', 'rules', join(observability, 'rules.yml')],
      ['test', 'rules', join(observability, 'rules.test.yml')],
    ]) {
      const { ok, output } = await promtool(args);
      expect(ok, output).toBe(true);
    }
  });
});

/** Each expression of a dashboard's panels, and where it is. */
function placesOf(dashboard: Dashboard) {
  return panelsOf(dashboard).flatMap((panel) =>
    exprsOf(panel).map((expr, n) => ({
      place: `${dashboard.title} / ${panel.title} / ${String.fromCharCode(65 + n)}`,
      expr,
    })),
  );
}

async function upTargets(prometheus: Prometheus) {
  return (await prometheus.targets()).filter(({ health }) => health === 'up');
}

async function targetsInWords(prometheus: Prometheus): Promise<string> {
  const targets = await prometheus.targets();
  return targets
    .map(({ labels, health, lastError }) => `${labels['node']} ${health} ${lastError}`)
    .join('; ');
}

/** What those that are gone said at the end. */
function endedInWords(processes: readonly RunningProcess[]): string {
  return processes
    .filter(({ child }) => child.exitCode !== null || child.signalCode !== null)
    .map(
      ({ id, child, stderr }) =>
        `\n${id} ended (${child.exitCode ?? child.signalCode}): ${stderr()}`,
    )
    .join('');
}

async function received(prometheus: Prometheus): Promise<number> {
  return (await prometheus.value('sum(hearsay_messages_received_total{result="first"})')) ?? 0;
}

/** An expression as Grafana would send it, with everything selected. */
function substituted(expr: string, { startedAt }: Prometheus): string {
  const seconds = Math.ceil((Date.now() - startedAt) / 1000);
  return expr
    .replaceAll('$__rate_interval', '15s')
    .replaceAll('$__range', `${seconds}s`)
    .replaceAll('$node', '.+')
    .replaceAll('$role', '.+');
}

/** A number at any time; NaN is what divisions by nothing give. */
function hasData(series: readonly Series[]): boolean {
  return series.some(({ values }) => values.some(([, value]) => !Number.isNaN(Number(value))));
}
