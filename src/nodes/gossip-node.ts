import { parseAddress } from '../core/address.ts';
import type { PeerOptions } from '../core/config.ts';
import { HearsayError } from '../core/errors.ts';
import type { CommonEvent, NodeEvent, PeerEvent } from '../core/events.ts';
import type { GossipMessage, Incarnation, MessageId, PeerEntry, PeerId } from '../core/messages.ts';
import { invalid, positive } from '../core/options.ts';
import type { Content } from '../core/peer/dissemination.ts';
import type { PeerInput, PeerTimer } from '../core/peer/io.ts';
import { Peer, type PeerDependencies } from '../core/peer/peer.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { digestText } from '../runtime/digest.ts';
import { systemRandom } from '../runtime/random.ts';
import { Runtime } from '../runtime/runtime.ts';
import type { TraceCarrier } from '../runtime/trace-carrier.ts';
import type { NetworkGraph } from '../telemetry/graph.ts';
import { attachTracing } from '../telemetry/tracing.ts';
import { tcpTransport } from '../transport/tcp.ts';
import { bodyCodec, topicBytesMax } from '../wire/body.ts';
import { AutomaticMessages } from './automatic-messages.ts';
import { Discovery } from './discovery.ts';
import { MessageStream, type MessageStreamOptions } from './message-stream.ts';
import { NetworkNode, type StartOptions, unlessAborted } from './network-node.ts';
import { canonicalAddress, type GossipNodeOptions, resolvePeerOptions } from './options.ts';
import { encodePayload, type Payload } from './payload.ts';

export type PeerNodeEvent = CommonEvent | PeerEvent;

export interface PublishOptions {
  /** Default: the empty topic. At most 255 bytes of UTF-8. */
  readonly topic?: string;
}

export interface StopOptions {
  /** Say goodbye, so that nobody has to find out (default); false only closes the links. */
  readonly leave?: boolean;
  /** Give up the goodbye after this long. Default 5,000 ms. */
  readonly timeoutMs?: number;
}

/** A neighbour, as `neighbours()` lists it. */
export interface NeighbourInfo {
  readonly peer: PeerId;
  readonly incarnation: Incarnation;
  readonly direction: 'dialled' | 'accepted';
}

/** A peer in numbers: its links, and what it remembers. */
export interface PeerStatistics {
  readonly neighbours: number;
  readonly knownPeers: number;
  /** Bytes that wait to be sent, over all links. */
  readonly outboxBytes: number;
  readonly messageIds: number;
  readonly messagesRetained: number;
  readonly messageBytesRetained: number;
}

const leaveTimeoutMsDefault = 5_000;
const discoveryIntervalMsDefault = 10_000;
const clusterDefault = 'hearsay';

/** What differs between a GossipNode and a PeerNode when their machine is made. */
export type PeerSetup = Pick<
  PeerDependencies,
  'clusterId' | 'seeds' | 'ownIncarnation' | 'metricsPort'
>;

/**
 * Gossip without seeds: links, dissemination and failure detection among peers that the caller
 * names. A death is confirmed by the peers' own agreement. PeerNode adds the seeds.
 *
 * @example
 * await using node = new GossipNode({ listen: '127.0.0.1:0', peers: ['127.0.0.1:6000'] });
 * await node.start();
 */
export class GossipNode extends NetworkNode<PeerNodeEvent> {
  readonly role = 'peer';
  protected readonly runtime: Runtime<PeerTimer, PeerInput>;
  protected readonly clock: Clock;
  readonly #options: PeerOptions;
  readonly #given: GossipNodeOptions;
  readonly #listen: string;
  readonly #streams = new Set<MessageStream>();
  readonly #automatic: AutomaticMessages | undefined;
  readonly #discovery: Discovery;
  #peer: Peer | undefined;
  #stopped: Promise<void> | undefined;

  constructor(given: GossipNodeOptions) {
    super();
    this.#given = given;
    this.#options = resolvePeerOptions(given);
    this.#listen = canonicalAddress(given.listen, 'listen', { portZero: true });
    if (given.advertise !== undefined) canonicalAddress(given.advertise, 'advertise');
    this.#automatic = given.automaticGossip && new AutomaticMessages(given.automaticGossip);
    this.clock = given.clock ?? systemClock;
    const discoveryIntervalMs = positive(
      given.discoveryIntervalMs ?? discoveryIntervalMsDefault,
      'discoveryIntervalMs',
    );
    this.#discovery = new Discovery(given.peers ?? [], discoveryIntervalMs, this.clock);
    this.runtime = new Runtime({
      transport: given.transport ?? tcpTransport(),
      clock: this.clock,
      onEvent: (event) => this.#onEvent(event),
    });
    if (given.tracer !== undefined) attachTracing(this, { tracer: given.tracer });
    this.measure(given.metrics);
  }

