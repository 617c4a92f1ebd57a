import { type Span, type SpanContext, SpanStatusCode } from '@opentelemetry/api';
import type {
  Committed,
  DecisionDomain,
  Proposed,
  RegisterConflict,
  Rejected,
  Voted,
} from '../../core/events.ts';
import type { Ballot, Commit, PeerId, Propose } from '../../core/messages.ts';
import { BoundedMap } from './bounded-map.ts';
import type { AttributesOf } from './catalogue.ts';
import { contextOf } from './context.ts';
import { requestAgeMsMax, tracingLimits } from './limits.ts';
import {
  type ArrivalTable,
  type DepartureTable,
  type EventTable,
  end,
  instant,
  type Spans,
  traceparentOfSpan,
} from './spans.ts';

/** A peer's request that a proposal is going to serve. */
interface Request {
  readonly context: SpanContext;
  readonly at: number;
}

/** One ballot of this seed's own. */
interface Round {
  readonly span: Span;
  readonly domain: DecisionDomain;
  readonly ballot: string;
  readonly begunAt: number;
  /** When ACCEPT left. */
  acceptAt: number;
}

/** Hears of the span of a death's decision, for DEAD_CONFIRMED. */
export interface DeathListener {
  decided(peer: PeerId, incarnation: number, span: Span): void;
}

/**
 * `hearsay.propose`, `hearsay.vote` and `hearsay.commit`: what the seeds decide. A proposal belongs to
 * the request that it serves; PROPOSE and COMMIT take it to the other seeds.
 */
