import { describe, expect, test } from 'vitest';
import type { Gossip } from '../../../src/core/messages.ts';
import { traceOf } from '../../../src/core/trace-context.ts';
import { DisseminationBench, gossip, short } from '../../support/dissemination-bench.ts';

const first = gossip('first');
const second = gossip('second');
const third = gossip('third');

describe('a message of our own', () => {
  test('goes to every neighbour once, as one frame object', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2, 3);
    const id = bench.publish('hello');
    const sent = bench.sent();
    expect(sent.map(({ link }) => link)).toEqual([1, 2, 3]);
    expect(new Set(sent.map(({ message }) => message)).size).toBe(1);
    expect(sent[0]?.message).toMatchObject({ type: 'GOSSIP', id, hops: 1 });
    expect(bench.eventsOf('message:published')).toMatchObject([
      { links: 3, message: { id, origin: 'me:1', incarnation: 1, sequence: 1 } },
    ]);
  });

  test('is numbered from 1 in each incarnation', () => {
    const bench = new DisseminationBench();
    bench.publish('a');
    bench.publish('b');
    bench.self.incarnation = 2;
    bench.publish('c');
    const numbers = bench.eventsOf('message:published').map(({ message }) => message.sequence);
    expect(numbers).toEqual([1, 2, 1]);
  });

  test('that comes back is a duplicate', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.publish('hello');
    const [frame] = bench.sent();
    if (frame?.message.type !== 'GOSSIP') throw new Error('no gossip');
    bench.arrives(1, { ...frame.message, hops: 2 });
    expect(bench.sent()).toEqual([]);
    expect(bench.eventsOf('message:duplicate')).toMatchObject([{ from: 'p1:1', crossing: true }]);
  });
});

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the first receipt of a message', () => {
  test('is a hop, and goes on to all but the link it came from', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2, 3);
    bench.arrives(2, { ...first, hops: 4, trace: traceOf(traceparent, undefined) });
    expect(bench.sentText()).toEqual([
      `1 GOSSIP ${short(first.id)} hops 5`,
      `3 GOSSIP ${short(first.id)} hops 5`,
    ]);
    expect(bench.eventsOf('message:received')).toMatchObject([
      { hops: 4, from: 'p2:1', recovered: false, traceparent, message: { id: first.id } },
    ]);
  });

  test('is passed on with the trace context that it came with, which tracing makes its own', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    const trace = traceOf(traceparent, '00f067aa0ba902b7');
    const came = Buffer.concat([Buffer.alloc(10), trace]).subarray(10);
    bench.arrives(1, { ...first, trace: came });
    came.fill(0);
    expect(bench.sent()[0]?.message).toMatchObject({ trace });
  });

  test('keeps its own copy of bytes that lie among others, which the transport may use again', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    const read = new Uint8Array(100 + first.body.length);
    read.set(first.body, 100);
    bench.arrives(1, { ...first, body: read.subarray(100) });
    read.fill(0);
    bench.link(2);
    bench.arrives(2, { type: 'IWANT', ids: [first.id] });
    expect(bench.sent().at(-1)?.message).toMatchObject({ body: new Uint8Array(first.body) });
  });

  test('is passed on with the very bytes that came, where they lie by themselves', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.arrives(1, first);
    const [forwarded] = bench.sent();
    expect(forwarded?.message.type === 'GOSSIP' && forwarded.message.body).toBe(first.body);
  });

  test('whose id is not the hash of its bytes is dropped and costs the sender the link', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.arrives(1, { ...first, id: second.id });
    expect(bench.violated).toEqual(['the message id is not the hash of its bytes']);
    expect(bench.eventsOf('message:dropped')).toMatchObject([
      { cause: 'id-mismatch', peer: 'p1:1', frames: 1, bytes: first.body.length },
    ]);
    expect(bench.sent()).toEqual([]);
    // The id that was claimed is not taken for seen.
    bench.arrives(2, second);
    expect(bench.eventsOf('message:received')).toHaveLength(1);
  });

  test('whose bytes are no message is dropped likewise', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    const id = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d';
    bench.arrives(1, { type: 'GOSSIP', id, hops: 1, body: Uint8Array.of(0) });
    expect(bench.violated).toEqual(['the hashed bytes are no message']);
    expect(bench.eventsOf('message:dropped')).toMatchObject([{ cause: 'malformed' }]);
  });
});

