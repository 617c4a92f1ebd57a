import type { ClockJump, DiskFault, Pause, Slow } from '../scenario/scenario.ts';
import { runningNodes, type Stage } from './stage.ts';
import { nodesOf } from './who.ts';

/** Faults of single nodes that go on living: stalls, slowness, clocks, disks. */
export function beginNodeFault(fault: Pause | Slow | ClockJump | DiskFault, stage: Stage): void {
  switch (fault.kind) {
    case 'pause':
      return pause(fault, stage);
    case 'slow':
      return slow(fault, stage);
    case 'clock-jump':
      return jump(fault, stage);
    case 'disk':
      return breakDisk(fault, stage);
  }
}

function pause({ who, forMs }: Pause, stage: Stage): void {
  const { world } = stage;
  const processes = runningNodes(who, stage).flatMap((node) => world.process(node) ?? []);
  const nodes = processes.map(({ index }) => index);
  stage.begun(nodes);
  for (const process of processes) process.pause();
  world.after(forMs, () => {
    for (const process of processes) process.resume();
    stage.ended(nodes);
  });
}

function slow({ who, forMs, inputMs }: Slow, stage: Stage): void {
  const { world } = stage;
  const processes = runningNodes(who, stage).flatMap((node) => world.process(node) ?? []);
  const nodes = processes.map(({ index }) => index);
  stage.begun(nodes);
  for (const process of processes) process.slow(inputMs);
  world.after(forMs, () => {
    for (const process of processes) process.slow(0);
    stage.ended(nodes);
  });
}

function jump({ who, byMs }: ClockJump, stage: Stage): void {
  const { world, random } = stage;
  const nodes = nodesOf(who, world, random);
  stage.begun(nodes);
  for (const node of nodes) world.clockOf(node).jump(byMs);
}

const reasons = {
  EIO: 'EIO: i/o error, fsync',
  ENOSPC: 'ENOSPC: no space left on device, write',
};

function breakDisk(fault: DiskFault, stage: Stage): void {
  const { world, population } = stage;
  const { what, factor = 100, forMs, restartAfterMs } = fault;
  const seeds = runningNodes(fault.who, stage);
  stage.begun(seeds);
  for (const seed of seeds) {
    const disk = world.disk(seed);
    if (what === 'slow') {
      disk.slow(factor);
      if (forMs !== undefined) world.after(forMs, () => disk.slow(1));
      continue;
    }
    disk.fail(reasons[what]);
    if (restartAfterMs === undefined) continue;
    world.after(restartAfterMs, () => {
      disk.fail(undefined);
      population.start(seed);
    });
  }
  const lastsMs = what === 'slow' ? forMs : restartAfterMs;
  if (lastsMs !== undefined) world.after(lastsMs, () => stage.ended(seeds));
}
