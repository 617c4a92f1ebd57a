import type { ServerResponse } from 'node:http';
import type { EventRecord } from '../telemetry/event-record.ts';
import type { NetworkModel } from './model/network-model.ts';
import type { Status } from './status.ts';

/** A client that has not taken this much is behind: it gets nothing more, then a fresh snapshot. */
const clientBytesMax = 1 << 20;
/** Records are collected for this long before they are sent: as often as a page is drawn anew. */
const batchMs = 33;
/** Records in one batch at most. */
const batchRecordsMax = 2_000;
/** Batches that are kept for clients that come back after a short break. */
const batchesKeptMax = 256;
/** A comment now and then, so that a client that is gone is noticed. */
const heartbeatMs = 15_000;
const clientsMax = 32;

interface Client {
  readonly response: ServerResponse;
  isBehind: boolean;
}

interface Batch {
  readonly from: number;
  readonly text: string;
}

/**
 * Hands the events of a network to any number of pages by server-sent events. Every record has a
 * number. A page begins with a snapshot of the model and takes the records that follow; whenever it
 * missed some, it is given a new snapshot. What waits for a page is bounded.
 */
export class Feed {
  readonly #statusOf: () => Status;
  readonly #clients = new Set<Client>();
  readonly #kept: Batch[] = [];
  readonly #heartbeat: NodeJS.Timeout;
  #model: NetworkModel;
  /** Names the run: another one's numbers mean nothing here. */
  #run = crypto.randomUUID();
  #sequence = 0;
  #pending: EventRecord[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(model: NetworkModel, statusOf: () => Status) {
    this.#model = model;
    this.#statusOf = statusOf;
    this.#heartbeat = setInterval(() => this.#toAll(': alive\n\n'), heartbeatMs);
    this.#heartbeat.unref();
  }

  get model(): NetworkModel {
    return this.#model;
  }

  push(record: EventRecord): void {
    this.#model.apply(record);
    this.#pending.push(record);
    if (this.#pending.length >= batchRecordsMax) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), batchMs);
  }

  /** Goes on from another model: every page gets a snapshot of it. */
  reset(model: NetworkModel): void {
    this.#pending = [];
    this.#model = model;
    this.#run = crypto.randomUUID();
    this.#sequence = 0;
    this.#kept.length = 0;
    const snapshot = this.#snapshot();
    for (const client of this.#clients) this.#send(client, snapshot);
  }

  /** The status is another one now. */
  statusChanged(): void {
    if (this.#clients.size > 0) this.#toAll(this.#status());
  }

  /** Serves a page that connects; `lastEventId` is the last that it saw, where it comes back. */
  connect(response: ServerResponse, lastEventId: string | undefined): void {
    if (this.#clients.size >= clientsMax) {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`there are ${clientsMax} pages open already\n`);
      return;
    }
    this.#flush();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const client: Client = { response, isBehind: false };
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
    response.on('error', () => this.#clients.delete(client));
    response.on('drain', () => this.#catchUp(client));
    this.#send(client, this.#status() + (this.#missedSince(lastEventId) ?? this.#snapshot()));
  }

  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    for (const { response } of this.#clients) response.end();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    const from = this.#sequence;
    this.#sequence += this.#pending.length;
    const text = this.#event('records', { from, records: this.#pending });
    this.#pending = [];
    this.#kept.push({ from, text });
    if (this.#kept.length > batchesKeptMax) this.#kept.shift();
    this.#toAll(text);
  }

  /** The batches that a page missed in a short break; undefined when it needs a snapshot. */
  #missedSince(lastEventId: string | undefined): string | undefined {
    const [run, sequence] = (lastEventId ?? '').split('/');
    if (run !== this.#run) return undefined;
    const next = Number(sequence);
    if (next === this.#sequence) return '';
    const first = this.#kept.findIndex(({ from }) => from === next);
    if (first < 0) return undefined;
    const missed = this.#kept.slice(first).map(({ text }) => text);
    return missed.join('');
  }

  #toAll(text: string): void {
    for (const client of this.#clients) this.#send(client, text);
  }

  #send(client: Client, text: string): void {
    if (client.isBehind) return;
    client.response.write(text);
    client.isBehind = client.response.writableLength > clientBytesMax;
  }

  #catchUp(client: Client): void {
    if (!client.isBehind) return;
    client.isBehind = false;
    this.#flush();
    this.#send(client, this.#status() + this.#snapshot());
  }

  #snapshot(): string {
    return this.#event('snapshot', { sequence: this.#sequence, model: this.#model });
  }

  #status(): string {
    return `event: status\ndata: ${JSON.stringify(this.#statusOf())}\n\n`;
  }

  #event(name: string, data: unknown): string {
    const id = `${this.#run}/${this.#sequence}`;
    return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}
