import { peersOf } from '../scenario/check.ts';
import type { Choice, Fault, Load, Scenario, Who } from '../scenario/scenario.ts';

/** Ways to make a scenario smaller, the boldest first; each candidate is tried, and kept if it still fails. */
export type Reduction = (scenario: Scenario) => Iterable<Scenario>;

export const reductions: readonly Reduction[] = [
  shorter,
  fewerFaults,
  fewerPeers,
  fewerSeeds,
  lessLoad,
  plainerOptions,
  plainerSurroundings,
  smallerFaults,
];

/** The scenario with this end; what comes later goes. */
export function endingAt(scenario: Scenario, durationMs: number): Scenario {
  const inTime = ({ atMs }: Fault | Load) => atMs <= durationMs;
  const { load = [], faults = [] } = scenario;
  return { ...scenario, durationMs, load: load.filter(inTime), faults: faults.filter(inTime) };
}

function* shorter(scenario: Scenario): Iterable<Scenario> {
  const { durationMs } = scenario;
  for (const share of [0.25, 0.5, 0.75, 0.9]) {
    yield endingAt(scenario, Math.max(1, Math.ceil(durationMs * share)));
  }
}

function* fewerFaults(scenario: Scenario): Iterable<Scenario> {
  for (const faults of withoutParts(scenario.faults ?? [])) yield fitted({ ...scenario, faults });
}

/** Without one half, one quarter, …, one item (Zeller, Hildebrandt: delta debugging). */
function* withoutParts<Item>(items: readonly Item[]): Iterable<Item[]> {
  for (let size = items.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < items.length; from += size) {
      yield [...items.slice(0, from), ...items.slice(from + size)];
    }
  }
}

function* fewerPeers(scenario: Scenario): Iterable<Scenario> {
  const { peers } = scenario.topology;
  for (const fewer of new Set([2, peers >> 1, Math.floor(peers * 0.75), peers - 1])) {
    if (fewer >= 1 && fewer < peers) yield resized(scenario, { peers: fewer });
  }
}

function* fewerSeeds(scenario: Scenario): Iterable<Scenario> {
  const { seeds } = scenario.topology;
  // Never none: without seeds other rules hold.
  for (const fewer of [2, 3, 4]) if (fewer < seeds) yield resized(scenario, { seeds: fewer });
}

function resized(
  scenario: Scenario,
  sizes: { readonly peers?: number; readonly seeds?: number },
): Scenario {
  return fitted({ ...scenario, topology: { ...scenario.topology, ...sizes } });
}

function* lessLoad(scenario: Scenario): Iterable<Scenario> {
  const { load = [] } = scenario;
  for (const fewer of withoutParts(load)) yield { ...scenario, load: fewer };
  for (const [at, one] of load.entries()) {
    const { count = 1, bytes } = one;
    if (count > 1) {
      yield { ...scenario, load: load.with(at, { ...one, count: 1 }) };
      yield { ...scenario, load: load.with(at, { ...one, count: count >> 1 }) };
    }
    if (bytes !== undefined) yield { ...scenario, load: load.with(at, without(one, 'bytes')) };
  }
}

/** Back to the defaults: all at once, a group of them, one. */
function* plainerOptions(scenario: Scenario): Iterable<Scenario> {
  if (scenario.options === undefined) return;
  yield without(scenario, 'options');
  for (const path of pathsOf(scenario.options)) {
    yield { ...scenario, options: withoutPath(scenario.options, path) };
  }
}

function* plainerSurroundings(scenario: Scenario): Iterable<Scenario> {
  const { network, topology } = scenario;
  const latency = { kind: 'constant', ms: 1 } as const;
  yield { ...scenario, network: { latency } };
  if (network.latency.kind !== 'constant') yield { ...scenario, network: { ...network, latency } };
  for (const part of ['loss', 'delays', 'bandwidthBytesPerS', 'outboxBytesMax'] as const) {
    if (part in network) yield { ...scenario, network: without(network, part) };
  }
  for (const part of ['clocks', 'disks'] as const) {
    if (part in topology) yield { ...scenario, topology: without(topology, part) };
  }
}

function* smallerFaults(scenario: Scenario): Iterable<Scenario> {
  const { faults = [] } = scenario;
  for (const [at, fault] of faults.entries()) {
    for (const smaller of smallerOf(fault)) {
      yield fitted({ ...scenario, faults: faults.with(at, smaller) });
    }
  }
}

