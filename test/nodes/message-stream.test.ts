import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { GossipMessage } from '../../src/core/messages.ts';
import { MessageStream, type MessageStreamOptions } from '../../src/nodes/message-stream.ts';

describe('a stream of messages', () => {
  test('gives what came before it was read, then what comes', async () => {
    const { stream } = streamOf();
    stream.push(message(1));
    const second = stream.next().then(() => stream.next());
    stream.push(message(2));
    expect(await second).toEqual({ value: message(2), done: false });
  });

  test('hands messages to waiting readers in the order of their asking', async () => {
    const { stream } = streamOf();
    const readers = [stream.next(), stream.next()];
    stream.push(message(1));
    stream.push(message(2));
    const read = await Promise.all(readers);
    expect(read.map(({ value }) => value?.sequence)).toEqual([1, 2]);
  });

  test('passes its own topic only', async () => {
    const { stream } = streamOf({ topic: 'news' });
    stream.push(message(1));
    stream.push({ ...message(2), topic: 'news' });
    stream.end();
    expect(await sequences(stream)).toEqual([2]);
  });

  test('drops the oldest when its reader is slow, and says which', async () => {
    const { stream, dropped } = streamOf({ bufferMax: 2 });
    for (const sequence of [1, 2, 3]) stream.push(message(sequence));
    stream.end();
    expect(dropped).toEqual([1]);
    expect(await sequences(stream)).toEqual([2, 3]);
  });

  test('ends with the signal, gives what it still has, and lets go of the signal', async () => {
    const abort = new AbortController();
    const { stream, ended } = streamOf({ signal: abort.signal });
    stream.push(message(1));
    abort.abort();
    stream.push(message(2));
    expect(await sequences(stream)).toEqual([1]);
    expect(ended()).toBe(1);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  test('wakes a waiting reader when it ends', async () => {
    const { stream } = streamOf();
    const reader = stream.next();
    stream.end();
    expect(await reader).toEqual({ value: undefined, done: true });
  });

  test('is over at once with a signal that is aborted already', async () => {
    const { stream } = streamOf({ signal: AbortSignal.abort() });
    expect(await sequences(stream)).toEqual([]);
  });

  test('frees what it holds when its loop is left', async () => {
    const { stream, ended } = streamOf();
    for (const sequence of [1, 2, 3]) stream.push(message(sequence));
    for await (const { sequence } of stream) if (sequence === 2) break;
    expect(ended()).toBe(1);
    expect(await sequences(stream)).toEqual([]);
  });

  test('refuses a buffer for nothing', () => {
    expect(() => streamOf({ bufferMax: 0 })).toThrow(/bufferMax: 0 must be/);
  });
});

function streamOf(options: MessageStreamOptions = {}) {
  const dropped: number[] = [];
  let ends = 0;
  const stream = new MessageStream(options, {
    onDropped: ({ sequence }) => dropped.push(sequence),
    onEnd: () => {
      ends += 1;
    },
  });
  return { stream, dropped, ended: () => ends };
}

async function sequences(stream: MessageStream): Promise<number[]> {
  const read: number[] = [];
  for await (const { sequence } of stream) read.push(sequence);
  return read;
}

function message(sequence: number): GossipMessage {
  return {
    id: String(sequence),
    origin: 'a:1',
    incarnation: 1,
    sequence,
    timestampMs: 0,
    topic: '',
    contentType: 'text',
    payload: new Uint8Array(),
  };
}
