import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { HearsayError } from '../../src/core/errors.ts';
import { tcpTransport } from '../../src/transport/tcp.ts';
import type { TcpOptions } from '../../src/transport/tcp-options.ts';
import { encodeFrame } from '../../src/wire/frames.ts';
import { FrameReader } from '../../src/wire/reader.ts';
import { describeTransport } from './contract.ts';
import { Recorder } from './recorder.ts';
import { type End, gossip, ping, turn } from './stage.ts';

describeTransport('tcp', (limits) => ({
  server: tcpTransport(limits),
  client: tcpTransport({
    ...limits,
    lookup: (host, _, callback) => {
      if (host === 'silent.test') return;
      callback(Object.assign(new Error(`no ${host}`), { code: 'ENOTFOUND' }), '');
    },
  }),
  address: '127.0.0.1:0',
  silentAddress: 'silent.test:6000',
  unknownAddress: 'unknown.test:6000',
}));

let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const clean of cleanUp.reverse()) await clean();
  cleanUp = [];
});

describe('tcp: a stranger that dials', () => {
  test.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\nhost: here\r\n\r\n')],
    ['a length beyond the limit', Buffer.from('ffffffff40', 'hex')],
    ['a message with a wrong field', encodeFrame(ping(-1))],
  ])('is thrown out for %s, and nobody else is', async (_, bytes) => {
    const { accepted: neighbour, dialledByUs } = await twoEnds();
    const { socket, accepted } = await stranger();
    socket.write(bytes);
    expect(await accepted.heard.untilClosed()).toBe('bad-frame');
    expect(accepted.heard.types).toEqual(['closed']);
    await gone(socket);

    dialledByUs.connection.send(ping(1));
    expect(await neighbour.heard.untilMessages(1)).toEqual([ping(1)]);
  });

  test('may send kinds that this version does not know', async () => {
    const onUnknownKind = vi.fn();
    const { socket, accepted } = await stranger({ onUnknownKind });
    socket.write(Buffer.concat([Buffer.from('00000003c8abcd', 'hex'), encodeFrame(ping(1))]));
    expect(await accepted.heard.untilMessages(1)).toEqual([ping(1)]);
    expect(onUnknownKind.mock.calls).toEqual([[accepted.connection.remoteAddress, 200, 7]]);
  });

  test('may cut its bytes into pieces of any size', async () => {
    const { socket, accepted } = await stranger();
    socket.setNoDelay(true);
    for (const byte of encodeFrame(ping(7))) {
      socket.write(Buffer.of(byte));
      await turn();
    }
    expect(await accepted.heard.untilMessages(1)).toEqual([ping(7)]);
  });

  test('that resets the connection leaves it broken', async () => {
    const { socket, accepted } = await stranger();
    socket.resetAndDestroy();
    expect(await accepted.heard.untilClosed()).toBe('broken');
  });

  test('that never closes its side is closed after the bounded time', async () => {
    const { socket, accepted } = await stranger({ closeTimeoutMs: 20 }, { allowHalfOpen: true });
    accepted.connection.send(ping(1));
    accepted.connection.close('enough');
    expect(await accepted.heard.untilClosed()).toBe('closed-here');
    socket.destroy();
  });

  test('is turned away when there are as many connections as may be', async () => {
    const { listener } = await stranger({ connectionsMax: 2 });
    const second = connect(portOf(listener.address));
    await once(second, 'connect');
    const third = connect(portOf(listener.address));
    cleanUp.push(() => second.destroy());
    await gone(third);
    expect(second.destroyed).toBe(false);
  });
});

