import { describe, expect, it } from 'vitest';
import { freePorts } from '../../examples/support/ports.ts';
import { type LogLine, ProcessNetwork, type RunningProcess } from './support/network.ts';

/** A rhythm ten times the classroom's: ping 0.5 s, silence 1.5 s. */
const fast = ['--ping', '0.5', '--silence', '1.5', '--renew', '1', '--interval', '0.3'];
const quiet = [...fast, '--count', '0'];

const linesOf = (log: readonly LogLine[], id: string, event: string) =>
  log.filter((line) => line.id === id && line.event === event);
const has = (log: readonly LogLine[], id: string, event: string, text = '') =>
  linesOf(log, id, event).some((line) => line.text.includes(text));

async function startSeeds(network: ProcessNetwork): Promise<RunningProcess[]> {
  const seeds = network.seeds.map((_, index) => network.seed(index));
  await network.logWith('all seeds linked', (log) =>
    network.seeds.every((id) => linesOf(log, id, 'seed:up').length >= network.seeds.length - 1),
  );
  return seeds;
}

async function startPeers(
  network: ProcessNetwork,
  count: number,
  flags: readonly string[],
): Promise<RunningProcess[]> {
  const peers: RunningProcess[] = [];
  for (const port of await freePorts(count)) {
    const peer = network.peer(port, flags);
    peers.push(peer);
    await network.logWith(`${peer.id} registered`, (log) => has(log, peer.id, 'peer:registered'));
  }
  return peers;
}

