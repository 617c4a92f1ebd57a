import { EventEmitter } from 'eventemitter3';
import { HearsayError } from '../core/errors.ts';
import type { EventListeners, NodeEvent } from '../core/events.ts';
import type { MessageId, NodeId, NodeRole } from '../core/messages.ts';
import type { TraceCarrier } from '../runtime/trace-carrier.ts';
import type { NetworkGraph } from '../telemetry/graph.ts';
import { attachMetrics, type MetricsOptions, type Statistics } from '../telemetry/metrics.ts';

/** Hears every event of a node, in order; how telemetry, logs and the observatory look on. */
export type Observer<Event extends NodeEvent = NodeEvent> = (event: Event) => void;

export interface StartOptions {
  /** Aborting it while the node starts stops the node; `start()` then rejects with `aborted`. */
  readonly signal?: AbortSignal;
}

export type LifecycleState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped';

/** What every node is: a typed emitter of its events with a life that runs once from start to stop. */
export abstract class NetworkNode<Event extends NodeEvent> extends EventEmitter<
  EventListeners<Event>
> {
  abstract readonly role: NodeRole;
  readonly #observers = new Set<Observer<Event>>();
  readonly #stopping = new AbortController();
  #state: LifecycleState = 'new';

  get state(): LifecycleState {
    return this.#state;
  }

  /** Calls `observer` with every event from now on; the answer ends it. */
  observe(observer: Observer<Event>): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /**
   * For tracing: lets it see each step as it happens, and put trace context into frames; see
   * `attachTracing`. The answer ends it. Throws `option-invalid` while another one is there.
   */
  abstract carryTraces(carrier: TraceCarrier): () => void;

  /**
   * The W3C traceparent of this node's own span for a message that it published or received not long
   * ago: to go on with the trace in what the application does about it. Undefined where tracing is
   * off, or the message's origin did not sample it.
   */
  abstract traceparentOf(id: MessageId): string | undefined;

  /** Frees everything, as `stop()` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  abstract stop(): Promise<void>;

  /** What this node knows of the network at this moment. */
  abstract graph(): NetworkGraph;

  abstract statistics(): Statistics;

  /** Throws before the node has an address. */
  abstract readonly id: NodeId;

  /** To be called once, by constructors: counts this node until it has stopped. */
  protected measure(options: MetricsOptions | undefined): void {
    if (options === undefined) return;
    const detach = attachMetrics(this, options);
    const unobserve = this.observe(({ type }) => {
      if (type !== 'node:stopped') return;
      unobserve();
      detach();
    });
  }

  protected dispatch(event: NodeEvent): void {
    // A node emits only the events of its own kind: its machine knows no others.
    const own = event as Event;
    for (const observer of this.#observers) observer(own);
    const emit = this.emit as (type: string, event: Event) => boolean;
    emit.call(this, own.type, own);
  }

  protected enter(state: LifecycleState): void {
    this.#state = state;
  }

  /** Aborts a start that is under way. */
  protected beginStop(): void {
    this.#state = 'stopping';
    this.#stopping.abort('stop() was called');
  }

  /** Everything is freed: says so, once. */
  protected ended(id: NodeId, reason: string): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.dispatch({ type: 'node:stopped', id, reason });
  }

  /** Aborts with the caller's signal, and when the node is stopped. */
  protected abortedOr(signal: AbortSignal | undefined): AbortSignal {
    const own = this.#stopping.signal;
    return signal === undefined ? own : AbortSignal.any([own, signal]);
  }

  protected mustBeNew(): void {
    if (this.#state !== 'new') {
      throw new HearsayError(
        'already-started',
        `this node is ${this.#state}: a node starts once; make a new one to start again`,
      );
    }
  }

  protected mustBeRunning(): void {
    if (this.#state === 'running') return;
    const code = this.#state === 'new' || this.#state === 'starting' ? 'not-started' : 'stopped';
    throw new HearsayError(code, `this node is ${this.#state}: it can do that while it is running`);
  }
}

/** Waits for a promise unless the signal aborts first. */
export async function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => {
    const { reason } = signal;
    reject(new HearsayError('aborted', 'the start was aborted', {}, { cause: reason }));
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
