import type { NodeEvent } from '../../../src/core/events.ts';
import type { LinkId, Message } from '../../../src/core/messages.ts';
import { startCheckers } from '../../../src/simulator/checkers/all-checkers.ts';
import type { CheckerKind } from '../../../src/simulator/checkers/checker.ts';
import {
  type Scenario,
  Simulation,
  type SimulationObserver,
  type Violation,
  type World,
} from '../../../src/simulator/index.ts';
import type { Hook } from '../../../src/simulator/observer.ts';

export const small: Scenario = {
  name: 'small',
  topology: { seeds: 3, peers: 12, start: { kind: 'join', spreadMs: 2_000 } },
  network: { latency: { kind: 'uniform', minMs: 0.5, maxMs: 5 } },
  load: [{ atMs: 15_000, count: 10, intervalMs: 500 }],
  durationMs: 60_000,
};

/** Runs a scenario under the eyes of these checkers; `prepare` may meddle with the world before it begins. */
export function watched(
  kinds: readonly CheckerKind[],
  changes: Partial<Scenario> = {},
  prepare: (world: World) => void = () => undefined,
) {
  const violations: Violation[] = [];
  const observers = startCheckers(kinds, {
    onViolation: (violation) => violations.push(violation),
  });
  const seen = new Map<NodeEvent['type'], number>();
  const counting: SimulationObserver = {
    event: (_atMs, _node, { type }) => void seen.set(type, (seen.get(type) ?? 0) + 1),
  };
  const simulation = new Simulation(
    { ...small, ...changes },
    { observers: [...observers, counting] },
  );
  prepare(simulation.world);
  simulation.advance();
  return { violations, simulation, world: simulation.world, seen };
}

/** What a checker says of hooks that are called by hand, in the world of a run that has not begun. */
export function shown(kind: CheckerKind, changes: Partial<Scenario> = {}) {
  const violations: Violation[] = [];
  const observers = startCheckers([kind], {
    onViolation: (violation) => violations.push(violation),
  });
  const { world } = new Simulation({ ...small, ...changes }, { observers });
  type Hooks = Required<Pick<SimulationObserver, Hook>>;
  const call = <Name extends keyof Hooks>(name: Name, ...args: Parameters<Hooks[Name]>) => {
    for (const observer of observers) {
      (observer[name] as ((...given: unknown[]) => void) | undefined)?.apply(observer, args);
    }
  };
  return { violations, world, call };
}

type AnyProcess = NonNullable<ReturnType<World['process']>>;

/** From this time on, what a node sends goes through `sending`: undefined swallows it. */
export function meddle(
  world: World,
  atMs: number,
  node: number,
  sending: (message: Message, link: LinkId, process: AnyProcess) => Message | undefined,
): void {
  world.at(atMs, () => {
    const process = world.process(node);
    if (process === undefined) throw new Error(`node ${node} does not run`);
    process.meddler = {
      sending: (link, message) => sending(message, link, process),
      received: () => undefined,
    };
  });
}

/** As if the machine of this node had emitted these events. */
export function say(world: World, node: number, ...events: NodeEvent[]): void {
  for (const event of events) world.emitted(event);
  world.handOut(node);
}
