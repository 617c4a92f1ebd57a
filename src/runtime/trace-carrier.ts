import type { NodeEvent } from '../core/events.ts';
import type { Message, MessageId } from '../core/messages.ts';

/**
 * What tracing needs of a runtime: the one observer that must put something *into* the flow, which is
 * W3C trace context. It is told of each step as it happens, before the next one, because a frame that
 * follows from an event has to name the event's span. It must not call back into the machine.
 */
export interface TraceCarrier {
  /** A message has arrived and goes to the machine next. */
  arrived(message: Message): void;
  /** The machine has said that this happened. */
  emitted(event: NodeEvent): void;
  /** The message as it is to be sent: this one, or a copy with trace context. */
  outgoing(message: Message): Message;
  /** The machine has finished with an input. */
  settled(): void;
  /** The traceparent of this node's own span for a message that it published or received. */
  traceparentOf(id: MessageId): string | undefined;
}