function* smallerOf(fault: Fault): Iterable<Fault> {
  if ('who' in fault) {
    for (const who of smallerWho(fault.who)) yield { ...fault, who } as Fault;
  }
  if (fault.kind === 'join' && fault.peers > 1) yield { ...fault, peers: fault.peers >> 1 };
  if ('forMs' in fault && fault.forMs !== undefined && fault.forMs > 100) {
    yield { ...fault, forMs: fault.forMs / 2 };
  }
  if ('spreadMs' in fault) yield without(fault, 'spreadMs') as Fault;
  if ('flapMs' in fault) yield without(fault, 'flapMs');
}

function* smallerWho(who: Who): Iterable<Who> {
  const { peers, seeds } = who;
  if (peers !== undefined && seeds !== undefined) yield* [{ peers }, { seeds }];
  for (const role of ['peers', 'seeds'] as const) {
    const choice = who[role];
    if (choice === undefined) continue;
    for (const smaller of smallerChoices(choice)) yield { ...who, [role]: smaller };
  }
}

/** Named ones are smaller than drawn ones: whom those hit depends on everything else. */
function* smallerChoices(choice: Choice): Iterable<Choice> {
  if (!Array.isArray(choice)) yield [0];
  if (choice === 'all') yield* [1, { share: 0.5 }];
  else if (typeof choice === 'number') yield* choice > 1 ? [1, choice >> 1] : [];
  else if ('share' in choice) yield 1;
  else yield* [...withoutParts(choice)].filter(({ length }) => length > 0);
}

// ---------------------------------------------------------------- keeping sense

/** The same with every number and name within the sizes of its topology. */
function fitted(scenario: Scenario): Scenario {
  const { seeds, start } = scenario.topology;
  const peers = peersOf(scenario);
  const faults = (scenario.faults ?? []).flatMap((fault) => fittedFault(fault, { peers, seeds }));
  const load = (scenario.load ?? []).map((one) =>
    typeof one.from === 'number' && one.from >= peers ? without(one, 'from') : one,
  );
  const settles = start.kind === 'settled' && seeds > 0;
  return settles ? scenario : { ...scenario, faults, load };
}

interface Sizes {
  readonly peers: number;
  readonly seeds: number;
}

function fittedFault(fault: Fault, sizes: Sizes): Fault[] {
  if (fault.kind === 'cut') {
    const [from, to] = [fittedWho(fault.from, sizes), fittedWho(fault.to, sizes)];
    return from && to ? [{ ...fault, from, to }] : [];
  }
  if (fault.kind === 'partition') {
    const first = fault.first && fittedWho(fault.first, sizes);
    return [first ? { ...fault, first } : without(fault, 'first')];
  }
  if (!('who' in fault)) return [fault];
  const who = fittedWho(fault.who, sizes);
  return who ? [{ ...fault, who } as Fault] : [];
}

function fittedWho(who: Who, sizes: Sizes): Who | undefined {
  const peers = fittedChoice(who.peers, sizes.peers);
  const seeds = fittedChoice(who.seeds, sizes.seeds);
  if (peers === undefined && seeds === undefined) return undefined;
  return { ...(peers !== undefined && { peers }), ...(seeds !== undefined && { seeds }) };
}

function fittedChoice(choice: Choice | undefined, size: number): Choice | undefined {
  if (choice === undefined || size === 0) return undefined;
  if (typeof choice === 'number') return Math.min(choice, size);
  if (typeof choice === 'string' || 'share' in choice) return choice;
  const within = choice.filter((number) => number < size);
  return within.length > 0 ? within : undefined;
}

function without<Whole extends object, Key extends keyof Whole>(
  whole: Whole,
  key: Key,
): Omit<Whole, Key> & Whole {
  const { [key]: _, ...rest } = whole;
  // Only ever called for what may be missing.
  return rest as Omit<Whole, Key> & Whole;
}

type Path = readonly string[];

/** Every group and every value of nested records, groups first. */
function* pathsOf(record: object, prefix: Path = []): Iterable<Path> {
  for (const [key, value] of Object.entries(record)) {
    yield [...prefix, key];
    if (typeof value === 'object' && value !== null) yield* pathsOf(value, [...prefix, key]);
  }
}

function withoutPath<Part extends object>(record: Part, [key = '', ...rest]: Path): Part {
  const { [key]: value, ...others } = record as Record<string, unknown>;
  if (rest.length === 0 || typeof value !== 'object' || value === null) return others as Part;
  return { ...others, [key]: withoutPath(value, rest) } as Part;
}
