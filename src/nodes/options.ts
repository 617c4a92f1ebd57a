import { formatAddress, parseAddress } from '../core/address.ts';
import {
  type PeerOptions,
  type Profile,
  peerDefaults,
  type SeedOptions,
  seedDefaults,
} from '../core/config.ts';
import type { Random } from '../core/effects.ts';
import { HearsayError } from '../core/errors.ts';
import type { PeerId, SeedId } from '../core/messages.ts';
import type { Ms } from '../core/time.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SeedStorage } from '../storage/storage.ts';
import type { Transport } from '../transport/transport.ts';

/** Any part of a group of options; what is left out keeps its default. */
export type Overrides<Options> = {
  readonly [Key in keyof Options]?: Options[Key] extends object
    ? Overrides<Options[Key]>
    : Options[Key];
};

/** What a test or an unusual application may replace in any node. */
export interface NodeDependencies {
  /** Default: TCP without TLS. */
  readonly transport?: Transport;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: the operating system's generator. Sessions come from it: it must not be guessable. */
  readonly random?: Random;
}

/** Options that a GossipNode and a PeerNode share. */
export interface CommonPeerOptions extends NodeDependencies {
  /** Where to listen: `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /**
   * The address that others dial, which is this peer's PeerId. Default: the address listened on.
   * Needed when that is a wildcard (`0.0.0.0`, `[::]`) or behind a translation of addresses.
   */
  readonly advertise?: string;
  /** The defaults to start from. Default `lan`; `classroom` is the seed document's rhythm. */
  readonly profile?: Profile;
  /** Any option of the protocol, by group; see PeerOptions. */
  readonly options?: Overrides<PeerOptions>;
  /** Publish messages with the text `<timestamp>:<ip>:<number>` by itself. Default: none; see AutomaticGossip. */
  readonly automaticGossip?: AutomaticGossip;
}

/** The seed document's automatic messages: one every `intervalMs`, `count` in all. */
export interface AutomaticGossip {
  /** Default 5,000 (the seed document). */
  readonly intervalMs?: Ms;
  /** Default 10 (the seed document). */
  readonly count?: number;
}

/** Addresses of peers, or a function that finds them. */
export type PeerSource = readonly PeerId[] | (() => readonly PeerId[] | Promise<readonly PeerId[]>);

export interface GossipNodeOptions extends CommonPeerOptions {
  /**
   * The peers to gossip with: addresses, or a function that finds them, asked again every
   * `discoveryIntervalMs`. Default: none; the node then waits to be dialled.
   */
  readonly peers?: PeerSource;
  /** Default 10,000. */
  readonly discoveryIntervalMs?: Ms;
  /** Only nodes with the same name link with each other. Default `hearsay`. */
  readonly cluster?: string;
}

export interface PeerNodeOptions extends CommonPeerOptions {
  /** All seeds of the network, as `loadSeeds('config.txt')` reads them; at least two. */
  readonly seeds: readonly SeedId[];
  /** `start()` fails when no quorum of seeds has answered OK for this long. Default 30,000. */
  readonly registrationTimeoutMs?: Ms;
}

export interface SeedNodeOptions extends NodeDependencies {
  /** This seed's address exactly as the seed list has it: its SeedId. */
  readonly listen: string;
  /** Where to bind, if not at that address: `0.0.0.0:5000`, for instance. */
  readonly bind?: string;
  /** All seeds of the network, this one included; at least two. */
  readonly seeds: readonly SeedId[];
  /**
   * What this seed must not forget. Default `memoryStorage()`: after a restart it must be readmitted
   * by the others. `sqliteStorage(folder)` survives restarts.
   */
  readonly storage?: SeedStorage;
  /** Whether an address may become a peer at all. Default: every one may. */
  readonly admit?: (peer: PeerId) => boolean;
  /** Any option of the protocol; see SeedOptions. */
  readonly options?: Overrides<SeedOptions>;
}

