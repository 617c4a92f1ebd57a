/**
 * How many frames of 200-byte gossip a connection moves over loopback: one write a frame, as a
 * naive transport does, beside the outbox, which puts all frames of a turn into one write.
 *
 *     node bench/transport.ts [seconds a row, default 2]
 *
 * The receiver runs in a thread of its own. It either only counts bytes, which shows what the
 * sender can do, or reads messages with the transport, which shows what a link can do.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Gossip } from '../src/core/messages.ts';
import { tcpTransport } from '../src/transport/tcp.ts';
import { encodedFrameBytes, encodeFrame } from '../src/wire/frames.ts';

type Receiver = 'counts bytes' | 'reads messages';

/** Sends until `stop` is set. */
type Sender = (port: number, stop: { now: boolean }) => Promise<void>;

const gossip: Gossip = {
  type: 'GOSSIP',
  id: 'ab'.repeat(32),
  hops: 3,
  body: Buffer.alloc(200, 'gossip'),
};
const frameBytes = encodedFrameBytes(gossip);

/** Frames that a busy node queues for one link in one turn of the event loop. */
const framesPerTurn = 256;

const senders: Record<string, Sender> = {
  'one write a frame': sendOneByOne,
  'outbox, writes of 16 KiB': (port, stop) => sendByOutbox(port, stop, 16 * 1024),
  'outbox, writes of 64 KiB': (port, stop) => sendByOutbox(port, stop, 64 * 1024),
  'outbox, writes of 256 KiB': (port, stop) => sendByOutbox(port, stop, 256 * 1024),
};

if (isMainThread) await main();
else await receive(workerData as Receiver);

async function main(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 2);
  const rows: Record<string, string | number>[] = [];
  for (const receiver of ['counts bytes', 'reads messages'] as const) {
    for (const [sender, send] of Object.entries(senders)) {
      const framesPerSecond = await measure(send, receiver, seconds);
      rows.push({
        sender,
        receiver,
        'frames/s': Math.round(framesPerSecond).toLocaleString('en'),
        'MB/s': Math.round((framesPerSecond * frameBytes) / 1e6),
      });
    }
  }
  console.log(`200-byte gossip (frames of ${frameBytes} bytes), Node ${process.version}`);
  console.table(rows);
}

/** Frames per second that arrive, after a warm-up. */
async function measure(send: Sender, receiver: Receiver, seconds: number): Promise<number> {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: receiver });
  const [port] = (await once(worker, 'message')) as [number];
  const stop = { now: false };
  const sending = send(port, stop);
  await pause(500);
  const startFrames = await framesSoFar(worker);
  const start = performance.now();
  await pause(seconds * 1000);
  const frames = (await framesSoFar(worker)) - startFrames;
  const elapsedMs = performance.now() - start;
  stop.now = true;
  await sending;
  await worker.terminate();
  return (frames / elapsedMs) * 1000;
}

async function sendOneByOne(port: number, stop: { now: boolean }): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  while (!stop.now) {
    let hasRoom = true;
    for (let i = 0; i < framesPerTurn; i += 1) hasRoom = socket.write(encodeFrame(gossip));
    if (hasRoom) await turn();
    else await once(socket, 'drain');
  }
  socket.destroy();
}

async function sendByOutbox(
  port: number,
  stop: { now: boolean },
  writeBytesMax: number,
): Promise<void> {
  const transport = tcpTransport({ writeBytesMax });
  const closed = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const connection = transport.dial(`127.0.0.1:${port}`, 5000, {
    opened: opened.resolve,
    message: () => undefined,
    overflowed: (frames) => console.error(`${frames} frames were dropped`),
    closed: () => closed.resolve(),
  });
  await opened.promise;
  while (!stop.now) {
    for (let i = 0; i < framesPerTurn; i += 1) connection.send(gossip);
    do await turn();
    while (connection.queuedBytes > 1024 * 1024);
  }
  connection.destroy('measured');
  await closed.promise;
}

/** The other thread: tells its port, then, whenever it is asked, how many frames came. */
async function receive(receiver: Receiver): Promise<void> {
  const count = { frames: 0 };
  const port = receiver === 'counts bytes' ? await countBytes(count) : await readMessages(count);
  parentPort?.on('message', () => parentPort?.postMessage(count.frames));
  parentPort?.postMessage(port);
}

async function countBytes(count: { frames: number }): Promise<number> {
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      count.frames += chunk.length / frameBytes;
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function readMessages(count: { frames: number }): Promise<number> {
  const listener = await tcpTransport().listen('127.0.0.1:0', () => ({
    opened: () => undefined,
    message: () => {
      count.frames += 1;
    },
    overflowed: () => undefined,
    closed: () => undefined,
  }));
  return Number(listener.address.split(':')[1]);
}

async function framesSoFar(worker: Worker): Promise<number> {
  worker.postMessage('how many?');
  const [frames] = (await once(worker, 'message')) as [number];
  return frames;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
