import type { AcceptorState, Ballot, PeerId, RegisterValue, SeedId } from '../messages.ts';
import { compareBallots, higherBallot, isAbove, noBallot } from './ballot.ts';
import type { Disk, StoredState } from './stored.ts';

/** One register as this seed holds it: its acceptor's state, and what it knows to be committed. */
export interface Register {
  /** No ballot below this one is accepted any more. */
  readonly promised: Ballot;
  readonly acceptedBallot: Ballot;
  readonly accepted: RegisterValue | undefined;
  /** The newest value known to be chosen by a quorum; the only one that anybody is shown. */
  readonly committed: RegisterValue | undefined;
  /** A ballot at which `committed` was proposed; `noBallot` when it is not known any more. */
  readonly committedBallot: Ballot;
}

export interface RegistersDependencies<Token> {
  readonly disk: Disk<Token>;
  readonly self: SeedId;
  readonly stored: StoredState;
}

/**
 * All registers of this seed, and the only way to write them: every change goes to the disk in the
 * order in which it was made. What has to wait for the disk gives a token.
 *
 * The floor: a register that does not exist is taken as one that has promised `{round: floor}` to
 * nobody, and its first value gets `floor` as incarnation and as revision. It starts at 1 and rises
 * when tombstones are removed (see tombstones.ts), so that what is forgotten stays in force. On
 * disk, and when it is copied, it stands as a promise under a seed's own address, which no peer can
 * have.
 */
export class Registers<Token> {
  readonly #disk: Disk<Token>;
  readonly #self: SeedId;
  readonly #registers = new Map<PeerId, Register>();
  #floor = 1;
  #isBlank = true;
  /** The PeerIds in string order, while none was added or removed. */
  #ordered: readonly PeerId[] | undefined;

  constructor(dependencies: RegistersDependencies<Token>) {
    this.#disk = dependencies.disk;
    this.#self = dependencies.self;
    for (const state of dependencies.stored.registers) {
      if (state.peer === this.#self) this.#floor = state.promised.round;
      else this.#load(state);
    }
  }

  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#registers.size;
  }

  /** Whether no value was ever accepted or learned here: this seed took part in no decision. */
  get isBlank(): boolean {
    return this.#isBlank && this.#floor === 1;
  }

  has(peer: PeerId): boolean {
    return this.#registers.has(peer);
  }

  of(peer: PeerId): Register {
    return this.#registers.get(peer) ?? { ...absent, promised: { round: this.#floor, seed: '' } };
  }

  committed(peer: PeerId): RegisterValue | undefined {
    return this.#registers.get(peer)?.committed;
  }

  entries(): IterableIterator<[PeerId, Register]> {
    return this.#registers.entries();
  }

  promise(peer: PeerId, ballot: Ballot, token: Token): void {
    this.#write(peer, { ...this.of(peer), promised: ballot }, token);
  }

  accept(peer: PeerId, ballot: Ballot, value: RegisterValue, token: Token): void {
    const register = {
      ...this.of(peer),
      promised: ballot,
      acceptedBallot: ballot,
      accepted: value,
    };
    this.#write(peer, register, token);
  }

  /**
   * Notes that `value` was chosen at `ballot`. Returns false, and writes nothing, when this or a
   * newer revision is known.
   *
   * It counts as an ACCEPT that came late: since the value was chosen at this ballot, its proposer
   * did send this ACCEPT to every seed, and an acceptor may take it whenever the ballot is not
   * below its promise. Nobody counts it as a vote, so nothing more than the acceptor's own state
   * depends on it. Below the promise the acceptor's state must stay as it is: the seed that was
   * given the promise has been told of everything that was accepted under it.
   */
  learn(peer: PeerId, ballot: Ballot, value: RegisterValue, token?: Token): boolean {
    const register = this.of(peer);
    if (register.committed !== undefined && register.committed.revision >= value.revision) {
      return false;
    }
    const committed = { ...register, committed: value, committedBallot: ballot };
    const isAcceptable =
      isAbove(ballot, register.acceptedBallot) && compareBallots(ballot, register.promised) >= 0;
    const late = { promised: ballot, acceptedBallot: ballot, accepted: value };
    this.#write(peer, isAcceptable ? { ...committed, ...late } : committed, token);
    return true;
  }

