import { cp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../examples/support/ports.ts';
import { ProcessNetwork, type RunningProcess } from './support/network.ts';

let free: number[];
beforeAll(async () => {
  free = await freePorts(6);
});

describe('what a user does wrong ends with a sentence and an exit code', () => {
  it.each<[string, string[], number, RegExp]>([
    [
      'a port that is none',
      ['seed', '127.0.0.1', 'x', 'config.txt'],
      2,
      /port x is no number from 0 to 65535/,
    ],
    [
      'no config.txt',
      ['peer', '127.0.0.1', '0', 'nothing.txt'],
      2,
      /nothing\.txt .*there is no such file/,
    ],
    [
      'an unknown flag',
      ['peer', '127.0.0.1', '0', 'config.txt', '--pingg', '1'],
      2,
      /Did you mean --ping\?/,
    ],
    [
      'an unknown command',
      ['sed', '127.0.0.1'],
      2,
      /unknown command 'sed'[\s\S]*Did you mean seed\?/,
    ],
    ['too few arguments', ['seed'], 2, /missing required argument 'ip'/],
    [
      'a seed outside of the list',
      ['seed', '127.0.0.1', '1', 'config.txt'],
      2,
      /127\.0\.0\.1:1 is not in the seed list/,
    ],
    [
      'nobody to register with',
      ['peer', '127.0.0.1', '0', 'config.txt', '--register-timeout', '1'],
      4,
      /could not register: 2 of 3 seeds must agree/,
    ],
    [
      'an address elsewhere',
      ['peer', '192.0.2.1', '0', 'config.txt'],
      3,
      /192\.0\.2\.1:0 is not an address of this machine/,
    ],
    [
      'a log that cannot be written',
      ['peer', '127.0.0.1', '0', 'config.txt', '--output', 'no/where'],
      2,
      /no\/where cannot be opened/,
    ],
  ])('%s', async (_, args, exitCode, sentence) => {
    await using network = await ProcessNetwork.create(3);
    const process = network.run('?', args);
    expect(await process.exited).toBe(exitCode);
    expect(process.stderr()).toMatch(sentence);
  });

  it('a typo in config.txt, with line and text', async () => {
    await using network = await ProcessNetwork.create(3);
    await writeFile(join(network.folder, 'config.txt'), '127.0.0.1:5000\n127.0.0.1:70000\n');
    const process = network.run('?', ['peer', '127.0.0.1', '0', 'config.txt']);
    expect(await process.exited).toBe(2);
    expect(process.stderr()).toMatch(/config\.txt line 2: port 70000 is not between 1 and 65535/);
  });
});

describe('a running seed', () => {
  it('keeps its port and its store for itself, and is not disturbed', async () => {
    await using network = await ProcessNetwork.create(3);
    await started(network, network.seed(0));
    const again = network.seed(0);
    expect([await again.exited, again.stderr()]).toEqual([5, expect.stringMatching(/is in use/)]);
    const elsewhere = network.seed(0, ['--data', 'elsewhere']);
    expect([await elsewhere.exited, elsewhere.stderr()]).toEqual([
      3,
      expect.stringMatching(/is taken: stop the program that listens there/),
    ]);
    const [host = '', port = ''] = (network.seeds[0] ?? '').split(':');
    const peer = network.run('?', ['peer', host, port, 'config.txt']);
    expect(await peer.exited).toBe(3);
  });

  it('closes links that carry garbage, and goes on', async () => {
    await using network = await ProcessNetwork.create(3);
    const seed = network.seed(0);
    await started(network, seed);
    const bytes = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from('ffffffff01', 'hex'),
      Buffer.from('0000000301c1c1', 'hex'),
      Buffer.from(`${'00000001ff'.repeat(3)}000000021680`, 'hex'),
    ];
    for (const garbage of bytes) await sendUntilClosed(seed.id, garbage);
    await network.logWith('four violations', (lines) => count(lines, 'link:violated') === 4);
    seed.child.kill('SIGINT');
    expect(await seed.exited).toBe(0);
  });

  it('with another config.txt is refused with the difference, by both', async () => {
    await using network = await ProcessNetwork.create(3);
    await started(network, network.seed(0));
    const [first, second] = network.seeds;
    const other = `${first}\n${second}\n127.0.0.1:${free[0]}\n`;
    await writeFile(join(network.folder, 'other.txt'), other);
    network.run(second ?? '', ['seed', ...(second ?? '').split(':'), 'other.txt']);
    const log = await network.logWith('both mismatches', (lines) =>
      [first, second].every((id) =>
        lines.some((line) => line.id === id && line.event === 'seed:list-mismatch'),
      ),
    );
    const told = log.find(({ id, event }) => id === first && event === 'seed:list-mismatch');
    expect(told?.text).toContain(`only there: 127.0.0.1:${free[0]}`);
    expect(log.some(({ event }) => event === 'seed:up')).toBe(false);
  });

  it('refuses the data folder of another seed, and leaves it as it is', async () => {
    await using network = await ProcessNetwork.create(3);
    const seed = network.seed(0, ['--data', 'data']);
    await started(network, seed);
    seed.child.kill('SIGTERM');
    expect(await seed.exited).toBe(0);
    await cp(join(network.folder, 'data'), join(network.folder, 'copy'), { recursive: true });
    const thief = network.seed(1, ['--data', 'copy']);
    expect([await thief.exited, thief.stderr()]).toEqual([
      5,
      expect.stringMatching(/belongs to seed .*, not to /),
    ]);
    const owner = network.seed(0, ['--data', 'copy']);
    await started(network, owner, 2);
  });
});

describe('a signal', () => {
  it('ends a peer that is still trying to register, at once and with 0', async () => {
    await using network = await ProcessNetwork.create(3);
    const peer = network.peer(free[1] ?? 0);
    await network.logWith(
      'a failed round',
      (lines) => count(lines, 'peer:registration-failed') > 0,
    );
    peer.child.kill('SIGINT');
    expect(await peer.exited).toBe(0);
  });

  it('lets a peer leave: the seeds take it off the list', async () => {
    await using network = await ProcessNetwork.create(3);
    for (const index of [0, 1, 2]) network.seed(index);
    await network.logWith('linked seeds', (lines) => count(lines, 'seed:up') >= 4);
    const peer = network.peer(free[2] ?? 0);
    await network.logWith('a registered peer', (lines) => count(lines, 'peer:registered') === 1);
    peer.child.kill('SIGTERM');
    expect(await peer.exited).toBe(0);
    await network.logWith(
      'the leave at all seeds',
      (lines) => count(lines, 'leave:committed') === 3,
    );
  });
});

function count(lines: readonly { readonly event: string }[], event: string): number {
  return lines.filter((line) => line.event === event).length;
}

async function started(network: ProcessNetwork, { id }: RunningProcess, times = 1): Promise<void> {
  await network.logWith(`the start of ${id}`, (lines) => {
    const starts = lines.filter((line) => line.id === id && line.event === 'node:started');
    return starts.length >= times;
  });
}

function sendUntilClosed(address: string, bytes: Buffer): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => socket.write(bytes));
    socket
      .on('error', reject)
      .on('close', () => resolve())
      .resume();
  });
}
