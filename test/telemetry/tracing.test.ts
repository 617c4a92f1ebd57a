import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Ballot } from '../../src/core/messages.ts';
import type { PeerNode } from '../../src/nodes/peer-node.ts';
import { attachTracing } from '../../src/telemetry/tracing.ts';
import { nodeOf, parentOf, TracedNodes, traceOf } from '../support/traced-nodes.ts';

/** Six peers: a ring of four with a tail of two. */
const ringWithTail = [
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 3],
  [3, 4],
  [4, 5],
] as const;

describe('the trace of a message', () => {
  test('is the tree that it took: one span for each hop, below the hop before', async () => {
    await using net = new TracedNodes();
    const peers = await net.overlay(6, ringWithTail);
    const { id } = (await peers[0]?.publish('hello', { topic: 'news' })) ?? { id: '' };
    await net.until(() => net.of('message:received').length === 5);

    const [publish, ...none] = net.named('hearsay.publish');
    expect(none).toEqual([]);
    expect(publish).toMatchObject({ kind: SpanKind.PRODUCER, parentSpanContext: undefined });
    const receives = net.named('hearsay.receive');
    expect(receives.map(nodeOf).sort()).toEqual(
      peers
        .slice(1)
        .map((peer) => peer.id)
        .sort(),
    );
    expect(net.spans).toHaveLength(6);
    expect(new Set(net.spans.map(traceOf))).toEqual(new Set([traceOf(publish)]));
    for (const receive of receives) {
      const { event } = net.of('message:received').find(({ at }) => at === nodeOf(receive)) ?? {};
      expect(receive.kind).toBe(SpanKind.CONSUMER);
      expect(nodeOf(parentOf(receive, net.spans))).toBe(event?.from);
      expect(receive.attributes).toMatchObject({
        'hearsay.hops': event?.hops,
        'hearsay.from': event?.from,
        'hearsay.message.id': id,
        'messaging.destination.name': 'news',
      });
      expect(receive.links.map((link) => link.context.spanId)).toEqual([
        publish?.spanContext().spanId,
      ]);
    }
    const hops = peers.map(
      (peer) => net.of('message:received').find(({ at }) => at === peer.id)?.event.hops,
    );
    expect(hops).toEqual([undefined, 1, 1, 2, 3, 4]);
    expect(net.of('message:duplicate').length).toBeGreaterThan(0);
  });

  test('is nowhere when the origin does not sample it, not in the frames either', async () => {
    await using net = new TracedNodes();
    const peers = await net.overlay(6, ringWithTail, { unsampled: 0 });
    await peers[0]?.publish('hello');
    await net.until(() => net.of('message:received').length === 5);
    expect(net.spans).toEqual([]);
    for (const { event } of net.of('message:received')) expect(event.traceparent).toBeUndefined();
  });

  test('is sampled by the origin alone: a hop that samples nothing of its own takes part', async () => {
    await using net = new TracedNodes();
    const peers = await net.overlay(6, ringWithTail, { untraced: 3 });
    await peers[0]?.publish('hello');
    await net.until(() => net.of('message:received').length === 5);
    // The untraced peer in the middle hands the context on as it came.
    const traced = [1, 2, 4, 5].map((n) => peers[n]?.id);
    expect(net.named('hearsay.receive').map(nodeOf).sort()).toEqual(traced.sort());
    const behind = net.named('hearsay.receive').find((span) => nodeOf(span) === peers[4]?.id);
    expect([peers[1]?.id, peers[2]?.id]).toContain(nodeOf(behind && parentOf(behind, net.spans)));
    const [publish] = net.named('hearsay.publish');
    expect(behind?.links[0]?.context.spanId).toBe(publish?.spanContext().spanId);
  });

  test('goes on to a peer that came later and asked for the message', async () => {
    await using net = new TracedNodes();
    const origin = await net.gossip([], net.provider);
    await origin.publish('early');
    const late = await net.gossip([origin.id], net.provider);
    await net.until(() => net.of('message:received').length === 1);
    const [publish, receive] = net.spans;
    expect(receive?.attributes).toMatchObject({
      'hearsay.node.id': late.id,
      'hearsay.recovered': true,
    });
    expect(receive?.parentSpanContext?.spanId).toBe(publish?.spanContext().spanId);
  });

  test('can be gone on with by the application, from the span of the node that received it', async () => {
    await using net = new TracedNodes();
    const peers = await net.overlay(2, [[0, 1]]);
    const { id } = (await peers[0]?.publish('hello')) ?? { id: '' };
    await net.until(() => net.of('message:received').length === 1);
    const [receive] = net.named('hearsay.receive');
    const { traceId, spanId } = receive?.spanContext() ?? {};
    expect(peers[1]?.traceparentOf(id)).toBe(`00-${traceId}-${spanId}-01`);
    expect(peers[1]?.traceparentOf('ff'.repeat(32))).toBeUndefined();
  });
});

