import type { NodeId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { PromisesReport } from '../checkers/all-checkers.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { SimulationResult } from '../simulate.ts';
import type { World } from '../world.ts';
import type { RunCollector } from './collector.ts';
import type { DelaySummary, Delays } from './delays.ts';
import type { MessageRecord } from './message-record.ts';
import { fitPowerLawTo, type PowerLawFit } from './power-law.ts';
import { pushGossipRounds } from './theory.ts';

/** Most coverage curves of a report; of more messages, evenly chosen ones and the slowest. */
const curvesMax = 100;

/**
 * What a run has shown, as data: the same run gives the same report, to the last digit, on any machine.
 * So it holds virtual times only; how long the run took is not in it.
 */
export interface RunReport {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly ended: SimulationResult['ended'];
  /** The run ended before its time: everything here is what was known until then. */
  readonly partial: boolean;
  readonly virtualMs: Ms;
  /** Inputs that machines were given: frames, timers, links, disk completions, commands. */
  readonly inputs: number;
  readonly framesSent: number;
  readonly traceHash: string;
  /** Null when nobody looked whether they were kept. */
  readonly promises: PromisesReport | null;
  readonly overlay: OverlayReport;
  readonly messages: MessagesReport;
  readonly registration: { readonly times: DelayReport | null; readonly failedRounds: number };
  readonly detection: DetectionReport;
  /** How often each event came; receipts and duplicates are counted under `messages`. */
  readonly events: Readonly<Record<string, number>>;
}

export interface OverlayReport {
  /** Peers that ran at the end. */
  readonly peers: number;
  readonly links: number;
  readonly meanDegree: number;
  /** `[degree, peers]` */
  readonly degrees: readonly (readonly [number, number])[];
  /** The power law of the degrees up to `maxDegree`; null when there are too few to fit. */
  readonly powerLaw: PowerLawFit | null;
  readonly maxDegree: number;
}

export interface MessagesReport {
  readonly published: number;
  /** Followed one by one: the others are in no number but `published` and `payloadFrames`. */
  readonly followed: number;
  /** Of those that are followed: coverage 1. */
  readonly converged: number;
  readonly coverage: Spread | null;
  readonly t50Ms: Spread | null;
  readonly t99Ms: Spread | null;
  /** Of the converged ones. */
  readonly t100Ms: Spread | null;
  readonly rmr: Spread | null;
  readonly ldh: Spread | null;
  readonly payloadFrames: number;
  readonly duplicates: number;
  readonly recovered: number;
  /** First receipts of all messages by hops: `[hops, receipts]`. */
  readonly hops: readonly (readonly [number, number])[];
  readonly theory: {
    /** Rounds of push gossip on a complete graph until all know: log2 n + ln n. */
    readonly pushGossipRounds: number | null;
    /** Of the messages' origins, in the overlay of that moment: a flood's hops. */
    readonly eccentricity: Spread | null;
    /** Peers by their distance from the origin, over all messages: `[distance, peers]`. */
    readonly distances: readonly (readonly [number, number])[];
    /** A flood's payload frames: 2E − (n − 1). */
    readonly floodSends: Spread | null;
  };
  readonly each: readonly MessageReport[];
  readonly curves: readonly CoverageCurve[];
}

export interface MessageReport {
  /** 1 for the first. */
  readonly message: number;
  readonly id: string;
  readonly origin: NodeId;
  readonly publishedAtMs: Ms;
  /** Peers that should have it; see `reached`. */
  readonly audience: number;
  /** Of the audience, the origin among them. */
  readonly reached: number;
  readonly coverage: number;
  /** Peers that came later and got it all the same. */
  readonly latecomers: number;
  readonly t50Ms: Ms | null;
  readonly t99Ms: Ms | null;
  readonly t100Ms: Ms | null;
  readonly meanHops: number | null;
  /** Last delivery hop: the hops of the longest way. */
  readonly ldh: number;
  readonly payloadFrames: number;
  readonly duplicates: number;
  /** Relative message redundancy: payload frames received for each peer reached, less the one it needs. */
  readonly rmr: number | null;
  readonly recovered: number;
  readonly eccentricity: number | null;
  readonly floodSends: number | null;
}

export interface CoverageCurve {
  readonly message: number;
  /** `[after so many ms, peers reached, coverage]` */
  readonly points: readonly (readonly [Ms, number, number])[];
}

/** The middle of many numbers, and how far they reach. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly max: number;
}

export interface DelayReport extends DelaySummary {
  /** `[ms, how many]`, exact to 0.4 %. */
  readonly histogram: readonly (readonly [Ms, number])[];
}

