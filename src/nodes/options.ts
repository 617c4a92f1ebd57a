import type { Tracer } from '@opentelemetry/api';
import { formatAddress, parseAddress } from '../core/address.ts';
import type { PeerOptions, Profile, SeedOptions } from '../core/config.ts';
import type { Random } from '../core/effects.ts';
import type { PeerId, SeedId } from '../core/messages.ts';
import { invalid, mergePeerOptions, mergeSeedOptions, type Overrides } from '../core/options.ts';
import type { Ms } from '../core/time.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SeedStorage } from '../storage/storage.ts';
import type { MetricsOptions } from '../telemetry/metrics.ts';
import type { Transport } from '../transport/transport.ts';

/** What a test or an unusual application may replace in any node. */
export interface NodeDependencies {
  /** Default: TCP without TLS. */
  readonly transport?: Transport;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: the operating system's generator. Sessions come from it: it must not be guessable. */
  readonly random?: Random;
  /** Traces this node with spans of this tracer, as `attachTracing(node, { tracer })` does. Default: no traces. */
  readonly tracer?: Tracer;
  /**
   * Count and measure this node in a prom-client registry, as `attachMetrics` does; its series leave
   * the registry when it has stopped. Default: no metrics.
   */
  readonly metrics?: MetricsOptions;
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
  /**
   * Where this host serves the metrics of this peer, 1 … 65,535: the seeds list it for Prometheus
   * (`/sd` of `serveTelemetry`). Only a port; the host is the PeerId's. Default: not listed.
   */
  readonly metricsPort?: number;
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

export function resolvePeerOptions({ profile, options }: CommonPeerOptions): PeerOptions {
  return mergePeerOptions(profile ?? 'lan', options);
}

export function resolveSeedOptions({ options }: SeedNodeOptions): SeedOptions {
  return mergeSeedOptions(options);
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

export function portNumber(value: number, option: string): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= 65_535) return value;
  throw invalid(option, `${value} is no port: a whole number from 1 to 65535`);
}
