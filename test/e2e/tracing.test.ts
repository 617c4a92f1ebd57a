import { describe, expect, it } from 'vitest';
import { freePorts } from '../../examples/support/ports.ts';
import { startExample } from './support/examples.ts';
import { ProcessNetwork } from './support/network.ts';
import { OtlpReceiver, type ReceivedSpan } from './support/otlp-receiver.ts';

describe('examples/observability.ts, each node a process with OpenTelemetry’s SDK for Node', () => {
  it('sends whole traces of messages, registrations and a death by OTLP', async () => {
    await using receiver = await OtlpReceiver.start();
    const example = startExample('observability.ts', [
      ...['--peers', '4', '--collector', receiver.url, '--metrics-port', '0'],
      ...['--publish-every', '1', '--kill-every', '4', '--outage-every', '0'],
    ]);
    const peers = 4;

    const message = await receiver.traceWith(
      'a message that reached every peer',
      (trace) => isWhole(trace) && named(trace, 'hearsay.receive').length === peers - 1,
    );
    expect(new Set(message.map(({ instance }) => instance)).size).toBe(peers);
    const [publish] = named(message, 'hearsay.publish');
    for (const receive of named(message, 'hearsay.receive')) {
      expect(receive.links.map(({ spanId }) => spanId)).toEqual([publish?.spanId]);
      const hops = depthOf(receive, message);
      expect(Number(receive.attributes['hearsay.hops'])).toBe(hops);
    }

    const registration = await receiver.traceWith(
      'a registration at three seeds',
      (trace) =>
        isWhole(trace) &&
        named(trace, 'hearsay.register').length === 1 &&
        named(trace, 'hearsay.commit').length === 3,
    );
    const seeds = new Set(named(registration, 'hearsay.commit').map(({ instance }) => instance));
    expect(seeds.size).toBe(3);
    expect(named(registration, 'hearsay.vote').length).toBeGreaterThanOrEqual(2);
    for (const vote of named(registration, 'hearsay.vote')) {
      expect(vote.service).toBe('hearsay-seed');
      expect(parentOf(vote, registration)?.name).toBe('hearsay.propose');
    }

    const death = await receiver.traceWith(
      'a death that every living peer confirmed',
      (trace) =>
        isWhole(trace) &&
        named(trace, 'hearsay.report').length > 0 &&
        named(trace, 'hearsay.commit').length === 3 &&
        named(trace, 'hearsay.confirm').length === peers - 1,
    );
    const commit = named(death, 'hearsay.commit').find(
      ({ node, attributes }) => node === attributes['hearsay.seed.id'],
    );
    const way: string[] = [];
    for (let span = commit; span !== undefined; span = parentOf(span, death)) way.push(span.name);
    expect(way.slice(0, 4)).toEqual([
      'hearsay.commit',
      'hearsay.propose',
      'hearsay.report',
      'hearsay.suspect',
    ]);
    const instances = new Set(death.map(({ instance }) => instance));
    expect(instances.size).toBe(peers - 1 + 3);

    example.child.kill('SIGINT');
    expect(await example.exited).toBe(0);
    expect(example.text()).toContain(`traces go to ${receiver.url}`);
  });

  it('runs with nothing listening, and says so once', async () => {
    const [port] = await freePorts(1);
    const example = startExample('observability.ts', [
      ...['--peers', '3', '--for', '8', '--metrics-port', '0', '--publish-every', '0.5'],
      ...['--collector', `http://127.0.0.1:${port}`],
    ]);
    expect(await example.exited).toBe(0);
    expect(example.text().match(/nothing listens at/g)).toHaveLength(1);
    expect(example.text()).not.toMatch(/ECONNREFUSED|Error/);
    expect(example.text()).toMatch(/[1-9]\d* messages published, [1-9]\d* receipts/);
  });

  it('says which flag is wrong, and explains them', async () => {
    const wrong = startExample('observability.ts', ['--peers', '2']);
    expect(await wrong.exited).toBe(2);
    expect(wrong.text()).toContain('--peers 2: it must be a number, from 3 to 200');
    const help = startExample('observability.ts', ['--help']);
    expect(await help.exited).toBe(0);
    expect(help.text()).toContain('default http://127.0.0.1:4318');
  });
});

describe('--traces', () => {
  it('sends the spans of seeds and peers by OTLP', async () => {
    await using receiver = await OtlpReceiver.start();
    await using network = await ProcessNetwork.create(3);
    const flags = ['--traces', receiver.url];
    for (const index of [0, 1, 2]) network.seed(index, flags);
    await network.logWith(
      'linked seeds',
      (lines) => lines.filter(({ text }) => text.includes('3 reachable')).length === 3,
    );
    const ports = await freePorts(2);
    const peers = ports.map((port) =>
      network.peer(port, [...flags, '--count', '2', '--interval', '1']),
    );
    await receiver.traceWith(
      'a registration',
      (trace) =>
        isWhole(trace) &&
        named(trace, 'hearsay.register').length === 1 &&
        named(trace, 'hearsay.commit').length === 3,
    );
    const message = await receiver.traceWith(
      'a message',
      (trace) => isWhole(trace) && named(trace, 'hearsay.receive').length === 1,
    );
    expect(message.map(({ service }) => service)).toEqual(['hearsay-peer', 'hearsay-peer']);
    // The last spans, of leaving, are sent before the process ends.
    peers[0]?.child.kill('SIGINT');
    expect(await peers[0]?.exited).toBe(0);
    await receiver.traceWith('a leave', (trace) => named(trace, 'hearsay.leave').length === 1);
  });

  it('with nothing listening is said once, and changes nothing else', async () => {
    await using network = await ProcessNetwork.create(3);
    const [nobody, port] = await freePorts(2);
    const flags = ['--traces', `http://127.0.0.1:${nobody}`];
    for (const index of [0, 1, 2]) network.seed(index);
    const peer = network.peer(port ?? 0, [...flags, '--count', '8', '--interval', '1']);
    await network.logWith(
      'all messages',
      (lines) => lines.filter(({ event }) => event === 'message:published').length === 8,
    );
    peer.child.kill('SIGINT');
    expect(await peer.exited).toBe(0);
    const said = peer.stderr();
    expect(said).toMatch(/^traces: cannot be sent to http:\S+ \(.*ECONNREFUSED.*\n$/);
  });

  it('takes the URL of a collector only', async () => {
    await using network = await ProcessNetwork.create(2);
    const seed = network.seed(0, ['--traces', '127.0.0.1:4318']);
    expect(await seed.exited).toBe(2);
    expect(seed.stderr()).toContain('It must be a URL like http://127.0.0.1:4318.');
  });
});

function named(trace: readonly ReceivedSpan[], name: string): ReceivedSpan[] {
  return trace.filter((span) => span.name === name);
}

function parentOf(span: ReceivedSpan, trace: readonly ReceivedSpan[]): ReceivedSpan | undefined {
  return trace.find(({ spanId }) => spanId === span.parentSpanId);
}

function depthOf(span: ReceivedSpan, trace: readonly ReceivedSpan[]): number {
  const parent = parentOf(span, trace);
  return parent === undefined ? 0 : 1 + depthOf(parent, trace);
}

/** Processes send their spans at different times: whether none is missing that another one names. */
function isWhole(trace: readonly ReceivedSpan[]): boolean {
  const roots = trace.filter((span) => parentOf(span, trace) === undefined);
  return roots.length === 1 && roots[0]?.parentSpanId === '';
}
