import type { EventRecord } from '../../telemetry/event-record.ts';
import { type ModelSnapshot, NetworkModel } from '../model/network-model.ts';
import type { Status } from '../status.ts';

/** What hears of news. */
export interface FeedListener {
  /** A new model: the first one, or another one after a gap. */
  began(model: NetworkModel): void;
  /** The model has taken in more records. */
  changed(): void;
  status(status: Status): void;
  connection(state: 'open' | 'lost'): void;
}

/** Keeps a model in step with the server's: a snapshot, then every record; after a gap a new snapshot. */
export class FeedClient {
  readonly #listener: FeedListener;
  #source: EventSource | undefined;
  #model: NetworkModel | undefined;
  #sequence = 0;

  constructor(listener: FeedListener) {
    this.#listener = listener;
    this.#connect();
  }

  #connect(): void {
    this.#source?.close();
    const source = new EventSource('/events');
    this.#source = source;
    this.#model = undefined;
    source.addEventListener('open', () => this.#listener.connection('open'));
    source.addEventListener('error', () => this.#onError());
    source.addEventListener('status', ({ data }) => this.#listener.status(JSON.parse(data)));
    source.addEventListener('snapshot', ({ data }) => this.#onSnapshot(JSON.parse(data)));
    source.addEventListener('records', ({ data }) => this.#onRecords(JSON.parse(data)));
  }

  #onSnapshot({ sequence, model }: { sequence: number; model: ModelSnapshot }): void {
    this.#sequence = sequence;
    this.#model = NetworkModel.fromSnapshot(model);
    this.#listener.began(this.#model);
  }

  #onRecords({ from, records }: { from: number; records: readonly EventRecord[] }): void {
    if (this.#model === undefined) return;
    if (from !== this.#sequence) {
      this.#connect();
      return;
    }
    for (const record of records) this.#model.apply(record);
    this.#sequence += records.length;
    this.#listener.changed();
  }

  /** The browser tries again by itself, unless the server answered with something that is no stream. */
  #onError(): void {
    this.#listener.connection('lost');
    if (this.#source?.readyState === EventSource.CLOSED) setTimeout(() => this.#connect(), 2_000);
  }
}
