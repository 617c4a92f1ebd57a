import { meanHopMs } from '../results/hop-time.ts';
import type { RunReport } from '../results/report.ts';

/** What a sweep keeps of a run. Of its messages the median, where nothing else is said; null: there were none. */
export interface SweepMeasures {
  readonly peers: number;
  readonly links: number;
  readonly meanDegree: number;
  readonly published: number;
  readonly converged: number;
  /** The mean. */
  readonly coverage: number | null;
  readonly t50Ms: number | null;
  readonly t99Ms: number | null;
  readonly t100Ms: number | null;
  readonly meanHops: number | null;
  readonly ldh: number | null;
  readonly rmr: number | null;
  /** Payload frames of a message, the mean. */
  readonly frames: number | null;
  /** How long a hop took, the mean of all. */
  readonly hopMs: number | null;
  /** Theory: the longest of the shortest ways, their mean, and a flood's frames, in the overlay of the run. */
  readonly eccentricity: number | null;
  readonly meanDistance: number | null;
  readonly floodSends: number | null;
  /** 99 of 100 registrations took no longer. */
  readonly registrationMs: number | null;
  /** 99 of 100 deaths were confirmed within. */
  readonly detectionMs: number | null;
  readonly falseConfirmations: number;
  readonly inputs: number;
  readonly traceHash: string;
}

/** The measures that are numbers. */
export type MeasureName = Exclude<keyof SweepMeasures, 'traceHash'>;

export function measuresOf(report: RunReport): SweepMeasures {
  const { overlay, messages, registration, detection, inputs, traceHash } = report;
  const { theory, published } = messages;
  const distances = theory.distances.filter(([distance]) => distance > 0);
  return {
    peers: overlay.peers,
    links: overlay.links,
    meanDegree: overlay.meanDegree,
    published,
    converged: messages.converged,
    coverage: messages.coverage?.mean ?? null,
    t50Ms: messages.t50Ms?.median ?? null,
    t99Ms: messages.t99Ms?.median ?? null,
    t100Ms: messages.t100Ms?.median ?? null,
    meanHops: meanOf(messages.hops),
    ldh: messages.ldh?.median ?? null,
    rmr: messages.rmr?.median ?? null,
    frames: published === 0 ? null : rounded(messages.payloadFrames / published),
    hopMs: rounded(meanHopMs(report)),
    eccentricity: theory.eccentricity?.median ?? null,
    meanDistance: meanOf(distances),
    floodSends: theory.floodSends?.median ?? null,
    registrationMs: registration.times?.p99Ms ?? null,
    detectionMs: detection.untilConfirmed?.p99Ms ?? null,
    falseConfirmations: detection.falseConfirmations,
    inputs,
    traceHash,
  };
}

function meanOf(histogram: readonly (readonly [number, number])[]): number | null {
  let total = 0;
  let count = 0;
  for (const [value, times] of histogram) {
    total += value * times;
    count += times;
  }
  return count === 0 ? null : rounded(total / count);
}

/** Six digits behind the point, as in the report. */
function rounded<Value extends number | null>(value: Value): Value {
  return value === null ? value : ((Math.round(value * 1e6) / 1e6) as Value);
}
