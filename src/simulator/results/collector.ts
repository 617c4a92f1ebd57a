import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, MessageId, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange, SimulationObserver } from '../observer.ts';
import type { World } from '../world.ts';
import { Deaths } from './deaths.ts';
import { Delays } from './delays.ts';
import { MessageRecord } from './message-record.ts';
import { degreesOf, OverlayGraph } from './overlay-graph.ts';

/** Messages that are followed one by one; of more of them only the numbers of frames are known. */
const messagesMax = 10_000;
/** Memory for who has which of them: one bit for each message and node. */
const receiptBitsMax = 2 ** 29;
/** The overlay of a larger network is searched after the run, not within it. */
const searchedAtOnceMax = 20_000;
/** Steps of all searches of the overlay together: a second or two. */
const searchStepsMax = 200_000_000;

/**
 * Looks on at a run and keeps what its report says, in bounded memory: numbers for each message, a few
 * bytes for each node, and nothing for each frame.
 */
export class RunCollector implements SimulationObserver {
  readonly messages: MessageRecord[] = [];
  readonly registrations = new Delays();
  readonly deaths = new Deaths();
  /** Rounds of asking seeds that ended without a quorum. */
  registrationsFailed = 0;
  /** Messages beyond those that are followed one by one. */
  messagesUnfollowed = 0;
  framesOfUnfollowed = 0;
  /** How many peers have how many neighbours, at the end. */
  readonly degrees = new Map<number, number>();
  /** How often each event came, the most frequent ones (receipts, duplicates) aside. */
  readonly eventCounts = new Map<NodeEvent['type'], number>();
  peersAtEnd = 0;
  #world: World | undefined;
  readonly #records = new Map<MessageId, MessageRecord>();
  #last: MessageRecord | undefined;
  #messagesMax = messagesMax;
  #memberSince = new Float64Array();
  #members = 0;
  #incarnations = new Uint32Array();
  /** Changes with every link: a graph is good for as long as this stays the same. */
  #linkChanges = 0;
  #graph: { readonly of: OverlayGraph; readonly at: number } | undefined;
  /** Messages whose overlay is searched after the run, if no link has changed since. */
  #unsearched: { readonly record: MessageRecord; readonly at: number }[] = [];
  #stepsLeft = searchStepsMax;

  begin(world: World): void {
    this.#world = world;
    const { nodes } = world;
    this.#messagesMax = Math.max(1, Math.min(messagesMax, Math.floor(receiptBitsMax / nodes)));
    this.#memberSince = new Float64Array(nodes).fill(-1);
    this.#incarnations = new Uint32Array(nodes);
    if (world.settled === undefined) return;
    for (let node = world.seeds; node < nodes; node += 1) {
      if (world.isRunning(node)) this.#joined(node, 0);
    }
  }

  life(atMs: Ms, node: number, change: LifeChange, life: number): void {
    const world = this.#worldOf();
    if (world.isSeed(node)) return;
    if (change === 'started') {
      // Without seeds a peer is in its first incarnation in its first process, and so on.
      if (world.seeds === 0) this.#incarnations[node] = life;
      return;
    }
    this.#gone(node);
    if (change === 'killed' || change === 'powered-off') {
      this.deaths.died(node, this.#incarnations[node] as number, atMs);
    }
    this.#incarnations[node] = 0;
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'message:duplicate': {
        const record = this.#recordOf(event.id);
        if (record === undefined) this.framesOfUnfollowed += 1;
        else record.duplicates += 1;
        return;
      }
      case 'message:received': {
        const record = this.#recordOf(event.message.id);
        if (record === undefined) this.framesOfUnfollowed += 1;
        else this.#received(record, atMs, node, event);
        return;
      }
      default:
        this.eventCounts.set(event.type, (this.eventCounts.get(event.type) ?? 0) + 1);
        this.#onOther(atMs, node, event);
    }
  }

  end(): void {
    const world = this.#worldOf();
    for (const degree of degreesOf(world)) {
      if (degree < 0) continue;
      this.peersAtEnd += 1;
      this.degrees.set(degree, (this.degrees.get(degree) ?? 0) + 1);
    }
  }

