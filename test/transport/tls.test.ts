import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, createServer, connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { LinkCloseCause } from '../../src/core/effects.ts';
import { HearsayError } from '../../src/core/errors.ts';
import { tcpTransport } from '../../src/transport/tcp.ts';
import type { TcpOptions } from '../../src/transport/tcp-options.ts';
import type { TlsOptions } from '../../src/transport/tls-options.ts';
import { TestAuthority } from './certificates.ts';
import { describeTransport, type MakePair } from './contract.ts';
import { Recorder } from './recorder.ts';
import { ping, turn } from './stage.ts';

const authority = new TestAuthority('the network');
const stranger = new TestAuthority('somebody else');
const certified: TlsOptions = { ...authority.issue('127.0.0.1'), ca: authority.cert };
const sharedKey: TlsOptions = { sharedKey: 'correct horse battery staple' };

const pairOf =
  (tls: TlsOptions): MakePair =>
  (limits) => ({
    server: tcpTransport({ ...limits, tls }),
    client: tcpTransport({
      ...limits,
      tls,
      lookup: (host, _, callback) => {
        if (host === 'silent.test') return;
        callback(Object.assign(new Error(`no ${host}`), { code: 'ENOTFOUND' }), '');
      },
    }),
    address: '127.0.0.1:0',
    silentAddress: 'silent.test:6000',
    unknownAddress: 'unknown.test:6000',
  });

describeTransport('tls, shared key', pairOf(sharedKey));
describeTransport('tls, certificates', pairOf(certified));

let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.reverse()) await clean();
  cleanUp = [];
});

describe('tls: a node without the right to join', () => {
  test.each<[string, TlsOptions, TlsOptions]>([
    ['another shared key', { sharedKey: 'wrong horse battery staple' }, sharedKey],
    ['certificates, where a shared key is asked for', certified, sharedKey],
    ['a shared key, where certificates are asked for', sharedKey, certified],
    [
      'trust in another authority',
      { ...authority.issue('127.0.0.1'), ca: stranger.cert },
      certified,
    ],
  ])('with %s gets no connection', async (_, client, server) => {
    const { address, accepted } = await listen({ tls: server });
    expect(await dialFor(address, { tls: client })).toBe('broken');
    expect(accepted).toEqual([]);
  });

  test('with a certificate of another authority is never handed out', async () => {
    const { address, accepted } = await listen({ tls: certified });
    const outsider = { ...stranger.issue('127.0.0.1'), ca: authority.cert };
    // Its own side may be secured before the other refuses it: that is TLS 1.3.
    const heard = dial(address, { tls: outsider });
    expect(['broken', 'closed-there']).toContain(await heard.untilClosed());
    expect(accepted).toEqual([]);
  });

  test('without a certificate sees its side secured under TLS 1.3, and is never handed out', async () => {
    const { address, accepted } = await listen({ tls: certified });
    const client = secure(address, { ca: authority.cert });
    await once(client, 'secureConnect');
    await gone(client);
    expect(accepted).toEqual([]);
  });

  test('without TLS is not heard', async () => {
    const { address, accepted } = await listen({ tls: sharedKey });
    const heard = dial(address, {});
    expect(['broken', 'closed-there']).toContain(await heard.untilClosed());
    expect(accepted).toEqual([]);
  });
});

describe('tls: certificates', () => {
  test('must bear the host that was dialled', async () => {
    const elsewhere = { ...authority.issue('127.0.0.2'), ca: authority.cert };
    const { address } = await listen({ tls: elsewhere });
    expect(await dialFor(address, { tls: certified })).toBe('broken');
  });

  test('may all bear one name instead', async () => {
    const named = { ...authority.issue('hearsay.test'), ca: authority.cert };
    const { address } = await listen({ tls: named });
    expect(await dialFor(address, { tls: { ...named, serverName: 'hearsay.test' } })).toBe(
      'opened',
    );
    expect(await dialFor(address, { tls: { ...named, serverName: 'other.test' } })).toBe('broken');
  });

  test('are not asked of those who dial, if that is wanted', async () => {
    const { address, accepted } = await listen({ tls: { ...certified, requireClientCert: false } });
    const client = secure(address, { ca: authority.cert });
    await once(client, 'secureConnect');
    while (accepted.length === 0) await turn();
  });
});

