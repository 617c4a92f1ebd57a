import {
  type Attributes,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { NodeEvent } from '../../core/events.ts';
import type { Message } from '../../core/messages.ts';
import { type AttributesOf, catalogue, type SpanKey } from './catalogue.ts';
import { isContextSampled, traceparentOf } from './context.ts';

/** What a part of tracing does about events; the others have no span. */
export type EventTable = {
  readonly [Type in NodeEvent['type']]?: (
    event: Extract<NodeEvent, { readonly type: Type }>,
  ) => void;
};

/** What a part of tracing does about messages that arrive. */
export type ArrivalTable = {
  readonly [Type in Message['type']]?: (message: Extract<Message, { readonly type: Type }>) => void;
};

/** The traceparent for messages that leave; undefined leaves a message as it is. */
export type DepartureTable = {
  readonly [Type in Message['type']]?: (
    message: Extract<Message, { readonly type: Type }>,
  ) => string | undefined;
};

export interface SpanStart<Key extends SpanKey> {
  /** The other node's, or this node's, span that it belongs to; `active`: the application's. */
  readonly parent: SpanContext | 'root' | 'active';
  readonly attributes: AttributesOf<Key>;
  readonly links?: readonly SpanContext[];
  /** When it began, if not now; see `instant()`. */
  readonly begunAt?: number;
}

/** A moment, for a span that is made later. */
export function instant(): number {
  return performance.now();
}

/** Makes the spans of one node. */
export class Spans {
  readonly #tracer: Tracer;
  #node: string;
  /** Spans that end with the input that they began in. */
  #brief: Span[] = [];

  constructor(tracer: Tracer, node: string) {
    this.#tracer = tracer;
    this.#node = node;
  }

  /** The node's address; empty before it has started. */
  get node(): string {
    return this.#node;
  }

  started(id: string): void {
    this.#node = id;
  }

  /**
   * Sampling is the origin's: below a parent that was not sampled there is no span, whatever this
   * node's own sampler would say, and the parent's context travels on.
   */
  start<Key extends SpanKey>(key: Key, start: SpanStart<Key>): Span {
    const { parent, links } = start;
    if (typeof parent === 'object' && !isContextSampled(parent))
      return trace.wrapSpanContext(parent);
    const { name, kind } = catalogue[key];
    const attributes: Attributes = start.attributes;
    attributes['hearsay.node.id'] = this.#node;
    const options: SpanOptions = { kind, attributes };
    if (links !== undefined) options.links = links.map(linkTo);
    if (start.begunAt !== undefined) options.startTime = start.begunAt;
    return this.#tracer.startSpan(name, options, contextBelow(parent));
  }

  /** A span that lasts until the machine has finished with the present input. */
  startBrief<Key extends SpanKey>(key: Key, start: SpanStart<Key>): Span {
    const span = this.start(key, start);
    this.#brief.push(span);
    return span;
  }

  /** The machine has finished with an input. */
  settled(): void {
    if (this.#brief.length === 0) return;
    const ending = this.#brief;
    this.#brief = [];
    for (const span of ending) span.end(instant());
  }
}

/** What goes into frames for a span; undefined where no SDK is installed. */
export function traceparentOfSpan(span: Span | undefined): string | undefined {
  return span && traceparentOf(span.spanContext());
}

/** Sets the last attributes and ends. */
export function end<Key extends SpanKey>(
  span: Span | undefined,
  _key: Key,
  attributes: AttributesOf<Key>,
): void {
  span?.setAttributes(attributes as Attributes).end(instant());
}

function contextBelow(parent: SpanStart<SpanKey>['parent']) {
  if (parent === 'active') return context.active();
  // Not the active context: work for the network runs inside whatever the application did last.
  return parent === 'root' ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

function linkTo(linked: SpanContext): Link {
  return { context: linked };
}
