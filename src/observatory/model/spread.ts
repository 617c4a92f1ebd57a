import type { MessageId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { Population } from './members.ts';

/** How one message spread. Its receipts are columns: the n-th entry of each list is the n-th receipt. */
export interface Spread {
  readonly id: MessageId;
  /** Number of the peer that published it. */
  readonly origin: number;
  readonly publishedAtMs: Ms;
  readonly topic: string;
  readonly excerpt: string;
  readonly payloadBytes: number;
  /** The peers that were there when it was published. */
  readonly population: Population;
  /** Peers 0, 1, … links away from the origin at that time, counted over the overlay; null: not computed. */
  readonly expected: readonly number[] | null;
  /** Links of the overlay at that time: what flooding sends over. */
  readonly links: number;
  /** Who received it, in this order; the origin is not among them. */
  readonly receivers: number[];
  readonly atMs: Ms[];
  readonly hops: number[];
  /** From whom. */
  readonly senders: number[];
  /** Receipts after the first of each peer. */
  duplicates: number;
  /** First receipts that were asked for. */
  recovered: number;
}

/** One message in figures. Times are in milliseconds since it was published. */
export interface Convergence {
  readonly id: MessageId;
  /**
   * Share of the peers that have it: of those that were in the network when it was published, without those that
   * ended before they could get it.
   */
  readonly coverage: number;
  /** Peers that have it, the origin included. */
  readonly reached: number;
  /** Peers that are to have it. */
  readonly population: number;
  /** When half of them had it; null: not yet. */
  readonly t50Ms: Ms | null;
  readonly t99Ms: Ms | null;
  readonly t100Ms: Ms | null;
  readonly hopsMax: number;
  /** Relative message redundancy: (frames received / (peers reached − 1)) − 1. */
  readonly rmr: number;
}

/** The figures of a message. `isLiving` tells of a peer whether it can still receive anything. */
export function convergenceOf(spread: Spread, isLiving: (index: number) => boolean): Convergence {
  const { origin, population, receivers, atMs } = spread;
  const times: Ms[] = [];
  const have = new Set([origin]);
  for (const [n, receiver] of receivers.entries()) {
    have.add(receiver);
    if (population.has(receiver)) times.push((atMs[n] ?? 0) - spread.publishedAtMs);
  }
  const originCounts = population.has(origin) ? 1 : 0;
  let wanted = times.length + originCounts;
  for (const index of population) if (!have.has(index) && isLiving(index)) wanted += 1;
  // The origin has its own message from the start, so the n-th peer is the (n − 1)-th receipt.
  const timeOf = (share: number): Ms | null => {
    const needed = Math.ceil(share * wanted) - originCounts;
    return needed <= 0 ? 0 : (times[needed - 1] ?? null);
  };
  return {
    id: spread.id,
    coverage: wanted === 0 ? 1 : (times.length + originCounts) / wanted,
    reached: have.size,
    population: wanted,
    t50Ms: timeOf(0.5),
    t99Ms: timeOf(0.99),
    t100Ms: timeOf(1),
    hopsMax: spread.hops.reduce((most, hops) => Math.max(most, hops), 0),
    rmr: receivers.length === 0 ? 0 : (receivers.length + spread.duplicates) / receivers.length - 1,
  };
}

/** How many peers received a message after 0, 1, … hops; the origin is the one at 0. */
export function hopsOf({ hops }: Spread): number[] {
  const counts = [1];
  for (const hop of hops) {
    while (counts.length <= hop) counts.push(0);
    counts[hop] = (counts[hop] ?? 0) + 1;
  }
  return counts;
}

/** log₂ n + ln n: the rounds that push gossip needs to reach n peers of a complete graph (Pittel, 1987). */
export function pushRounds(peers: number): number {
  return peers <= 1 ? 0 : Math.log2(peers) + Math.log(peers);
}

/**
 * The redundancy that flooding has at least: each of E links carries the message once or, when both
 * ends send at the same time, twice; all but the n − 1 of the tree carry it in vain. Its usual count of
 * sends is 2E − (n − 1).
 */
export function floodingRmr(spread: Spread): number {
  const others = spread.population.size - 1;
  return others <= 0 ? 0 : (2 * spread.links - others) / others - 1;
}
