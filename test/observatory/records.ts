import type { GossipMessage } from '../../src/core/messages.ts';
import { NetworkModel } from '../../src/observatory/model/network-model.ts';
import type {
  EventRecord,
  RecordedEvent,
  RecordedMessage,
} from '../../src/telemetry/event-record.ts';

export const peer = (n: number): string => `10.0.0.${n}:6000`;
export const seed = (n: number): string => `10.0.1.${n}:5000`;

export function message(origin: number, sequence = 1): RecordedMessage {
  const { payload: _none, ...rest }: GossipMessage = {
    id: `${origin}-${sequence}`.padStart(64, '0'),
    origin: peer(origin),
    incarnation: 1,
    sequence,
    timestampMs: 0,
    topic: '',
    contentType: 'text',
    payload: new Uint8Array(),
  };
  return { ...rest, payloadBytes: 5, excerpt: 'hello' };
}

/** Writes the events of a network by hand, and the model that they make. */
export class Story {
  readonly model: NetworkModel;
  readonly records: EventRecord[] = [];
  atMs = 0;

  constructor(...given: ConstructorParameters<typeof NetworkModel>) {
    this.model = new NetworkModel(...given);
  }

  tell(node: string, event: RecordedEvent): void {
    const record: EventRecord = { atMs: this.atMs, node, event };
    this.records.push(record);
    this.model.apply(record);
  }

  /** Registered peers, linked as said. */
  network(count: number, links: readonly (readonly [number, number])[]): this {
    for (let n = 1; n <= count; n += 1) {
      this.tell(peer(n), { type: 'node:started', role: 'peer', id: peer(n) });
      this.registered(n, 1);
    }
    for (const [a, b] of links) this.link(a, b);
    return this;
  }

  registered(n: number, incarnation: number): void {
    this.tell(peer(n), {
      type: 'peer:registered',
      peer: peer(n),
      incarnation,
      seeds: [],
      attempts: 1,
      durationMs: 1,
    });
  }

  link(a: number, b: number): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const direction = from === a ? 'dialled' : 'accepted';
      this.tell(peer(from), {
        type: 'link:up',
        link: 1,
        peer: peer(to),
        incarnation: 1,
        direction,
        degree: 1,
      });
    }
  }

  unlink(at: number, other: number): void {
    this.tell(peer(at), {
      type: 'link:down',
      link: 1,
      peer: peer(other),
      incarnation: 1,
      cause: 'broken',
      reason: '',
      degree: 0,
    });
  }

  publish(origin: number, sequence = 1): void {
    const published = message(origin, sequence);
    this.tell(peer(origin), { type: 'message:published', message: published, links: 1, bytes: 9 });
  }

  receive(at: number, from: number, origin: number, hops: number, sequence = 1): void {
    this.tell(peer(at), {
      type: 'message:received',
      message: message(origin, sequence),
      hops,
      latencyMs: this.atMs,
      link: 1,
      from: peer(from),
      recovered: false,
      bytes: 9,
    });
  }

  duplicate(at: number, from: number, origin: number): void {
    const { id } = message(origin);
    this.tell(peer(at), {
      type: 'message:duplicate',
      id,
      from: peer(from),
      crossing: false,
      bytes: 9,
    });
  }

  suspect(by: number, suspect: number, incarnation = 1): void {
    this.tell(peer(by), {
      type: 'peer:suspected',
      peer: peer(suspect),
      incarnation,
      silentMs: 3_000,
      failedProbes: [],
    });
  }

  confirm(by: number, dead: number, incarnation = 1): void {
    this.tell(peer(by), {
      type: 'peer:confirmed-dead',
      peer: peer(dead),
      incarnation,
      seed: seed(1),
      from: seed(1),
      silentMs: null,
    });
  }

  stop(n: number, reason = 'killed'): void {
    this.tell(peer(n), { type: 'node:stopped', id: peer(n), reason });
  }
}
