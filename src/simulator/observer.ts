import type { NodeEvent } from '../core/events.ts';
import type { LinkId, Message } from '../core/messages.ts';
import type { StorageWrite } from '../core/seed/stored.ts';
import type { Ms } from '../core/time.ts';
import type { Fault } from './scenario/scenario.ts';
import type { World } from './world.ts';

/**
 * - `started`: a process began; also a peer of a settled overlay that is touched for the first time
 * - `killed`, `powered-off`: by a fault
 * - `left`: a peer has said its goodbyes
 * - `failed`: a seed whose disk failed has stopped
 */
export type LifeChange = 'started' | 'killed' | 'powered-off' | 'left' | 'failed';

/**
 * What looks on at a run: results, checkers, metrics. Each part is optional, and costs nothing when no
 * observer has it. Nodes are named by their index: `world.idOf(node)` is the PeerId or SeedId.
 * An observer must not change the world but by `world.at` and `world.stop`.
 */
export interface SimulationObserver {
  /** Before anything has happened. */
  begin?(world: World): void;
  /** A node's event, after its machine has finished with the input that caused it. */
  event?(atMs: Ms, node: number, event: NodeEvent): void;
  /**
   * A frame is handed to the network. `end` names the connection and the direction: it is the sender's
   * end, `end ^ 1` the receiver's; numbers of closed connections are used again, `generation` is
   * another one then.
   */
  frame?(
    atMs: Ms,
    end: number,
    generation: number,
    from: number,
    to: number,
    message: Message,
  ): void;
  /** The frames that `frame` hears of. Default: all. */
  readonly frameTypes?: readonly Message['type'][];
  /** A process dials; `to` is -1 where nobody has that address, and `link` is what the process calls it. */
  dial?(atMs: Ms, from: number, to: number, link: LinkId): void;
  /** A write is on a seed's disk. */
  durable?(atMs: Ms, seed: number, write: StorageWrite): void;
  /** A process began or ended; `life` counts the processes of the node from 1. */
  life?(atMs: Ms, node: number, change: LifeChange, life: number): void;
  /** A fault of the scenario begins or is over; `nodes` are those that it was drawn for, if any. */
  fault?(
    atMs: Ms,
    index: number,
    fault: Fault,
    state: 'begun' | 'ended',
    nodes: readonly number[],
  ): void;
  /** The run is over. */
  end?(atMs: Ms): void;
}

type AnyHook = (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown, f: unknown) => void;
export type Hook = Exclude<keyof SimulationObserver, 'frameTypes'>;
type HookOf<Name extends Hook> = NonNullable<SimulationObserver[Name]>;

/** The listeners to frames: one function that tells each of those that want its type, or none. */
export function frameListenerOf(
  observers: readonly SimulationObserver[],
): HookOf<'frame'> | undefined {
  const listening = observers.filter(({ frame }) => frame !== undefined);
  if (listening.length === 0) return undefined;
  const byType = new Map<Message['type'], HookOf<'frame'> | null>();
  const listenerTo = (type: Message['type']) => {
    const wanting = listening.filter(({ frameTypes }) => frameTypes?.includes(type) ?? true);
    const listener = listenersOf(wanting, 'frame') ?? null;
    byType.set(type, listener);
    return listener;
  };
  return (atMs, end, generation, from, to, message) => {
    const { type } = message;
    const known = byType.get(type);
    const listener = known === undefined ? listenerTo(type) : known;
    listener?.(atMs, end, generation, from, to, message);
  };
}

/** The listeners of one part: one function, or none. */
export function listenersOf<Name extends Hook>(
  observers: readonly SimulationObserver[],
  name: Name,
): HookOf<Name> | undefined {
  const hooks = observers.flatMap((observer) => {
    const hook = observer[name];
    return hook === undefined ? [] : [hook.bind(observer) as AnyHook];
  });
  if (hooks.length === 0) return undefined;
  const [only] = hooks;
  if (hooks.length === 1) return only as HookOf<Name>;
  // One by one: a rest parameter would be an array for each event.
  const all: AnyHook = (a, b, c, d, e, f) => {
    for (const hook of hooks) hook(a, b, c, d, e, f);
  };
  return all as HookOf<Name>;
}
