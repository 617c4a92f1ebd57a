import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LinkInput } from '../../src/core/effects.ts';
import type { LinkId, Message } from '../../src/core/messages.ts';
import { randomStream } from '../../src/simulator/engine/random.ts';
import { msOf, ticksOf } from '../../src/simulator/engine/ticks.ts';
import { TimeWheel } from '../../src/simulator/engine/time-wheel.ts';
import { LinkEnds } from '../../src/simulator/network/link-ends.ts';
import type { NetworkModel } from '../../src/simulator/network/model.ts';
import { type Endpoint, Network } from '../../src/simulator/network/network.ts';

/** A node that notes what its links bring. */
class Node implements Endpoint {
  readonly index: number;
  readonly networkRandom;
  readonly ends = new LinkEnds();
  readonly heard: string[] = [];
  readonly times: number[] = [];
  readonly #nowMs: () => number;
  #accepted = 0;

  constructor(index: number, seed: number, nowMs: () => number) {
    this.index = index;
    this.#nowMs = nowMs;
    this.networkRandom = randomStream(seed, 'network', 'peer', index);
  }

  nextAccepted(): LinkId {
    this.#accepted -= 1;
    return this.#accepted;
  }

  linkInput(input: LinkInput): void {
    if (input.type === 'link-closed') this.ends.delete(input.link);
    this.heard.push(input.type === 'link-closed' ? `${input.link} ${input.cause}` : input.type);
    this.times.push(this.#nowMs());
  }

  frame(_link: LinkId, message: Message): void {
    this.heard.push('nonce' in message ? String(message.nonce) : message.type);
    this.times.push(this.#nowMs());
  }
}

/** Two nodes and what is between them. */
function pair(model: NetworkModel, seed = 1) {
  const wheel = new TimeWheel();
  const nowMs = () => msOf(wheel.now);
  const nodes: (Node | undefined)[] = [new Node(0, seed, nowMs), new Node(1, seed, nowMs)];
  const dark = new Set<number>();
  const network = new Network(model, {
    wheel,
    nodes: 2,
    hosts: {
      endpoint: (node) => nodes[node],
      hasPower: (node) => !dark.has(node),
      indexOf: (address) => (address === 'b' ? 1 : -1),
    },
  });
  const runTo = (atMs: number) => {
    while (wheel.take(ticksOf(atMs))) network.handle(wheel.kind, wheel.a, wheel.b, wheel.payload);
  };
  const [a, b] = nodes as [Node, Node];
  const dial = () => network.dial(a, 1, { type: 'OPEN', address: 'b', timeoutMs: 3_000 });
  const ping = (nonce: number) => network.send(a, 1, { type: 'PING', nonce });
  return { network, nodes, dark, a, b, dial, ping, runTo };
}

const constant: NetworkModel = { latency: { kind: 'constant', ms: 10 } };

test('a dial takes a round trip, and the other end hears of it half a one later', () => {
  const { a, b, dial, runTo } = pair(constant);
  dial();
  runTo(100);
  expect(a.heard).toEqual(['link-opened']);
  expect(a.times).toEqual([20]);
  expect(b.heard).toEqual(['link-opened']);
  expect(b.times).toEqual([30]);
});

test('frames of one link come once and in order, whatever the network does short of breaking it', () => {
  const models = fc.record({
    latency: fc.constant({ kind: 'log-normal', medianMs: 5, p99Ms: 100 } as const),
    loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
    delays: fc.constant({ share: 0.2, extraMs: 50 }),
  });
  const gaps = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 60 });
  const cuts = fc.tuple(fc.nat({ max: 500 }), fc.nat({ max: 3_000 }));
  fc.assert(
    fc.property(models, gaps, cuts, fc.nat(), (model, pauses, [cutAt, cutFor], seed) => {
      const { network, b, dial, ping, runTo } = pair(model, seed);
      dial();
      runTo(60_000);
      let atMs = 60_000;
      const blockade = { blocks: (from: number) => from === 0 };
      let isCut = false;
      const change = () => {
        const shouldCut = atMs >= 60_000 + cutAt && atMs < 60_000 + cutAt + cutFor;
        if (shouldCut === isCut) return;
        isCut = shouldCut;
        if (isCut) network.conditions.begin(blockade);
        else network.conditions.end(blockade);
        if (!isCut) network.released();
      };
      for (const [nonce, pause] of pauses.entries()) {
        atMs += pause;
        runTo(atMs);
        change();
        ping(nonce);
      }
      atMs += 10_000;
      change();
      runTo(atMs + 600_000);
      if (!b.heard.includes('link-opened')) return;
      expect(b.heard.slice(1)).toEqual(pauses.map((_, nonce) => String(nonce)));
    }),
    { numRuns: 60 },
  );
});

