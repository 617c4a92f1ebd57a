import type { SeedOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type { Rejected } from '../events.ts';
import type {
  Accept,
  Accepted,
  Intent,
  PeerId,
  Propose,
  SeedId,
  StoreView,
  Vote,
} from '../messages.ts';
import { dropOldest } from '../peer/bounded.ts';
import { fullJitterMs } from '../peer/chance.ts';
import type { Instant } from '../time.ts';
import { higherBallot, isAbove, isSameBallot, nextBallot, noBallot } from './ballot.ts';
import { domainOf } from './domain.ts';
import { fromOwnProposal, type Ledger } from './ledger.ts';
import type { Ask, Outcome, Proposal } from './proposal.ts';
import { ProposalQueue } from './proposal-queue.ts';
import { isSameValue, type Registers } from './registers.ts';
import type { Refusal } from './standing.ts';
import { Tally } from './tally.ts';
import { transition } from './transition.ts';
import { noQuorum, whyLost } from './why-lost.ts';

export type ProposerTimer =
  /** Fires when a proposal has taken long enough; stale once it has its outcome. */
  | { readonly type: 'proposer:deadline'; readonly proposal: number }
  /** Fires when an outbid proposal is to try again. */
  | { readonly type: 'proposer:round-due'; readonly proposal: number };

/** Comes back when this seed has a decision of its own proposer on disk. */
export interface DecisionDurable {
  readonly type: 'decision-durable';
  readonly proposal: number;
}

export interface ProposerDependencies {
  readonly effects: Effects<ProposerTimer>;
  readonly random: Random;
  readonly self: SeedId;
  readonly seeds: readonly SeedId[];
  readonly quorum: number;
  readonly registers: Registers<unknown>;
  readonly ledger: Pick<Ledger<DecisionDurable>, 'learn'>;
  /** The stores of this seed and of every linked seed whose votes count; this seed's first. */
  readonly voters: () => StoreView;
  /** To one seed, this one included. */
  readonly send: (seed: SeedId, message: Propose | Accept, now: Instant) => void;
  /** COMMIT to every other seed that is linked. */
  readonly tellAll: (peer: PeerId, proposal: Pick<Proposal, 'ballot' | 'value'>) => void;
  readonly decided: (
    peer: PeerId,
    intent: Intent,
    asks: readonly Ask[],
    outcome: Outcome,
    now: Instant,
  ) => void;
}

/**
 * The proposer of every register (Rystsov 2018, section 2.2): a quorum of promises and of ok
 * verdicts, the value accepted at the highest ballot among them, the intent applied to it, a quorum
 * that accepts, COMMIT to all. Proposals about one peer follow one another; equal ones are shared.
 *
 * When the intent changes nothing, the value that was read is accepted once more before anybody
 * hears of it, unless it is known to be committed: it may have been accepted by a minority only.
 */
export class Proposer {
  readonly #options: SeedOptions;
  readonly #with: ProposerDependencies;
  readonly #queue: ProposalQueue;
  #isBeginning = false;
  /**
   * The last ballot used for a peer. A proposer must not count a late vote on an earlier intent for
   * a later one: so no ballot is used twice, even if this seed's own acceptor never promised it.
   */
  readonly #lastBallots = new Map<PeerId, Proposal['ballot']>();

  constructor(options: SeedOptions, dependencies: ProposerDependencies) {
    this.#options = options;
    this.#with = dependencies;
    this.#queue = new ProposalQueue(options);
  }

  get sizes(): { readonly underWay: number; readonly waiting: number; readonly ballots: number } {
    const { underWayCount: underWay, waitingCount: waiting } = this.#queue;
    return { underWay, waiting, ballots: this.#lastBallots.size };
  }

  /** Wants this intent decided; `decided` follows, perhaps at once. */
  propose(peer: PeerId, intent: Intent, ask: Ask | undefined, now: Instant): void {
    const settled = this.#settled(peer, intent, now);
    if (settled !== undefined) {
      this.#with.decided(peer, intent, ask === undefined ? [] : [ask], settled, now);
      return;
    }
    if (this.#queue.isFull) {
      const reason = `${this.#options.waitingMax} requests are waiting at this seed already`;
      const asks = ask === undefined ? [] : [ask];
      this.#with.decided(peer, intent, asks, { code: 'no-quorum', reason }, now);
      return;
    }
    this.#queue.add(peer, intent, ask);
    this.#beginNext(now);
  }

  onVote(seed: SeedId, vote: Vote, now: Instant): void {
    const proposal = this.#queue.current(vote.peer);
    if (proposal?.phase !== 'preparing' || !isSameBallot(proposal.ballot, vote.ballot)) return;
    const answer = ({ promise: 'yes', conflict: 'conflict', none: 'no' } as const)[vote.answer];
    if (!proposal.tally.count(seed, answer)) return;
    this.#emitVote(proposal, seed, vote);
    proposal.seen = higherBallot(proposal.seen, vote.promised);
    if (answer === 'no' && vote.verdict !== 'ok') {
      proposal.refusals.set(seed, { code: vote.verdict, reason: vote.reason });
    }
    if (answer === 'yes' && isAbove(vote.acceptedBallot, proposal.readBallot)) {
      proposal.readBallot = vote.acceptedBallot;
      proposal.read = vote.accepted;
    }
    this.#evaluate(proposal, now);
  }

  onAccepted(seed: SeedId, accepted: Accepted, now: Instant): void {
    const proposal = this.#queue.current(accepted.peer);
    if (proposal?.phase !== 'accepting' || !isSameBallot(proposal.ballot, accepted.ballot)) return;
    const answer = ({ accepted: 'yes', conflict: 'conflict', none: 'no' } as const)[
      accepted.answer
    ];
    if (!proposal.tally.count(seed, answer)) return;
    proposal.seen = higherBallot(proposal.seen, accepted.promised);
    this.#evaluate(proposal, now);
  }

  /** The link to this seed is gone: what it did not answer yet, it will not answer. */
  seedDown(seed: SeedId, now: Instant): void {
    for (const proposal of this.#queue.underWay()) {
      if (proposal.tally.giveUp(seed)) this.#evaluate(proposal, now);
    }
  }

  /** A decision about this peer was learned: it may settle what is being tried here. */
  learned(peer: PeerId, now: Instant): void {
    const proposal = this.#queue.current(peer);
    if (proposal?.phase !== 'preparing' && proposal?.phase !== 'pausing') return;
    const settled = this.#settled(peer, proposal.intent, now);
    if (settled !== undefined) this.#reject(proposal, settled, now);
  }

  onDurable({ proposal: id }: DecisionDurable, now: Instant): void {
    const proposal = this.#queue.byId(id);
    if (proposal?.phase === 'recording') this.#conclude(proposal, now);
  }

  onTimer(timer: ProposerTimer, now: Instant): void {
    const proposal = this.#queue.byId(timer.proposal);
    if (proposal === undefined) return;
    switch (timer.type) {
      case 'proposer:round-due':
        if (proposal.phase === 'pausing') this.#round(proposal, now);
        return;
      case 'proposer:deadline':
        this.#onDeadline(proposal, now);
    }
  }

  /** Gives up everything: this seed stops, or must not vote any more. */
  abandon(refusal: Refusal, now: Instant): void {
    for (const { peer, intent, asks } of this.#queue.clear()) {
      this.#with.decided(peer, intent, asks, refusal, now);
    }
  }

  // -------------------------------------------------------------- rounds

  /** A proposal may end as soon as it begins: this loop goes on to the next one, not a deeper call. */
  #beginNext(now: Instant): void {
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) {
      this.#begin(next, now);
    }
    this.#isBeginning = false;
  }

  #begin(proposal: Proposal, now: Instant): void {
    proposal.startedMs = now.monotonicMs;
    const settled = this.#settled(proposal.peer, proposal.intent, now);
    if (settled !== undefined) {
      this.#end(proposal, settled, now);
      return;
    }
    const { roundTimeoutMs } = this.#options;
    const timer: ProposerTimer = { type: 'proposer:deadline', proposal: proposal.id };
    this.#with.effects.schedule(roundTimeoutMs, timer);
    this.#round(proposal, now);
  }

  #round(proposal: Proposal, now: Instant): void {
    const { peer, intent } = proposal;
    const { self, quorum } = this.#with;
    const stores = this.#with.voters();
    if (stores.length < quorum) {
      const answering = stores.map(([seed]) => seed);
      this.#reject(proposal, noQuorum(this.#with, answering, proposal.refusals), now);
      return;
    }
    const last = this.#lastBallots.get(peer) ?? noBallot;
    const { promised } = this.#with.registers.of(peer);
    const seen = higherBallot(higherBallot(last, promised), proposal.seen);
    const ballot = nextBallot(seen, self);
    this.#lastBallots.delete(peer);
    this.#lastBallots.set(peer, ballot);
    dropOldest(this.#lastBallots, this.#options.waitingMax);
    proposal.beginRound(ballot, stores, quorum);
    this.#emitProposed(proposal);
    const propose: Propose = { type: 'PROPOSE', peer, ballot, stores, intent };
    this.#sendToVoters(proposal, propose, now);
  }

  /** To this seed last: its own answer may come at once, and end the round. */
  #sendToVoters(proposal: Proposal, message: Propose | Accept, now: Instant): void {
    const [self, ...others] = proposal.voters();
    for (const seed of others) this.#with.send(seed, message, now);
    if (self !== undefined) this.#with.send(self, message, now);
  }

  #evaluate(proposal: Proposal, now: Instant): void {
    switch (proposal.tally.state) {
      case 'open':
        return;
      case 'won':
        if (proposal.phase === 'preparing') this.#accept(proposal, now);
        else this.#commit(proposal, now);
        return;
      case 'outbid':
        return this.#pause(proposal, now);
      case 'lost':
        return this.#reject(proposal, whyLost(this.#with, proposal), now);
    }
  }

  #accept(proposal: Proposal, now: Instant): void {
    const { peer, ballot, stores, intent } = proposal;
    // Nothing was read where the others have removed a tombstone that this seed still holds.
    const read = proposal.read ?? this.#with.registers.committed(peer);
    const { floor } = this.#with.registers;
    const next = transition(read, intent, { wallMs: now.wallMs, floor });
    proposal.value = next.type === 'change' ? next.value : read;
    if (next.type === 'no-change') {
      const { code, reason } = next;
      proposal.outcome = { code, reason, ...(read && { value: read }) };
      const isCommitted = isSameValue(read, this.#with.registers.committed(peer));
      if (isCommitted) {
        this.#conclude(proposal, now);
        return;
      }
    } else proposal.outcome = { code: 'ok', reason: '', value: next.value };
    if (proposal.value === undefined) {
      this.#conclude(proposal, now);
      return;
    }
    proposal.phase = 'accepting';
    proposal.tally = new Tally(this.#with.quorum, proposal.voters());
    const accept: Accept = { type: 'ACCEPT', peer, ballot, stores, value: proposal.value };
    this.#sendToVoters(proposal, accept, now);
  }

  #commit(proposal: Proposal, now: Instant): void {
    const { id, peer, ballot, value, tally, startedMs } = proposal;
    if (value === undefined) return;
    proposal.phase = 'recording';
    this.#with.tellAll(peer, proposal);
    const { quorum, seeds } = this.#with;
    const votes = { yes: tally.yes.length, quorum, seeds: seeds.length };
    const provenance = fromOwnProposal(votes, now.monotonicMs - startedMs);
    const token: DecisionDurable = { type: 'decision-durable', proposal: id };
    const isNews = this.#with.ledger.learn(peer, ballot, value, provenance, now, token);
    if (!isNews) this.#conclude(proposal, now);
  }

  /** The outcome rests on a committed value, or on there being none. */
  #conclude(proposal: Proposal, now: Instant): void {
    if (proposal.outcome.code === 'ok') this.#end(proposal, proposal.outcome, now);
    else this.#reject(proposal, proposal.outcome, now);
  }

  // -------------------------------------------------------------- ends

  #pause(proposal: Proposal, now: Instant): void {
    const { peer, ballot, seen: promised, rounds, id } = proposal;
    const { conflictPauseMs, roundsMax, roundTimeoutMs } = this.#options;
    this.#with.effects.emit({ type: 'register:conflict', peer, ballot, promised });
    if (rounds >= roundsMax) {
      const reason = `other proposals won ${rounds} rounds in a row`;
      this.#reject(proposal, { code: 'conflict', reason }, now);
      return;
    }
    proposal.phase = 'pausing';
    const { random } = this.#with;
    const pauseMs = fullJitterMs(rounds - 1, conflictPauseMs, roundTimeoutMs, random);
    this.#with.effects.schedule(pauseMs, { type: 'proposer:round-due', proposal: id });
  }

  #onDeadline(proposal: Proposal, now: Instant): void {
    switch (proposal.phase) {
      case 'waiting':
      case 'recording':
        return;
      case 'pausing': {
        const reason = `other proposals kept winning for ${this.#options.roundTimeoutMs} ms`;
        return this.#reject(proposal, { code: 'conflict', reason }, now);
      }
      default: {
        const { refusals, tally } = proposal;
        const outcome = noQuorum(this.#with, tally.yes, refusals);
        this.#reject(proposal, outcome, now);
      }
    }
  }

  #reject(proposal: Proposal, outcome: Outcome, now: Instant): void {
    const { peer, intent, tally, startedMs } = proposal;
    const { code, reason } = outcome;
    if (code !== 'ok') {
      const { quorum, seeds } = this.#with;
      const rejected: Rejected = {
        type: `${domainOf(intent)}:rejected`,
        peer,
        code,
        reason,
        votes: { yes: tally.yes.length, quorum, seeds: seeds.length },
        durationMs: now.monotonicMs - startedMs,
      };
      // The compiler does not take a union of types apart where another field tells events apart, too.
      this.#with.effects.emit(rejected as Rejected<'registration'>);
    }
    this.#end(proposal, outcome, now);
  }

  #end(proposal: Proposal, outcome: Outcome, now: Instant): void {
    this.#queue.remove(proposal);
    const { peer, intent, asks } = proposal;
    this.#with.decided(peer, intent, asks, outcome, now);
    this.#beginNext(now);
  }

  /** The outcome, where what this seed knows to be committed leaves no doubt about it. */
  #settled(peer: PeerId, intent: Intent, now: Instant): Outcome | undefined {
    const committed = this.#with.registers.committed(peer);
    if (committed === undefined) return undefined;
    const next = transition(committed, intent, { wallMs: now.wallMs, floor: 1 });
    if (next.type === 'change' || next.code === 'unknown') return undefined;
    return { code: next.code, reason: next.reason, value: committed };
  }

  #emitProposed({ peer, ballot, intent }: Proposal): void {
    const isDeath = intent.type === 'confirm-dead';
    this.#with.effects.emit({
      type: `${domainOf(intent)}:proposed`,
      peer,
      ballot,
      incarnation: isDeath ? intent.incarnation : 0,
      evidence: isDeath ? intent.evidence : '',
    });
  }

  #emitVote({ peer, ballot, intent }: Proposal, seed: SeedId, vote: Vote): void {
    const { answer, verdict, reason } = vote;
    const type = `${domainOf(intent)}:vote` as const;
    this.#with.effects.emit({ type, peer, ballot, seed, answer, verdict, reason });
  }
}
