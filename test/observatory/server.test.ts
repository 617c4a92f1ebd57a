import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ObservatoryControl } from '../../src/observatory/control.ts';
import { Feed } from '../../src/observatory/feed.ts';
import { NetworkModel } from '../../src/observatory/model/network-model.ts';
import { type Observatory, serveObservatory } from '../../src/observatory/observatory.ts';
import { servePage } from '../../src/observatory/server.ts';
import type { Status } from '../../src/observatory/status.ts';
import type { EventRecord } from '../../src/telemetry/event-record.ts';
import { peer, Story } from './records.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

const status: Status = {
  mode: 'live',
  title: 'a test',
  startedAtMs: 0,
  actions: [],
  groups: null,
  replay: null,
};

async function serveFeed(): Promise<{ feed: Feed; url: string }> {
  const feed = new Feed(new NetworkModel(), () => status);
  const { url, close } = await servePage('127.0.0.1:0', feed, new Map());
  cleanUp.push(close);
  return { feed, url };
}

async function serve(control: ObservatoryControl = {}): Promise<Observatory> {
  const observatory = await serveObservatory({ control });
  cleanUp.push(() => observatory.close());
  return observatory;
}

/** A page that reads the feed. */
class Reader {
  readonly events: { readonly id: string; readonly event: string; readonly data: unknown }[] = [];
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #text = '';

  constructor(url: string, lastEventId?: string) {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    this.#request = get(`${url}/events`, { headers }, (response) => {
      this.#response = response;
      response.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    });
    this.#request.on('error', () => undefined);
    cleanUp.push(() => this.close());
  }

  close(): void {
    this.#request.destroy();
  }

  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  async until(event: string, count = 1): Promise<void> {
    while (this.of(event).length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  of(event: string) {
    return this.events.filter((each) => each.event === event);
  }

  /** The model that a page has after all it has heard. */
  model(): NetworkModel {
    let model = new NetworkModel();
    for (const { event, data } of this.events) {
      if (event === 'snapshot') model = NetworkModel.fromSnapshot((data as { model: never }).model);
      if (event === 'records') {
        for (const record of (data as { records: EventRecord[] }).records) model.apply(record);
      }
    }
    return model;
  }

  #read(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      const fields = new Map<string, string>();
      for (const line of this.#text.slice(0, end).split('\n')) {
        const colon = line.indexOf(': ');
        fields.set(line.slice(0, colon), line.slice(colon + 2));
      }
      this.#text = this.#text.slice(end + 2);
      const data: unknown = JSON.parse(fields.get('data') ?? 'null');
      this.events.push({ id: fields.get('id') ?? '', event: fields.get('event') ?? '', data });
    }
  }
}

function push(feed: Feed, story: Story, from = 0): void {
  for (const record of story.records.slice(from)) feed.push(record);
}