test('what was sent before the end of a link arrives before the end does', () => {
  const { network, a, b, dial, ping, runTo } = pair(constant);
  dial();
  runTo(100);
  ping(1);
  ping(2);
  network.close(a, 1);
  runTo(200);
  expect(b.heard).toEqual(['link-opened', '1', '2', '-1 closed-there']);
  ping(3);
  runTo(300);
  expect(b.heard).toHaveLength(4);
});

test('nobody at home is a refusal, no power and no route are no answer at all', () => {
  const refused = pair(constant);
  refused.nodes[1] = undefined;
  refused.dial();
  refused.runTo(5_000);
  expect(refused.a.heard).toEqual(['1 refused']);
  expect(refused.a.times).toEqual([20]);

  const dark = pair(constant);
  dark.nodes[1] = undefined;
  dark.dark.add(1);
  dark.dial();
  dark.runTo(5_000);
  expect(dark.a.heard).toEqual(['1 unreachable']);
  expect(dark.a.times).toEqual([3_000]);

  const cut = pair(constant);
  cut.network.conditions.begin({ blocks: (from) => from === 1 });
  cut.dial();
  cut.runTo(5_000);
  expect(cut.a.heard).toEqual(['1 unreachable']);
});

test('a dial into a cut gets through when the cut ends before the dial does', () => {
  const { network, a, dial, runTo } = pair(constant);
  const blockade = { blocks: () => true };
  network.conditions.begin(blockade);
  dial();
  runTo(500);
  network.conditions.end(blockade);
  network.released();
  runTo(5_000);
  expect(a.heard).toEqual(['link-opened']);
  // The SYN is sent again after one second.
  expect(a.times).toEqual([1_020]);
});

test('a link to a host that lost power breaks when the host is back and knows nothing of it', () => {
  const { network, nodes, dark, a, b, dial, ping, runTo } = pair(constant);
  dial();
  runTo(100);
  network.poweredOff(b);
  nodes[1] = undefined;
  dark.add(1);
  ping(1);
  runTo(10_000);
  expect(a.heard).toEqual(['link-opened']);
  dark.delete(1);
  ping(2);
  runTo(11_000);
  expect(a.heard).toEqual(['link-opened', '1 broken']);
});

test('a cut that lasts breaks the link in the end', () => {
  const { network, a, dial, ping, runTo } = pair(constant);
  dial();
  runTo(100);
  network.conditions.begin({ blocks: (from) => from === 0 });
  ping(1);
  runTo(900_000);
  expect(a.heard).toEqual(['link-opened']);
  runTo(1_000_000);
  expect(a.heard).toEqual(['link-opened', '1 broken']);
});

test('with little bandwidth frames leave one after the other', () => {
  const { b, dial, ping, runTo } = pair({ ...constant, bandwidthBytesPerS: 1_000 });
  dial();
  runTo(100);
  for (let nonce = 1; nonce <= 3; nonce += 1) ping(nonce);
  runTo(10_000);
  const [first = 0, second = 0, third = 0] = b.times.slice(1);
  expect(second - first).toBeCloseTo(third - second, 0);
  expect(second - first).toBeGreaterThan(10);
});

test('with little bandwidth control overtakes the gossip that waits, and a goodbye does not', () => {
  const { network, a, b, dial, ping, runTo } = pair({ ...constant, bandwidthBytesPerS: 1_000 });
  dial();
  runTo(100);
  const gossip = { type: 'GOSSIP', id: 'x', hops: 1, body: new Uint8Array(500) } as const;
  network.send(a, 1, gossip);
  ping(1);
  network.send(a, 1, gossip);
  ping(2);
  network.send(a, 1, { type: 'BYE', reason: '' });
  runTo(10_000);
  expect(b.heard).toEqual(['link-opened', '1', '2', 'GOSSIP', 'GOSSIP', 'BYE']);
});
