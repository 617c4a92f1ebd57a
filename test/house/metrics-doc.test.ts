/** docs/METRICS.md is generated from the declarations: `vitest run test/house/metrics-doc -u` writes it anew. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogue } from '../../src/telemetry/metrics/catalogue.ts';
import type { Declaration } from '../../src/telemetry/metrics/declaration.ts';

const introduction = `# Metrics

Every event of a node is counted in your prom-client registry. Any number of nodes may share one; every series has
the label \`node\`, the address of a node in this process. No label ever holds a message id or the address of another
node, so the number of series is bounded.

\`\`\`ts
import { attachMetrics, PeerNode } from 'hearsay';
import { Registry } from 'prom-client';

const registry = new Registry();
const peer = new PeerNode({ listen, seeds, metrics: { registry } }); // until it has stopped
const detach = attachMetrics(otherNode, { registry }); // until you say so
\`\`\`

Between two scrapes everything is plain numbers; labels are looked up for rare events only. Series whose labels are
known exist from the start with 0, so that an alert sees the first event, too.

## Over HTTP

\`\`\`ts
const telemetry = await serveTelemetry({ listen: '127.0.0.1:9464', registry, nodes: () => [peer, otherNode] });
\`\`\`

The commands \`seed\` and \`peer\` do the same with \`--metrics 127.0.0.1:9464\`. Nothing is served unless you ask, and
only where you say; there is no login, so keep it on loopback or in a private network.

| path | what it answers |
|---|---|
| \`/metrics\` | the registry; as OpenMetrics, with exemplars, where the Accept header prefers that (Prometheus does) |
| \`/healthz\` | 200 while the process lives |
| \`/readyz\` | 200 while it does its work: a seed that votes; a peer that is registered and linked; otherwise 503 |
| \`/graph\` | the nodes and links that this process knows, as JSON with the fields of Grafana's node graph panel; seeds know the whole overlay |
| \`/sd\` | on seeds: Prometheus's [HTTP service discovery](https://prometheus.io/docs/prometheus/latest/http_sd/) of this seed and of all living peers that expose metrics, with the labels \`node\` and \`role\` |

A peer tells the seeds where its host serves its metrics when it registers (option \`metricsPort\`; the command does it by
itself). Give Prometheus the \`/sd\` of every seed: one is enough, the others are there when it is not. Prometheus drops the
duplicates. Set \`honor_labels: true\`, because the series have the label \`node\` themselves:

\`\`\`yaml
scrape_configs:
  - job_name: hearsay
    honor_labels: true
    http_sd_configs:
      - url: http://127.0.0.1:9464/sd
      - url: http://127.0.0.1:9465/sd
\`\`\`

The buckets of \`hearsay_message_delivery_seconds\` carry exemplars: the trace of one of their deliveries, where it is sampled.

The process itself (event-loop delay, memory, CPU, garbage collection) is measured by prom-client's
\`collectDefaultMetrics({ register: registry })\`; the commands call it, an embedding application decides. [DASHBOARDS.md](DASHBOARDS.md)
shows all of it in Grafana.

## Of every node, of peers, of seeds

| metric | type | labels | what it says |
|---|---|---|---|
`;

/** A label, with the values that it can take where they are listed. */
function shown([label, values]: [string, readonly string[]]): string {
  return values.length === 0 ? label : `${label} (${values.join(', ')})`;
}

test('docs/METRICS.md is what the declarations say', async () => {
  const rows = (Object.values(catalogue) as readonly Declaration[]).map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${['node', ...Object.entries(labels).map(shown)].join(', ')} | ${help} |`,
  );
  const page = `${introduction}${rows.join('\n')}\n`;
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/METRICS.md'));
});
