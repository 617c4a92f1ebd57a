import { once } from 'node:events';
import {
  attachMetrics,
  type Observatory,
  type PeerNode,
  type SeedNode,
  serveObservatory,
  serveTelemetry,
} from 'hearsay';
import { Registry } from 'prom-client';
import type { LocalNetwork } from './local-network.ts';

/** A local network on a page, with buttons, and its metrics. */
export class Watch {
  readonly #registry = new Registry();
  readonly #early: (PeerNode | SeedNode)[] = [];
  #observatory: Observatory | undefined;

  /** Where the page is, once it is open. */
  get url(): string {
    return this.#observatory?.url ?? '';
  }

  /** Takes a node up before it starts. */
  add(node: PeerNode | SeedNode): void {
    attachMetrics(node, { registry: this.#registry });
    if (this.#observatory === undefined) this.#early.push(node);
    else this.#observatory.watch(node);
  }

  /** Serves the page; fulfilled when `signal` is aborted. */
  async open(
    network: LocalNetwork,
    { port, signal, begin }: { port: number; signal: AbortSignal; begin: () => Promise<void> },
  ): Promise<void> {
    const observatory = await serveObservatory({
      listen: `127.0.0.1:${port}`,
      title: 'a network in one process',
      seeds: network.addresses,
      nodes: this.#early,
      control: controlOf(network),
    });
    this.#observatory = observatory;
    const telemetry = await serveTelemetry({ listen: '127.0.0.1:0', registry: this.#registry });
    try {
      console.log(`\n  observatory  ${observatory.url}\n  metrics      ${telemetry.url}/metrics\n`);
      await begin();
      console.log(
        '\n  All is running: publish, kill, add, cut and heal on the page. Ctrl-C ends it.',
      );
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await observatory.close();
      await telemetry.close();
    }
  }
}

function controlOf(network: LocalNetwork) {
  const peerOf = (id: string): PeerNode => {
    const peer = network.peers.find(
      (candidate) => candidate.state === 'running' && candidate.id === id,
    );
    if (peer === undefined) throw new Error(`${id} is no running peer`);
    return peer;
  };
  return {
    publish: async (id: string, text: string) => peerOf(id).publish(text),
    kill: async (id: string) => network.killPeer(peerOf(id)),
    add: async () => network.startPeer(),
    partition: async (groups: readonly (readonly string[])[]) =>
      network.switchboard.partition(groups),
    heal: async () => network.switchboard.heal(),
  };
}
