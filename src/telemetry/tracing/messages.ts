import type { Span, SpanContext } from '@opentelemetry/api';
import type { MessagePublished, MessageReceived } from '../../core/events.ts';
import type { Gossip, GossipMessage, Message, MessageId } from '../../core/messages.ts';
import { BoundedMap } from './bounded-map.ts';
import { contextOf, isSampled, traceparentOf } from './context.ts';
import { tracingLimits } from './limits.ts';
import type { EventTable, Spans } from './spans.ts';

/** What the frames of one message carry from here on. */
interface Carried {
  readonly traceparent: string;
  readonly traceorigin: string;
}

/**
 * `hearsay.publish` and `hearsay.receive`: the way that each message really took. Each first receipt
 * is a child of the hop before; duplicates have no span. A message that was not sampled where it was
 * published leaves nothing here: core hands its context on as it came.
 */
export class MessageSpans {
  readonly #spans: Spans;
  readonly #carried = new BoundedMap<MessageId, Carried>(tracingLimits.messagesMax);
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
    const carried = this.#carried.get(gossip.id);
    return carried === undefined ? gossip : { ...gossip, ...carried };
  }

  settled(): void {
    this.#arrived = undefined;
  }

  traceparentOf(id: MessageId): string | undefined {
    return this.#carried.get(id)?.traceparent;
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
    this.#carry(message.id, span, span.spanContext().spanId);
  }

  #onReceived(event: MessageReceived): void {
    const parent = contextOf(event.traceparent);
    if (parent === undefined || !isSampled(parent)) return;
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
    this.#carry(message.id, span, origin?.spanId ?? '');
  }

  /** The publication: on the first hop it is the parent, later on the frame names it. */
  #originOf(id: MessageId, hops: number, parent: SpanContext): SpanContext | undefined {
    if (hops === 1) return parent;
    const arrived = this.#arrived?.id === id ? this.#arrived : undefined;
    const spanId = arrived?.traceorigin;
    return spanId === undefined ? undefined : { ...parent, spanId };
  }

  #carry(id: MessageId, span: Span, traceorigin: string): void {
    const traceparent = traceparentOf(span.spanContext());
    if (traceparent !== undefined) this.#carried.set(id, { traceparent, traceorigin });
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
