import { type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import type { NodeEvent } from '../core/events.ts';
import type { Message, MessageId } from '../core/messages.ts';
import { DeathSpans } from './tracing/deaths.ts';
import { DecisionSpans } from './tracing/decisions.ts';
import { MembershipSpans } from './tracing/memberships.ts';
import { MessageSpans } from './tracing/messages.ts';
import { type ArrivalTable, type DepartureTable, type EventTable, Spans } from './tracing/spans.ts';

/** What tracing is told by a node, step by step, and what it puts into the frames. */
export interface TraceInstrument {
  arrived(message: Message): void;
  emitted(event: NodeEvent): void;
  outgoing(message: Message): Message;
  settled(): void;
  traceparentOf(id: MessageId): string | undefined;
}

/** Any node. */
export interface TracedNode {
  /** Known once the node has started; may throw before. */
  readonly id: string;
  readonly state: string;
  observe(observer: (event: NodeEvent) => void): () => void;
  carryTraces(instrument: TraceInstrument): () => void;
}

export interface TracingOptions {
  /** Makes the spans. Default: the tracer `hearsay` of the provider. */
  readonly tracer?: Tracer;
  /** Default: the one that the application's OpenTelemetry SDK has registered globally. */
  readonly tracerProvider?: TracerProvider;
}

/**
 * Traces a node with OpenTelemetry, from now on: the way of each message, registrations, and deaths
 * from the first suspicion to the confirmation, over all nodes that do the same. docs/TRACING.md
 * lists the spans. W3C trace context travels in the frames; a trace is sampled where it begins.
 *
 * Without an SDK nothing is recorded, and nothing travels. The answer ends it: spans that are open end.
 * Throws `option-invalid` when the node is traced already.
 *
 * @example
 * startNodeSdk({ spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] });
 * attachTracing(peer);
 */
export function attachTracing(node: TracedNode, options: TracingOptions = {}): () => void {
  const { tracerProvider = trace, tracer = tracerProvider.getTracer('hearsay') } = options;
  const tracing = new Tracing(new Spans(tracer, node.state === 'running' ? node.id : ''));
  const endCarrying = node.carryTraces(tracing);
  const detach = () => {
    endCarrying();
    unobserve();
    tracing.end();
  };
  const unobserve = node.observe((event) => {
    if (event.type === 'node:stopped') detach();
  });
  return detach;
}

class Tracing implements TraceInstrument {
  readonly #spans: Spans;
  readonly #messages: MessageSpans;
  readonly #memberships: MembershipSpans;
  readonly #deaths: DeathSpans;
  readonly #decisions: DecisionSpans;
  readonly #events: EventTable;
  readonly #arrivals: ArrivalTable;
  readonly #departures: DepartureTable;

  constructor(spans: Spans) {
    this.#spans = spans;
    this.#messages = new MessageSpans(spans);
    this.#memberships = new MembershipSpans(spans);
    this.#deaths = new DeathSpans(spans);
    this.#decisions = new DecisionSpans(spans, this.#deaths);
    const parts = [this.#messages, this.#memberships, this.#deaths, this.#decisions];
    const started: EventTable = { 'node:started': ({ id }) => spans.started(id) };
    this.#events = Object.assign({}, started, ...parts.map(({ events }) => events));
    this.#arrivals = { ...this.#deaths.arrivals, ...this.#decisions.arrivals };
    this.#departures = {
      ...this.#memberships.departures,
      ...this.#deaths.departures,
      ...this.#decisions.departures,
    };
  }

  arrived(message: Message): void {
    if (message.type === 'GOSSIP') this.#messages.arrived(message);
    else entryOf(this.#arrivals, message)?.(message);
  }

  emitted(event: NodeEvent): void {
    entryOf(this.#events, event)?.(event);
  }

  outgoing(message: Message): Message {
    if (message.type === 'GOSSIP') return this.#messages.outgoing(message);
    if (message.type === 'ACCEPT') this.#decisions.accepting(message.peer, message.ballot);
    const departure = entryOf<Message, string | undefined>(this.#departures, message);
    const traceparent = departure?.(message);
    // The table has entries only for messages that may carry it.
    return traceparent === undefined ? message : ({ ...message, traceparent } as Message);
  }

  settled(): void {
    this.#messages.settled();
    this.#deaths.settled();
    this.#decisions.settled();
    this.#spans.settled();
  }

  traceparentOf(id: MessageId): string | undefined {
    return this.#messages.traceparentOf(id);
  }

  end(): void {
    this.#spans.settled();
    this.#memberships.end();
    this.#deaths.end();
    this.#decisions.end();
  }
}

/** Each entry takes the thing of its own key, which the compiler cannot follow through a union. */
function entryOf<Thing extends { readonly type: string }, Answer>(
  table: { readonly [Type in Thing['type']]?: (thing: never) => Answer },
  thing: Thing,
): ((thing: Thing) => Answer) | undefined {
  return table[thing.type as Thing['type']] as ((thing: Thing) => Answer) | undefined;
}