describe('a further receipt', () => {
  test('is a duplicate by its claimed id alone, whatever its bytes', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.arrives(1, first);
    bench.arrives(2, { ...first, body: Uint8Array.of(1, 2, 3) });
    expect(bench.violated).toEqual([]);
    expect(bench.eventsOf('message:duplicate')).toMatchObject([{ from: 'p2:1', bytes: 3 }]);
  });

  test('is a crossing where our copy went over the same link', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.arrives(1, first);
    bench.arrives(2, first);
    bench.arrives(1, first);
    const crossings = bench.eventsOf('message:duplicate').map(({ crossing }) => crossing);
    expect(crossings).toEqual([true, false]);
  });
});

describe('a new link', () => {
  test('hears what we have, oldest first, in frames of a bounded size', () => {
    const bench = new DisseminationBench({ idsPerFrameMax: 2 });
    const ids = ['a', 'b', 'c'].map((text) => bench.publish(text));
    bench.link(1);
    const [a, b, c] = ids.map(short);
    expect(bench.sentText()).toEqual([`1 IHAVE ${a} ${b} | `, `1 IHAVE ${c} | `]);
  });

  test('hears nothing from a peer that has nothing', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    expect(bench.sent()).toEqual([]);
    expect(bench.timers).toBe(0);
  });

  test('hears of the newest messages that have lost their bytes, too', () => {
    const bench = new DisseminationBench({ retainedMessagesMax: 1, idsPerFrameMax: 2 });
    const [, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => short(bench.publish(text)));
    bench.link(1);
    expect(bench.sentText()).toEqual([`1 IHAVE  | ${b} ${c}`, `1 IHAVE ${d} | `]);
  });

  test('is asked for what we lack, and only for that', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.arrives(1, first);
    bench.sent();
    bench.arrives(2, { type: 'IHAVE', ids: [first.id, second.id, third.id], expired: [] });
    expect(bench.sentText()).toEqual([`2 IWANT ${short(second.id)} ${short(third.id)}`]);
  });
});

describe('what a neighbour asks for', () => {
  test('is given once', () => {
    const bench = new DisseminationBench();
    const id = bench.publish('a');
    bench.link(1);
    bench.sent();
    bench.arrives(1, { type: 'IWANT', ids: [id] });
    bench.arrives(1, { type: 'IWANT', ids: [id] });
    expect(bench.sentText()).toEqual([`1 GOSSIP ${short(id)} hops 1`]);
  });

  test('is not given when it has gone over the link already', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    const id = bench.publish('a');
    bench.sent();
    bench.arrives(1, { type: 'IWANT', ids: [id] });
    expect(bench.sent()).toEqual([]);
  });

  test('is not given back to whom it came from', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    bench.arrives(1, first);
    bench.arrives(1, { type: 'IWANT', ids: [first.id] });
    expect(bench.sent()).toEqual([]);
  });

  test('is said to be gone when it is', () => {
    const bench = new DisseminationBench({ retainedMessagesMax: 1 });
    const gone = bench.publish('a');
    bench.publish('b');
    bench.link(1);
    bench.sent();
    bench.arrives(1, { type: 'IWANT', ids: [gone, first.id] });
    expect(bench.sentText()).toEqual([`1 IHAVE  | ${short(gone)} ${short(first.id)}`]);
  });

  test('carries its age, and is not given beyond the retention of whoever had it first', () => {
    const bench = new DisseminationBench({ retainedAgeMs: 60_000 });
    bench.link(1);
    bench.arrives(1, { ...first, ageMs: 30_000 });
    bench.pass(20_000);
    bench.link(2);
    bench.sent();
    bench.arrives(2, { type: 'IWANT', ids: [first.id] });
    expect(bench.sent()).toMatchObject([{ link: 2, message: { ageMs: 50_000 } }]);
    bench.link(3);
    bench.sent();
    bench.pass(10_000);
    bench.arrives(3, { type: 'IWANT', ids: [first.id] });
    expect(bench.sentText()).toEqual([`3 IHAVE  | ${short(first.id)}`]);
  });
});

