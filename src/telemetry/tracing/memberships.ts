import { type Span, type SpanContext, SpanStatusCode } from '@opentelemetry/api';
import type {
  PeerRegistered,
  PeerRegistrationFailed,
  RegistrationStarted,
  SeedRegistered,
  SeedRegistrationFailed,
} from '../../core/events.ts';
import type { Incarnation, PeerId } from '../../core/messages.ts';
import {
  type DepartureTable,
  type EventTable,
  end,
  type Spans,
  traceparentOfSpan,
} from './spans.ts';

interface Round {
  readonly span: Span;
  readonly ok: string[];
  readonly refused: string[];
}

/** `hearsay.register` and `hearsay.leave`: what a peer asks the seeds for itself. */
export class MembershipSpans {
  readonly #spans: Spans;
  #round: Round | undefined;
  /** The round before in the same life, which came to nothing. */
  #failedRound: SpanContext | undefined;
  #leave: Span | undefined;

  constructor(spans: Spans) {
    this.#spans = spans;
  }

  readonly events: EventTable = {
    'peer:registering': (event) => this.#onRegistering(event),
    'seed:registered': ({ seed }: SeedRegistered) => this.#round?.ok.push(seed),
    'seed:registration-failed': ({ seed, code }: SeedRegistrationFailed) =>
      this.#round?.refused.push(`${seed} ${code}`),
    'peer:registered': (event) => this.#onRegistered(event),
    'peer:registration-failed': (event) => this.#onFailed(event),
    'self:left': ({ committed }) => this.#endLeave(committed ? 'committed' : 'no-quorum'),
  };

  readonly departures: DepartureTable = {
    REGISTER: () => traceparentOfSpan(this.#round?.span),
    LEAVE: ({ peer, incarnation, session }) => {
      // Neighbours are told without the session; only seeds decide anything.
      if (session === '') return undefined;
      this.#leave ??= this.#startLeave(peer, incarnation);
      return traceparentOfSpan(this.#leave);
    },
  };

  /** The node stops. */
  end(): void {
    this.#endRound({ 'hearsay.outcome': 'stopped' });
    this.#endLeave('stopped');
  }

  #onRegistering({ peer, attempt, quorum }: RegistrationStarted): void {
    this.#endRound({ 'hearsay.outcome': 'stopped' });
    const before = attempt > 1 ? this.#failedRound : undefined;
    const span = this.#spans.start('register', {
      parent: 'active',
      attributes: {
        'hearsay.peer.id': peer,
        'hearsay.attempt': attempt,
        'hearsay.quorum': quorum,
      },
      ...(before !== undefined && { links: [before] }),
    });
    this.#failedRound = undefined;
    this.#round = { span, ok: [], refused: [] };
  }

  #onRegistered({ incarnation }: PeerRegistered): void {
    this.#endRound({ 'hearsay.peer.incarnation': incarnation, 'hearsay.outcome': 'quorum' });
  }

  #onFailed({ registered, quorum }: PeerRegistrationFailed): void {
    const span = this.#round?.span;
    this.#failedRound = span?.spanContext();
    const message = `${registered} of ${quorum} seeds needed have answered OK`;
    span?.setStatus({ code: SpanStatusCode.ERROR, message });
    this.#endRound({ 'hearsay.outcome': 'no-quorum' });
  }

  #endRound(attributes: Parameters<typeof end<'register'>>[2]): void {
    const round = this.#round;
    if (round === undefined) return;
    this.#round = undefined;
    const { span, ok, refused } = round;
    end(span, 'register', {
      'hearsay.seeds.ok': ok,
      'hearsay.seeds.refused': refused,
      ...attributes,
    });
  }

  #startLeave(peer: PeerId, incarnation: Incarnation): Span {
    const attributes = { 'hearsay.peer.id': peer, 'hearsay.peer.incarnation': incarnation };
    return this.#spans.start('leave', { parent: 'root', attributes });
  }

  #endLeave(outcome: string): void {
    end(this.#leave, 'leave', { 'hearsay.outcome': outcome });
    this.#leave = undefined;
  }
}