  /** This peer's PeerId: its advertised address, known once it listens. Throws `not-started` before. */
  get id(): PeerId {
    return this.#started().id;
  }

  /** The number of this registered life; 0 while it is not registered. */
  get incarnation(): Incarnation {
    return this.#peer?.incarnation ?? 0;
  }

  /** Peers that this one knows of, itself excluded. */
  peers(): PeerEntry[] {
    return this.#peer === undefined ? [] : [...this.#peer.membership.ranked()];
  }

  /** Peers linked right now. */
  neighbours(): NeighbourInfo[] {
    const links = this.#peer === undefined ? [] : [...this.#peer.overlay.links()];
    return links.map(({ remote, direction }) => ({
      peer: remote.id,
      incarnation: remote.incarnation,
      direction,
    }));
  }

  /** What this node has at this moment, in numbers; all 0 before it has started. */
  statistics(): PeerStatistics {
    const { membership, overlay, dissemination } = this.#peer ?? {};
    const { size = 0, retained = 0, retainedBytes = 0 } = dissemination?.messageList ?? {};
    return {
      neighbours: overlay?.degree ?? 0,
      knownPeers: membership?.size ?? 0,
      outboxBytes: this.runtime.queuedBytes,
      messageIds: size,
      messagesRetained: retained,
      messageBytesRetained: retainedBytes,
    };
  }

  /** Itself, the peers that it knows, and its own links. */
  override graph(): NetworkGraph {
    if (this.#peer === undefined) return { nodes: [], edges: [] };
    const { id, incarnation } = this.#peer;
    const nodes = [{ id, incarnation }, ...this.peers()].map((peer) => ({
      id: peer.id,
      role: 'peer' as const,
      incarnation: peer.incarnation,
    }));
    const edges = this.neighbours().map(({ peer }) => ({
      source: id,
      target: peer,
      kind: 'neighbours' as const,
    }));
    return { nodes, edges };
  }

  /**
   * Listens and joins. A GossipNode starts to link with the peers found and waits for none of them;
   * what its discovery throws at the first time is thrown here.
   *
   * Throws `port-in-use`, `address-unavailable`, `option-invalid` or `aborted`. A failed start has
   * freed everything; make a new node to try again.
   */
  async start({ signal }: StartOptions = {}): Promise<void> {
    this.mustBeNew();
    this.enter('starting');
    try {
      await this.#open(this.setup());
      await this.join(this.abortedOr(signal));
    } catch (error) {
      await this.#end('the start failed');
      throw error;
    }
    this.enter('running');
    const host = parseAddress(this.id)?.host ?? this.id;
    this.#automatic?.start(host, this.clock, (text) => void this.publish(text));
  }

  /**
   * Sends a message to every peer that can be reached over links: a string, bytes, or a JSON value.
   * Emits `message:published`; the promise is fulfilled when it was handed to all links.
   *
   * Throws `not-started`, `stopped`, `payload-too-large` or `message-invalid`; nothing is sent then.
   */
  async publish(payload: Payload, options: PublishOptions = {}): Promise<{ id: MessageId }> {
    this.mustBeRunning();
    const content: Content = { topic: options.topic ?? '', ...encodePayload(payload) };
    this.#mustFit(content);
    const peer = this.#started();
    const id = this.runtime.enter((_machine, now) => peer.publish(content, now));
    if (id === undefined) throw new HearsayError('stopped', 'this node has stopped');
    return { id };
  }

  /**
   * Messages of other peers, as `message:received` brings them: each once, from now until the node
   * stops. A reader that falls behind by more than `bufferMax` loses the oldest, with an event.
   */
  messages(options: MessageStreamOptions = {}): MessageStream {
    const stream = new MessageStream(options, {
      onDropped: (message) => this.#onSlowConsumer(message),
      onEnd: (ended) => this.#streams.delete(ended),
    });
    if (this.state === 'stopping' || this.state === 'stopped') stream.end();
    else this.#streams.add(stream);
    return stream;
  }

  override carryTraces(carrier: TraceCarrier): () => void {
    return this.runtime.carryTraces(carrier);
  }

  override traceparentOf(id: MessageId): string | undefined {
    return this.runtime.traceparentOf(id);
  }

  /**
   * Leaves the network and frees everything. Safe to call at any time, and more than once: every
   * call waits for the end.
   */
  override stop(options: StopOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(options);
    return this.#stopped;
  }

  async #stop(options: StopOptions): Promise<void> {
    if (this.state === 'stopped') return;
    const wasRunning = this.state === 'running';
    this.beginStop();
    this.#stopHelpers();
    if (wasRunning && (options.leave ?? true)) {
      await this.#leave(options.timeoutMs ?? leaveTimeoutMsDefault);
    }
    this.runtime.input({ type: 'stop' });
    await this.#end('stopped');
  }