describe('a missing message', () => {
  const announced = (ids = [first.id]) => ({ type: 'IHAVE', ids, expired: [] }) as const;

  test('that comes as an answer is recovered, and not sent to those who announced it', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2, 3);
    bench.arrives(1, announced());
    bench.arrives(2, announced());
    expect(bench.sentText()).toEqual([`1 IWANT ${short(first.id)}`]);
    bench.arrives(1, { ...first, hops: 3 });
    expect(bench.eventsOf('message:received')).toMatchObject([{ recovered: true, hops: 3 }]);
    expect(bench.sentText()).toEqual([`3 GOSSIP ${short(first.id)} hops 4`]);
  });

  test('that is pushed before the answer comes is not recovered', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.arrives(1, announced());
    bench.arrives(2, first);
    bench.arrives(1, first);
    expect(bench.eventsOf('message:received')).toMatchObject([{ recovered: false }]);
    expect(bench.eventsOf('message:duplicate')).toMatchObject([{ from: 'p1:1' }]);
  });

  test('is asked of the next announcer when the link of the first goes down', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.arrives(1, announced());
    bench.arrives(2, announced());
    bench.sent();
    bench.unlink(1);
    expect(bench.sentText()).toEqual([`2 IWANT ${short(first.id)}`]);
  });

  test('is asked of the next announcer when the first gives nothing in time', () => {
    const bench = new DisseminationBench({ recoveryTimeoutMs: 3_000 });
    bench.link(1, 2);
    bench.arrives(1, announced());
    bench.arrives(2, announced());
    bench.sent();
    bench.pass(2_900);
    expect(bench.sent()).toEqual([]);
    bench.pass(200);
    expect(bench.sentText()).toEqual([`2 IWANT ${short(first.id)}`]);
  });

  test('is not asked elsewhere while the answers keep coming', () => {
    const bench = new DisseminationBench({ recoveryTimeoutMs: 3_000 });
    bench.link(1, 2);
    bench.arrives(1, announced([first.id, second.id]));
    bench.arrives(2, announced([first.id, second.id]));
    bench.pass(2_000);
    bench.arrives(1, first);
    bench.sent();
    bench.pass(2_000);
    expect(bench.sent()).toEqual([]);
  });

  test('is asked of the next announcer when the first has lost it meanwhile', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2);
    bench.arrives(1, announced());
    bench.arrives(2, announced());
    bench.sent();
    bench.arrives(1, { type: 'IHAVE', ids: [], expired: [first.id] });
    expect(bench.sentText()).toEqual([`2 IWANT ${short(first.id)}`]);
  });

  test('is asked for again when its announcer announces it again', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    bench.arrives(1, announced());
    bench.arrives(1, announced());
    const ask = `1 IWANT ${short(first.id)}`;
    expect(bench.sentText()).toEqual([ask, ask]);
  });

  test('beyond the bound is left to a later announcement', () => {
    const bench = new DisseminationBench({ wantedIdsMax: 1 });
    bench.link(1);
    bench.arrives(1, announced([first.id, second.id]));
    expect(bench.sentText()).toEqual([`1 IWANT ${short(first.id)}`]);
    bench.arrives(1, first);
    bench.arrives(1, announced([second.id]));
    expect(bench.sentText()).toEqual([`1 IWANT ${short(second.id)}`]);
  });
});

describe('a gap', () => {
  const expired = (...ids: string[]) => ({ type: 'IHAVE', ids: [], expired: ids }) as const;

  test('is told when a neighbour has lost what came after a message that was pushed to us', () => {
    const bench = new DisseminationBench({ recoveryTimeoutMs: 3_000 });
    bench.link(1);
    bench.arrives(1, first);
    bench.link(2);
    bench.arrives(2, expired(first.id, second.id));
    bench.pass(3_000);
    expect(bench.eventsOf('message:gap')).toEqual([
      { type: 'message:gap', ids: [second.id], from: 'p2:1' },
    ]);
    bench.arrives(2, expired(second.id));
    bench.pass(10_000);
    expect(bench.eventsOf('message:gap')).toHaveLength(1);
  });

  test('is not what was before our time', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    bench.arrives(1, expired(first.id, second.id));
    bench.arrives(1, { type: 'IHAVE', ids: [third.id], expired: [] });
    bench.arrives(1, third);
    bench.pass(10_000);
    expect(bench.eventsOf('message:gap')).toEqual([]);
  });

  test('is not what was only recovered and then seen expired elsewhere', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    bench.arrives(1, { type: 'IHAVE', ids: [first.id], expired: [] });
    bench.arrives(1, first);
    bench.link(2);
    bench.arrives(2, expired(first.id, second.id));
    bench.pass(10_000);
    expect(bench.eventsOf('message:gap')).toEqual([]);
  });

  test('is not told when another neighbour still gives the message', () => {
    const bench = new DisseminationBench();
    bench.link(1, 2, 3);
    bench.arrives(1, first);
    bench.arrives(2, expired(first.id, second.id));
    bench.arrives(3, { type: 'IHAVE', ids: [second.id], expired: [] });
    bench.arrives(3, second);
    bench.pass(10_000);
    expect(bench.eventsOf('message:gap')).toEqual([]);
  });

  test('is told when the only announcer could not give what it announced', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    bench.arrives(1, { type: 'IHAVE', ids: [first.id], expired: [] });
    bench.arrives(1, expired(first.id));
    bench.pass(10_000);
    expect(bench.eventsOf('message:gap')).toMatchObject([{ ids: [first.id], from: 'p1:1' }]);
  });
});

