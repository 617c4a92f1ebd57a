import type { Blockade } from '../network/conditions.ts';
import type { Cut, Degrade, Partition, SwizzleClog } from '../scenario/scenario.ts';
import type { Stage } from './stage.ts';
import { nodesOf, shuffle } from './who.ts';

/** Faults of the network. */
export function beginNetworkFault(
  fault: Partition | Cut | SwizzleClog | Degrade,
  stage: Stage,
): void {
  switch (fault.kind) {
    case 'partition':
      return partition(fault, stage);
    case 'cut':
      return cut(fault, stage);
    case 'swizzle-clog':
      return swizzleClog(fault, stage);
    case 'degrade':
      return degrade(fault, stage);
  }
}

function partition(fault: Partition, stage: Stage): void {
  const groups = dealt(fault, stage);
  const count = fault.groups ?? 2;
  const blockade = blockadeOf(fault.shape, groups, count);
  const first = [...groups.keys()].filter((node) => groups[node] === 0);
  stage.begun(first);
  if (fault.flapMs === undefined) begin(blockade, stage);
  else flap(blockade, fault.flapMs, stage.world.nowMs + fault.forMs, stage);
  stage.world.after(fault.forMs, () => {
    end(blockade, stage);
    stage.ended(first);
  });
}

/** Which group each node is in. */
function dealt({ groups = 2, first }: Partition, { world, random }: Stage): Uint16Array {
  const groupOf = new Uint16Array(world.nodes);
  const inFirst = new Set(first === undefined ? [] : nodesOf(first, world, random));
  const others = [...groupOf.keys()].filter((node) => !inFirst.has(node));
  for (const [index, node] of shuffle(others, random).entries()) {
    groupOf[node] = first === undefined ? index % groups : 1 + (index % (groups - 1));
  }
  return groupOf;
}

function blockadeOf(shape: Partition['shape'], groupOf: Uint16Array, groups: number): Blockade {
  const group = (node: number) => groupOf[node] ?? 0;
  switch (shape) {
    case 'split':
      return { blocks: (from, to) => group(from) !== group(to) };
    case 'one-way':
      return { blocks: (from, to) => group(from) === 0 && group(to) !== 0 };
    case 'ring':
      return {
        blocks: (from, to) => {
          const apart = Math.abs(group(from) - group(to));
          return Math.min(apart, groups - apart) > 1;
        },
      };
  }
}

function flap(blockade: Blockade, flapMs: number, endMs: number, stage: Stage): void {
  begin(blockade, stage);
  stage.world.after(flapMs / 2, () => {
    end(blockade, stage);
    if (stage.world.nowMs + flapMs / 2 >= endMs) return;
    stage.world.after(flapMs / 2, () => flap(blockade, flapMs, endMs, stage));
  });
}

function cut(fault: Cut, stage: Stage): void {
  const { world, random } = stage;
  const from = new Set(nodesOf(fault.from, world, random));
  const to = new Set(nodesOf(fault.to, world, random));
  const isBothWays = fault.oneWay !== true;
  const blockade: Blockade = {
    blocks: (one, other) =>
      (from.has(one) && to.has(other)) || (isBothWays && from.has(other) && to.has(one)),
  };
  const nodes = [...new Set([...from, ...to])];
  stage.begun(nodes);
  begin(blockade, stage);
  world.after(fault.forMs, () => {
    end(blockade, stage);
    stage.ended(nodes);
  });
}

function swizzleClog({ who, stepMs }: SwizzleClog, stage: Stage): void {
  const { world, random } = stage;
  const nodes = nodesOf(who, world, random);
  const clogged = new Set<number>();
  const blockade: Blockade = { blocks: (from, to) => clogged.has(from) || clogged.has(to) };
  begin(blockade, stage);
  stage.begun(nodes);
  for (const [index, node] of shuffle([...nodes], random).entries()) {
    world.after(index * stepMs, () => clogged.add(node));
  }
  const fromMs = nodes.length * stepMs;
  for (const [index, node] of shuffle([...nodes], random).entries()) {
    world.after(fromMs + index * stepMs, () => {
      clogged.delete(node);
      world.network.released();
    });
  }
  world.after(2 * fromMs, () => {
    end(blockade, stage);
    stage.ended(nodes);
  });
}

function degrade({ forMs, loss = 0, latencyFactor = 1 }: Degrade, stage: Stage): void {
  const { conditions } = stage.world.network;
  const degradation = { loss, latencyFactor };
  conditions.worsen(degradation);
  stage.begun([]);
  stage.world.after(forMs, () => {
    conditions.mend(degradation);
    stage.ended([]);
  });
}

function begin(blockade: Blockade, { world }: Stage): void {
  world.network.conditions.begin(blockade);
}

function end(blockade: Blockade, { world }: Stage): void {
  world.network.conditions.end(blockade);
  world.network.released();
}