  /** Takes over another acceptor's promise and accepted value where they are higher than the own. */
  adopt(state: AcceptorState): void {
    const own = this.of(state.peer);
    const isHigher = isAbove(state.acceptedBallot, own.acceptedBallot);
    this.#write(state.peer, {
      ...own,
      promised: higherBallot(own.promised, state.promised),
      acceptedBallot: isHigher ? state.acceptedBallot : own.acceptedBallot,
      accepted: isHigher ? state.accepted : own.accepted,
    });
  }

  /** Forgets a register whose value and promise are below the floor. */
  forget(peer: PeerId): void {
    this.#registers.delete(peer);
    this.#ordered = undefined;
    this.#disk.persist({ type: 'remove-register', peer });
  }

  /** Raises the floor at least to this; a token comes back in any case. */
  raiseFloor(floor: number, token?: Token): void {
    if (floor <= this.#floor && token === undefined) return;
    this.#floor = Math.max(floor, this.#floor);
    this.#disk.persist({ type: 'register', state: this.floorState() }, token);
  }

  /** The floor in the form in which it is stored and copied. */
  floorState(): AcceptorState {
    const promised = { round: this.#floor, seed: '' };
    return { peer: this.#self, promised, acceptedBallot: noBallot };
  }

  /** Up to `limit` registers after `after` in string order. */
  page(after: PeerId, limit: number): AcceptorState[] {
    this.#ordered ??= [...this.#registers.keys()].sort();
    const ordered = this.#ordered;
    const from = after === '' ? 0 : firstAfter(ordered, after);
    return ordered.slice(from, from + limit).map((peer) => toState(peer, this.of(peer)));
  }

  #write(peer: PeerId, register: Register, token?: Token): void {
    if (!this.#registers.has(peer)) this.#ordered = undefined;
    this.#set(peer, register);
    this.#disk.persist({ type: 'register', state: toState(peer, register) }, token);
  }

  #set(peer: PeerId, register: Register): void {
    this.#registers.set(peer, register);
    this.#isBlank &&= register.accepted === undefined && register.committed === undefined;
  }

  #load({ peer, promised, acceptedBallot, accepted, committed }: AcceptorState): void {
    // The store does not keep the ballot of the commit: the accepted one will do for the same value.
    const isAccepted = committed !== undefined && isSameValue(accepted, committed);
    const committedBallot = isAccepted ? acceptedBallot : noBallot;
    this.#set(peer, { promised, acceptedBallot, accepted, committed, committedBallot });
  }
}

export function isSameValue(
  one: RegisterValue | undefined,
  other: RegisterValue | undefined,
): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.revision === other.revision &&
    one.status === other.status &&
    one.incarnation === other.incarnation &&
    one.session === other.session &&
    one.registeredAtMs === other.registeredAtMs &&
    one.changedAtMs === other.changedAtMs &&
    one.evidence === other.evidence &&
    one.metricsPort === other.metricsPort
  );
}

const absent: Register = {
  promised: noBallot,
  acceptedBallot: noBallot,
  accepted: undefined,
  committed: undefined,
  committedBallot: noBallot,
};

function toState(peer: PeerId, register: Register): AcceptorState {
  const { promised, acceptedBallot, accepted, committed } = register;
  return {
    peer,
    promised,
    acceptedBallot,
    ...(accepted && { accepted }),
    ...(committed && { committed }),
  };
}

/** Where the first text greater than `after` stands in an ordered list. */
function firstAfter(ordered: readonly string[], after: string): number {
  let from = 0;
  let to = ordered.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((ordered[middle] ?? '') <= after) from = middle + 1;
    else to = middle;
  }
  return from;
}