describe('seeds and peers as processes', () => {
  it('log proposals, consensus, commits from other seeds, peer lists and every message once', async () => {
    await using network = await ProcessNetwork.create(3);
    await startSeeds(network);
    const peers = await startPeers(network, 5, fast);
    const messagesOf = (log: readonly LogLine[], id: string) => [
      ...linesOf(log, id, 'message:published'),
      ...linesOf(log, id, 'message:received'),
    ];
    const log = await network.logWith('50 messages at each peer', (lines) =>
      peers.every(({ id }) => messagesOf(lines, id).length >= 50),
    );

    for (const { id } of peers) {
      const texts = messagesOf(log, id).map(({ text }) => /id ([0-9a-f]{64})/.exec(text)?.[1]);
      expect(new Set(texts).size).toBe(50);
      expect(texts).toHaveLength(50);
      expect(messagesOf(log, id)[0]?.text).toMatch(/"\d{13}:127\.0\.0\.1:\d+"/);
      expect(has(log, id, 'peer-list:received')).toBe(true);
      const decided = log.filter((line) => line.event === 'registration:committed');
      expect(decided.some(({ text }) => text.includes(id) && /2 of 3|3 of 3/.test(text))).toBe(
        true,
      );
      expect(decided.some(({ text }) => text.includes(id) && text.startsWith('From seed'))).toBe(
        true,
      );
      expect(
        log.some((line) => line.event === 'registration:proposed' && line.text.includes(id)),
      ).toBe(true);
    }
  });

  it('bury a peer killed with -9 through both levels of agreement', async () => {
    await using network = await ProcessNetwork.create(3);
    await startSeeds(network);
    const peers = await startPeers(network, 5, quiet);
    const [victim, ...others] = peers;
    victim?.child.kill('SIGKILL');
    const dead = victim?.id ?? '';

    const log = await network.logWith(
      'the removal everywhere',
      (lines) =>
        others.every(({ id }) => has(lines, id, 'peer:confirmed-dead', dead)) &&
        network.seeds.every((id) =>
          has(lines, id, 'peer-list:changed', `${dead} (incarnation 1) is dead`),
        ),
    );
    const [, port] = dead.split(':');
    const order = [
      'peer:suspected',
      'peer:corroborated',
      'peer:reported',
      'death:reported',
      'death:proposed',
      'death:committed',
      'peer:confirmed-dead',
    ];
    const times = order.map((event) =>
      log.findIndex(
        (line) =>
          line.event === event && (line.text.includes(dead) || line.text.includes(`:${port}:`)),
      ),
    );
    expect(times.every((index) => index >= 0)).toBe(true);
    expect(
      log.some(
        (line) =>
          line.event === 'peer:reported' &&
          new RegExp(`Dead Node:127\\.0\\.0\\.1:${port}:\\d{13}:127\\.0\\.0\\.1`).test(line.text),
      ),
    ).toBe(true);
  });

  it('bury a peer that had a single neighbour', async () => {
    await using network = await ProcessNetwork.create(3);
    await startSeeds(network);
    const peers = await startPeers(network, 3, [
      ...quiet,
      '--min-degree',
      '1',
      '--max-out-degree',
      '1',
      '--max-degree',
      '2',
    ]);
    const last = peers[2];
    const log = await network.logWith('a neighbour of the last peer', (lines) =>
      has(lines, last?.id ?? '', 'link:up', ''),
    );
    expect(linesOf(log, last?.id ?? '', 'link:up')).toHaveLength(1);
    last?.child.kill('SIGKILL');
    await network.logWith('the removal at all seeds', (lines) =>
      network.seeds.every((id) =>
        has(lines, id, 'peer-list:changed', `${last?.id} (incarnation 1) is dead`),
      ),
    );
  });

  it('do not remove a peer that was stopped for a third of the silence, but one stopped for long, which then comes back', async () => {
    await using network = await ProcessNetwork.create(3);
    await startSeeds(network);
    const peers = await startPeers(network, 5, quiet);
    const victim = peers[1];
    const id = victim?.id ?? '';
    victim?.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 500));
    victim?.child.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect((await network.log()).some((line) => line.event === 'death:committed')).toBe(false);

    victim?.child.kill('SIGSTOP');
    await network.logWith('the removal at all seeds', (lines) =>
      network.seeds.every((seed) =>
        has(lines, seed, 'peer-list:changed', `${id} (incarnation 1) is dead`),
      ),
    );
    victim?.child.kill('SIGCONT');
    const log = await network.logWith('a second registration', (lines) =>
      has(lines, id, 'peer:registered', 'incarnation 2'),
    );
    const blamed = log.filter((line) => line.event === 'peer:corroborated' && line.id === id);
    expect(blamed).toEqual([]);
    await network.logWith('a link of the new life', (lines) =>
      lines.some((line) => line.event === 'link:up' && line.text.includes(`${id} (incarnation 2)`)),
    );
  });

  it('give a peer killed and restarted at once a higher incarnation, which a late report does not remove', async () => {
    await using network = await ProcessNetwork.create(3);
    await startSeeds(network);
    const peers = await startPeers(network, 4, quiet);
    const victim = peers[2];
    victim?.child.kill('SIGKILL');
    await victim?.exited;
    const again = network.peer(Number(victim?.id.split(':')[1]), quiet);
    await network.logWith('incarnation 2', (lines) =>
      has(lines, again.id, 'peer:registered', 'incarnation 2'),
    );
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const log = await network.log();
    const removed = log.filter(
      (line) =>
        line.event === 'peer-list:changed' &&
        line.text.includes(`${again.id} (incarnation 2) is dead`),
    );
    expect(removed).toEqual([]);
  });
});