describe('the trace of a registration', () => {
  test('holds the proposal, and a vote and a commit of each seed that voted and committed', async () => {
    await using net = new TracedNodes();
    const seeds = await net.seeds(3);
    const peer = await net.peer(seeds);
    const { id } = peer;
    await net.until(() => net.of('registration:committed').length === 3);
    await net.until(() => net.named('hearsay.commit').length === 3);

    const [register, ...others] = net.named('hearsay.register');
    expect(others).toEqual([]);
    expect(register).toMatchObject({ kind: SpanKind.CLIENT, parentSpanContext: undefined });
    expect(register?.attributes).toMatchObject({
      'hearsay.peer.id': id,
      'hearsay.peer.incarnation': 1,
      'hearsay.quorum': 2,
      'hearsay.outcome': 'quorum',
    });
    const spans = net.spans.filter((span) => traceOf(span) === traceOf(register));
    const [propose, ...noMore] = spans.filter(({ name }) => name === 'hearsay.propose');
    expect(noMore).toEqual([]);
    expect(propose && parentOf(propose, spans)).toBe(register);
    expect(propose?.attributes).toMatchObject({
      'hearsay.decision': 'registration',
      'hearsay.outcome': 'committed',
      'hearsay.votes.yes': 2,
    });

    const voted = net.of('registration:vote').filter(({ at, event }) => at === event.seed);
    const votes = spans.filter(({ name }) => name === 'hearsay.vote');
    expect(votes.map(nodeOf).sort()).toEqual(voted.map(({ at }) => at).sort());
    expect(votes.length).toBeGreaterThanOrEqual(2);
    const commits = spans.filter(({ name }) => name === 'hearsay.commit');
    expect(commits.map(nodeOf).sort()).toEqual(seeds.map((seed) => seed.id).sort());
    for (const span of [...votes, ...commits]) expect(parentOf(span, spans)).toBe(propose);
    for (const vote of votes) {
      expect(vote.attributes).toMatchObject({
        'hearsay.vote.answer': 'promise',
        'hearsay.vote.verdict': 'ok',
      });
    }
    expect(spans).toHaveLength(2 + votes.length + commits.length);
  });

  test('is nowhere, on the seeds either, when the peer does not sample it', async () => {
    await using net = new TracedNodes();
    const seeds = await net.seeds(3);
    await net.peer(seeds, {}, false);
    await net.until(() => net.of('registration:committed').length === 3);
    expect(net.spans).toEqual([]);
  });

  test('shows a round without a quorum, and the next round links to it', async () => {
    await using net = new TracedNodes();
    const seeds = await net.seeds(3);
    await seeds[1]?.kill();
    await seeds[2]?.kill();
    const started = net.peer(seeds, { registration: { retryMinMs: 10, retryMaxMs: 10 } });
    started.catch(() => undefined);
    await net.until(() => net.named('hearsay.register').length >= 2);
    await Promise.all(net.nodes.map((node) => node.kill()));
    await expect(started).rejects.toMatchObject({ code: 'aborted' });
    const [first, second] = net.named('hearsay.register');
    expect(first?.attributes).toMatchObject({ 'hearsay.outcome': 'no-quorum' });
    expect(second?.links.map((link) => link.context)).toEqual([first?.spanContext()]);
    const refused = net.named('hearsay.propose').find((span) => traceOf(span) === traceOf(first));
    expect(refused?.attributes).toMatchObject({ 'hearsay.outcome': 'no-quorum' });
  });

  test('of a peer that leaves begins with the leave', async () => {
    await using net = new TracedNodes();
    const seeds = await net.seeds(3);
    const peer = await net.peer(seeds);
    await net.until(() => net.of('registration:committed').length === 3);
    await peer.stop();
    await net.until(() => net.of('leave:committed').length === 3);
    const [leave] = net.named('hearsay.leave');
    expect(leave?.attributes).toMatchObject({ 'hearsay.outcome': 'committed' });
    const spans = net.spans.filter((span) => traceOf(span) === traceOf(leave));
    expect(spans.filter(({ name }) => name === 'hearsay.vote').length).toBeGreaterThanOrEqual(2);
    expect(spans.filter(({ name }) => name === 'hearsay.commit')).toHaveLength(3);
  });
});