describe('tcp: an end that does not read', () => {
  test('gets control before the gossip that waits, once it reads again', async () => {
    const { socket, dialled } = await dialDeafServer({ outboxBytesMax: 32 * 1024 * 1024 });
    const bulk = 600;
    for (let i = 0; i < bulk; i += 1) dialled.connection.send(gossip(i, 50_000));
    await untilStuck(dialled);
    dialled.connection.send(ping(1));

    const order = await readAll(socket, bulk + 1);
    const gossipFirst = order.indexOf('PING');
    expect(order).toHaveLength(bulk + 1);
    expect(gossipFirst).toBeGreaterThan(0);
    expect(gossipFirst).toBeLessThan(bulk);
  });

  test('makes gossip overflow, and control in the end break the connection', async () => {
    const limits = { outboxBytesMax: 100_000, outboxControlBytesMax: 10_000 };
    const { dialled } = await dialDeafServer(limits);
    while (dialled.heard.overflow === undefined) {
      for (let i = 0; i < 10; i += 1) dialled.connection.send(gossip(i, 9_000));
      await turn();
    }
    expect(dialled.heard.end).toBeUndefined();
    expect(dialled.connection.queuedBytes).toBeLessThan(100_000 + 128 * 1024);
    await untilStuck(dialled);
    while (dialled.heard.end === undefined) {
      for (let i = 0; i < 50; i += 1) dialled.connection.send(ping(i));
      await turn();
    }
    expect(dialled.heard.end.cause).toBe('broken');
  });

  test('cannot hold up a close', async () => {
    const options = { outboxBytesMax: 32 * 1024 * 1024, closeTimeoutMs: 20 };
    const { dialled } = await dialDeafServer(options);
    for (let i = 0; i < 600; i += 1) dialled.connection.send(gossip(i, 50_000));
    dialled.connection.close('no patience');
    expect(await dialled.heard.untilClosed()).toBe('closed-here');
    expect(dialled.connection.queuedBytes).toBe(0);
  });
});

describe('tcp: writing', () => {
  test('puts all frames of one turn into one write', async () => {
    const { dialledByUs, accepted } = await twoEnds();
    const write = vi.spyOn(Socket.prototype, 'write');
    for (let i = 0; i < 200; i += 1) dialledByUs.connection.send(i % 2 ? ping(i) : gossip(i));
    await accepted.heard.untilMessages(200);
    expect(write).toHaveBeenCalledTimes(1);
  });

  test('sends no frame that the other end would refuse for its length', async () => {
    const { dialledByUs, accepted } = await twoEnds({ gossipFrameBytesMax: 2_000 });
    dialledByUs.connection.send(gossip(1, 2_000));
    dialledByUs.connection.send(gossip(2, 1_000));
    expect(await accepted.heard.untilMessages(1)).toEqual([gossip(2, 1_000)]);
    expect(dialledByUs.heard.overflow?.frames).toBe(1);
  });

  test('breaks off when a control frame to send is longer than may be', async () => {
    const { dialledByUs } = await twoEnds({ controlFrameBytesMax: 2_000 });
    dialledByUs.connection.send({ type: 'BYE', reason: 'x'.repeat(2_000) });
    expect(await dialledByUs.heard.untilClosed()).toBe('broken');
    expect(dialledByUs.heard.end?.reason).toContain('controlFrameBytesMax');
  });
});

