import { describe, expect, test } from 'vitest';
import { seedDefaults } from '../../../src/core/config.ts';
import type {
  AcceptorState,
  CopyResult,
  RegisterValue,
  RegisterValues,
} from '../../../src/core/messages.ts';
import { encodeFrame } from '../../../src/wire/frames.ts';
import { defaultFrameLimits } from '../../../src/wire/limits.ts';
import type { SeedClient } from '../../support/seed-client.ts';
import { SeedNetwork } from '../../support/seed-network.ts';

describe('a seed', () => {
  test('says nothing to a RENEW while it recovers: `unknown` would make every peer register again', async () => {
    const net = await SeedNetwork.create({ seeds: 3, random: 1 });
    const client = await net.client('a');
    client.register('s0:1');
    net.time.run(3_000);
    net.crash('s1:1');
    net.crash('s2:1');
    net.loseDisk('s2:1');
    await net.start('s2:1');
    net.time.run(3_000);
    client.renew('s2:1');
    net.time.run(3_000);
    expect(client.heard.filter(({ seed }) => seed === 's2:1')).toEqual([]);
  });

  test('takes requests for one peer together: a crowd of reports is one proposal', async () => {
    const net = await SeedNetwork.create({ seeds: 3, random: 2 });
    const victim = await net.client('v');
    victim.register('s0:1');
    const crowd: SeedClient[] = [];
    for (let n = 0; n < 20; n += 1) crowd.push(await net.client(`c${n}`));
    net.time.run(3_000);
    victim.kill();
    for (const client of crowd) client.report('s0:1', victim.id, 1);
    net.time.run(5_000);
    expect(net.eventsOf('death:proposed')).toHaveLength(1);
    for (const client of crowd) expect(client.lastResult).toMatchObject({ outcome: 'ok' });
  });

  test('takes the report of a peer that never registered: whoever sees a death may tell it', async () => {
    const net = await SeedNetwork.create({ seeds: 3, random: 10 });
    const [victim, stranger] = [await net.client('v'), await net.client('x')];
    victim.register('s0:1');
    net.time.run(2_000);
    victim.kill();
    stranger.report('s1:1', victim.id, 1);
    net.time.run(3_000);
    expect(stranger.lastResult).toMatchObject({ type: 'DEAD_REPORT_RESULT', outcome: 'ok' });
    expect(net.peerList('s0:1')).toEqual([]);
  });

  test('closes the link of a peer that reports in the name of another', async () => {
    const net = await SeedNetwork.create({ seeds: 2, random: 11 });
    const liar = await net.client('x');
    const report = {
      type: 'DEAD_REPORT',
      request: 1,
      peer: 'v:1',
      incarnation: 1,
      text: '',
    } as const;
    liar.send('s0:1', { ...report, reporter: 'a:1', corroborators: [] });
    net.time.run(1_000);
    expect(net.eventsOf('link:violated')).toMatchObject([
      { from: 'x:1', reason: 'a report of a:1 from x:1' },
    ]);
    expect(net.eventsOf('death:reported')).toEqual([]);
  });

  test('tells deaths to those that follow its Peer List, and to those that have not said whose they follow', async () => {
    const net = await SeedNetwork.create({ seeds: 3, random: 14 });
    const names = ['follower', 'other', 'newcomer', 'v'];
    const [follower, other, newcomer, victim] = await Promise.all(names.map((n) => net.client(n)));
    for (const client of [follower, other, newcomer, victim]) {
      client?.register('s0:1');
      net.time.run(1_000);
    }
    follower?.renew('s0:1', [], 'c0ffee');
    other?.renew('s0:1');
    victim?.kill();
    newcomer?.report('s1:1', 'v:1', 1);
    net.time.run(5_000);
    const toldBy = (client: SeedClient | undefined) =>
      client?.heard.filter(({ message }) => message.type === 'DEAD_CONFIRMED').map((m) => m.seed);
    expect(toldBy(follower)).toEqual(['s0:1']);
    expect(toldBy(other)).toEqual([]);
    expect(toldBy(newcomer)).toContain('s0:1');
  });

  test('refuses more members than it may have', async () => {
    const net = await SeedNetwork.create({ seeds: 2, random: 12, options: { membersMax: 1 } });
    const [first, second] = [await net.client('a'), await net.client('b')];
    first.register('s0:1');
    net.time.run(1_000);
    second.register('s0:1');
    net.time.run(1_000);
    expect(first.lastResult).toMatchObject({ outcome: 'ok' });
    expect(second.heard.map(({ message }) => message)).toMatchObject([
      { type: 'REFUSE', code: 'full' },
    ]);
  });

  test('keeps its links with the other seeds whatever a dial-back is answered', async () => {
    const net = await SeedNetwork.create({ seeds: 3, random: 13, options: { leaseMs: 10_000 } });
    const [rude, a] = [await net.client('x'), await net.client('a')];
    rude.register('s0:1');
    a.register('s0:1');
    net.time.run(2_000);
    const before = net.events.length;
    rude.refusal = 'é'.repeat(4_096);
    a.report('s0:1', 'y:1', 1);
    // A registration, a lapsed lease whose evidence is the refusal, and the death that follows.
    net.time.run(40_000);
    rude.register('s1:1');
    net.time.run(5_000);
    const types = net.events.slice(before).map(({ event }) => event.type);
    expect(types).not.toContain('seed:down');
    expect(types).not.toContain('link:violated');
    expect(types).toContain('death:committed');
    expect(rude.lastResult?.reason.length).toBeLessThanOrEqual(4_096);
  });

  test('lets in only whom its admit hook wants', async () => {
    const admit = (peer: string) => peer.startsWith('good');
    const net = await SeedNetwork.create({ seeds: 2, random: 3, admit });
    const [good, bad] = [await net.client('good'), await net.client('bad')];
    good.register('s0:1');
    bad.register('s0:1');
    net.time.run(5_000);
    expect(good.lastResult).toMatchObject({ outcome: 'ok', incarnation: 1 });
    expect(bad.lastResult).toMatchObject({ outcome: 'not-admitted', incarnation: 0 });
  });

  test('closes the link of a peer that asks in the name of another', async () => {
    const net = await SeedNetwork.create({ seeds: 2, random: 4 });
    const thief = await net.client('t');
    const session = 'ab'.repeat(16);
    thief.send('s0:1', { type: 'LEAVE', request: 1, peer: 'v:1', incarnation: 1, session });
    net.time.run(1_000);
    expect(net.eventsOf('link:violated')).toMatchObject([
      { from: 't:1', reason: 'LEAVE for v:1 from t:1' },
    ]);
    expect(thief.heard.map(({ message }) => message.type)).toEqual(['BYE']);
  });

  test('with always-ok verdicts takes the word of the peers, as the seed document does', async () => {
    const options = { verdicts: 'always-ok' } as const;
    const net = await SeedNetwork.create({ seeds: 3, random: 5, options });
    const [a, b] = [await net.client('a'), await net.client('b')];
    a.register('s0:1');
    b.register('s0:1');
    net.time.run(2_000);
    b.report('s1:1', a.id, 1);
    net.time.run(2_000);
    expect(b.lastResult).toMatchObject({ type: 'DEAD_REPORT_RESULT', outcome: 'ok' });
    expect(net.peerList('s0:1').map(({ id }) => id)).toEqual(['b:1']);
  });

  test.each([2, 3, 5])('begins with a bare quorum of a new cluster of %i', async (seeds) => {
    const net = SeedNetwork.idle({ seeds, random: 6 });
    for (const id of net.ids.slice(0, net.quorum)) await net.start(id);
    net.time.run(3_000);
    const client = await net.client('a');
    client.register('s0:1');
    net.time.run(3_000);
    expect(client.lastResult).toMatchObject({ outcome: 'ok', incarnation: 1 });
  });

  test('that is alone of a new cluster waits, says so once, and refuses with a reason', async () => {
    const net = SeedNetwork.idle({ seeds: 3, random: 7 });
    await net.start('s0:1');
    net.time.run(30_000);
    expect(net.eventsOf('seed:recovering')).toHaveLength(1);
    const client = await net.client('a');
    client.register('s0:1');
    net.time.run(1_000);
    expect(client.lastResult).toMatchObject({
      outcome: 'recovering',
      reason: expect.stringMatching(
        /the store of this seed is new: it votes when 2 of the seeds/,
      ) as string,
    });
  });

  test('answers a Peer List with its size, its digest and no more entries than asked for', async () => {
    const net = await SeedNetwork.create({ seeds: 2, random: 8 });
    const clients: SeedClient[] = [];
    for (const host of ['a', 'b', 'c', 'd']) {
      const client = await net.client(host);
      client.register('s0:1');
      net.time.run(500);
      clients.push(client);
    }
    clients[0]?.send('s1:1', { type: 'PEER_LIST_REQUEST', request: 9, limit: 2 });
    net.time.run(500);
    const answer = clients[0]?.heard.at(-1)?.message;
    expect(answer).toMatchObject({ type: 'PEER_LIST', request: 9, total: 4 });
    expect(answer?.type === 'PEER_LIST' && answer.peers).toHaveLength(2);
  });

  test('names peers of the largest component to one that is cut off', async () => {
    const net = await SeedNetwork.create({ seeds: 2, random: 9 });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const clients: SeedClient[] = [];
    for (const host of names) {
      const client = await net.client(host);
      client.register('s0:1');
      net.time.run(500);
      clients.push(client);
    }
    const [a, b, c, d, e] = clients;
    a?.renew('s0:1', ['b:1', 'c:1']);
    b?.renew('s0:1', ['a:1']);
    c?.renew('s0:1', ['a:1']);
    d?.renew('s0:1', ['e:1']);
    net.time.run(3_000);
    expect(net.eventsOf('overlay:components-seen', 's0:1').at(-1)).toMatchObject({
      components: 2,
      smallest: 2,
      peers: 5,
    });
    e?.renew('s0:1', ['d:1']);
    net.time.run(500);
    const answer = e?.heard.at(-1)?.message;
    const bridge = answer?.type === 'RENEW_RESULT' ? answer.bridge.map(({ id }) => id) : [];
    expect(bridge.length).toBeGreaterThan(0);
    for (const id of bridge) expect(['a:1', 'b:1', 'c:1']).toContain(id);
  });
});

