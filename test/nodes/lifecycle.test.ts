import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../examples/support/ports.ts';
import { GossipNode, memoryStorage, PeerNode, SeedNode } from '../../src/index.ts';
import type { SeedStorage } from '../../src/storage/storage.ts';

/** Everything that a test has started; what a test leaves running is an error of its own. */
const nodes: (GossipNode | SeedNode)[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

const nobody = ['127.0.0.1:1', '127.0.0.1:2'];

describe('a node that is stopped', () => {
  test.each([0, 1, 3])(
    'while it starts (after %i turns) is aborted, and both calls end',
    async (turns) => {
      const node = kept(new PeerNode({ listen: '127.0.0.1:0', seeds: nobody }));
      const starting = node.start().catch((error: unknown) => error);
      for (let turn = 0; turn < turns; turn += 1) await new Promise((go) => setImmediate(go));
      await node.stop();
      expect(await starting).toMatchObject({ code: 'aborted' });
      expect(node.state).toBe('stopped');
    },
  );

  test('twice ends for both callers, at the same time', async () => {
    const node = await started(new GossipNode({ listen: '127.0.0.1:0' }));
    const order: string[] = [];
    await Promise.all([
      node.stop().then(() => order.push(`first ${node.state}`)),
      node.stop().then(() => order.push(`second ${node.state}`)),
    ]);
    expect(order.sort()).toEqual(['first stopped', 'second stopped']);
  });

  test('frees its port', async () => {
    const node = await started(new GossipNode({ listen: '127.0.0.1:0' }));
    const port = Number(node.id.split(':')[1]);
    await node.stop();
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    await new Promise((closed) => server.close(closed));
  });

  test('before it started is over', async () => {
    const node = new GossipNode({ listen: '127.0.0.1:0' });
    await node.stop();
    await expect(node.start()).rejects.toMatchObject({ code: 'already-started' });
  });

  test('publishes nothing more, and ends its streams', async () => {
    const node = await started(new GossipNode({ listen: '127.0.0.1:0' }));
    const read = node.messages().next();
    await node.stop();
    expect(await read).toEqual({ value: undefined, done: true });
    await expect(node.publish('late')).rejects.toMatchObject({ code: 'stopped' });
    expect(await node.messages().next()).toMatchObject({ done: true });
  });

  test('says so once, and emits nothing after it', async () => {
    const node = kept(new GossipNode({ listen: '127.0.0.1:0' }));
    const types: string[] = [];
    node.observe(({ type }) => types.push(type));
    await node.start();
    await node.stop();
    await node.stop();
    await node.kill();
    expect(types.filter((type) => type === 'node:stopped')).toHaveLength(1);
    expect(types.at(-1)).toBe('node:stopped');
  });
});

describe('a node that starts', () => {
  test('does so once', async () => {
    const node = await started(new GossipNode({ listen: '127.0.0.1:0' }));
    await expect(node.start()).rejects.toMatchObject({ code: 'already-started' });
  });

  test('knows no address before', () => {
    const node = new GossipNode({ listen: '127.0.0.1:0' });
    expect(() => node.id).toThrow(/no address before start/);
    expect(node.statistics()).toMatchObject({ neighbours: 0, messageIds: 0 });
    return expect(node.publish('early')).rejects.toMatchObject({ code: 'not-started' });
  });

  test('fails on a port that is taken, and can be made anew', async () => {
    const first = await started(new GossipNode({ listen: '127.0.0.1:0' }));
    const second = kept(new GossipNode({ listen: first.id }));
    await expect(second.start()).rejects.toMatchObject({ code: 'port-in-use' });
    expect(second.state).toBe('stopped');
    await first.stop();
    const third = await started(new GossipNode({ listen: first.id }));
    expect(third.id).toBe(first.id);
  });

  test('ends with the signal, and leaves nothing behind', async () => {
    const node = kept(new PeerNode({ listen: '127.0.0.1:0', seeds: nobody }));
    const abort = new AbortController();
    const starting = node.start({ signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(starting).rejects.toMatchObject({ code: 'aborted' });
    expect(node.state).toBe('stopped');
  });

  test('with a signal that is aborted already does not start', async () => {
    const node = kept(new PeerNode({ listen: '127.0.0.1:0', seeds: nobody }));
    const signal = AbortSignal.abort();
    await expect(node.start({ signal })).rejects.toMatchObject({ code: 'aborted' });
  });

  test('gives up without a quorum, with what each seed said', async () => {
    const options = { seeds: nobody, registrationTimeoutMs: 300 };
    const node = kept(new PeerNode({ listen: '127.0.0.1:0', ...options }));
    await expect(node.start()).rejects.toMatchObject({
      code: 'quorum-unreachable',
      message: expect.stringMatching(
        /2 of 2 seeds must agree.*Nobody listens at 127\.0\.0\.1:1/,
      ) as string,
      details: { quorum: 2 },
    });
  });

  test('behind a wildcard says that others need an address to dial', async () => {
    const node = kept(new GossipNode({ listen: '0.0.0.0:0' }));
    await expect(node.start()).rejects.toMatchObject({
      code: 'option-invalid',
      message: expect.stringMatching(/advertise.*no address to dial/) as string,
    });
  });

  test('throws what its discovery throws the first time', async () => {
    const peers = () => Promise.reject(new Error('no such service'));
    const node = kept(new GossipNode({ listen: '127.0.0.1:0', peers }));
    await expect(node.start()).rejects.toThrow('no such service');
    expect(node.state).toBe('stopped');
  });
});

describe('what an application gets wrong', () => {
  test('a payload that is too large is refused with both sizes, and nothing is sent', async () => {
    const options = { dissemination: { payloadBytesMax: 10 } };
    const node = await started(new GossipNode({ listen: '127.0.0.1:0', options }));
    await expect(node.publish('x'.repeat(11))).rejects.toMatchObject({
      code: 'payload-too-large',
      details: { bytes: 11, payloadBytesMax: 10 },
    });
    expect(node.statistics().messageIds).toBe(0);
  });

  test('a topic that is too long is refused', async () => {
    const node = await started(new GossipNode({ listen: '127.0.0.1:0' }));
    const topic = 'é'.repeat(128);
    await expect(node.publish('x', { topic })).rejects.toMatchObject({ code: 'message-invalid' });
  });

  test('a value that is no JSON is refused', async () => {
    const node = await started(new GossipNode({ listen: '127.0.0.1:0' }));
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    await expect(node.publish(undefined as never)).rejects.toMatchObject({
      code: 'message-invalid',
    });
    await expect(node.publish({ big: 1n } as never)).rejects.toMatchObject({
      code: 'message-invalid',
    });
    await expect(node.publish(circular as never)).rejects.toMatchObject({
      code: 'message-invalid',
    });
  });
});

describe('a seed', () => {
  test('stops, and says why, when its disk fails; its peers are not harmed', async () => {
    const seeds = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
    const disk = new FailingStorage();
    const all = seeds.map(
      (listen, n) => new SeedNode({ listen, seeds, storage: n === 0 ? disk : memoryStorage() }),
    );
    for (const seed of all) await started(seed);
    const peer = await started(new PeerNode({ listen: '127.0.0.1:0', seeds }));
    const failed = new Promise((resolve) => all[0]?.once('storage:failed', resolve));
    const stopped = new Promise((resolve) => all[0]?.once('node:stopped', resolve));
    disk.fails = true;
    const second = await started(new PeerNode({ listen: '127.0.0.1:0', seeds }));
    expect(await failed).toMatchObject({ reason: expect.stringMatching(/ENOSPC/) as string });
    await stopped;
    expect(all[0]?.state).toBe('stopped');
    expect(all[1]?.peerList().map(({ id }) => id)).toEqual([peer.id, second.id]);
  });
});

class FailingStorage implements SeedStorage {
  fails = false;
  readonly #inner = memoryStorage();

  open(...args: Parameters<SeedStorage['open']>): ReturnType<SeedStorage['open']> {
    return this.#inner.open(...args);
  }

  async write(...args: Parameters<SeedStorage['write']>): Promise<void> {
    if (this.fails) throw new Error('ENOSPC: no space left on device');
    await this.#inner.write(...args);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function kept<Node extends GossipNode | SeedNode>(node: Node): Node {
  nodes.push(node);
  return node;
}

async function started<Node extends GossipNode | SeedNode>(node: Node): Promise<Node> {
  await kept(node).start();
  return node;
}
