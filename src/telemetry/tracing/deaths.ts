import type { Span, SpanContext } from '@opentelemetry/api';
import type {
  PeerConfirmedDead,
  PeerCorroborated,
  PeerProbed,
  PeerReported,
  PeerSilent,
  PeerSuspected,
  SuspicionHeard,
} from '../../core/events.ts';
import type { DeadConfirmed, Incarnation, PeerId, SuspectNotice } from '../../core/messages.ts';
import { BoundedMap } from './bounded-map.ts';
import { contextOf } from './context.ts';
import { tracingLimits } from './limits.ts';
import {
  type ArrivalTable,
  type DepartureTable,
  type EventTable,
  end,
  instant,
  type Spans,
  traceparentOfSpan,
} from './spans.ts';

interface Look {
  readonly by: PeerId;
  readonly outcome: PeerProbed['outcome'];
  readonly from: number;
  readonly to: number;
}

/** A silence that is being looked into; most come to nothing, and leave no trace. */
interface Doubt {
  readonly incarnation: Incarnation;
  readonly since: number;
  readonly looks: Look[];
}

interface Suspicion {
  readonly incarnation: Incarnation;
  readonly span: Span;
  report: Span | undefined;
}

/**
 * The trace of a death: `hearsay.suspect` with its probes and its report, `hearsay.corroborate`, and
 * `hearsay.confirm` everywhere.
 *
 * A peer that hears of a suspicion before it has one joins that trace. Peers that came to suspect at
 * the same time have begun a trace each, which nobody can merge: the one that hears the other's
 * notice then says so with a span in the other's trace, and links the two.
 */
