import {
  type ForceLink,
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force';
import type { LayoutOrder, LayoutPositions } from './layout.ts';

/**
 * Finds places for peers, away from the thread that draws. It stops by itself once all is calm, and goes
 * on when peers or links change.
 */
interface Body extends SimulationNodeDatum {
  readonly index: number;
  readonly id: number;
}

const scope = self as unknown as {
  postMessage(positions: LayoutPositions, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: { data: LayoutOrder }) => void): void;
};

/** A change makes the layout lively again, but does not shake what had found its place. */
const reheat = 0.35;
/** Calm enough. */
const alphaMin = 0.01;

/** Turning by it, one never comes back to where one was. */
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

const bodies = new Map<number, Body>();
const links: ForceLink<Body, { source: Body; target: Body }> = forceLink();
const charge = forceManyBody<Body>();
const collision = forceCollide<Body>();
const simulation = forceSimulation<Body>()
  .stop()
  .alphaMin(alphaMin)
  .velocityDecay(0.5)
  .force('link', links)
  .force('charge', charge)
  .force('collide', collision)
  .force('x', forceX<Body>(0))
  .force('y', forceY<Body>(0));
let isRunning = false;

scope.addEventListener('message', ({ data }) => {
  place(data);
  simulation.alpha(data.isFirst ? 1 : Math.max(simulation.alpha(), reheat));
  if (data.isFirst)
    for (let tick = 0; tick < settlingTicks(data.ids.length); tick += 1) simulation.tick();
  if (isRunning) return;
  isRunning = true;
  run();
});

/** Takes up who is there and who is linked, and suits the forces to their number. */
function place(order: LayoutOrder): void {
  const { ids, aspect } = order;
  const kept = new Set(ids);
  for (const id of bodies.keys()) if (!kept.has(id)) bodies.delete(id);
  const pairs = pairsOf(order);
  addNewcomers(ids, pairs);
  const nodes = ids.flatMap((id) => bodies.get(id) ?? []);
  const isLarge = nodes.length > 300;
  simulation.nodes(nodes);
  charge.strength(isLarge ? -70 : -900 / Math.sqrt(Math.max(nodes.length, 9)));
  charge.distanceMax(900).theta(isLarge ? 1.1 : 0.9);
  collision.radius(isLarge ? 7 : 22);
  simulation.force('x', forceX<Body>(0).strength(0.05 / Math.sqrt(aspect)));
  simulation.force('y', forceY<Body>(0).strength(0.05 * Math.sqrt(aspect)));
  const linked = pairs.flatMap(([a, b]) => {
    const source = bodies.get(a);
    const target = bodies.get(b);
    return source === undefined || target === undefined ? [] : [{ source, target }];
  });
  links.links(linked).distance(isLarge ? 40 : 90);
}

function pairsOf({ pairs }: LayoutOrder): [number, number][] {
  return Array.from({ length: pairs.length / 2 }, (_, n) => [
    pairs[2 * n] ?? -1,
    pairs[2 * n + 1] ?? -1,
  ]);
}

/** A newcomer appears next to a neighbour; the others on a sunflower's spiral, the same every time. */
function addNewcomers(ids: readonly number[], pairs: readonly (readonly [number, number])[]): void {
  const neighbours = new Map(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  for (const [order, id] of ids.entries()) {
    if (bodies.has(id)) continue;
    const near = bodies.get(neighbours.get(id) ?? -1);
    const angle = order * goldenAngle;
    const radius = near === undefined ? 24 * Math.sqrt(order + 1) : 30;
    const x = (near?.x ?? 0) + radius * Math.cos(angle);
    const y = (near?.y ?? 0) + radius * Math.sin(angle);
    bodies.set(id, { index: order, id, x, y });
  }
}

/** The first picture is not shown being shaken into place: some of it happens before. */
function settlingTicks(size: number): number {
  return size > 300 ? 20 : 120;
}

function run(): void {
  simulation.tick();
  const nodes = simulation.nodes();
  const ids = new Int32Array(nodes.length);
  const places = new Float32Array(2 * nodes.length);
  for (const [n, { id, x = 0, y = 0 }] of nodes.entries()) {
    ids[n] = id;
    places[2 * n] = x;
    places[2 * n + 1] = y;
  }
  isRunning = simulation.alpha() > alphaMin;
  scope.postMessage({ ids, places, isCalm: !isRunning }, [ids.buffer, places.buffer]);
  if (isRunning) setTimeout(run, 16);
}
