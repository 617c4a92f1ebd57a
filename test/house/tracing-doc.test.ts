/** docs/TRACING.md is generated from the declarations: `vitest run test/house/tracing-doc -u` writes it anew. */
import { join } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { attributes } from '../../src/telemetry/tracing/attributes.ts';
import { catalogue, type SpanDeclaration } from '../../src/telemetry/tracing/catalogue.ts';

const introduction = `# Traces

\`attachTracing(node)\`, or the option \`tracer\` of a node, makes OpenTelemetry spans of what the network does. The
library has OpenTelemetry's API only: where the spans go is up to the SDK that the application has installed, and
without one nothing is recorded and nothing travels. \`hearsay seed\` and \`hearsay peer\` bring an SDK:
\`--traces http://127.0.0.1:4318\`. \`examples/observability.ts\` is a whole network that does.

\`\`\`ts
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { startNodeSdk } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { attachTracing, PeerNode } from 'hearsay';

startNodeSdk({ spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] });
const peer = new PeerNode({ listen: '127.0.0.1:6000', seeds });
attachTracing(peer); // before start(), so that the registration is traced, too
await peer.start();

peer.on('message:received', ({ message }) => {
  const traceparent = peer.traceparentOf(message.id); // go on with the trace in what you do about it
});
\`\`\`

## What a trace is

**A message** is one trace, whose tree is the tree that the message took: \`hearsay.publish\`, and a
\`hearsay.receive\` for each first receipt, below the hop before. Duplicates are counted (METRICS.md), never spans.

**A registration** is one trace: \`hearsay.register\` of the peer, below it \`hearsay.propose\` of the seed that it
asked, below that a \`hearsay.vote\` of each seed that voted and a \`hearsay.commit\` of each that committed.

**A death** is one trace from the first suspicion to the confirmation: \`hearsay.suspect\` with its probes and its
\`hearsay.report\`, below that the seeds' \`hearsay.propose\`, votes and commits, and a \`hearsay.confirm\` of every
peer that hears of it. A peer that hears of the suspicion before it suspects joins the trace. When a process is
killed, however, its neighbours notice in the same millisecond, and each has begun a trace before it hears of the
others; two traces cannot become one, and a trace id that they could all work out beforehand would take the sampling
out of the hands of the SDK, and have a root that nobody records. So each that hears another's notice says so in *that* trace, with a
\`hearsay.corroborate\` that links to its own, and its own suspicion links back. The trace whose report the seeds
commit then names every suspecting peer, every seed that voted, and every peer that confirmed; the other traces,
which end as \`confirmed\`, too, are one link away.

A silence that comes to nothing leaves no trace: the spans of a suspicion are made when there is one, and dated
back to the silence.

## Sampling

Where a trace begins it is sampled, by the sampler of that node's SDK. All others follow the sampled flag that
came with the frame, whatever their own sampler says: below a context that is not sampled there are no spans. What
came without any context begins no trace here, with one exception: a proposal for which nobody asked with a context
(a lease lapsed; the peer is not traced) is a root of its own.

A message that is not sampled travels without any context: nobody records anything of it, so its frames are no
longer and no hop decodes one. An application that works on such a message finds no \`traceparentOf\` and decides for itself.
The rare frames of registrations, suspicions and deaths carry a context that is not sampled, too.

A node that is not traced hands the contexts of messages, notices and confirmations on as they came.

## What it costs

Untraced nodes pay nothing: no allocation, and no byte on the wire. A traced message's frames are 34 bytes longer.
Open spans and remembered contexts are bounded
([limits.ts](../src/telemetry/tracing/limits.ts)); spans that are open when a node stops end then.
\`node bench/telemetry.ts\` measures it side by side: on two shared cores metrics left 97 % of the
deliveries a second, with 1 % of the messages traced 85 %, with all of them 43 %.

[PROTOCOL.md](PROTOCOL.md#trace-context) says which frames carry trace context.

## Spans

`;

test('docs/TRACING.md is what the declarations say', async () => {
  const declarations: readonly SpanDeclaration[] = Object.values(catalogue);
  const spans = declarations.map(
    ({ name, kind, on, lasts, parent, links }) =>
      `| \`${name}\` | ${SpanKind[kind]} | ${on} | ${lasts} | ${parent} | ${links || 'none'} |`,
  );
  const sets = declarations.map(
    ({ name, attributes: names }) =>
      `| \`${name}\` | ${names.map((one) => `\`${one}\``).join(', ')} |`,
  );
  const words = Object.entries(attributes).map(([name, text]) => `| \`${name}\` | ${text} |`);
  const page = [
    '| span | kind | on | lasts | parent | links |\n|---|---|---|---|---|---|',
    ...spans,
    '\n## Attributes of each span\n\nBesides `hearsay.node.id`, which every span has.\n',
    '| span | attributes |\n|---|---|',
    ...sets,
    '\n## What the attributes say\n',
    '| attribute | meaning |\n|---|---|',
    ...words,
  ].join('\n');
  const path = join(import.meta.dirname, '../../docs/TRACING.md');
  await expect(`${introduction}${page}\n`).toMatchFileSnapshot(path);
});

test('every attribute is of some span', () => {
  const declarations: readonly SpanDeclaration[] = Object.values(catalogue);
  const used = new Set(declarations.flatMap(({ attributes: names }) => names));
  const unused = Object.keys(attributes).filter((name) => !used.has(name as never));
  expect(unused).toEqual(['hearsay.node.id']);
});
