/**
 * How fast the simulator is, part by part:
 *
 *     node bench/simulator.ts [flood-100k | million | join-10000 | churn | churn-hourly | calm] …
 *
 * Beside the first of them a bare flood over the same overlay, without any protocol, on the same queue; beside
 * `churn` the same network with peers that are up for an hour on the median, and with nothing but its own traffic.
 */

import { TimeWheel } from '../src/simulator/engine/time-wheel.ts';
import { type Fault, loadScenario, type Scenario, Simulation } from '../src/simulator/index.ts';

const rows: Record<string, Record<string, string | number>> = {};

const join10000: Scenario = {
  name: 'join-10000',
  topology: { seeds: 3, peers: 10_000, start: { kind: 'join', spreadMs: 20_000 } },
  network: { latency: { kind: 'log-normal', medianMs: 0.25, p99Ms: 2 } },
  durationMs: 30_000,
};

const parts: Record<string, () => Promise<void>> = {
  'flood-100k': async () => {
    const simulation = await flood('flood-100k');
    const { settled } = simulation.world;
    if (settled !== undefined) bareFlood(settled.links, simulation);
  },
  million: async () => {
    await flood('million');
  },
  'join-10000': async () => run(join10000),
  churn: async () => run(await loadScenario('churn')),
  'churn-hourly': async () => run(await churnOf('churn-hourly', 5_200)),
  calm: async () => run(await churnOf('calm', undefined)),
};

const wanted = process.argv.slice(2);
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) await part();
}
console.log(`Node ${process.version}`);
console.table(rows);

/** One message through a settled overlay: how long the overlay takes, and how long the message. */
async function flood(name: string): Promise<Simulation> {
  const scenario = await loadScenario(name);
  const before = memory();
  const begun = performance.now();
  const simulation = new Simulation(scenario, { seed: 42 });
  const { peers } = scenario.topology;
  const idleBytes = (memory() - before) / peers;
  const cpu = process.cpuUsage();
  const laid = performance.now();
  simulation.advance();
  const done = performance.now();
  const { deliveries, traceHash } = simulation.result();
  rows[name] = {
    'overlay s': seconds(laid - begun),
    'run s': seconds(done - laid),
    'CPU s': seconds(cpuMs(cpu)),
    inputs: deliveries,
    'inputs/s': perSecond(deliveries, done - laid),
    'bytes a peer before': Math.round(idleBytes),
    after: Math.round((memory() - before) / peers),
    'RSS MB': Math.round(process.memoryUsage().rss / 1e6),
    trace: traceHash,
  };
  return simulation;
}

/** `churn` at another rate; without one there is neither churn nor a message, but the start of both is kept. */
async function churnOf(name: string, intervalMs: number | undefined): Promise<Scenario> {
  const scenario = await loadScenario('churn');
  if (intervalMs === undefined) return { ...scenario, name, load: [], faults: [] };
  const faults = scenario.faults?.map((fault) => ({ ...fault, intervalMs }) as Fault) ?? [];
  return { ...scenario, name, faults };
}

/** All of a scenario in two parts: until all have joined, and from then on. */
function run(scenario: Scenario): void {
  const simulation = new Simulation(scenario, { seed: 42 });
  const joinedMs = Math.min(40_000, scenario.durationMs);
  measure(`${scenario.name}: joining`, simulation, joinedMs);
  if (joinedMs < scenario.durationMs) measure(scenario.name, simulation, scenario.durationMs);
}

function measure(name: string, simulation: Simulation, untilMs: number): void {
  const { deliveries: before, nowMs: fromMs } = simulation.world;
  const begun = performance.now();
  const cpu = process.cpuUsage();
  simulation.advance(untilMs);
  const tookMs = performance.now() - begun;
  const { deliveries, traceHash } = simulation.result();
  const virtualMs = untilMs - fromMs;
  rows[name] = {
    'run s': seconds(tookMs),
    'CPU s': seconds(cpuMs(cpu)),
    inputs: deliveries - before,
    'inputs/s': perSecond(deliveries - before, tookMs),
    'inputs a virtual s': perSecond(deliveries - before, virtualMs),
    'times real time': Math.round(virtualMs / tookMs),
    'times real time (CPU)': Math.round(virtualMs / cpuMs(cpu)),
    'RSS MB': Math.round(process.memoryUsage().rss / 1e6),
    trace: traceHash,
  };
}

/** The same number of frames over the same links, with a bit for each peer instead of a protocol. */
function bareFlood(links: number, { world }: Simulation): void {
  const { settled } = world;
  if (settled === undefined) return;
  const neighbours = Array.from({ length: world.peers }, (_, peer) => settled.neighboursOf(peer));
  const has = new Uint8Array(world.peers);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const wheel = new TimeWheel();
  let frames = 0;
  wheel.add(0, 1, 0, -1, undefined);
  while (wheel.take(2 ** 30)) {
    const { a: peer, b: from, now } = wheel;
    frames += 1;
    if (has[peer] === 1) continue;
    has[peer] = 1;
    for (const to of neighbours[peer] as number[]) {
      if (to !== from) wheel.add(now + 20 + ((to * 7) & 31), 1, to, peer, undefined);
    }
  }
  const tookMs = performance.now() - begun;
  rows['bare flood'] = {
    'run s': seconds(tookMs),
    'CPU s': seconds(cpuMs(cpu)),
    inputs: frames,
    'inputs/s': perSecond(frames, tookMs),
    links,
  };
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

/** On a machine that does much else, what this program took of it. */
function cpuMs(since: NodeJS.CpuUsage): number {
  return process.cpuUsage(since).user / 1000;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function perSecond(count: number, ms: number): number {
  return Math.round((count / ms) * 1000);
}
