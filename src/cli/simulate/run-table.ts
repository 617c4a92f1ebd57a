import type { RunReport, Spread } from '../../simulator/index.ts';

/** What the terminal alone says of a run: the files hold nothing that another machine would not show. */
export interface WallClock {
  /** Until the world was there: with a settled overlay its links, and the machines that are made at the start. */
  readonly preparedMs: number;
  /** The run alone. */
  readonly wallMs: number;
  /** What came after it: searching the overlay for what theory says, the results and their plots. */
  readonly evaluatedMs: number;
  readonly memoryBytes: number;
}

/** A run in a screenful. */
export function runTable(
  report: RunReport,
  { preparedMs, wallMs, evaluatedMs, memoryBytes }: WallClock,
): string {
  const { scenario, seed, overlay, messages, registration, detection, inputs, virtualMs } = report;
  const { topology } = scenario;
  const rows: [string, string][] = [
    [
      'scenario',
      `${scenario.name}, seed ${seed}: ${number(topology.seeds)} seeds, ${number(topology.peers)} peers`,
    ],
    ['virtual time', `${seconds(virtualMs)}${endOf(report)}`],
    ['overlay', overlayText(overlay)],
    ['messages', messagesText(messages)],
    ['coverage', spread(messages.coverage, (share) => `${digits(share * 100)} %`)],
    [
      't50, t99, t100',
      [messages.t50Ms, messages.t99Ms, messages.t100Ms]
        .map((time) => (time === null ? '—' : milliseconds(time.median)))
        .join(', '),
    ],
    ['hops', `${spread(messages.ldh, digits)} to the last (LDH)${theoryText(messages.theory)}`],
    [
      'redundancy',
      `${spread(messages.rmr, digits)} (RMR), ${number(messages.payloadFrames)} payload frames`,
    ],
    [
      'registration',
      registration.times === null
        ? '—'
        : `${number(registration.times.count)}, half within ${milliseconds(registration.times.p50Ms)}, all within ${milliseconds(registration.times.maxMs)}`,
    ],
    ['deaths', deathsText(detection)],
    ...promisesRows(report.promises),
    ['trace', report.traceHash],
    ['preparation', `${preparationText(report)} in ${seconds(preparedMs)} of wall clock`],
    [
      'events',
      `${number(inputs)} inputs in ${seconds(wallMs)} of wall clock: ${number(Math.round(inputs / (wallMs / 1_000)))} events/s, ${digits(virtualMs / wallMs)} times real time`,
    ],
    ['evaluation', `these figures, files and plots in ${seconds(evaluatedMs)} of wall clock`],
    ['memory', `${number(Math.round(memoryBytes / 2 ** 20))} MiB at most`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('');
}

function endOf({ ended, scenario }: RunReport): string {
  if (ended === 'complete') return '';
  const why = ended === 'aborted' ? 'interrupted' : `stopped: ${ended.stopped}`;
  return ` of ${seconds(scenario.durationMs)} (${why})`;
}

/** What was done before virtual time began. */
function preparationText({ scenario: { topology } }: RunReport): string {
  const { start } = topology;
  if (start.kind !== 'settled') return 'an empty world';
  const machines = start.machines === 'at-start' ? ' and every machine made' : '';
  return `overlay laid${machines}, no registration or handshake simulated,`;
}

function overlayText({ peers, links, meanDegree, powerLaw }: RunReport['overlay']): string {
  const law = powerLaw === null ? '' : `, power law with exponent ${digits(powerLaw.exponent)}`;
  return `${number(peers)} peers at the end, ${number(links)} links, mean degree ${digits(meanDegree)}${law}`;
}

function messagesText({ published, followed, converged }: RunReport['messages']): string {
  const followedText = followed < published ? ` of the ${number(followed)} that were followed` : '';
  return `${number(published)} published, ${number(converged)}${followedText} reached every peer`;
}

function theoryText({ eccentricity, pushGossipRounds }: RunReport['messages']['theory']): string {
  const flood =
    eccentricity === null ? [] : [`flood (eccentricity) ${spread(eccentricity, digits)}`];
  const gossip =
    pushGossipRounds === null ? [] : [`push gossip ${digits(pushGossipRounds)} rounds`];
  const all = [...flood, ...gossip];
  return all.length === 0 ? '' : `; theory: ${all.join(', ')}`;
}

function deathsText({
  killed,
  untilConfirmed,
  falseConfirmations,
}: RunReport['detection']): string {
  const mistakes =
    falseConfirmations === 0 ? '' : `; ${number(falseConfirmations)} FALSE confirmations heard`;
  if (untilConfirmed === null) return `${number(killed)} killed, none confirmed${mistakes}`;
  const { count, p50Ms, maxMs } = untilConfirmed;
  return `${number(killed)} killed, ${number(count)} confirmed, half within ${seconds(p50Ms)}, all within ${seconds(maxMs)}${mistakes}`;
}

/** A line for the whole, and two for each promise that was not kept. */
function promisesRows(promises: RunReport['promises']): [string, string][] {
  if (promises === null) return [['promises', 'not checked (--check does)']];
  const { checked, kept, violations } = promises;
  return [
    ['promises', `kept: ${kept} of ${checked}`],
    ...violations.flatMap(({ checker, promise, atMs, what }): [string, string][] => [
      ['  BROKEN', `${checker}: ${promise}`],
      ['', `at ${digits(atMs)} ms: ${what}`],
    ]),
  ];
}

function spread(values: Spread | null, text: (value: number) => string): string {
  if (values === null) return '—';
  const { min, median, max } = values;
  return min === max ? text(min) : `${text(min)} to ${text(max)}, median ${text(median)}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function digits(value: number): string {
  return Math.abs(value) >= 1_000
    ? number(Math.round(value))
    : String(Number(value.toPrecision(4)));
}

function milliseconds(ms: number): string {
  return ms >= 10_000 ? seconds(ms) : `${digits(ms)} ms`;
}

function seconds(ms: number): string {
  return `${digits(ms / 1_000)} s`;
}
