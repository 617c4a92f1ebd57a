import type { Ms } from '../../core/time.ts';
import type { Topology } from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';

/** Small networks are cheap, and most faults need few nodes; a large one now and then. */
const peersMin = 3;
const peersMax = 60;
const seedsDefaultAfterMs = 3_000;

export function drawTopology(dice: Dice): Topology {
  const seeds = dice.chance(0.15) ? 0 : dice.pick([2, 3, 3, 3, 3, 4, 5, 5]);
  const peers = dice.wholeSpread(peersMin, peersMax);
  const isSettled = seeds === 0 && dice.chance(0.4);
  return {
    seeds,
    peers,
    start: isSettled
      ? { kind: 'settled', machines: dice.pick(['when-touched', 'at-start']) }
      : { kind: 'join', spreadMs: dice.spread(1, 6_000), ...(seeds > 0 && lateStart(dice)) },
    ...(dice.chance(0.4) && { clocks: drawClocks(dice) }),
    ...(seeds > 0 && dice.chance(0.6) && { disks: drawDisks(dice) }),
  };
}

/** When the last peer of the beginning has started. */
export function joinedMs({ start, seeds }: Topology): Ms {
  if (start.kind === 'settled') return 0;
  return (start.afterMs ?? (seeds > 0 ? seedsDefaultAfterMs : 0)) + start.spreadMs;
}

/** Peers also come before the seeds have found each other. */
function lateStart(dice: Dice) {
  return dice.chance(0.5) && { afterMs: dice.between(0, 5_000) };
}

function drawClocks(dice: Dice): NonNullable<Topology['clocks']> {
  return {
    offsetMaxMs: dice.spread(1, 3_600_000),
    ...(dice.chance(0.5) && { driftMax: dice.spread(0.001, 0.01) }),
  };
}

/** From an NVMe drive to a disk that is nearly dead. */
function drawDisks(dice: Dice): NonNullable<Topology['disks']> {
  const minMs = dice.spread(0.05, 20);
  return { minMs, maxMs: minMs * dice.between(1, 10) };
}