describe('the feed', () => {
  test('begins with a snapshot and goes on with every record', async () => {
    const { feed, url } = await serveFeed();
    const story = new Story().network(3, [[1, 2]]);
    push(feed, story);
    const reader = new Reader(url);
    await reader.until('snapshot');
    const before = story.records.length;
    story.publish(1);
    story.receive(2, 1, 1, 1);
    push(feed, story, before);
    await reader.until('records');
    expect(reader.events.map(({ event }) => event)).toEqual(['status', 'snapshot', 'records']);
    expect(reader.model().toJSON()).toEqual(story.model.toJSON());
  });

  test('sends only what was missed to a page that comes back soon, and a snapshot to others', async () => {
    const { feed, url } = await serveFeed();
    const story = new Story().network(2, []);
    push(feed, story);
    const first = new Reader(url);
    await first.until('snapshot');
    first.close();
    const before = story.records.length;
    story.publish(1);
    push(feed, story, before);
    const back = new Reader(url, first.of('snapshot')[0]?.id);
    await back.until('records');
    expect(back.of('snapshot')).toHaveLength(0);
    expect(back.of('records')[0]?.data).toMatchObject({ from: before });
    const stranger = new Reader(url, 'another-run/3');
    await stranger.until('snapshot');
    expect(stranger.model().toJSON()).toEqual(story.model.toJSON());
  });

  test('gives everybody a new snapshot when the model is another one', async () => {
    const { feed, url } = await serveFeed();
    const reader = new Reader(url);
    await reader.until('snapshot');
    const story = new Story().network(4, []);
    feed.reset(story.model);
    await reader.until('snapshot', 2);
    expect(reader.model().members.list).toHaveLength(4);
  });

  test('never queues without bound for a page that does not read: it gets a fresh snapshot later', async () => {
    const { feed, url } = await serveFeed();
    const slow = new Reader(url);
    const quick = new Reader(url);
    await slow.until('snapshot');
    await quick.until('snapshot');
    slow.pause();
    const story = new Story().network(2, []);
    push(feed, story);
    // Far more than sockets and the feed together hold for a page.
    for (let sequence = 1; sequence <= 40_000; sequence += 1) {
      story.publish(1, sequence);
      feed.push(story.records.at(-1) as EventRecord);
      if (sequence % 2_000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const isComplete = (reader: Reader) => reader.model().totals.published === 40_000;
    while (!isComplete(quick)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(quick.of('snapshot')).toHaveLength(1);
    slow.resume();
    await slow.until('snapshot', 2);
    while (!isComplete(slow)) await new Promise((resolve) => setTimeout(resolve, 20));
    const records = slow
      .of('records')
      .map(({ data }) => (data as { records: unknown[] }).records.length);
    expect(records.reduce((sum, count) => sum + count, 0)).toBeLessThan(40_000);
  });
});

describe('the server', () => {
  test('serves the page, bundled, with a policy that lets in nothing from elsewhere', async () => {
    const { url } = await serve();
    const response = await fetch(url);
    expect(await response.text()).toContain('<title>Hearsay observatory</title>');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    for (const [path, type] of [
      ['/page.js', 'text/javascript'],
      ['/layout-worker.js', 'text/javascript'],
      ['/page.css', 'text/css'],
      ['/icon.svg', 'image/svg+xml'],
    ]) {
      const asset = await fetch(`${url}${path}`);
      expect([path, asset.status, asset.headers.get('content-type')?.split(';')[0]]).toEqual([
        path,
        200,
        type,
      ]);
    }
    expect((await fetch(`${url}/../package.json`)).status).toBe(404);
    expect((await fetch(url, { method: 'PUT' })).status).toBe(405);
  });

  test('answers only to its own name, whatever address leads here', async () => {
    const { url } = await serve();
    expect(await statusOf(url, { host: 'evil.example' })).toBe(421);
    expect(await statusOf(url, { host: `evil.example:${new URL(url).port}` })).toBe(421);
    expect(await statusOf(url, { host: `localhost:${new URL(url).port}` })).toBe(200);
  });

  test('listens on this machine only', async () => {
    await expect(serveObservatory({ listen: '0.0.0.0:0' })).rejects.toMatchObject({
      code: 'option-invalid',
      message: expect.stringContaining('ssh -L') as string,
    });
    await expect(serveObservatory({ listen: 'nonsense' })).rejects.toMatchObject({
      code: 'option-invalid',
    });
    const { url } = await serve();
    const taken = url.replace('http://', '');
    await expect(serveObservatory({ listen: taken })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining('serve the observatory on another port') as string,
    });
  });

  test('closes open pages when it is closed', async () => {
    const observatory = await serveObservatory();
    const socket = connect(Number(new URL(observatory.url).port), '127.0.0.1');
    socket.write(`GET /events HTTP/1.1\r\nhost: ${observatory.url.replace('http://', '')}\r\n\r\n`);
    await once(socket, 'data');
    await observatory.close();
    socket.resume();
    await once(socket, 'close');
  });
});

describe('a button', () => {
  const done: unknown[][] = [];
  const control = (): ObservatoryControl => ({
    publish: async (...args) => done.push(['publish', ...args]),
    kill: async (...args) => done.push(['kill', ...args]),
    add: async () => {
      throw new Error('no room');
    },
    partition: async (groups) => done.push(['partition', groups]),
    heal: async () => done.push(['heal']),
  });

  test('does what the control says, and the page hears of a cut', async () => {
    done.length = 0;
    const { url } = await serve(control());
    const reader = new Reader(url);
    await reader.until('status');
    expect(reader.of('status')[0]?.data).toMatchObject({
      actions: ['publish', 'kill', 'add', 'partition', 'heal'],
      groups: null,
    });
    const groups = [[peer(1)], [peer(2)]];
    expect(await post(url, 'publish', { peer: peer(1), text: 'hello' })).toMatchObject({
      status: 200,
    });
    expect(await post(url, 'partition', { groups })).toMatchObject({ status: 200 });
    await reader.until('status', 2);
    expect(reader.of('status')[1]?.data).toMatchObject({ groups });
    expect(await post(url, 'heal', {})).toMatchObject({ status: 200 });
    await reader.until('status', 3);
    expect(reader.of('status')[2]?.data).toMatchObject({ groups: null });
    expect(done).toEqual([['publish', peer(1), 'hello'], ['partition', groups], ['heal']]);
  });

  test('that fails says why', async () => {
    const { url } = await serve(control());
    expect(await post(url, 'add', {})).toEqual({ status: 500, text: 'no room\n' });
  });

  test.each([
    ['publish', { peer: 'x' }, 'text must be a text of 1 to 10000 characters'],
    ['publish', { peer: 7, text: 'x' }, 'peer must be a text of 1 to 300 characters'],
    ['partition', { groups: [['a'], ['a']] }, 'groups must be two or more lists of addresses'],
    ['partition', { groups: 'a' }, 'groups must be two or more lists of addresses'],
    ['kill', [], 'peer must be a text'],
    ['kill', null, 'the body must be a JSON object'],
  ])('refuses %s of %j', async (action, body, problem) => {
    done.length = 0;
    const { url } = await serve(control());
    const answer = await post(url, action, body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(problem);
    expect(done).toEqual([]);
  });

  test('is there only for what the control has', async () => {
    const { url } = await serve({ kill: async () => undefined });
    expect(await post(url, 'publish', {})).toEqual({
      status: 404,
      text: 'there is no such action here; there are: kill\n',
    });
  });

  test('does nothing for another site, a form, or a body without end', async () => {
    done.length = 0;
    const { url } = await serve(control());
    const path = `${url}/actions/heal`;
    const json = { 'content-type': 'application/json' };
    const statuses = [
      await fetch(path, { method: 'POST', headers: json, body: '{}' }),
      await fetch(path, {
        method: 'POST',
        headers: { ...json, origin: 'https://evil.example' },
        body: '{}',
      }),
      await fetch(path, { method: 'POST', headers: { ...json, origin: 'null' }, body: '{}' }),
      await fetch(path, { method: 'POST', headers: { origin: url }, body: '{}' }),
      await fetch(path, {
        method: 'POST',
        headers: { ...json, origin: url },
        body: 'x'.repeat(100_000),
      }),
    ].map((response) => response.status);
    expect(statuses).toEqual([403, 403, 403, 415, 400]);
    expect(done).toEqual([]);
  });
});

async function post(url: string, action: string, body: unknown) {
  const response = await fetch(`${url}/actions/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  const sent = request(url, { headers });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}