export function resolvePeerOptions(given: CommonPeerOptions): PeerOptions {
  const profile = given.profile ?? 'lan';
  const defaults = peerDefaults[profile];
  if (defaults === undefined) {
    const known = Object.keys(peerDefaults).join(', ');
    throw invalid('profile', `'${profile}' is none of: ${known}`);
  }
  const options = merge(defaults, given.options ?? {}, 'options');
  const { minDegree, maxOutDegree, maxDegree, degreeExponent } = options.overlay;
  if (degreeExponent <= 2 || degreeExponent > 3.5) {
    throw invalid(
      'options.overlay.degreeExponent',
      `${degreeExponent} must be above 2 and at most 3.5`,
    );
  }
  if (minDegree > maxOutDegree || maxOutDegree > maxDegree) {
    throw invalid('options.overlay', 'minDegree ≤ maxOutDegree ≤ maxDegree must hold');
  }
  const { retainedMessagesMax, seenIdsMax, retainedAgeMs, seenAgeMs } = options.dissemination;
  if (retainedMessagesMax > seenIdsMax || retainedAgeMs > seenAgeMs) {
    throw invalid(
      'options.dissemination',
      'ids must be kept at least as long as payloads: retainedMessagesMax ≤ seenIdsMax, retainedAgeMs ≤ seenAgeMs',
    );
  }
  return options;
}

export function resolveSeedOptions(given: SeedNodeOptions): SeedOptions {
  const options = merge(seedDefaults, given.options ?? {}, 'options');
  const { verdicts, removalShareMax } = options;
  if (verdicts !== 'checked' && verdicts !== 'always-ok') {
    throw invalid('options.verdicts', `'${String(verdicts)}' is none of: checked, always-ok`);
  }
  if (removalShareMax > 1) {
    throw invalid('options.removalShareMax', `${removalShareMax} is a share: at most 1`);
  }
  return options;
}

/** The one spelling of an address option, or the error that names the option. */
export function canonicalAddress(
  text: string,
  option: string,
  allow: { readonly portZero?: boolean } = {},
): string {
  const address = parseAddress(text, allow);
  if (address === undefined) {
    throw invalid(
      option,
      `'${text}' is no address: write host:port, like 127.0.0.1:6000 or [::1]:6000`,
    );
  }
  return formatAddress(address.host, address.port);
}

export function canonicalSeeds(seeds: readonly SeedId[]): readonly SeedId[] {
  const canonical = seeds.map((seed, index) => canonicalAddress(seed, `seeds[${index}]`));
  const twice = canonical.find((seed, index) => canonical.indexOf(seed) !== index);
  if (twice !== undefined) throw invalid('seeds', `${twice} is listed twice`);
  if (canonical.length < 2) {
    throw invalid(
      'seeds',
      `at least 2 seeds are needed for a majority, here are ${canonical.length}`,
    );
  }
  return canonical;
}

export function invalid(option: string, problem: string): HearsayError {
  return new HearsayError('option-invalid', `option ${option}: ${problem}`, { option });
}

export function positive(value: number, option: string): number {
  if (!(Number.isFinite(value) && value > 0)) {
    throw invalid(option, `${value} must be a finite number above 0`);
  }
  return value;
}

/** Durations, shares and exponents; every other number counts something. */
const continuous = /(?:Ms|ShareMax|Exponent)$/;

function merge<Options extends object>(
  defaults: Options,
  overrides: Overrides<Options>,
  path: string,
): Options {
  const known = Object.keys(defaults);
  const entries = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(defaults));
  for (const [key, value] of entries) {
    const name = `${path}.${key}`;
    if (!known.includes(key)) throw invalid(name, `unknown; there are: ${known.join(', ')}`);
    merged[key] = mergeValue(merged[key], value, name);
  }
  return merged as Options;
}

function mergeValue(standard: unknown, value: unknown, name: string): unknown {
  if (typeof value !== typeof standard) {
    throw invalid(name, `${String(value)} must be a ${typeof standard}, like ${String(standard)}`);
  }
  if (typeof value === 'number') {
    if (!(continuous.test(name) || Number.isSafeInteger(value))) {
      throw invalid(name, `${value} must be a whole number above 0`);
    }
    return positive(value, name);
  }
  if (typeof value === 'object' && value !== null && typeof standard === 'object') {
    return merge(standard as object, value, name);
  }
  return value;
}