describe('an outbox that was full', () => {
  test('is an event, and after a while the other end hears what there is and is given it again', () => {
    const bench = new DisseminationBench({ overflowPauseMs: 1_000 });
    bench.link(1);
    const id = bench.publish('a');
    bench.overflows(1, 5);
    bench.overflows(1, 2);
    expect(bench.eventsOf('message:dropped')).toMatchObject([
      { cause: 'overflow', peer: 'p1:1', frames: 5 },
      { cause: 'overflow', frames: 2 },
    ]);
    bench.sent();
    bench.pass(1_000);
    expect(bench.sentText()).toEqual([`1 IHAVE ${short(id)} | `]);
    bench.arrives(1, { type: 'IWANT', ids: [id] });
    expect(bench.sent()).toMatchObject([{ link: 1, message: { id, ageMs: 1_000 } }]);
  });

  test('of a link that is gone meanwhile is forgotten', () => {
    const bench = new DisseminationBench();
    bench.link(1);
    bench.publish('a');
    bench.overflows(1);
    bench.unlink(1);
    bench.sent();
    bench.pass(5_000);
    expect(bench.sent()).toEqual([]);
  });
});

describe('the memory of messages', () => {
  test('is told in sums when it has to let go, and asks for no timer once it is empty', () => {
    const bench = new DisseminationBench({
      retainedMessagesMax: 2,
      retainedAgeMs: 8_000,
      seenAgeMs: 16_000,
    });
    for (const text of ['a', 'b', 'c', 'd']) bench.publish(text);
    expect(bench.eventsOf('message:evicted')).toEqual([]);
    bench.pass(60_000);
    expect(bench.eventsOf('message:evicted')).toMatchObject([
      { what: 'payload', bound: 'count', count: 2 },
      { what: 'payload', bound: 'age', count: 2 },
      { what: 'id', bound: 'age', count: 4 },
    ]);
    expect(bench.dissemination.messageList).toMatchObject({
      size: 0,
      retained: 0,
      retainedBytes: 0,
    });
    expect(bench.timers).toBe(0);
  });

  const few = { retainedMessagesMax: 1, seenIdsMax: 2 };
  const numbered = [1, 2, 3, 4].map((number) => gossip(`message ${number}`, {}, number));

  test('takes a message for known whose id it had to forget, and which comes round again', () => {
    const bench = new DisseminationBench(few);
    bench.link(1, 2);
    for (const frame of numbered) bench.arrives(1, frame);
    bench.sent();
    for (const frame of numbered) bench.arrives(1, { ...frame, hops: 9 });
    expect(bench.sent()).toEqual([]);
    expect(bench.eventsOf('message:received')).toHaveLength(4);
    expect(bench.eventsOf('message:duplicate').map(({ id }) => id)).toEqual(
      numbered.map(({ id }) => id),
    );
  });

  test('takes one for new that it never had, though later ones are forgotten', () => {
    const bench = new DisseminationBench(few);
    bench.link(1, 2);
    const [late, ...others] = numbered;
    for (const frame of others) bench.arrives(1, frame);
    bench.publish('more');
    bench.publish('and more');
    bench.sent();
    bench.arrives(1, late as Gossip);
    expect(bench.sentText()).toEqual([`2 GOSSIP ${short(late?.id ?? '')} hops 2`]);
  });

  test('asks no second neighbour for what it had and forgot', () => {
    const bench = new DisseminationBench(few);
    bench.link(1, 2);
    for (const frame of numbered) bench.arrives(1, frame);
    const [forgotten] = numbered;
    const ids = [forgotten?.id ?? ''];
    for (const link of [1, 2]) bench.arrives(link, { type: 'IHAVE', ids, expired: [] });
    bench.arrives(1, forgotten as Gossip);
    bench.sent();
    bench.pass(60_000);
    expect(bench.sent()).toEqual([]);
    expect(bench.eventsOf('message:gap')).toEqual([]);
  });
});
