import type { Incarnation, SeedId } from '../messages.ts';

/** What this peer remembers of one seed that has answered OK to its REGISTER. */
export interface Lease {
  readonly seed: SeedId;
  /** Digest of the seed's Peer List as this peer has taken it in; empty when the list is wanted whatever it is. */
  digest: string;
  /** Digest of the seed's Peer List as the seed last told it. */
  told: string;
  /** Whether what this peer took in of the list last was not the list of the seed that it follows: more changes are to come. */
  isApart: boolean;
  /** Whether the last RENEW asked for the changes of the list. */
  asksChanges: boolean;
  /** Whether a Peer List has come from this seed. */
  listed: boolean;
  /** Number of the RENEW that is not answered yet; 0 when there is none. */
  renewRequest: number;
  /** Number of the PEER_LIST_REQUEST that is not answered yet; 0 when there is none. */
  listRequest: number;
  /** Renewals in a row that found the seed unlinked, or the renewal before them unanswered. */
  missed: number;
}

const none: readonly never[] = [];

/**
 * The seeds that hold this peer as registered: a quorum of them, once it is. All of them gave the
 * same incarnation. Renewal keeps them; they end together, with the life that they belong to.
 */
export class Leases {
  readonly #missedMax: number;
  #leases: readonly Lease[] = none;
  #incarnation: Incarnation = 0;

  constructor(options: { readonly renewalsMissedMax: number }) {
    this.#missedMax = options.renewalsMissedMax;
  }

  /** What the seeds gave; 0 while there is no lease. */
  get incarnation(): Incarnation {
    return this.#incarnation;
  }

  /** How many seeds are known to hold the lease: those that answer, or have not failed to for long. */
  get sound(): number {
    return this.#leases.filter((lease) => !this.isLapsed(lease)).length;
  }

  all(): readonly Lease[] {
    return this.#leases;
  }

  of(seed: SeedId): Lease | undefined {
    return this.#leases.find((lease) => lease.seed === seed);
  }

  /** Its seed has been gone for so long that another one is to take its place. */
  isLapsed(lease: Lease): boolean {
    return lease.missed >= this.#missedMax;
  }

  /**
   * Notes a seed's OK. A lower incarnation than one that is given already must not come here; a
   * higher one ends the leases given so far, and their seeds are returned.
   */
  grant(seed: SeedId, incarnation: Incarnation): readonly SeedId[] {
    const isHigher = incarnation > this.#incarnation;
    const superseded = isHigher ? this.#leases : none;
    const lease = newLease(seed);
    this.#leases = isHigher ? [lease] : this.#leases.concat(lease);
    this.#incarnation = incarnation;
    return superseded.map((over) => over.seed);
  }

  /** Gives up the leases whose seeds have been gone for long, and the newest ones beyond `most`. */
  keepSound(most: number): void {
    this.#leases = this.#leases.filter((lease) => !this.isLapsed(lease)).slice(0, most);
  }

  clear(): void {
    this.#leases = none;
    this.#incarnation = 0;
  }
}

function newLease(seed: SeedId): Lease {
  return {
    seed,
    digest: '',
    told: '',
    isApart: false,
    asksChanges: false,
    listed: false,
    renewRequest: 0,
    listRequest: 0,
    missed: 0,
  };
}
