import { describeEvent, type NodeEvent } from '../../index.ts';
import type { Census, Fault, Happening, Scenario, Violation } from '../../simulator/index.ts';

/** What a hunt has done until now, on one line. */
export function progressText(
  census: Census,
  findings: number,
  { seeds, elapsedMs }: { readonly seeds: number; readonly elapsedMs: number },
): string {
  const perSecond = census.trials / (elapsedMs / 1_000);
  const leftMs = (1_000 * (seeds - census.trials)) / perSecond;
  const found = findings === 0 ? '' : `, broken promises: ${findings}`;
  return (
    `${number(census.trials)} of ${number(seeds)} seeds, ${perSecond.toFixed(1)} seeds/s, ` +
    `${hours(census.virtualMs)} simulated${found}, ${duration(leftMs)} to go`
  );
}

/** What a hunt was, at its end. */
export function censusText(census: Census, elapsedMs: number, threads: number): string {
  const perSecond = (census.trials / (elapsedMs / 1_000)).toFixed(1);
  const faults = census.faults.map(([kind, times]) => `${kind} ${number(times)}`).join(', ');
  return (
    `${number(census.trials)} seeds in ${duration(elapsedMs)} on ${threads} threads (${perSecond} seeds/s): ` +
    `${hours(census.virtualMs)} simulated, ${number(census.events)} inputs\n` +
    `faults, by what they hit: ${faults === '' ? 'none' : faults}\n`
  );
}

/** A scenario's size, on one line. */
export function sizeText({ topology, faults = [], durationMs }: Scenario): string {
  const { seeds, peers, start } = topology;
  return `${seeds} seeds, ${peers} peers (${start.kind}), ${faults.length} faults, ${seconds(durationMs)}`;
}

export function violationText(violation: Violation): string {
  return `${violation.checker}, at ${whatText(violation)}`;
}

/** Which promise was broken. */
export function promiseText({ checker, promise }: Violation): string {
  return `${checker}: ${promise}`;
}

/** When, and what happened. */
export function whatText({ atMs, what }: Violation): string {
  return `${seconds(atMs)}: ${what}`;
}

/** What happened, a line each. */
export function happeningText({ atMs, node, what }: Happening): string {
  return `  ${seconds(atMs).padStart(11)}  ${node.padEnd(18)} ${happened(what)}`;
}

function happened(what: Happening['what']): string {
  if (typeof what === 'string') return `process ${what}`;
  return 'fault' in what ? faultText(what.fault, what.state) : eventText(what);
}

export function faultText(fault: Fault, state: 'begun' | 'ended'): string {
  const { kind, atMs: _, ...details } = fault;
  return `fault ${state}: ${kind} ${JSON.stringify(details)}`;
}

function eventText(event: NodeEvent): string {
  return `${event.type}: ${describeEvent(event).text}`;
}

function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '?';
  const total = Math.round(ms / 1_000);
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

function hours(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
