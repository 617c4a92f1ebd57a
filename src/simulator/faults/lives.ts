import { PeerProcess } from '../nodes/peer-process.ts';
import type { Churn, Crash, Join, LeaveFault } from '../scenario/scenario.ts';
import { runningNodes, type Stage, turnMs } from './stage.ts';

/** Faults that begin and end lives. */
export function beginLifeFault(fault: Crash | LeaveFault | Join | Churn, stage: Stage): void {
  switch (fault.kind) {
    case 'crash':
      return crash(fault, stage);
    case 'leave':
      return leave(fault, stage);
    case 'join':
      return join(fault, stage);
    case 'churn':
      return churn(fault, stage);
  }
}

function crash(fault: Crash, stage: Stage): void {
  const { world, population } = stage;
  const { spreadMs = 0, restartAfterMs } = fault;
  const nodes = runningNodes(fault.who, stage);
  stage.begun(nodes);
  for (const [index, node] of nodes.entries()) {
    const turn = turnMs(index, nodes.length, spreadMs);
    world.after(turn, () => kill(node, fault, stage));
    if (restartAfterMs !== undefined) {
      world.after(turn + restartAfterMs, () => population.start(node));
    }
  }
  world.after(spreadMs + (restartAfterMs ?? 0), () => stage.ended(nodes));
}

function kill(node: number, { how = 'kill', disk = 'lost' }: Crash, { world }: Stage): void {
  if (!world.isRunning(node)) return;
  world.end(node, how === 'kill' ? 'killed' : 'powered-off');
  if (!world.isSeed(node)) return;
  world.disk(node).crash(disk === 'vanish' ? 'lost' : disk);
  if (disk === 'vanish') world.replaceDisk(node);
}

function leave({ who, spreadMs = 0 }: LeaveFault, stage: Stage): void {
  const nodes = runningNodes(who, stage);
  stage.begun(nodes);
  for (const [index, node] of nodes.entries()) {
    stage.world.after(turnMs(index, nodes.length, spreadMs), () => sayGoodbye(node, stage));
  }
}

function sayGoodbye(node: number, { world }: Stage): void {
  const process = world.process(node);
  if (process instanceof PeerProcess) process.command({ type: 'leave' });
}

function join({ peers, spreadMs = 0 }: Join, stage: Stage): void {
  const nodes = Array.from({ length: peers }, () => stage.population.newcomer());
  stage.begun(nodes);
  for (const [index, node] of nodes.entries()) {
    stage.world.after(turnMs(index, peers, spreadMs), () => stage.population.start(node));
  }
}

/** Departures and returns at random times: uniform, with the given means. */
function churn(fault: Churn, stage: Stage): void {
  const { world, population, random } = stage;
  const endMs = world.nowMs + fault.forMs;
  stage.begun([]);
  const next = () => {
    const waitMs = random() * 2 * fault.intervalMs;
    if (world.nowMs + waitMs >= endMs) {
      world.at(endMs, () => stage.ended([]));
      return;
    }
    world.after(waitMs, () => {
      const node = world.peerNode(Math.floor(random() * world.peers));
      const leaves = random() < (fault.leaveShare ?? 0);
      const downMs = random() * 2 * fault.downMs;
      if (world.isRunning(node)) {
        if (leaves) sayGoodbye(node, stage);
        else world.end(node, 'killed');
        world.after(downMs, () => population.start(node));
      }
      next();
    });
  };
  next();
}
