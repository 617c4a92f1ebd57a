import type { Span, SpanContext } from '@opentelemetry/api';
import type { MessagePublished, MessageReceived } from '../../core/events.ts';
import type { Gossip, GossipMessage, Message, MessageId } from '../../core/messages.ts';
import { isSampled, originIn, traceOf, traceparentIn } from '../../core/trace-context.ts';
import { BoundedMap } from './bounded-map.ts';
import { contextOf, isContextSampled, traceparentOf } from './context.ts';
import { tracingLimits } from './limits.ts';
import type { EventTable, Spans } from './spans.ts';

/**
 * `hearsay.publish` and `hearsay.receive`: the way that each message really took. Each first receipt
 * is a child of the hop before; duplicates have no span. A message that was not sampled where it was
 * published travels without context: its frames are no longer, and no hop decodes one.
 */
export class MessageSpans {
  readonly #spans: Spans;
  /** What the frames of each message carry from here on. */
  readonly #carried = new BoundedMap<MessageId, Uint8Array>(tracingLimits.messagesMax);
  /** The frame that is being handled. */
  #arrived: Gossip | undefined;

  constructor(spans: Spans) {
    this.#spans = spans;
  }

  readonly events: EventTable = {
    'message:published': (event) => this.#onPublished(event),
    'message:received': (event) => this.#onReceived(event),
  };

  arrived(gossip: Gossip): void {
    this.#arrived = gossip;
  }

  outgoing(gossip: Gossip): Message {
    // The usual case where few are sampled: what has just come without context goes on without.
    if (this.#arrived?.id === gossip.id && this.#arrived.trace === undefined) return gossip;
    const trace = this.#carried.get(gossip.id);
    return trace === undefined ? gossip : { ...gossip, trace };
  }

  settled(): void {
    this.#arrived = undefined;
  }

  traceparentOf(id: MessageId): string | undefined {
    const trace = this.#carried.get(id);
    return trace && traceparentIn(trace);
  }

  #onPublished({ message, links }: MessagePublished): void {
    const span = this.#spans.startBrief('publish', {
      parent: 'active',
      attributes: {
        ...messaging(message),
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'hearsay.links': links,
      },
    });
    const context = span.spanContext();
    if (isContextSampled(context)) this.#carry(message.id, span, context.spanId);
  }

  #onReceived(event: MessageReceived): void {
    const { traceparent } = event;
    if (traceparent === undefined || !isSampled(traceparent)) return;
    const parent = contextOf(traceparent);
    if (parent === undefined) return;
    const { message, hops, latencyMs, recovered, from } = event;
    const origin = this.#originOf(message.id, hops, parent);
    const span = this.#spans.startBrief('receive', {
      parent,
      attributes: {
        ...messaging(message),
        'messaging.operation.name': 'receive',
        'messaging.operation.type': 'receive',
        'hearsay.hops': hops,
        'hearsay.latency_ms': latencyMs,
        'hearsay.recovered': recovered,
        'hearsay.from': from,
      },
      ...(origin !== undefined && { links: [origin] }),
    });
    this.#carry(message.id, span, origin?.spanId);
  }

  /** The publication: on the first hop it is the parent, later on the frame names it. */
  #originOf(id: MessageId, hops: number, parent: SpanContext): SpanContext | undefined {
    if (hops === 1) return parent;
    const trace = this.#arrived?.id === id ? this.#arrived.trace : undefined;
    const spanId = trace && originIn(trace);
    return spanId === undefined ? undefined : { ...parent, spanId };
  }

  #carry(id: MessageId, span: Span, origin: string | undefined): void {
    const traceparent = traceparentOf(span.spanContext());
    if (traceparent !== undefined) this.#carried.set(id, traceOf(traceparent, origin));
  }
}

function messaging({ id, origin, sequence, topic, payload }: GossipMessage) {
  return {
    'hearsay.message.id': id,
    'hearsay.message.origin': origin,
    'hearsay.message.sequence': sequence,
    'messaging.system': 'hearsay',
    'messaging.message.id': id,
    'messaging.message.body.size': payload.byteLength,
    ...(topic !== '' && { 'messaging.destination.name': topic }),
  };
}