test('tls: a node with a shared key trusts no certificate in its place, however well signed', async () => {
  const { cert, key } = authority.issue('127.0.0.1');
  const server = createServer({ cert, key, ca: authority.cert, ciphers: 'TLS_AES_128_GCM_SHA256' });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => server.close());
  const { port } = server.address() as { port: number };
  expect(await dialFor(`127.0.0.1:${port}`, { tls: sharedKey })).toBe('broken');
});

describe('tls: a socket that does not finish its handshake', () => {
  const options: TcpOptions = { tls: certified, tlsHandshakeTimeoutMs: 50 };

  test('is closed after a bounded time when it is silent', async () => {
    const { address } = await listen(options);
    await gone(plain(address));
  });

  test('is closed after a bounded time however steadily it drips', async () => {
    const { address } = await listen(options);
    const socket = plain(address);
    // A record that announces a ClientHello of 16,000 bytes, byte by byte: it never gets there.
    socket.write(Buffer.from('1603013e80013e7c0303', 'hex'));
    const drip = setInterval(() => socket.write('\0'), 5);
    cleanUp.push(() => clearInterval(drip));
    await gone(socket);
  });

  test('is closed at once when it talks nonsense', async () => {
    const { address } = await listen({ ...options, tlsHandshakeTimeoutMs: 600_000 });
    const socket = plain(address);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await gone(socket);
  });

  test('is not handed out when listening has ended meanwhile', async () => {
    const { address, accepted, close } = await listen({ ...options, tlsHandshakeTimeoutMs: 5000 });
    const raw = plain(address);
    await once(raw, 'connect');
    for (let i = 0; i < 10; i += 1) await turn();
    await close();
    const { cert, key } = authority.issue('127.0.0.1');
    const client = tlsConnect({ socket: raw, host: '127.0.0.1', ca: authority.cert, cert, key });
    await gone(client);
    expect(accepted).toEqual([]);
  });
});

test.each<[string, TlsOptions]>([
  ['a shared key that is too short', { sharedKey: 'fifteen letters' }],
  ['no certificate', { ...certified, cert: 'nonsense' }],
  ['a key that is not the certificate’s', { ...certified, key: authority.issue('a.test').key }],
])('tls: %s is refused when the transport is made', (_, tls) => {
  expect(() => tcpTransport({ tls })).toThrow(HearsayError);
});

// ---------------------------------------------------------------- helpers

async function listen(options: TcpOptions) {
  const accepted: string[] = [];
  const listener = await tcpTransport(options).listen('127.0.0.1:0', (connection) => {
    accepted.push(connection.remoteAddress);
    cleanUp.push(() => connection.destroy('the test is over'));
    return new Recorder();
  });
  cleanUp.push(() => listener.close());
  return { address: listener.address, accepted, close: () => listener.close() };
}

/** What a dial first comes to. */
async function dialFor(address: string, options: TcpOptions): Promise<LinkCloseCause | 'opened'> {
  const heard = dial(address, options);
  await heard.until(() => heard.events.length > 0);
  return heard.end?.cause ?? 'opened';
}

function dial(address: string, options: TcpOptions): Recorder {
  const heard = new Recorder();
  const connection = tcpTransport(options).dial(address, 10_000, heard);
  cleanUp.push(() => connection.destroy('the test is over'));
  connection.send(ping(1));
  return heard;
}

function secure(address: string, options: ConnectionOptions): Socket {
  const socket = tlsConnect({ host: '127.0.0.1', port: portOf(address), ...options });
  socket.on('error', () => socket.destroy());
  cleanUp.push(() => socket.destroy());
  return socket;
}

function plain(address: string): Socket {
  const socket = connect(portOf(address), '127.0.0.1');
  socket.on('error', () => socket.destroy());
  cleanUp.push(() => socket.destroy());
  return socket;
}

/** Resolves when a socket has been closed by the other end, with or without an error. */
async function gone(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

const portOf = (address: string): number => Number(address.split(':').at(-1));
