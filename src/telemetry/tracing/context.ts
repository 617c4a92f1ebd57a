import { isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';
import { isTraceparent } from '../../core/trace-context.ts';

/** `00-<trace id>-<parent id>-<flags>`; undefined for a context that names nothing (no SDK is installed). */
export function traceparentOf(context: SpanContext): string | undefined {
  if (!isSpanContextValid(context)) return undefined;
  const { traceId, spanId, traceFlags } = context;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** The context of the node that sent it; undefined when there was none, or an unreadable one. */
export function contextOf(traceparent: string | undefined): SpanContext | undefined {
  if (traceparent === undefined || !isTraceparent(traceparent)) return undefined;
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53), 16),
    isRemote: true,
  };
}

export function isContextSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}
