/**
 * How fluid the observatory's page is with a large network: the time between two frames while messages spread
 * over 1,000 peers with 4,000 links, in a real browser; and how fast the model takes events in.
 *
 *     node --conditions=hearsay-source bench/observatory.ts [peers, default 1000] [links of a newcomer, default 4]
 *
 * A frame every 16.7 ms is what a screen shows at most. Without a graphics card (as here: --disable-gpu) the
 * browser paints in software.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EventRecord,
  formatEventFileHeader,
  formatEventRecord,
  NetworkModel,
  serveReplay,
} from 'hearsay';
import { openBrowser } from '../examples/support/browser.ts';

const [peers = 1_000, linksEach = 4] = process.argv.slice(2).map(Number);
const measuredMs = 10_000;
const messages = 40;
const hopMs = 60;

const records = run();
const begun = performance.now();
const model = new NetworkModel();
for (const record of records) model.apply(record);
const tookMs = performance.now() - begun;
console.log(
  `${peers} peers, ${model.links.size} links, ${messages} messages, ${records.length} events`,
);
console.log(`the model takes in ${Math.round(records.length / tookMs)} thousand events/s`);

const folder = await mkdtemp(join(tmpdir(), 'hearsay-bench-'));
const browser = await openBrowser();
try {
  const path = join(folder, 'run.ndjson');
  const header = formatEventFileHeader({ startedAtMs: 0, seeds: [], title: 'a large network' });
  await writeFile(path, header + records.map(formatEventRecord).join(''));
  const page = await serveReplay(path);
  const tab = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await tab.goto(page.url);
  await tab.locator('#summary', { hasText: `${Math.floor(peers / 1000) || ''}` }).waitFor();
  for (const what of [
    'while the layout settles',
    'while messages spread',
    'while messages spread',
  ]) {
    const frames = await tab.evaluate<number[]>(framesFor(measuredMs));
    console.log(`${what}: ${summary(frames)}`);
  }
  await tab.screenshot({ path: join(tmpdir(), 'hearsay-large.png') });
  await page.close();
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}

/** Runs in the page: the time between frames, for so long. */
function framesFor(ms: number): string {
  return `new Promise((resolve) => {
    const frames = [];
    const begun = performance.now();
    let last = begun;
    const next = (now) => {
      frames.push(now - last);
      last = now;
      if (now - begun < ${ms}) requestAnimationFrame(next);
      else resolve(frames.slice(1));
    };
    requestAnimationFrame(next);
  })`;
}

function summary(frames: readonly number[]): string {
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `${frames.length} frames, median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, longest ${at(1)} ms`;
}

/** Peers that attach to well-linked ones, and messages that flood. */
function run(): EventRecord[] {
  const list: EventRecord[] = [];
  const id = (n: number) => `10.0.${Math.floor(n / 250)}.${n % 250}:6000`;
  const neighbours: number[][] = Array.from({ length: peers }, () => []);
  const ends: number[] = [];
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let n = 0; n < peers; n += 1) {
    list.push({ atMs: 0, node: id(n), event: { type: 'node:started', role: 'peer', id: id(n) } });
    const chosen = new Set<number>();
    while (chosen.size < Math.min(n, linksEach)) {
      const end =
        random() < 0.2 ? Math.floor(random() * n) : (ends[Math.floor(random() * ends.length)] ?? 0);
      if (end !== n) chosen.add(end);
    }
    for (const other of chosen) {
      neighbours[n]?.push(other);
      neighbours[other]?.push(n);
      ends.push(n, other);
      for (const [from, to] of [
        [n, other],
        [other, n],
      ] as const) {
        const event = {
          type: 'link:up',
          link: 1,
          peer: id(to),
          incarnation: 1,
          direction: 'dialled',
          degree: 1,
        } as const;
        list.push({ atMs: 0, node: id(from), event });
      }
    }
  }
  for (let sequence = 1; sequence <= messages; sequence += 1) flood(list, neighbours, id, sequence);
  return list;
}

function flood(
  list: EventRecord[],
  neighbours: readonly number[][],
  id: (n: number) => string,
  sequence: number,
): void {
  const origin = (sequence * 37) % peers;
  const message = {
    id: String(sequence).padStart(64, '0'),
    origin: id(origin),
    incarnation: 1,
    sequence,
    timestampMs: 0,
    topic: '',
    contentType: 'text',
    payloadBytes: 9,
    excerpt: `number ${sequence}`,
  } as const;
  let atMs = 1_000 * sequence;
  list.push({
    atMs,
    node: id(origin),
    event: { type: 'message:published', message, links: 1, bytes: 200 },
  });
  const seen = new Set([origin]);
  let hops = 1;
  for (let ring = [origin]; ring.length > 0; hops += 1) {
    atMs += hopMs;
    const next: number[] = [];
    for (const from of ring) {
      for (const to of neighbours[from] ?? []) {
        const isFirst = !seen.has(to);
        seen.add(to);
        if (isFirst) next.push(to);
        const event = isFirst
          ? ({
              type: 'message:received',
              message,
              hops,
              latencyMs: hops * hopMs,
              link: 1,
              from: id(from),
              recovered: false,
              bytes: 200,
            } as const)
          : ({
              type: 'message:duplicate',
              id: message.id,
              from: id(from),
              crossing: false,
              bytes: 200,
            } as const);
        list.push({ atMs, node: id(to), event });
      }
    }
    ring = next;
  }
}
