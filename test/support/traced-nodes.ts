import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { freePorts } from '../../examples/support/ports.ts';
import type { NodeEvent } from '../../src/core/events.ts';
import type { NodeId } from '../../src/core/messages.ts';
import { GossipNode } from '../../src/nodes/gossip-node.ts';
import type { PeerNodeOptions } from '../../src/nodes/options.ts';
import { PeerNode } from '../../src/nodes/peer-node.ts';
import { SeedNode } from '../../src/nodes/seed-node.ts';

type AnyNode = GossipNode | SeedNode;

/** Real nodes over TCP in this process, whose spans go into one memory; and all their events. */
export class TracedNodes {
  readonly nodes: AnyNode[] = [];
  readonly events: { readonly at: NodeId; readonly event: NodeEvent }[] = [];
  readonly #exporter = new InMemorySpanExporter();
  readonly #sampled = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: this.#exporter })],
  });
  readonly #unsampled = new TracerProvider({
    sampler: new AlwaysOffSampler(),
    spanProcessors: [new SimpleSpanProcessor({ exporter: this.#exporter })],
  });

  /** Peers without seeds that are linked as `edges` says, each edge a pair of their numbers. */
  async overlay(
    size: number,
    edges: readonly (readonly [number, number])[],
    unlike: { readonly unsampled?: number; readonly untraced?: number } = {},
  ): Promise<GossipNode[]> {
    const added: GossipNode[] = [];
    for (let n = 0; n < size; n += 1) {
      const peers = edges.filter(([, from]) => from === n).map(([to]) => added[to]?.id ?? '');
      const provider = n === unlike.unsampled ? this.#unsampled : this.#sampled;
      added.push(await this.gossip(peers, n === unlike.untraced ? undefined : provider));
    }
    const degree = (n: number) => edges.filter((edge) => edge.includes(n)).length;
    await this.until(() => added.every((node, n) => node.neighbours().length === degree(n)));
    return added;
  }

  async gossip(
    peers: readonly NodeId[],
    provider: TracerProvider | undefined = undefined,
  ): Promise<GossipNode> {
    const tracer = provider?.getTracer('test');
    const node = new GossipNode({ listen: '127.0.0.1:0', peers, ...(tracer && { tracer }) });
    await this.#start(node);
    return node;
  }

  get provider(): TracerProvider {
    return this.#sampled;
  }

  async seeds(count: number): Promise<SeedNode[]> {
    const addresses = (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
    const tracer = this.#sampled.getTracer('test');
    const seeds = addresses.map((listen) => new SeedNode({ listen, seeds: addresses, tracer }));
    for (const seed of seeds) await this.#start(seed);
    await this.until(() =>
      seeds.every((seed) => seed.voting && seed.reachableSeeds().length === count),
    );
    return seeds;
  }

  async peer(
    seeds: readonly { readonly id: NodeId }[],
    options: PeerNodeOptions['options'] = {},
    sampled = true,
  ): Promise<PeerNode> {
    const provider = sampled ? this.#sampled : this.#unsampled;
    const peer = new PeerNode({
      listen: '127.0.0.1:0',
      seeds: seeds.map(({ id }) => id),
      tracer: provider.getTracer('test'),
      options,
    });
    await this.#start(peer);
    return peer;
  }

  get spans(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  named(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  of<Type extends NodeEvent['type']>(
    type: Type,
  ): { at: NodeId; event: Extract<NodeEvent, { type: Type }> }[] {
    return this.events.filter(({ event }) => event.type === type) as never;
  }

  forget(): void {
    this.#exporter.reset();
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.#sampled.shutdown();
    await this.#unsampled.shutdown();
  }

  async #start(node: AnyNode): Promise<void> {
    this.nodes.push(node);
    const observe = node.observe as (observer: (event: NodeEvent) => void) => () => void;
    observe.call(node, (event) => this.events.push({ at: node.id, event }));
    await node.start();
  }
}

export function nodeOf(span: ReadableSpan | undefined): string {
  return String(span?.attributes['hearsay.node.id'] ?? 'no span');
}

export function traceOf(span: ReadableSpan | undefined): string {
  return span?.spanContext().traceId ?? 'no span';
}

/** The span that is the parent, if it is among these. */
export function parentOf(
  span: ReadableSpan,
  spans: readonly ReadableSpan[],
): ReadableSpan | undefined {
  const { spanId } = span.parentSpanContext ?? {};
  return spans.find((other) => other.spanContext().spanId === spanId);
}