export class DecisionSpans {
  readonly #spans: Spans;
  readonly #deaths: DeathListener;
  /** By domain and peer. */
  readonly #requests = new BoundedMap<string, Request>(tracingLimits.proposalsMax);
  /** By peer: a seed has one proposal about each under way. */
  readonly #rounds = new BoundedMap<PeerId, Round>(tracingLimits.proposalsMax, (round) =>
    end(round.span, 'propose', { 'hearsay.outcome': 'forgotten' }),
  );
  /** Other seeds' ballots, by peer and ballot, until this seed has voted. */
  readonly #asked = new BoundedMap<string, Request>(tracingLimits.proposalsMax);
  /** The COMMIT that is being handled. */
  #commit: Commit | undefined;

  constructor(spans: Spans, deaths: DeathListener) {
    this.#spans = spans;
    this.#deaths = deaths;
  }

  readonly arrivals: ArrivalTable = {
    REGISTER: ({ peer, traceparent }) => this.#onRequest('registration', peer, traceparent),
    LEAVE: ({ peer, traceparent }) => this.#onRequest('leave', peer, traceparent),
    DEAD_REPORT: ({ peer, traceparent }) => this.#onRequest('death', peer, traceparent),
    PROPOSE: (propose) => this.#onAsked(propose),
    COMMIT: (commit) => {
      this.#commit = commit;
    },
  };

  readonly events: EventTable = {
    ...this.#domain('registration'),
    ...this.#domain('leave'),
    ...this.#domain('death'),
    'register:conflict': (event) => this.#onConflict(event),
  };

  readonly departures: DepartureTable = {
    PROPOSE: ({ peer, ballot }) => traceparentOfSpan(this.#roundOf(peer, ballot)?.span),
    COMMIT: ({ peer, ballot }) => traceparentOfSpan(this.#roundOf(peer, ballot)?.span),
  };

  /** ACCEPT carries nothing, but with it the second phase begins. */
  accepting(peer: PeerId, ballot: Ballot): void {
    const round = this.#roundOf(peer, ballot);
    if (round !== undefined) round.acceptAt ||= instant();
  }

  settled(): void {
    this.#commit = undefined;
  }

  /** The node stops. */
  end(): void {
    for (const { span } of this.#rounds.takeAll()) {
      end(span, 'propose', { 'hearsay.outcome': 'stopped' });
    }
  }

  #domain(domain: DecisionDomain): EventTable {
    return {
      [`${domain}:proposed`]: (event: Proposed) => this.#onProposed(domain, event),
      [`${domain}:vote`]: (event: Voted) => this.#onVote(domain, event),
      [`${domain}:committed`]: (event: Committed) => this.#onCommitted(domain, event),
      [`${domain}:rejected`]: (event: Rejected) => this.#onRejected(domain, event),
    };
  }

  // -------------------------------------------------------------- requests

  /** A report of a death that is being decided already is one more reason for the same proposal. */
  #onRequest(domain: DecisionDomain, peer: PeerId, traceparent: string | undefined): void {
    const context = contextOf(traceparent);
    const round = this.#rounds.get(peer);
    if (domain === 'death' && round?.domain === 'death') {
      if (context !== undefined) round.span.addLink({ context });
      return;
    }
    const key = `${domain} ${peer}`;
    if (context === undefined) this.#requests.drop(key);
    else if (domain !== 'death' || this.#requestFor(key) === undefined) {
      this.#requests.set(key, { context, at: instant() });
    }
  }

  /** What a request was settled without, is no parent of a later proposal. */
  #requestFor(key: string): SpanContext | undefined {
    const request = this.#requests.get(key);
    if (request === undefined) return undefined;
    return instant() - request.at < requestAgeMsMax ? request.context : undefined;
  }

  #onAsked({ peer, ballot, traceparent }: Propose): void {
    const context = contextOf(traceparent);
    if (context !== undefined) this.#asked.set(keyOf(peer, ballot), { context, at: instant() });
  }

  // -------------------------------------------------------------- rounds

  #onProposed(domain: DecisionDomain, { peer, ballot, incarnation }: Proposed): void {
    this.#endRound(peer, { 'hearsay.outcome': 'forgotten' });
    this.#begin(domain, peer, textOf(ballot), incarnation);
  }

  #begin(domain: DecisionDomain, peer: PeerId, ballot: string, incarnation: number): void {
    const span = this.#spans.start('propose', {
      parent: this.#requestFor(`${domain} ${peer}`) ?? 'root',
      attributes: {
        'hearsay.peer.id': peer,
        ...(incarnation > 0 && { 'hearsay.peer.incarnation': incarnation }),
        'hearsay.decision': domain,
        ...(ballot !== '' && { 'hearsay.ballot': ballot }),
      },
    });
    const begunAt = instant();
    this.#rounds.set(peer, { span, domain, ballot, begunAt, acceptAt: 0 });
  }

  /** A seed's own vote; those of the others have their spans there. */
  #onVote(domain: DecisionDomain, { peer, ballot, seed, answer, verdict }: Voted): void {
    if (seed !== this.#spans.node) return;
    const round = this.#roundOf(peer, ballot);
    const asked = this.#asked.take(keyOf(peer, ballot));
    const parent = round?.span.spanContext() ?? asked?.context;
    if (parent === undefined) return;
    this.#spans
      .start('vote', {
        parent,
        begunAt: round?.begunAt ?? asked?.at ?? instant(),
        attributes: {
          'hearsay.peer.id': peer,
          'hearsay.decision': domain,
          'hearsay.ballot': textOf(ballot),
          'hearsay.vote.answer': answer,
          'hearsay.vote.verdict': verdict,
        },
      })
      .end(instant());
  }

  #onConflict({ peer, ballot }: RegisterConflict): void {
    if (this.#roundOf(peer, ballot) === undefined) return;
    this.#endRound(peer, { 'hearsay.outcome': 'conflict' });
  }

  // -------------------------------------------------------------- ends

  #onCommitted(domain: DecisionDomain, committed: Committed): void {
    const { peer, incarnation, via } = committed;
    const span = via === 'own-proposal' ? this.#ownCommit(domain, committed) : undefined;
    const told = via === 'commit' ? this.#toldCommit(domain, committed) : undefined;
    const commit = span ?? told;
    if (domain === 'death' && commit !== undefined) {
      this.#deaths.decided(peer, incarnation, commit);
    }
    this.#requests.drop(`${domain} ${peer}`);
    // Another decision may have had to be finished first. One that another seed made settles the own
    // proposal of the same, which then ends without a word.
    if (this.#rounds.get(peer)?.domain !== domain) return;
    const { yes, quorum } = committed.votes ?? {};
    this.#endRound(peer, {
      'hearsay.peer.incarnation': incarnation,
      'hearsay.outcome': 'committed',
      ...(yes !== undefined && { 'hearsay.votes.yes': yes }),
      ...(quorum !== undefined && { 'hearsay.quorum': quorum }),
    });
  }

  #ownCommit(domain: DecisionDomain, committed: Committed): Span | undefined {
    const round = this.#rounds.get(committed.peer);
    if (round === undefined) return undefined;
    return this.#startCommit(
      domain,
      committed,
      round.span.spanContext(),
      round.acceptAt || round.begunAt,
    );
  }

  #toldCommit(domain: DecisionDomain, committed: Committed): Span | undefined {
    const told = this.#commit?.peer === committed.peer ? this.#commit : undefined;
    const parent = contextOf(told?.traceparent);
    return parent && this.#startCommit(domain, committed, parent, instant());
  }

  #startCommit(
    domain: DecisionDomain,
    { peer, incarnation, revision, proposer }: Committed,
    parent: SpanContext,
    begunAt: number,
  ): Span {
    return this.#spans.startBrief('commit', {
      parent,
      begunAt,
      attributes: {
        'hearsay.peer.id': peer,
        'hearsay.peer.incarnation': incarnation,
        'hearsay.decision': domain,
        'hearsay.revision': revision,
        'hearsay.seed.id': proposer,
      },
    });
  }

  #onRejected(domain: DecisionDomain, { peer, code, reason, votes }: Rejected): void {
    // With too few seeds to ask there was no ballot; the request is to show its end all the same.
    const isAsked = this.#requestFor(`${domain} ${peer}`) !== undefined;
    if (this.#rounds.get(peer)?.domain !== domain && isAsked) this.#begin(domain, peer, '', 0);
    if (isFailure(code)) {
      const span = this.#rounds.get(peer)?.span;
      span?.setStatus({ code: SpanStatusCode.ERROR, message: reason });
    }
    this.#requests.drop(`${domain} ${peer}`);
    this.#endRound(peer, {
      'hearsay.outcome': code,
      'hearsay.votes.yes': votes.yes,
      'hearsay.quorum': votes.quorum,
    });
  }

  #endRound(peer: PeerId, attributes: AttributesOf<'propose'>): void {
    end(this.#rounds.take(peer)?.span, 'propose', attributes);
  }

  #roundOf(peer: PeerId, ballot: Ballot): Round | undefined {
    const round = this.#rounds.get(peer);
    return round?.ballot === textOf(ballot) ? round : undefined;
  }
}

/** The seeds could not decide, which is not the same as deciding against it. */
function isFailure(code: Rejected['code']): boolean {
  return code === 'no-quorum' || code === 'conflict' || code === 'storage-failed';
}

function textOf({ round, seed }: Ballot): string {
  return `${round}@${seed}`;
}

function keyOf(peer: PeerId, ballot: Ballot): string {
  return `${peer} ${textOf(ballot)}`;
}