describe('the trace of a death', () => {
  test('spans the suspecting peers and the seeds, from the suspicion to every confirmation', async () => {
    await using net = new TracedNodes();
    const seeds = await net.seeds(3);
    const peers: PeerNode[] = [];
    for (let n = 0; n < 6; n += 1) peers.push(await net.peer(seeds));
    const [victim, ...living] = peers;
    await net.until(() => peers.every((peer) => peer.neighbours().length >= 3));
    net.forget();
    await victim?.kill();
    await net.until(() => net.of('peer:confirmed-dead').length === living.length);
    await net.until(() => net.of('death:committed').length === 3);

    // Reports to different seeds at once make several proposals; one of them is committed.
    const commit = net
      .named('hearsay.commit')
      .find((span) => nodeOf(span) === span.attributes['hearsay.seed.id']);
    const spans = net.spans.filter((span) => traceOf(span) === traceOf(commit));
    const propose = commit && parentOf(commit, spans);
    const has = (name: string) => spans.filter((span) => span.name === name);
    const report = propose && parentOf(propose, spans);
    expect(report?.name).toBe('hearsay.report');
    const suspect = report && parentOf(report, spans);
    expect(suspect?.name).toBe('hearsay.suspect');
    expect(nodeOf(suspect)).toBe(nodeOf(report));
    const looks = has('hearsay.probe').filter((span) => parentOf(span, spans) === suspect);
    expect(looks.map(({ attributes }) => attributes['hearsay.by'])).toContain(nodeOf(suspect));
    expect(looks.length).toBeGreaterThanOrEqual(2);

    const ballot = propose?.attributes['hearsay.ballot'];
    const voted = net
      .of('death:vote')
      .filter(({ at, event }) => at === event.seed && textOf(event.ballot) === ballot);
    const votes = has('hearsay.vote').filter((span) => parentOf(span, spans) === propose);
    expect(votes.map(nodeOf).sort()).toEqual(voted.map(({ at }) => at).sort());
    expect(votes.length).toBeGreaterThanOrEqual(2);
    expect(has('hearsay.commit').map(nodeOf).sort()).toEqual(seeds.map((seed) => seed.id).sort());

    // Everybody confirms in this trace, below whoever told it.
    expect(has('hearsay.confirm').map(nodeOf).sort()).toEqual(living.map(({ id }) => id).sort());
    for (const confirm of has('hearsay.confirm')) {
      const { name } = parentOf(confirm, spans) ?? {};
      expect(['hearsay.commit', 'hearsay.confirm']).toContain(name);
    }
    const suspecting = new Set(has('hearsay.suspect').map(nodeOf));
    for (const span of has('hearsay.corroborate')) suspecting.add(nodeOf(span));
    expect(suspecting).toContain(nodeOf(suspect));
    for (const { at } of net.of('peer:suspected')) {
      if (hasPartIn(net, at, nodeOf(suspect))) expect(suspecting).toContain(at);
    }
    // Suspicions of the same moment are traces of their own, which are linked.
    for (const own of net.named('hearsay.suspect').filter((span) => !spans.includes(span))) {
      const confirm = has('hearsay.confirm').find((span) => nodeOf(span) === nodeOf(own));
      expect(confirm?.links.map((link) => link.context)).toContainEqual(own.spanContext());
    }
    for (const span of net.named('hearsay.suspect')) {
      expect(span.attributes).toMatchObject({ 'hearsay.outcome': 'confirmed' });
    }
  });
});

