import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Registry } from 'prom-client';
import {
  attachMetrics,
  digestNumber,
  HearsayError,
  type MeasuredNode,
  MetricsHistory,
  type NodeEvent,
  quorumOf,
} from '../../index.ts';
import type { Scenario, SimulationObserver, World } from '../../simulator/index.ts';
import { prepareFile } from './run-folder.ts';

/** Numbers of one node at one moment, about: counted in scenarios that come with Hearsay. */
const numbersPerNode = 130;
/** 8 bytes each, and what holds them. */
const numbersMax = 100_000_000;

/** Records the metrics of all nodes of a run, by the recorder of live nodes, every so often of virtual time. */
export class OpenMetricsFile {
  readonly observer: SimulationObserver;
  readonly #path: string;
  readonly #history: MetricsHistory;

  private constructor(path: string, intervalMs: number) {
    this.#path = path;
    const registry = new Registry();
    // As Prometheus would have labelled what it scrapes; the dashboards ask for the job.
    this.#history = new MetricsHistory(registry, { job: 'hearsay', instance: 'simulation' });
    this.observer = new MetricsObserver(registry, this.#history, intervalMs);
  }

  /** Throws `option-invalid`, before the run, when its memory would not do. */
  static async open(
    path: string,
    intervalMs: number,
    scenario: Scenario,
  ): Promise<OpenMetricsFile> {
    const nodes = scenario.topology.peers + scenario.topology.seeds;
    const numbers = nodes * numbersPerNode * (scenario.durationMs / intervalMs);
    if (numbers > numbersMax) {
      const seconds = Math.ceil((intervalMs * numbers) / numbersMax / 1_000);
      throw new HearsayError(
        'option-invalid',
        `--openmetrics: ${nodes} nodes every ${intervalMs / 1_000} s are too many numbers to hold; take --sample-interval ${seconds} or more, or fewer peers`,
        { option: 'sample-interval' },
      );
    }
    await prepareFile(path, '--openmetrics');
    return new OpenMetricsFile(path, intervalMs);
  }

  async close(): Promise<void> {
    await pipeline(Readable.from(this.#history.text()), createWriteStream(this.#path));
  }
}

class MetricsObserver implements SimulationObserver {
  readonly #registry: Registry;
  readonly #history: MetricsHistory;
  readonly #intervalMs: number;
  readonly #recorders = new Map<number, (event: NodeEvent) => void>();
  #world: World | undefined;
  #sampledAtMs = -1;

  constructor(registry: Registry, history: MetricsHistory, intervalMs: number) {
    this.#registry = registry;
    this.#history = history;
    this.#intervalMs = intervalMs;
  }

  begin(world: World): void {
    this.#world = world;
    const sample = () => {
      this.#sample(world);
      if (world.nowMs < world.scenario.durationMs) world.after(this.#intervalMs, sample);
    };
    world.at(0, sample);
  }

  life(_atMs: number, node: number): void {
    const world = this.#world;
    if (world === undefined || this.#recorders.has(node)) return;
    attachMetrics(
      measured(world, node, (observer) => this.#recorders.set(node, observer)),
      {
        registry: this.#registry,
      },
    );
  }

  event(_atMs: number, node: number, event: NodeEvent): void {
    this.#recorders.get(node)?.(event);
  }

  end(): void {
    if (this.#world !== undefined) this.#sample(this.#world);
  }

  #sample(world: World): void {
    if (world.nowMs === this.#sampledAtMs) return;
    this.#sampledAtMs = world.nowMs;
    this.#history.sample(world.epochMs + world.nowMs);
  }
}

/** A simulated node with the face of a live one. It keeps its series through restarts. */
function measured(
  world: World,
  node: number,
  observe: (observer: (event: NodeEvent) => void) => void,
): MeasuredNode {
  const statistics = world.isSeed(node)
    ? () => {
        const seed = world.seedMachine(node);
        const { size = 0, digest = '' } = seed?.listed ?? {};
        return {
          seedsReachable: seed?.reachableSeeds().length ?? 0,
          quorum: quorumOf(world.seeds),
          voting: seed?.voting ? 1 : 0,
          peerListSize: size,
          peerListDigest: digestNumber(digest),
        };
      }
    : () => {
        const { overlay, membership, dissemination } = world.peer(node) ?? {};
        const { size = 0, retained = 0, retainedBytes = 0 } = dissemination?.messageList ?? {};
        return {
          neighbours: overlay?.degree ?? 0,
          knownPeers: membership?.size ?? 0,
          messageIds: size,
          messagesRetained: retained,
          messageBytesRetained: retainedBytes,
        };
      };
  return {
    id: world.idOf(node),
    state: 'running',
    role: world.isSeed(node) ? 'seed' : 'peer',
    statistics,
    observe: (observer) => {
      observe(observer);
      return () => undefined;
    },
  };
}
