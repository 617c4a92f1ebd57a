import type { Committed, DecisionDomain, Proposed, Rejected, Voted } from '../../core/events.ts';
import type { Ballot, Incarnation, NodeId, PeerId, SeedId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import { type ModelLimits, pushBounded } from './limits.ts';

export interface Vote {
  readonly seed: SeedId;
  readonly answer: Voted['answer'];
  readonly verdict: Voted['verdict'];
  readonly reason: string;
  readonly atMs: Ms;
}

/** One proposal of a seed, and what became of it. */
export interface Round {
  readonly domain: DecisionDomain;
  readonly peer: PeerId;
  readonly ballot: Ballot;
  readonly proposer: SeedId;
  /** For a death: the incarnation meant; otherwise 0. */
  readonly incarnation: Incarnation;
  readonly atMs: Ms;
  readonly votes: Vote[];
  /**
   * - `superseded`: a higher ballot won, and it was tried again
   * - `settled`: another seed's proposal decided the same
   */
  outcome: 'open' | 'committed' | 'rejected' | 'superseded' | 'settled';
  /** Why not, for one that was rejected. */
  reason: string;
  endedAtMs: Ms | null;
}

/** The last rounds of the seeds, oldest first. */
export class Rounds {
  readonly list: Round[];
  readonly #limits: ModelLimits;

  constructor(limits: ModelLimits, list: Round[] = []) {
    this.#limits = limits;
    this.list = list;
  }

  proposed(domain: DecisionDomain, node: NodeId, event: Proposed, atMs: Ms): void {
    const { peer, ballot, incarnation } = event;
    if (this.#find(domain, peer, ballot) !== undefined) return;
    const round = this.#begin({ domain, peer, ballot, proposer: node, incarnation, atMs });
    const isSettled = this.list.some((other) => isSameDecision(other, domain, peer, incarnation));
    if (incarnation > 0 && isSettled) round.outcome = 'settled';
  }

  /** The proposer and the voter both tell of a vote; the first word counts. */
  voted(domain: DecisionDomain, event: Voted, atMs: Ms): void {
    const { peer, ballot, seed, answer, verdict, reason } = event;
    const round =
      this.#find(domain, peer, ballot) ??
      this.#begin({ domain, peer, ballot, proposer: ballot.seed, incarnation: 0, atMs });
    if (round.votes.some((vote) => vote.seed === seed)) return;
    round.votes.push({ seed, answer, verdict, reason, atMs });
  }

  committed(domain: DecisionDomain, node: NodeId, event: Committed, atMs: Ms): void {
    if (event.via !== 'own-proposal') return;
    this.#end(domain, event.peer, node, 'committed', '', atMs);
    for (const round of this.list) {
      if (round.outcome === 'open' && round.domain === domain && round.peer === event.peer) {
        round.outcome = 'settled';
        round.endedAtMs = atMs;
      }
    }
  }

  rejected(domain: DecisionDomain, node: NodeId, event: Rejected, atMs: Ms): void {
    const reason = event.reason === '' ? event.code : event.reason;
    this.#end(domain, event.peer, node, 'rejected', reason, atMs);
  }

  conflict(node: NodeId, peer: PeerId, ballot: Ballot, atMs: Ms): void {
    const round = this.list.findLast(
      (candidate) =>
        candidate.peer === peer && candidate.proposer === node && isSame(candidate.ballot, ballot),
    );
    if (round === undefined || round.endedAtMs !== null) return;
    round.outcome = 'superseded';
    round.endedAtMs = atMs;
  }

  #begin(about: Omit<Round, 'votes' | 'outcome' | 'reason' | 'endedAtMs'>): Round {
    const round: Round = { ...about, votes: [], outcome: 'open', reason: '', endedAtMs: null };
    pushBounded(this.list, round, this.#limits.roundsMax);
    return round;
  }

  #find(domain: DecisionDomain, peer: PeerId, ballot: Ballot): Round | undefined {
    return this.list.findLast(
      (round) => round.domain === domain && round.peer === peer && isSame(round.ballot, ballot),
    );
  }

  #end(
    domain: DecisionDomain,
    peer: PeerId,
    proposer: NodeId,
    outcome: 'committed' | 'rejected',
    reason: string,
    atMs: Ms,
  ): void {
    const isIt = (round: Round) =>
      round.domain === domain && round.peer === peer && round.proposer === proposer;
    const round = this.list.findLast(isIt);
    if (round === undefined || round.outcome === 'committed') return;
    round.outcome = outcome;
    round.reason = reason;
    round.endedAtMs = atMs;
  }
}

function isSame(one: Ballot, other: Ballot): boolean {
  return one.round === other.round && one.seed === other.seed;
}

/** A committed round about the same life of the same peer. */
function isSameDecision(
  round: Round,
  domain: DecisionDomain,
  peer: PeerId,
  incarnation: Incarnation,
): boolean {
  return (
    round.outcome === 'committed' &&
    round.domain === domain &&
    round.peer === peer &&
    round.incarnation === incarnation
  );
}
