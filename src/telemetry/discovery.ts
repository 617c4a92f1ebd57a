import { type Address, formatAddress, parseAddress } from '../core/address.ts';
import type { NodeId, NodeRole, PeerId } from '../core/messages.ts';

/** A living peer that told the seeds where its host serves its metrics. */
export interface ExposedPeer {
  readonly id: PeerId;
  readonly metricsPort: number;
}

/** What `/sd` answers: Prometheus's HTTP service discovery. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

interface Target {
  readonly address: string;
  readonly node: NodeId;
  readonly role: NodeRole;
}

/** The living peers that expose metrics, as one seed knows them, and that seed itself. */
export interface ExposedBySeed {
  readonly seed: NodeId;
  readonly peers: readonly ExposedPeer[];
}

/**
 * One target for each place where metrics are served. Labels: `node` and `role`, where all nodes
 * that are served there share them; a process that runs several nodes is one target without `node`.
 */
export function targetGroups(seeds: readonly ExposedBySeed[], server: Address): TargetGroup[] {
  const targets = seeds.flatMap(({ seed, peers }) => [
    { address: addressOfSeed(seed, server), node: seed, role: 'seed' as const },
    ...peers.flatMap((peer) => targetOf(peer)),
  ]);
  return [...Map.groupBy(targets, ({ address }) => address)].map(([address, served]) => ({
    targets: [address],
    labels: labelsOf(served),
  }));
}

function targetOf({ id, metricsPort }: ExposedPeer): Target[] {
  const host = parseAddress(id)?.host;
  if (host === undefined) return [];
  return [{ address: formatAddress(host, metricsPort), node: id, role: 'peer' }];
}

/** This server's own address; where it listens on all of them, the seed's host. */
function addressOfSeed(seed: NodeId, { host, port }: Address): string {
  const isWildcard = host === '0.0.0.0' || host === '::';
  return formatAddress(isWildcard ? (parseAddress(seed)?.host ?? host) : host, port);
}

function labelsOf(targets: readonly Target[]): Record<string, string> {
  const nodes = new Set(targets.map(({ node }) => node));
  const roles = new Set(targets.map(({ role }) => role));
  return {
    ...(nodes.size === 1 && { node: [...nodes].join() }),
    ...(roles.size === 1 && { role: [...roles].join() }),
  };
}
