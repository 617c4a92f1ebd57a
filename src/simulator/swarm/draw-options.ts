import type { PeerOptions, SeedOptions } from '../../core/config.ts';
import type { Overrides } from '../../core/options.ts';
import type { Scenario, Topology } from '../scenario/scenario.ts';
import type { Dice } from './dice.ts';

/**
 * Options that work, but not the defaults: bounds so small that they are reached, rhythms that
 * nobody has tried together. How many options differ is drawn, too.
 */
export function drawOptions(
  dice: Dice,
  { topology, messages }: { readonly topology: Topology; readonly messages: number },
): NonNullable<Scenario['options']> {
  // 0: all defaults; 1: none is left.
  const strangeness = dice.chance(0.2) ? 0 : dice.between(0.1, 1);
  const taste = { dice, strangeness, messages };
  const peer: Overrides<PeerOptions> = chosen(peerDraws(taste, topology), taste);
  if (topology.seeds === 0) return { peer };
  const seed: Overrides<SeedOptions> = chosen(seedDraws(taste, topology), taste);
  return { peer, seed };
}

interface Taste {
  readonly dice: Dice;
  /** The share of options that are drawn. */
  readonly strangeness: number;
  /** How many messages there will be. */
  readonly messages: number;
}

/** A function is one option, drawn or left alone; a number belongs to a group that has been drawn. */
interface Draws {
  readonly [option: string]: (() => unknown) | number | Draws;
}

function chosen(draws: Draws, taste: Taste): Record<string, unknown> {
  const entries = Object.entries(draws).flatMap(([name, draw]) => {
    if (typeof draw === 'number') return [[name, draw] as const];
    if (typeof draw !== 'function') return [[name, chosen(draw, taste)] as const];
    return isOwn(taste) ? [[name, draw()] as const] : [];
  });
  return Object.fromEntries(entries.filter(([, value]) => !isEmpty(value)));
}