  /** Ends at once, without a word to anybody, as a killed process would: for tests and demonstrations. */
  async kill(): Promise<void> {
    if (this.state === 'stopped') return;
    this.beginStop();
    this.#stopHelpers();
    await this.#end('killed');
  }

  protected setup(): PeerSetup {
    return {
      clusterId: this.#given.cluster ?? clusterDefault,
      // Seconds since 1970: higher after every restart, with nobody to ask.
      ownIncarnation: Math.floor(this.clock.now().wallMs / 1000),
    };
  }

  /** Gives the machine its first inputs; the node has started when it is fulfilled. */
  protected async join(signal: AbortSignal | undefined): Promise<void> {
    const found = (peers: readonly PeerId[]) => this.runtime.input({ type: 'peers-found', peers });
    const peers = await unlessAborted(this.#discovery.find(), signal);
    this.runtime.input({ type: 'start' });
    found(peers);
    this.#discovery.repeat(found);
  }

  async #open(setup: PeerSetup): Promise<void> {
    const bound = await this.runtime.listen(this.#listen);
    const id = this.#advertised(bound);
    const confirmation = setup.seeds === undefined ? 'peers' : 'seeds';
    const failureDetection = { ...this.#options.failureDetection, confirmation } as const;
    this.#peer = new Peer(
      { ...this.#options, failureDetection },
      {
        id,
        ...setup,
        effects: this.runtime,
        random: this.#given.random ?? systemRandom(),
        codec: bodyCodec,
        digest: digestText,
      },
    );
    this.runtime.run(this.#peer);
  }

  #stopHelpers(): void {
    this.#automatic?.stop();
    this.#discovery.stop();
  }

  async #leave(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.once('self:left', () => resolve());
    const cancel = this.clock.setTimer(timeoutMs, () => resolve());
    this.runtime.input({ type: 'leave' });
    await promise;
    cancel();
  }

  async #end(reason: string): Promise<void> {
    if (this.state === 'stopped') return;
    if (reason === 'killed') await this.runtime.kill();
    else await this.runtime.stop(reason);
    for (const stream of this.#streams) stream.end();
    this.ended(this.#peer?.id ?? this.#listen, reason);
  }

  #advertised(bound: string): PeerId {
    const { advertise } = this.#given;
    if (advertise !== undefined) return canonicalAddress(advertise, 'advertise');
    const host = parseAddress(bound)?.host;
    if (host === '0.0.0.0' || host === '::') {
      throw invalid('advertise', `${bound} is no address to dial: say which one others should use`);
    }
    return bound;
  }

  #started(): Peer {
    if (this.#peer === undefined) {
      throw new HearsayError('not-started', 'this node has no address before start()');
    }
    return this.#peer;
  }

  #mustFit(content: Content): void {
    const { payloadBytesMax } = this.#options.dissemination;
    const bytes = content.payload.byteLength;
    if (bytes > payloadBytesMax) {
      throw new HearsayError(
        'payload-too-large',
        `the payload has ${bytes} bytes, the option payloadBytesMax allows ${payloadBytesMax}`,
        { bytes, payloadBytesMax },
      );
    }
    if (Buffer.byteLength(content.topic) > topicBytesMax) {
      throw new HearsayError(
        'message-invalid',
        `a topic has at most ${topicBytesMax} bytes of UTF-8`,
      );
    }
  }

  #onEvent(event: NodeEvent): void {
    this.dispatch(event);
    if (event.type !== 'message:received') return;
    for (const stream of this.#streams) stream.push(event.message);
  }

  #onSlowConsumer(message: GossipMessage): void {
    this.dispatch({
      type: 'message:dropped',
      cause: 'slow-consumer',
      peer: message.origin,
      frames: 1,
      bytes: message.payload.byteLength,
    });
  }
}