describe('seeds that fail', () => {
  it('leave the others deciding while a majority is there, and nobody when it is not', async () => {
    await using network = await ProcessNetwork.create(3);
    const seeds = await startSeeds(network);
    const peers = await startPeers(network, 3, quiet);
    seeds[2]?.child.kill('SIGKILL');
    const [fourth = 0, fifth = 0] = await freePorts(2);
    const newcomer = network.peer(fourth, quiet);
    await network.logWith('a registration with two seeds', (log) =>
      has(log, newcomer.id, 'peer:registered'),
    );
    peers[0]?.child.kill('SIGKILL');
    await network.logWith('a removal with two seeds', (log) =>
      [0, 1].every((n) =>
        has(
          log,
          network.seeds[n] ?? '',
          'peer-list:changed',
          `${peers[0]?.id} (incarnation 1) is dead`,
        ),
      ),
    );

    seeds[1]?.child.kill('SIGKILL');
    const waiting = network.peer(fifth, [...quiet, '--register-timeout', '90']);
    peers[1]?.child.kill('SIGKILL');
    await network.logWith('a clear quorum error', (log) =>
      has(log, waiting.id, 'peer:registration-failed', 'No quorum'),
    );
    await network.logWith('a report without a quorum', (log) =>
      log.some(
        (line) => line.event === 'peer:report-rejected' && line.text.includes(peers[1]?.id ?? '?'),
      ),
    );
    const before = await network.log();
    expect(has(before, network.seeds[0] ?? '', 'peer-list:changed', waiting.id)).toBe(false);
    expect(
      has(
        before,
        network.seeds[0] ?? '',
        'peer-list:changed',
        `${peers[1]?.id} (incarnation 1) is dead`,
      ),
    ).toBe(false);

    network.seed(1);
    await network.logWith('the registration after a seed came back', (log) =>
      has(log, waiting.id, 'peer:registered'),
    );
    await network.logWith('the removal after a seed came back', (log) =>
      has(
        log,
        network.seeds[0] ?? '',
        'peer-list:changed',
        `${peers[1]?.id} (incarnation 1) is dead`,
      ),
    );
  });

  it('remember the Peer List after all were killed', async () => {
    await using network = await ProcessNetwork.create(3);
    const seeds = await startSeeds(network);
    const peers = await startPeers(network, 3, quiet);
    for (const { child, exited } of seeds) {
      child.kill('SIGKILL');
      await exited;
    }
    const killed = (await network.log()).length;
    for (const index of network.seeds.keys()) network.seed(index);
    const [port = 0] = await freePorts(1);
    await network.logWith('seeds linked again', (log) =>
      network.seeds.every((id) => linesOf(log.slice(killed), id, 'seed:up').length >= 2),
    );
    const newcomer = network.peer(port, quiet);
    const log = await network.logWith('a Peer List with the three from before', (lines) =>
      linesOf(lines, newcomer.id, 'peer-list:received').some(({ text }) =>
        peers.every(({ id }) => text.includes(id)),
      ),
    );
    expect(log.slice(killed).some((line) => line.event === 'seed:recovering')).toBe(false);
  });

  it('do not vote with an empty disk before they were readmitted', async () => {
    await using network = await ProcessNetwork.create(3);
    const seeds = await startSeeds(network);
    await startPeers(network, 2, quiet);
    const lost = seeds[2];
    lost?.child.kill('SIGKILL');
    await lost?.exited;
    const { rm } = await import('node:fs/promises');
    const { join } = await import('node:path');
    await rm(join(network.folder, '.hearsay', `seed-${lost?.id.replace(':', '-')}`), {
      recursive: true,
    });
    const before = (await network.log()).length;
    network.seed(2);
    const log = (
      await network.logWith('the readmission', (lines) =>
        has(lines.slice(before), lost?.id ?? '', 'seed:readmitted'),
      )
    ).slice(before);
    const mine = log.filter((line) => line.id === lost?.id);
    const recovering = mine.findIndex((line) => line.event === 'seed:recovering');
    const readmitted = mine.findIndex((line) => line.event === 'seed:readmitted');
    expect(recovering).toBeGreaterThanOrEqual(0);
    const early = mine
      .slice(0, readmitted)
      .filter(
        (line) =>
          line.event.endsWith(':vote') &&
          line.text.includes(`Vote of seed ${lost?.id}`) &&
          line.text.includes('promise'),
      );
    expect(early).toEqual([]);
  });
});