export interface DetectionReport {
  /** Peers whose processes ended without a word. */
  readonly killed: number;
  /** From each death to its confirmation. */
  readonly untilConfirmed: DelayReport | null;
  /** From each death to each peer that heard of its confirmation. */
  readonly untilKnown: DelayReport | null;
  /** From the last sign of life that a neighbour had to the confirmation: `hearsay_death_detection_seconds`. */
  readonly silence: DelayReport | null;
  /** Confirmed deaths of peers that were running, once for each peer that heard of one. Should be 0. */
  readonly falseConfirmations: number;
}

/** Puts together what a collector has kept, once the run is over. */
export function reportOf(
  result: SimulationResult,
  collector: RunCollector,
  world: World,
  promises: PromisesReport | null = null,
): RunReport {
  collector.searchOverlays();
  const { scenario, seed, ended, virtualMs, deliveries, framesSent, traceHash } = result;
  return {
    scenario,
    seed,
    ended,
    partial: ended !== 'complete',
    virtualMs,
    inputs: deliveries,
    framesSent,
    traceHash,
    promises,
    overlay: overlayReport(collector, world.peerOptions.overlay.maxDegree),
    messages: messagesReport(collector, world),
    registration: {
      times: delayReport(collector.registrations),
      failedRounds: collector.registrationsFailed,
    },
    detection: {
      killed: collector.deaths.killed,
      untilConfirmed: delayReport(collector.deaths.untilConfirmed),
      untilKnown: delayReport(collector.deaths.untilKnown),
      silence: delayReport(collector.deaths.silence),
      falseConfirmations: collector.deaths.falseConfirmations,
    },
    events: Object.fromEntries(
      [...collector.eventCounts].sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
  };
}

function overlayReport({ degrees, peersAtEnd }: RunCollector, maxDegree: number): OverlayReport {
  const sorted = ascending(degrees);
  const ends = sorted.reduce((sum, [degree, peers]) => sum + degree * peers, 0);
  return {
    peers: peersAtEnd,
    links: Math.floor(ends / 2),
    meanDegree: peersAtEnd === 0 ? 0 : round(ends / peersAtEnd),
    degrees: sorted,
    powerLaw: roundedFit(fitPowerLawTo(degrees, { max: maxDegree })),
    maxDegree,
  };
}

function messagesReport(collector: RunCollector, world: World): MessagesReport {
  const { messages, messagesUnfollowed, framesOfUnfollowed } = collector;
  const each = messages.map((record, index) => messageReport(record, index + 1, world));
  const spread = (key: NumericKey) => spreadOf(each.flatMap((message) => message[key] ?? []));
  const sum = (key: NumericKey) => each.reduce((total, message) => total + (message[key] ?? 0), 0);
  const audience = Math.max(0, ...each.map((message) => message.audience));
  return {
    published: messages.length + messagesUnfollowed,
    followed: messages.length,
    converged: each.filter(({ coverage }) => coverage === 1).length,
    coverage: spread('coverage'),
    t50Ms: spread('t50Ms'),
    t99Ms: spread('t99Ms'),
    t100Ms: spread('t100Ms'),
    rmr: spread('rmr'),
    ldh: spread('ldh'),
    payloadFrames: sum('payloadFrames') + framesOfUnfollowed,
    duplicates: sum('duplicates'),
    recovered: sum('recovered'),
    hops: summed(messages.map(({ hops }) => hops)).slice(1),
    theory: {
      pushGossipRounds: audience > 1 ? round(pushGossipRounds(audience)) : null,
      eccentricity: spread('eccentricity'),
      distances: summed(messages.map(({ theory }) => theory?.layers ?? [])),
      floodSends: spread('floodSends'),
    },
    each,
    curves: chosen(each).map((message) => curveOf(messages[message - 1] as MessageRecord, message)),
  };
}

type NumericKey = {
  [Key in keyof MessageReport]: MessageReport[Key] extends number | null ? Key : never;
}[keyof MessageReport];

function messageReport(record: MessageRecord, message: number, world: World): MessageReport {
  const { audience, reached, hops, delays, duplicates, theory } = record;
  const receipts = hops.reduce((sum, count) => sum + (count ?? 0), 0);
  const travelled = hops.reduce((sum, count, links) => sum + (count ?? 0) * links, 0);
  const timeOf = (share: number) => delays.timeOf(Math.ceil(share * audience) - 1);
  return {
    message,
    id: record.id,
    origin: world.idOf(record.origin),
    publishedAtMs: record.publishedAtMs,
    audience,
    reached,
    coverage: round(reached / audience),
    latecomers: record.latecomers,
    t50Ms: timeOf(0.5),
    t99Ms: timeOf(0.99),
    t100Ms: reached === audience ? delays.maxMs : null,
    meanHops: receipts === 0 ? null : round(travelled / receipts),
    ldh: hops.length - 1,
    payloadFrames: receipts + duplicates,
    duplicates,
    rmr: receipts === 0 ? null : round((receipts + duplicates) / receipts - 1),
    recovered: record.recovered,
    eccentricity: theory?.eccentricity ?? null,
    floodSends: theory?.sends ?? null,
  };
}

/** The messages whose curves are kept: evenly chosen, and the one that took longest. */
function chosen(each: readonly MessageReport[]): number[] {
  if (each.length <= curvesMax) return each.map(({ message }) => message);
  const time = ({ t100Ms }: MessageReport) => t100Ms ?? Number.POSITIVE_INFINITY;
  const slowest = each.reduce((one, other) => (time(other) > time(one) ? other : one));
  const step = each.length / (curvesMax - 1);
  const even = Array.from({ length: curvesMax - 1 }, (_, at) => Math.floor(at * step) + 1);
  return [...new Set([...even, slowest.message])].sort((one, other) => one - other);
}

function curveOf({ delays, audience }: MessageRecord, message: number): CoverageCurve {
  let reached = 1;
  const points: (readonly [Ms, number, number])[] = [[0, 1, round(1 / audience)]];
  for (const { ms, count } of delays.entries()) {
    reached += count;
    points.push([ms, reached, round(reached / audience)]);
  }
  return { message, points };
}

function delayReport(delays: Delays): DelayReport | null {
  const summary = delays.summary();
  if (summary === null) return null;
  const histogram = delays.entries().map(({ ms, count }) => [ms, count] as const);
  return { ...summary, meanMs: round(summary.meanMs), histogram };
}

function summed(histograms: readonly (readonly (number | undefined)[])[]): [number, number][] {
  const total = new Map<number, number>();
  for (const histogram of histograms) {
    for (const [value, count] of histogram.entries()) {
      total.set(value, (total.get(value) ?? 0) + (count ?? 0));
    }
  }
  return ascending(total);
}

export function spreadOf(numbers: readonly number[]): Spread | null {
  if (numbers.length === 0) return null;
  const sorted = numbers.toSorted((one, other) => one - other);
  const at = (index: number) => sorted[index] as number;
  const middle = (sorted.length - 1) / 2;
  return {
    min: at(0),
    median: round((at(Math.floor(middle)) + at(Math.ceil(middle))) / 2),
    mean: round(sorted.reduce((sum, number) => sum + number, 0) / sorted.length),
    max: at(sorted.length - 1),
  };
}

function ascending(histogram: ReadonlyMap<number, number>): [number, number][] {
  return [...histogram].sort(([one], [other]) => one - other);
}

function roundedFit(fit: PowerLawFit | undefined): PowerLawFit | null {
  if (fit === undefined) return null;
  return { ...fit, exponent: round(fit.exponent), distance: round(fit.distance) };
}

/** Six digits behind the point: what the last bits of a machine's arithmetic say is no finding. */
function round(number: number): number {
  return Math.round(number * 1e6) / 1e6;
}
