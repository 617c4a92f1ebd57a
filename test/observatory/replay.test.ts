import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Feed } from '../../src/observatory/feed.ts';
import { NetworkModel } from '../../src/observatory/model/network-model.ts';
import { Replay } from '../../src/observatory/replay.ts';
import { readEventFile } from '../../src/telemetry/event-file.ts';
import { formatEventFileHeader, formatEventRecord } from '../../src/telemetry/event-record.ts';
import { Story, seed } from './records.ts';

let folder: string;
const open: Replay[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearsay-replay-'));
});
afterEach(() => Promise.all(open.splice(0).map((replay) => replay.close())));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A long run: a message every 10 ms of 6,000 s, so that there are many places to begin from. */
function longStory(): Story {
  const story = new Story([seed(1)]).network(3, [
    [1, 2],
    [2, 3],
  ]);
  for (let sequence = 1; sequence <= 6_000; sequence += 1) {
    story.atMs = 1_000 * sequence;
    story.publish(1, sequence);
    story.receive(2, 1, 1, 1, sequence);
    story.receive(3, 2, 1, 2, sequence);
  }
  return story;
}

/** What the run looks like at a time: all records up to then, taken in from the start. */
function modelAt(story: Story, atMs: number): NetworkModel {
  const model = new NetworkModel([seed(1)]);
  for (const record of story.records) if (record.atMs <= atMs) model.apply(record);
  return model;
}

async function replayOf(story: Story): Promise<{ replay: Replay; feed: Feed }> {
  const path = join(folder, `${crypto.randomUUID()}.ndjson`);
  const header = formatEventFileHeader({ startedAtMs: 0, seeds: [seed(1)] });
  await writeFile(path, header + story.records.map(formatEventRecord).join(''));
  const replay = await Replay.open(await readEventFile(path));
  open.push(replay);
  const feed = new Feed(new NetworkModel([seed(1)]), () => {
    throw new Error('nobody is connected');
  });
  return { replay, feed };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('the network looks at any time as if the run had been watched until then', async () => {
  const story = longStory();
  const { replay, feed } = await replayOf(story);
  replay.start(feed);
  replay.pause();
  for (const atMs of [3_000_000, 500, 5_999_999, 0, 1_234_567, 6_000_000]) {
    replay.seek(atMs);
    await until(() => replay.status.atMs === atMs);
    expect(feed.model.toJSON()).toEqual(modelAt(story, atMs).toJSON());
  }
});

test('playing on after a seek leads to the same end as playing from the start', async () => {
  const story = longStory();
  const { replay, feed } = await replayOf(story);
  replay.start(feed);
  replay.setSpeed(1_000);
  replay.seek(5_900_000);
  await until(() => replay.status.atMs > 0 && !replay.status.isPlaying);
  expect(replay.status.atMs).toBe(6_000_000);
  expect(feed.model.toJSON()).toEqual(story.model.toJSON());
});

test('a paused run stands still, and one that is over begins anew', async () => {
  const story = new Story([seed(1)]).network(2, [[1, 2]]);
  story.atMs = 40;
  story.publish(1);
  const { replay, feed } = await replayOf(story);
  replay.start(feed);
  await until(() => !replay.status.isPlaying);
  expect(feed.model.totals.published).toBe(1);
  replay.play();
  await until(() => replay.status.atMs < 40);
  await until(() => !replay.status.isPlaying);
  expect(feed.model.toJSON()).toEqual(story.model.toJSON());
});

test('knows where messages and deaths are, and keeps its speed within sense', async () => {
  const story = new Story([seed(1)]).network(3, []);
  story.atMs = 10;
  story.publish(1);
  story.atMs = 20;
  story.confirm(1, 3);
  story.confirm(2, 3);
  const { replay } = await replayOf(story);
  expect(replay.status).toMatchObject({
    durationMs: 20,
    marks: [
      { atMs: 10, kind: 'message' },
      { atMs: 20, kind: 'death' },
    ],
  });
  replay.setSpeed(1e9);
  expect(replay.status.speed).toBe(1_000);
  replay.setSpeed(1e-9);
  expect(replay.status.speed).toBe(0.001);
});
