import type { Latency, NetworkModel } from '../network/model.ts';
import { regionNames } from '../network/regions.ts';
import type { Dice } from './dice.ts';

/** A network in its normal state; what goes wrong with it for a while are faults. */
export function drawNetwork(dice: Dice): NetworkModel {
  return {
    latency: drawLatency(dice),
    ...(dice.chance(0.5) && { loss: dice.spread(0.001, 0.05) }),
    ...(dice.chance(0.3) && {
      delays: { share: dice.between(0.01, 0.3), extraMs: dice.spread(1, 300) },
    }),
    ...(dice.chance(0.25) && {
      bandwidthBytesPerS: dice.wholeSpread(200_000, 100_000_000),
      // Room for a few of the largest messages: one that is larger than the outbox is never sent.
      outboxBytesMax: dice.wholeSpread(200_000, 8_000_000),
    }),
  };
}

function drawLatency(dice: Dice): Latency {
  switch (dice.pick(['constant', 'uniform', 'log-normal', 'regions'] as const)) {
    case 'constant':
      return { kind: 'constant', ms: dice.spread(0.05, 50) };
    case 'uniform': {
      const minMs = dice.spread(0.05, 30);
      return { kind: 'uniform', minMs, maxMs: minMs * dice.spread(1, 20) };
    }
    case 'log-normal': {
      const medianMs = dice.spread(0.1, 30);
      return { kind: 'log-normal', medianMs, p99Ms: medianMs * dice.spread(1, 10) };
    }
    case 'regions': {
      const regions = dice.some(dice.whole(1, 4), regionNames.length);
      return {
        kind: 'regions',
        regions: regions.flatMap((region) => regionNames[region] ?? []),
        jitter: dice.between(0, 0.5),
      };
    }
  }
}
