import type { Effects } from '../effects.ts';
import type { Committed } from '../events.ts';
import type { Ballot, PeerId, RegisterValue } from '../messages.ts';
import type { Instant } from '../time.ts';
import type { Directory } from './directory.ts';
import { domainOfStatus } from './domain.ts';
import type { Registers } from './registers.ts';

/** How this seed came to know a committed value. */
export interface Provenance {
  readonly via: Committed['via'];
  readonly votes: Committed['votes'];
  readonly durationMs: Committed['durationMs'];
  /** The value came with a whole store that was copied: what it tells may be ancient. */
  readonly isCopied: boolean;
}

/** A committed value as it is told to whom it concerns. */
export interface Decision {
  readonly peer: PeerId;
  /** What it replaces; undefined when the peer was not known. */
  readonly before: RegisterValue | undefined;
  readonly value: RegisterValue;
  readonly ballot: Ballot;
  readonly provenance: Provenance;
}

export interface LedgerDependencies<Token> {
  readonly effects: Pick<Effects, 'emit'>;
  readonly registers: Registers<Token>;
  readonly directory: Directory;
  /** Hears of each newly learned decision, once. */
  readonly learned: (decision: Decision, now: Instant) => void;
}

export const fromOwnProposal = (
  votes: NonNullable<Committed['votes']>,
  durationMs: number,
): Provenance => ({ via: 'own-proposal', votes, durationMs, isCopied: false });

export const fromCommit: Provenance = {
  via: 'commit',
  votes: null,
  durationMs: null,
  isCopied: false,
};

export const fromRepair: Provenance = { ...fromCommit, via: 'repair' };

export const fromCopy: Provenance = { ...fromRepair, isCopied: true };

/**
 * The one way in which this seed learns decisions, wherever they come from: each revision once, in
 * the registers, the Peer List and the events alike.
 */
export class Ledger<Token> {
  readonly #with: LedgerDependencies<Token>;

  constructor(dependencies: LedgerDependencies<Token>) {
    this.#with = dependencies;
    const { registers, directory } = dependencies;
    for (const [peer, { committed }] of registers.entries()) {
      if (committed !== undefined) directory.restore(peer, committed);
    }
  }

  /** Returns whether it was news; `token` comes back only then. */
  learn(
    peer: PeerId,
    ballot: Ballot,
    value: RegisterValue,
    provenance: Provenance,
    now: Instant,
    token?: Token,
  ): boolean {
    const before = this.#with.registers.committed(peer);
    if (!this.#with.registers.learn(peer, ballot, value, token)) return false;
    this.#with.directory.replace(peer, before, value);
    this.#emitCommitted(peer, ballot, value, provenance);
    this.emitList(peer, value);
    this.#with.learned({ peer, before, value, ballot, provenance }, now);
    return true;
  }

  /** Says what the Peer List is, after what happened to this peer. */
  emitList(peer: PeerId, { incarnation, status }: RegisterValue): void {
    const { size, digest } = this.#with.directory;
    const type = 'peer-list:changed';
    this.#with.effects.emit({ type, peer, incarnation, status, size, digest });
  }

  #emitCommitted(
    peer: PeerId,
    ballot: Ballot,
    { status, incarnation, revision }: RegisterValue,
    { via, votes, durationMs }: Provenance,
  ): void {
    const type = `${domainOfStatus(status)}:committed` as const;
    const { seed: proposer } = ballot;
    this.#with.effects.emit({
      type,
      peer,
      incarnation,
      revision,
      proposer,
      votes,
      via,
      durationMs,
    });
  }
}