  /** After the run, for its report: the searches of large overlays, which take seconds. */
  searchOverlays(): void {
    for (const { record, at } of this.#unsearched) {
      if (at === this.#linkChanges) this.#search(record);
    }
    this.#unsearched = [];
    this.#graph = undefined;
  }

  #onOther(atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'message:published':
        this.#published(atMs, node, event.message.id);
        return;
      case 'link:up':
        this.#linkChanges += 1;
        // Without seeds nobody registers: who has a neighbour is in.
        if (this.#worldOf().seeds === 0) this.#joined(node, atMs);
        return;
      case 'link:down':
        this.#linkChanges += 1;
        return;
      case 'peer:registered':
        this.#incarnations[node] = event.incarnation;
        this.registrations.add(event.durationMs);
        this.#joined(node, atMs);
        return;
      case 'peer:registration-failed':
        this.registrationsFailed += 1;
        return;
      case 'peer:confirmed-dead':
        if (event.silentMs !== null) this.deaths.silence.add(event.silentMs);
        this.#confirmed(event, atMs, true);
        return;
      case 'death:committed':
        if (event.via === 'own-proposal') this.#confirmed(event, atMs, false);
        return;
      default:
    }
  }

  // -------------------------------------------------------------- messages

  #published(atMs: Ms, node: number, id: MessageId): void {
    if (this.messages.length >= this.#messagesMax) {
      this.messagesUnfollowed += 1;
      return;
    }
    // The origin counts whether or not it has a neighbour.
    const audience = this.#members + Number((this.#memberSince[node] as number) < 0);
    const { nodes } = this.#worldOf();
    const record = new MessageRecord(id, { origin: node, publishedAtMs: atMs, audience, nodes });
    this.messages.push(record);
    this.#records.set(id, record);
    this.#searchInTime(record);
  }

  #received(
    record: MessageRecord,
    atMs: Ms,
    node: number,
    event: { readonly hops: number; readonly recovered: boolean },
  ): void {
    const since = this.#memberSince[node] as number;
    record.received(atMs, node, event.hops, since >= 0 && since <= record.publishedAtMs);
    if (event.recovered) record.recovered += 1;
  }

  /** Most frames are of the message of the frame before. */
  #recordOf(id: MessageId): MessageRecord | undefined {
    if (this.#last?.id === id) return this.#last;
    const record = this.#records.get(id);
    if (record !== undefined) this.#last = record;
    return record;
  }

  // -------------------------------------------------------------- members

  #joined(node: number, atMs: Ms): void {
    if ((this.#memberSince[node] as number) >= 0) return;
    this.#memberSince[node] = atMs;
    this.#members += 1;
  }

  #gone(node: number): void {
    const since = this.#memberSince[node] as number;
    if (since < 0) return;
    this.#memberSince[node] = -1;
    this.#members -= 1;
    for (const record of this.messages) {
      if (since <= record.publishedAtMs && !record.has(node)) record.audience -= 1;
    }
  }

  #confirmed(
    { peer, incarnation }: { readonly peer: PeerId; readonly incarnation: Incarnation },
    atMs: Ms,
    learned: boolean,
  ): void {
    const node = this.#worldOf().indexOf(peer);
    if (node < 0) return;
    const isAlive = this.#incarnations[node] === incarnation;
    this.deaths.confirmed(node, incarnation, { atMs, learned, isAlive });
  }

  // -------------------------------------------------------------- the overlay

  #searchInTime(record: MessageRecord): void {
    if (this.#worldOf().peers > searchedAtOnceMax) {
      this.#unsearched.push({ record, at: this.#linkChanges });
    } else {
      this.#search(record);
    }
  }

  #search(record: MessageRecord): void {
    if (this.#stepsLeft <= 0) return;
    const world = this.#worldOf();
    if (this.#graph?.at !== this.#linkChanges) {
      this.#graph = { of: new OverlayGraph(world), at: this.#linkChanges };
      this.#stepsLeft -= this.#graph.of.size;
    }
    this.#stepsLeft -= this.#graph.of.size;
    record.theory = this.#graph.of.flood(record.origin - world.seeds);
  }

  #worldOf(): World {
    if (this.#world === undefined) throw new Error('the run has not begun');
    return this.#world;
  }
}