export class DeathSpans {
  readonly #spans: Spans;
  readonly #doubts = new BoundedMap<PeerId, Doubt>(tracingLimits.suspicionsMax);
  readonly #suspicions = new BoundedMap<PeerId, Suspicion>(
    tracingLimits.suspicionsMax,
    (suspicion) => endSuspicion(suspicion, 'forgotten'),
  );
  /** Others' suspicions: the first that was heard of each incarnation. */
  readonly #heard = new BoundedMap<string, SpanContext>(tracingLimits.deathsMax);
  /** For DEAD_CONFIRMED. */
  readonly #confirmed = new BoundedMap<string, string>(tracingLimits.deathsMax);
  /** The message that is being handled. */
  #arrived: SuspectNotice | DeadConfirmed | undefined;

  constructor(spans: Spans) {
    this.#spans = spans;
  }

  readonly arrivals: ArrivalTable = {
    SUSPECT_NOTICE: (notice) => {
      this.#arrived = notice;
    },
    DEAD_CONFIRMED: (confirmed) => {
      this.#arrived = confirmed;
    },
  };

  readonly events: EventTable = {
    'peer:silent': (event) => this.#onSilent(event),
    'peer:probed': (event) => this.#onProbed(event),
    'peer:suspected': (event) => this.#onSuspected(event),
    'peer:suspicion-heard': (event) => this.#onHeard(event),
    'peer:suspicion-cleared': ({ peer, cause }) => this.#end(peer, cause),
    'peer:corroborated': (event) => this.#onCorroborated(event),
    'peer:reported': (event) => this.#onReported(event),
    'peer:report-rejected': ({ peer, code }) => this.#endReport(peer, code),
    'peer:confirmed-dead': (event) => this.#onConfirmed(event),
  };

  readonly departures: DepartureTable = {
    // Others' notices are passed on as they came: whoever hears them joins the suspicion itself.
    SUSPECT_NOTICE: ({ peer, by }) =>
      by === this.#spans.node ? traceparentOfSpan(this.#suspicions.get(peer)?.span) : undefined,
    DEAD_REPORT: ({ peer }) => traceparentOfSpan(this.#suspicions.get(peer)?.report),
    DEAD_CONFIRMED: ({ peer, incarnation }) => this.#confirmed.get(keyOf(peer, incarnation)),
  };

  /** The seeds' decision, which their members are told of. */
  decided(peer: PeerId, incarnation: Incarnation, span: Span): void {
    const traceparent = traceparentOfSpan(span);
    if (traceparent !== undefined) this.#confirmed.set(keyOf(peer, incarnation), traceparent);
  }

  settled(): void {
    this.#arrived = undefined;
  }

  /** The node stops. */
  end(): void {
    for (const suspicion of this.#suspicions.takeAll()) endSuspicion(suspicion, 'stopped');
  }

  // -------------------------------------------------------------- from silence to suspicion

  #onSilent({ peer, incarnation }: PeerSilent): void {
    this.#doubts.set(peer, { incarnation, since: instant(), looks: [] });
  }

  /** The own look comes first, and the helpers are asked when it has ended. */
  #onProbed({ peer, incarnation, by, outcome }: PeerProbed): void {
    const doubt = this.#doubts.get(peer);
    if (doubt?.incarnation !== incarnation || doubt.looks.length >= looksMax) return;
    const ownLook = doubt.looks.find((look) => look.by === this.#spans.node);
    doubt.looks.push({ by, outcome, from: ownLook?.to ?? doubt.since, to: instant() });
  }

  #onSuspected({ peer, incarnation, silentMs }: PeerSuspected): void {
    const known = this.#doubts.take(peer);
    const doubt = known?.incarnation === incarnation ? known : undefined;
    const span = this.#spans.start('suspect', {
      parent: this.#heard.get(keyOf(peer, incarnation)) ?? 'root',
      begunAt: doubt?.since ?? instant(),
      attributes: { ...about(peer, incarnation), 'hearsay.silent_ms': silentMs },
    });
    this.#suspicions.set(peer, { incarnation, span, report: undefined });
    for (const look of doubt?.looks ?? []) this.#addProbe(peer, incarnation, span, look);
  }

  #addProbe(
    peer: PeerId,
    incarnation: Incarnation,
    suspicion: Span,
    { by, outcome, from, to }: Look,
  ): void {
    this.#spans
      .start('probe', {
        parent: suspicion.spanContext(),
        begunAt: from,
        attributes: {
          ...about(peer, incarnation),
          'hearsay.by': by,
          'hearsay.probe.outcome': outcome,
        },
      })
      .end(to);
  }

  // -------------------------------------------------------------- agreement

  #onHeard({ peer, incarnation, by }: SuspicionHeard): void {
    const other = contextOf(this.#traceparentHere('SUSPECT_NOTICE', peer));
    if (other === undefined) return;
    const key = keyOf(peer, incarnation);
    if (this.#heard.get(key) === undefined) this.#heard.set(key, other);
    const own = this.#suspicionOf(peer, incarnation)?.span;
    const ownContext = own?.spanContext();
    if (ownContext === undefined || ownContext.traceId === other.traceId) return;
    own?.addLink({ context: other });
    const attributes = { ...about(peer, incarnation), 'hearsay.by': by };
    this.#spans.startBrief('corroborate', { parent: other, links: [ownContext], attributes });
  }

  #onCorroborated({ peer, incarnation, corroborators }: PeerCorroborated): void {
    const span = this.#suspicionOf(peer, incarnation)?.span;
    span?.setAttribute('hearsay.corroborators', [...corroborators]);
  }

  #onReported({ peer, incarnation, seed }: PeerReported): void {
    const suspicion = this.#suspicionOf(peer, incarnation);
    if (suspicion === undefined) return;
    // The seed that was asked before has not answered.
    end(suspicion.report, 'report', { 'hearsay.outcome': 'timeout' });
    suspicion.report = this.#spans.start('report', {
      parent: suspicion.span.spanContext(),
      attributes: { ...about(peer, incarnation), 'hearsay.seed.id': seed },
    });
  }

  #endReport(peer: PeerId, outcome: string): void {
    const suspicion = this.#suspicions.get(peer);
    if (suspicion === undefined) return;
    end(suspicion.report, 'report', { 'hearsay.outcome': outcome });
    suspicion.report = undefined;
  }

  // -------------------------------------------------------------- ends

  #onConfirmed({ peer, incarnation, seed, from, silentMs }: PeerConfirmedDead): void {
    const own = this.#suspicionOf(peer, incarnation)?.span.spanContext();
    const parent = contextOf(this.#traceparentHere('DEAD_CONFIRMED', peer)) ?? own;
    this.#doubts.drop(peer);
    if (parent !== undefined) {
      const isElsewhere = own !== undefined && own.traceId !== parent.traceId;
      const span = this.#spans.startBrief('confirm', {
        parent,
        attributes: {
          ...about(peer, incarnation),
          'hearsay.from': from,
          ...(seed !== '' && { 'hearsay.seed.id': seed }),
          ...(silentMs !== null && { 'hearsay.silent_ms': silentMs }),
        },
        ...(isElsewhere && { links: [own] }),
      });
      this.decided(peer, incarnation, span);
    }
    if (own !== undefined) this.#end(peer, 'confirmed');
  }

  #end(peer: PeerId, outcome: string): void {
    const suspicion = this.#suspicions.take(peer);
    if (suspicion !== undefined) endSuspicion(suspicion, outcome);
  }

  #suspicionOf(peer: PeerId, incarnation: Incarnation): Suspicion | undefined {
    const suspicion = this.#suspicions.get(peer);
    return suspicion?.incarnation === incarnation ? suspicion : undefined;
  }

  /** What the message that is being handled brought, if it is the one that an event follows from. */
  #traceparentHere(type: 'SUSPECT_NOTICE' | 'DEAD_CONFIRMED', peer: PeerId): string | undefined {
    const arrived = this.#arrived;
    return arrived?.type === type && arrived.peer === peer ? arrived.traceparent : undefined;
  }
}

/** Most looks that are remembered of one silence: its own, and every helper of two rounds. */
const looksMax = 8;

function endSuspicion({ span, report }: Suspicion, outcome: string): void {
  end(report, 'report', { 'hearsay.outcome': outcome });
  end(span, 'suspect', { 'hearsay.outcome': outcome });
}

function about(peer: PeerId, incarnation: Incarnation) {
  return { 'hearsay.peer.id': peer, 'hearsay.peer.incarnation': incarnation };
}

function keyOf(peer: PeerId, incarnation: Incarnation): string {
  return `${peer} ${incarnation}`;
}
