import { describe, expect, it } from 'vitest';
import { freePorts } from '../../examples/support/ports.ts';
import { ProcessNetwork, type RunningProcess } from './support/network.ts';

const url = /^metrics: (http:\/\/127\.0\.0\.1:\d+)\/metrics$/m;

describe('--metrics', () => {
  it('serves what each process counts, and whether it is ready', async () => {
    await using network = await ProcessNetwork.create(3);
    const flags = ['--metrics', '127.0.0.1:0'];
    const seeds = [0, 1, 2].map((index) => network.seed(index, flags));
    await network.logWith(
      'linked seeds',
      (lines) => lines.filter(({ text }) => text.includes('3 reachable')).length === 3,
    );
    const ports = await freePorts(3);
    const peers = ports.map((port) =>
      network.peer(port, [...flags, '--count', '1', '--interval', '0.1']),
    );
    await network.logWith(
      'every message at every peer',
      (lines) => lines.filter(({ event }) => event === 'message:received').length === 6,
    );
    for (const seed of seeds) {
      expect(await get(seed, '/readyz')).toBe('ready\n');
      const text = await get(seed, '/metrics');
      expect(text).toContain(`hearsay_peer_list_size{node="${seed.id}"} 3\n`);
      expect(text).toContain(`hearsay_seed_voting{node="${seed.id}"} 1\n`);
      expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
    }
    for (const peer of peers) {
      expect(await get(peer, '/readyz')).toBe('ready\n');
      const received = `hearsay_messages_received_total{node="${peer.id}",result="first"} 2\n`;
      expect(await get(peer, '/metrics')).toContain(received);
    }
  });

  it('at a port that is taken is an error before anything is started', async () => {
    await using network = await ProcessNetwork.create(2);
    const first = network.seed(0, ['--metrics', '127.0.0.1:0']);
    const taken = await urlOf(first);
    const second = network.seed(1, ['--metrics', taken.replace('http://', '')]);
    expect(await second.exited).toBe(3);
    expect(second.stderr()).toMatch(/is taken: serve telemetry on another port/);
  });
});

async function get(process: RunningProcess, path: string): Promise<string> {
  return (await fetch(`${await urlOf(process)}${path}`)).text();
}

async function urlOf(process: RunningProcess): Promise<string> {
  for (;;) {
    const found = url.exec(process.stderr())?.[1];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
