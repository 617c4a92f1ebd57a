/** The one file that needs OpenTelemetry's SDK, which is an optional dependency: import it when asked to. */
import type { TracerProvider } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  TracerProvider as SdkTracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';

export interface Traces {
  readonly tracerProvider: TracerProvider;
  /** Sends what is left, for a short time. */
  close(): Promise<void>;
}

export interface TracesOptions {
  /** Where OTLP is taken over HTTP, `/v1/traces` included. */
  readonly url: string;
  readonly role: 'seed' | 'peer';
  /** The node's address where it is known before the node starts. */
  readonly id: string | undefined;
  /** Hears once that spans cannot be sent. */
  readonly onTrouble: (problem: string) => void;
}

/** A collector on another continent answers within this; and nobody waits longer for the end of a process. */
const exportTimeoutMs = 3_000;

/** Between two exports: short, because people start a command to see something. */
const exportIntervalMs = 1_000;

/** Spans to be recorded and sent by OTLP/HTTP, as JSON. */
export function openTraces({ url, role, id, onTrouble }: TracesOptions): Traces {
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs });
  const told = new ToldExporter(exporter, onTrouble);
  const own = resourceFromAttributes({
    'service.name': process.env['OTEL_SERVICE_NAME'] ?? `hearsay-${role}`,
    ...(id !== undefined && { 'service.instance.id': id }),
  });
  const given = detectResources({ detectors: [envDetector] });
  const tracerProvider = new SdkTracerProvider({
    resource: defaultResource().merge(own).merge(given),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: told, scheduledDelayMillis: exportIntervalMs }),
    ],
  });
  return {
    tracerProvider,
    close: async () => {
      told.giveUpIfFailing();
      // What could not be sent has been told; it is no failure of the node.
      await tracerProvider.shutdown().catch(() => undefined);
    },
  };
}

type ExportArguments = Parameters<SpanExporter['export']>;

/** Says once that spans cannot be sent; they are dropped, and the next ones are tried again. */
class ToldExporter implements SpanExporter {
  readonly #inner: SpanExporter;
  readonly #onTrouble: (problem: string) => void;
  #isFailing = false;
  #isTold = false;
  #isGivenUp = false;

  constructor(inner: SpanExporter, onTrouble: (problem: string) => void) {
    this.#inner = inner;
    this.#onTrouble = onTrouble;
  }

  export(spans: ExportArguments[0], done: ExportArguments[1]): void {
    if (this.#isGivenUp) {
      done({ code: 1 });
      return;
    }
    this.#inner.export(spans, (result) => {
      this.#isFailing = result.code !== 0;
      if (this.#isFailing && !this.#isTold) {
        this.#isTold = true;
        this.#onTrouble(reasonOf(result.error));
      }
      done(result);
    });
  }

  /** Nobody has taken the last spans, so nobody waits for an answer about the rest. */
  giveUpIfFailing(): void {
    this.#isGivenUp = this.#isFailing;
  }

  async forceFlush(): Promise<void> {
    await this.#inner.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#inner.shutdown();
  }
}

/** Node names a refused connection in the error's code, or in those of an AggregateError. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given';
  const code = 'code' in error ? String(error.code) : '';
  return [code, error.message].filter((text) => text !== '').join(' ') || error.name;
}
