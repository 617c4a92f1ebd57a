import type {
  Ballot,
  Intent,
  LinkId,
  PeerId,
  RegisterValue,
  SeedId,
  SeedRefusal,
  StoreView,
} from '../messages.ts';
import type { Ms } from '../time.ts';
import { noBallot } from './ballot.ts';
import type { Refusal } from './standing.ts';
import { Tally } from './tally.ts';

/** A member's request that waits for a proposal. */
export interface Ask {
  readonly link: LinkId;
  readonly request: number;
}

/** What became of an intent. */
export interface Outcome {
  readonly code: 'ok' | SeedRefusal;
  /** One sentence for people; empty with `ok`. */
  readonly reason: string;
  /** With `ok`: the committed value that says so. */
  readonly value?: RegisterValue;
}

/**
 * - `waiting`: for a place among the proposals under way, or for another one about the same peer
 * - `preparing`: PROPOSE is out, VOTEs come in
 * - `accepting`: ACCEPT is out, ACCEPTEDs come in
 * - `pausing`: outbid, until the next round
 * - `recording`: chosen; the answer waits for this seed's disk
 */
export type ProposalPhase = 'waiting' | 'preparing' | 'accepting' | 'pausing' | 'recording';

/** One intent about one peer, with all who ask for it, from the first round to the outcome. */
export class Proposal {
  readonly id: number;
  readonly peer: PeerId;
  readonly intent: Intent;
  readonly asks: Ask[] = [];
  phase: ProposalPhase = 'waiting';
  startedMs: Ms = 0;
  rounds = 0;
  /** The ballot of the present round, and the stores whose answers count in it. */
  ballot: Ballot = noBallot;
  stores: StoreView = [];
  /** The highest ballot that anybody was seen to have promised. */
  seen: Ballot = noBallot;
  tally = new Tally(1, []);
  /** Judgements against the intent in this round, by seed. */
  readonly refusals = new Map<SeedId, Refusal>();
  /** What was accepted at the highest ballot among the promises so far. */
  readBallot: Ballot = noBallot;
  read: RegisterValue | undefined;
  /** The value of ACCEPT. */
  value: RegisterValue | undefined;
  /** What to say once the value is chosen. */
  outcome: Outcome = { code: 'ok', reason: '' };

  constructor(id: number, peer: PeerId, intent: Intent) {
    this.id = id;
    this.peer = peer;
    this.intent = intent;
  }

  /** Starts the next round, with nothing counted yet. */
  beginRound(ballot: Ballot, stores: StoreView, quorum: number): void {
    this.phase = 'preparing';
    this.rounds += 1;
    this.ballot = ballot;
    this.stores = stores;
    this.tally = new Tally(quorum, this.voters());
    this.refusals.clear();
    this.readBallot = noBallot;
    this.read = undefined;
    this.value = undefined;
  }

  /** The seeds that were asked in this round. */
  voters(): SeedId[] {
    return this.stores.map(([seed]) => seed);
  }
}

/** Whether one proposal can serve both. A death is the same death whoever gives evidence of it. */
export function isSameIntent(one: Intent, other: Intent): boolean {
  switch (one.type) {
    case 'register':
      return other.type === 'register' && one.session === other.session;
    case 'leave':
      return (
        other.type === 'leave' &&
        one.incarnation === other.incarnation &&
        one.session === other.session
      );
    case 'confirm-dead':
      return other.type === 'confirm-dead' && one.incarnation === other.incarnation;
  }
}
