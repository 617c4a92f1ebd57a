/** docs/METRICS.md is generated from the declarations: `vitest run test/house/metrics-doc -u` writes it anew. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogue, type Declaration } from '../../src/telemetry/metrics/catalogue.ts';

const introduction = `# Metrics

\`attachMetrics(node, { registry })\` counts and measures a node in your prom-client registry. Any number of nodes
may share one; every series has the label \`node\`, the address of a node in this process. No label ever holds a
message id or the address of another node, so the number of series is bounded.

\`\`\`ts
import { attachMetrics, PeerNode } from 'hearsay';
import { Registry } from 'prom-client';

const registry = new Registry();
const detach = attachMetrics(peer, { registry });
createServer(async (_, response) => response.end(await registry.metrics())).listen(9464, '127.0.0.1');
\`\`\`

Between two scrapes everything is plain numbers; labels are looked up for rare events only. With an OpenMetrics
registry the buckets of \`hearsay_message_delivery_seconds\` carry exemplars: the trace of one of their deliveries.

| metric | type | labels | what it says |
|---|---|---|---|
`;

test('docs/METRICS.md is what the declarations say', async () => {
  const rows = (Object.values(catalogue) as readonly Declaration[]).map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${['node', ...labels].join(', ')} | ${help} |`,
  );
  const page = `${introduction}${rows.join('\n')}\n`;
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/METRICS.md'));
});