describe('frames between seeds', () => {
  const name = `${'n'.repeat(250)}:65535`;
  const value: RegisterValue = {
    status: 'dead',
    incarnation: 2 ** 40,
    session: 's'.repeat(32),
    registeredAtMs: Number.MAX_SAFE_INTEGER,
    revision: 2 ** 40,
    changedAtMs: Number.MAX_SAFE_INTEGER,
    evidence: '死'.repeat(500),
  };
  const ballot = { round: 2 ** 40, seed: name };

  test('of repair fit the wire with the longest names and evidence there are', () => {
    const { registersPerFrameMax } = seedDefaults;
    const values = Array.from(
      { length: registersPerFrameMax },
      () => [name, ballot, value] as const,
    );
    const want = Array.from({ length: registersPerFrameMax }, () => name);
    const frame: RegisterValues = { type: 'REGISTER_VALUES', values, want };
    expect(encodeFrame(frame).length).toBeLessThan(defaultFrameLimits.controlFrameBytesMax);
  });

  test('of a copy fit the wire likewise', () => {
    const state: AcceptorState = {
      peer: name,
      promised: ballot,
      acceptedBallot: ballot,
      accepted: value,
      committed: value,
    };
    const registers = Array.from({ length: seedDefaults.registersPerFrameMax + 1 }, () => state);
    const frame: CopyResult = {
      type: 'COPY_RESULT',
      after: name,
      registers,
      stores: [],
      more: true,
    };
    expect(encodeFrame(frame).length).toBeLessThan(defaultFrameLimits.controlFrameBytesMax);
  });
});