describe('tcp: processes', () => {
  test('a killed one closed its connections there', async () => {
    const { listener, accepted } = await listen();
    const child = run(`
      const { tcpTransport } = await import('./src/transport/tcp.ts');
      const handler = { opened() {}, message() {}, overflowed() {}, closed() {} };
      tcpTransport().dial('${listener.address}', 60_000, handler);
    `);
    const { heard } = await accepted();
    child.kill('SIGKILL');
    expect(await heard.untilClosed()).toBe('closed-there');
  });

  test('one that has closed everything ends by itself', async () => {
    const child = run(`
      const { tcpTransport } = await import('./src/transport/tcp.ts');
      const { once } = await import('node:events');
      const { connect } = await import('node:net');
      const transport = tcpTransport();
      const handler = { opened() {}, message() {}, overflowed() {}, closed() {} };
      const accepted = [];
      const listener = await transport.listen('127.0.0.1:0', (connection) => {
        accepted.push(connection);
        return handler;
      });
      const silent = connect(Number(listener.address.split(':')[1]));
      await once(silent, 'connect');
      silent.unref();
      await new Promise((opened) => {
        transport.dial(listener.address, 600_000, { ...handler, opened });
      });
      await listener.close();
      for (const connection of accepted) connection.close('the end');
    `);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

test.each([
  { closeTimeoutMs: Number.NaN },
  { connectionsMax: 0 },
  { outboxBytesMax: -1 },
  { writeBytesMax: 2 ** 40 },
])('tcp: %j makes no sense as an option', (options) => {
  expect(() => tcpTransport(options)).toThrow(HearsayError);
});

test('tcp: dials host names and names IPv4 ends as such', async () => {
  const { listener, accepted } = await listen({}, '127.0.0.1:0');
  const heard = new Recorder();
  const address = listener.address.replace('127.0.0.1', 'localhost');
  const connection = tcpTransport().dial(address, 10_000, heard);
  cleanUp.push(() => connection.destroy('the test is over'));
  expect((await accepted()).connection.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(connection.remoteAddress).toBe(address);
});

// ---------------------------------------------------------------- helpers

async function listen(options: TcpOptions = {}, address = '127.0.0.1:0') {
  const ends: End[] = [];
  const arrivals = new Recorder();
  const listener = await tcpTransport(options).listen(address, (connection) => {
    const heard = new Recorder();
    ends.push({ connection, heard });
    cleanUp.push(() => connection.destroy('the test is over'));
    arrivals.opened();
    return heard;
  });
  cleanUp.push(() => listener.close());
  const accepted = async (): Promise<End> => {
    await arrivals.until(() => ends.length > 0);
    return ends.shift() as End;
  };
  return { listener, accepted };
}

/** A plain socket connected to a listening transport. */
async function stranger(options: TcpOptions = {}, socketOptions: { allowHalfOpen?: boolean } = {}) {
  const { listener, accepted } = await listen(options);
  const socket = connect({ port: portOf(listener.address), ...socketOptions });
  socket.on('error', () => socket.destroy());
  cleanUp.push(() => socket.destroy());
  return { listener, socket, accepted: await accepted() };
}

async function twoEnds(options: TcpOptions = {}) {
  const { listener, accepted } = await listen(options);
  const dialledByUs = dial(listener.address, options);
  await dialledByUs.heard.untilOpened();
  return { dialledByUs, accepted: await accepted() };
}

/** A connection to a plain server that reads nothing until it is told to. */
async function dialDeafServer(options: TcpOptions) {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  cleanUp.push(() => server.close());
  await once(server, 'listening');
  const dialled = dial(`127.0.0.1:${(server.address() as AddressInfo).port}`, options);
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => socket.destroy());
  cleanUp.push(() => socket.destroy());
  await dialled.heard.untilOpened();
  return { socket, dialled };
}

function dial(address: string, options: TcpOptions): End {
  const heard = new Recorder();
  const connection = tcpTransport(options).dial(address, 10_000, heard);
  cleanUp.push(() => connection.destroy('the test is over'));
  return { connection, heard };
}

/** Resolves when the operating system has taken all that it takes for now. */
async function untilStuck({ connection }: End): Promise<void> {
  let unchangedTurns = 0;
  let before = -1;
  while (unchangedTurns < 50) {
    unchangedTurns = connection.queuedBytes === before ? unchangedTurns + 1 : 0;
    before = connection.queuedBytes;
    await turn();
  }
}

/** The types of the next `count` messages that a plain socket gets. */
async function readAll(socket: Socket, count: number): Promise<string[]> {
  const reader = new FrameReader();
  const types: string[] = [];
  socket.resume();
  while (types.length < count) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    reader.feed(chunk);
    for (let read = reader.next(); read !== undefined; read = reader.next()) types.push(read.type);
  }
  return types;
}

/** Resolves when a plain socket has been closed by the other end, with or without an error. */
async function gone(socket: Socket): Promise<void> {
  socket.on('error', () => socket.destroy()).resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

function run(script: string) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  cleanUp.push(() => child.kill('SIGKILL'));
  return child;
}

const portOf = (address: string): number => Number(address.split(':').at(-1));