describe('attachTracing', () => {
  test('ends what is open when the node stops', async () => {
    await using net = new TracedNodes();
    // Whoever accepts connections, and says nothing, keeps a round open.
    const silent = [createServer(), createServer()].map((server) => server.listen(0, '127.0.0.1'));
    await Promise.all(silent.map((server) => once(server, 'listening')));
    onTestFinished(() => {
      for (const server of silent) server.close();
    });
    const seeds = silent.map((server) => ({
      id: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    }));
    const started = net.peer(seeds);
    started.catch(() => undefined);
    await net.until(() => net.of('peer:registering').length === 1);
    expect(net.named('hearsay.register')).toHaveLength(0);
    await net.nodes[0]?.kill();
    await expect(started).rejects.toMatchObject({ code: 'aborted' });
    expect(net.named('hearsay.register').map(({ attributes }) => attributes)).toMatchObject([
      { 'hearsay.outcome': 'stopped' },
    ]);
  });

  test('traces a node once at a time, and no more when it is detached', async () => {
    await using net = new TracedNodes();
    const node = await net.gossip([]);
    const other = await net.gossip([node.id], net.provider);
    await net.until(() => node.neighbours().length === 1);
    const detach = attachTracing(node, { tracerProvider: net.provider });
    expect(() => attachTracing(node, { tracerProvider: net.provider })).toThrow(
      'this node is traced already',
    );
    await node.publish('seen');
    await net.until(() => net.named('hearsay.receive').length === 1);
    detach();
    await node.publish('unseen');
    await net.until(() => net.of('message:received').length === 2);
    expect(net.named('hearsay.publish').map(nodeOf)).toEqual([node.id]);
    expect(net.named('hearsay.receive').map(nodeOf)).toEqual([other.id]);
  });

  test('without an SDK records nothing, and puts nothing into frames', async () => {
    await using net = new TracedNodes();
    const node = await net.gossip([]);
    await net.gossip([node.id], net.provider);
    attachTracing(node);
    await net.until(() => node.neighbours().length === 1);
    await node.publish('hello');
    await net.until(() => net.of('message:received').length === 1);
    expect(net.of('message:received')[0]?.event).not.toHaveProperty('traceparent');
    expect(net.spans).toEqual([]);
  });
});

function textOf({ round, seed }: Ballot): string {
  return `${round}@${seed}`;
}

/**
 * Whether a peer that suspected has a span in the reporter's trace: it joined it, which the first
 * notice that it heard decides, or it heard the reporter while it suspected in a trace of its own.
 */
function hasPartIn(net: TracedNodes, peer: string, reporter: string): boolean {
  const own = net.events.filter(({ at }) => at === peer).map(({ event }) => event);
  const begun = own.findIndex(({ type }) => type === 'peer:suspected');
  const ended = own.findIndex(({ type }) => type === 'peer:confirmed-dead');
  const notices = own.filter((event) => event.type === 'peer:suspicion-heard');
  const told = notices.find(({ by }) => by === reporter);
  if (told === undefined) return false;
  const heard = own.indexOf(told);
  return heard < begun ? told === notices[0] : heard < ended;
}
