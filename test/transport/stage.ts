import type { Message } from '../../src/core/messages.ts';
import type { Connection, Listener, Transport } from '../../src/transport/transport.ts';
import { Recorder } from './recorder.ts';

/** Two ends that can reach each other, over the transport that is tested. */
export interface TransportPair {
  readonly server: Transport;
  readonly client: Transport;
  /** Where the server listens; with port 0. */
  readonly address: string;
  /** An address that the client dials without ever getting an answer. */
  readonly silentAddress: string;
  /** An address of a host that does not exist. */
  readonly unknownAddress: string;
}

/** One end of a connection with what its handler heard. */
export interface End {
  readonly connection: Connection;
  readonly heard: Recorder;
}

export interface Ends {
  readonly stage: Stage;
  readonly dialled: End;
  readonly accepted: End;
}

/** A listening server and whoever dials it. */
export class Stage {
  readonly pair: TransportPair;
  onAccept: ((connection: Connection, heard: Recorder) => void) | undefined;
  #listener: Listener | undefined;
  readonly #ends: End[] = [];
  readonly #accepted: End[] = [];
  readonly #arrivals = new Recorder();

  static async open(pair: TransportPair): Promise<Stage> {
    const stage = new Stage(pair);
    await stage.#listen(pair.address);
    return stage;
  }

  private constructor(pair: TransportPair) {
    this.pair = pair;
  }

  get listener(): Listener {
    if (this.#listener === undefined) throw new Error('not listening');
    return this.#listener;
  }

  async listenAgain(): Promise<void> {
    await this.#listen(this.listener.address);
  }

  dial(address = this.listener.address, timeoutMs = 10_000): End {
    const heard = new Recorder();
    const connection = this.pair.client.dial(address, timeoutMs, heard);
    this.#ends.push({ connection, heard });
    return { connection, heard };
  }

  async nextAccepted(): Promise<End> {
    await this.#arrivals.until(() => this.#accepted.length > 0);
    return this.#accepted.shift() as End;
  }

  async connect(): Promise<Ends> {
    const dialled = this.dial();
    const accepted = await this.nextAccepted();
    await dialled.heard.untilOpened();
    return { stage: this, dialled, accepted };
  }

  async close(): Promise<void> {
    for (const { connection } of this.#ends) connection.destroy('the test is over');
    for (const { heard } of this.#ends) await heard.untilClosed();
    await this.#listener?.close();
  }

  async #listen(address: string): Promise<void> {
    this.#listener = await this.pair.server.listen(address, (connection) => {
      const heard = new Recorder();
      this.#accepted.push({ connection, heard });
      this.#ends.push({ connection, heard });
      this.onAccept?.(connection, heard);
      this.#arrivals.opened();
      return heard;
    });
  }
}

export const ping = (nonce: number): Message => ({ type: 'PING', nonce });

/** Gossip number `n`, its body a Buffer as readers give it. */
export function gossip(n: number, bodyBytes = 20): Message {
  const id = n.toString(16).padStart(64, '0');
  return { type: 'GOSSIP', id, hops: 1, body: Buffer.alloc(bodyBytes, n % 251) };
}

/** Resolves in the next turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