function isOwn({ dice, strangeness }: Pick<Taste, 'dice' | 'strangeness'>): boolean {
  return dice.chance(strangeness);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function peerDraws(taste: Taste, { peers, seeds }: Topology): Draws {
  const { dice } = taste;
  return {
    registration: {
      retryMinMs: () => dice.spread(50, 1_000),
      retryMaxMs: () => dice.between(1_000, 10_000),
      renewIntervalMs: () => dice.between(2_000, 10_000),
      renewalsMissedMax: () => dice.whole(2, 4),
      refreshIntervalMs: () => dice.spread(500, 5_000),
      peerListLimit: () => dice.wholeSpread(8, 1_000),
      reportsMax: () => dice.wholeSpread(1, 64),
    },
    overlay: overlayDraws(taste, seeds),
    dissemination: {
      ...listDraws(taste, peers),
      idsPerFrameMax: () => dice.wholeSpread(1, 512),
      recoveryTimeoutMs: () => dice.between(500, 5_000),
      wantedIdsMax: () => dice.wholeSpread(8, 16_384),
      overflowPauseMs: () => dice.spread(100, 3_000),
    },
    failureDetection: {
      ...rhythmDraws(taste),
      helpers: () => dice.whole(1, 4),
      helperProbesMax: () => dice.wholeSpread(1, 64),
      corroborations: () => dice.whole(1, 2),
      suspicionRepeatMs: () => dice.between(1_000, 6_000),
      lateTimerMs: () => dice.spread(50, 1_000),
      localHealthMax: () => dice.whole(1, 8),
      memoryMax: () => dice.wholeSpread(Math.max(4, Math.round(peers / 2)), 10_000),
    },
  };
}

/** Degrees belong together; without seeds nobody hands out bridges, so a few links more. */
function overlayDraws(taste: Taste, seeds: number): Draws {
  const { dice } = taste;
  const minDegree = dice.whole(seeds > 0 ? 2 : 3, 4);
  const maxOutDegree = minDegree + dice.wholeSpread(1, 28);
  const maxDegree = 2 * maxOutDegree + dice.wholeSpread(1, 100);
  return {
    ...(isOwn(taste) && { minDegree, maxOutDegree, maxDegree }),
    degreeExponent: () => dice.between(2.01, 3.5),
    repairIntervalMs: () => dice.spread(200, 2_000),
    dialsMax: () => dice.wholeSpread(1, 8),
    redialMinMs: () => dice.spread(100, 1_000),
    redialMaxMs: () => dice.between(2_000, 10_000),
    pausedMax: () => dice.wholeSpread(1, 1_000),
    candidatesMax: () => dice.whole(1, 3),
    knownPeersMax: () => dice.wholeSpread(10, 10_000),
  };
}

/**
 * Ids are kept at least as long as payloads, in number and in time. There may be more messages on their way than
 * ids are remembered, but not more origins, with all their lives, than are remembered of what was forgotten.
 */
function listDraws(taste: Taste, peers: number): Draws {
  const { dice, messages } = taste;
  const retainedMessagesMax = dice.wholeSpread(2, 200);
  const isEnough = dice.chance(0.5);
  const seenIdsMin = isEnough ? Math.max(messages, 2 * retainedMessagesMax) : retainedMessagesMax;
  const seenIdsMax = seenIdsMin + dice.wholeSpread(1, 100);
  const retainedAgeMs = dice.spread(10_000, 120_000);
  const seenAgeMs = retainedAgeMs * dice.between(2, 10);
  return {
    ...(isOwn(taste) && { retainedMessagesMax, seenIdsMax, retainedAgeMs, seenAgeMs }),
    forgottenOriginsMax: () => dice.wholeSpread(8 * peers + 100, 10_000),
    // At least one of the largest messages, and the last one after them.
    retainedBytesMax: () => dice.wholeSpread(100_000, 16_000_000),
  };
}

/** A silence is some pings long, and longer than a few retransmissions. */
function rhythmDraws(taste: Taste): Draws {
  const { dice } = taste;
  const pingIntervalMs = dice.spread(300, 2_000);
  const silenceMs = Math.max(2_500, pingIntervalMs * dice.between(2.5, 5));
  const probeTimeoutMs = dice.between(1_500, 3_000);
  return isOwn(taste) ? { pingIntervalMs, silenceMs, probeTimeoutMs } : {};
}

function seedDraws({ dice }: Taste, { peers }: Topology): Draws {
  return {
    verdictTimeoutMs: () => dice.between(1_500, 2_500),
    verdictCacheMs: () => dice.spread(100, 4_000),
    // One that is gone takes a whole timeout: who looks at too few at once has no verdict before the round is over.
    probesMax: () => dice.wholeSpread(Math.max(2, Math.round(peers / 6)), 64),
    roundTimeoutMs: () => dice.between(5_000, 8_000),
    roundsMax: () => dice.whole(2, 8),
    conflictPauseMs: () => dice.spread(2, 200),
    proposalsMax: () => dice.wholeSpread(1, 256),
    waitingMax: () => dice.wholeSpread(Math.max(4, peers), 10_000),
    seedDialIntervalMs: () => dice.spread(200, 2_000),
    seedPingIntervalMs: () => dice.between(500, 2_500),
    repairIntervalMs: () => dice.spread(500, 6_000),
    repairBuckets: () => dice.wholeSpread(1, 64),
    registersPerFrameMax: () => dice.wholeSpread(1, 200),
    leaseMs: () => dice.between(45_000, 60_000),
    tombstoneRetentionMs: () => dice.spread(60_000, 86_400_000),
    removalShareMax: () => dice.between(0.05, 1),
    removalCountMin: () => dice.whole(1, 8),
    removalWindowMs: () => dice.spread(5_000, 60_000),
    peerListLimit: () => dice.wholeSpread(8, 1_000),
    membersMax: () => dice.wholeSpread(2 * peers + 20, 65_536),
    reportedNeighboursMax: () => dice.wholeSpread(8, 256),
  };
}
