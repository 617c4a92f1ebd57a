import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../examples/support/browser.ts';
import { formatEventFileHeader, formatEventRecord } from '../../src/telemetry/event-record.ts';
import { peer, Story, seed } from '../observatory/records.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Where people find the pictures of the last run. */
const pictures = join(root, 'run/observatory');
/** Against a hang only. */
const timeout = 240_000;

let browser: Browser;
let folder: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), 'hearsay-observatory-'));
  await mkdir(pictures, { recursive: true });
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

function start(file: string, args: readonly string[]) {
  const command = ['--conditions=hearsay-source', join(root, file), ...args];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  }
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const says = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(text);
      if (found !== null) return found[1] ?? '';
      if (child.exitCode !== null) throw new Error(`it has ended:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, exited, says, text: () => text };
}

/** An open page, and all that must not happen on it. */
class Visit {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly hosts = new Set<string>();

  static async to(
    url: string,
    options: { width: number; height: number; dark?: boolean },
  ): Promise<Visit> {
    const { width, height, dark = false } = options;
    const colorScheme = dark ? 'dark' : 'light';
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    page.setDefaultTimeout(timeout);
    const visit = new Visit(page);
    await page.goto(url);
    await page.waitForSelector('body[data-connection=open]');
    return visit;
  }

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (message.type() !== 'log' && message.type() !== 'info')
        this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => this.hosts.add(new URL(request.url()).host));
  }

  async sees(selector: string, pattern: RegExp): Promise<string> {
    const locator = this.page.locator(selector).filter({ hasText: pattern }).first();
    await locator.waitFor({ state: 'visible' });
    return (await locator.textContent()) ?? '';
  }

  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).textContent()) ?? '';
  }

  async publish(text: string): Promise<void> {
    await this.page.fill('#text', text);
    await this.page.click('#actions button.primary');
    await this.sees('#message-name', new RegExp(`“${text}”`));
  }

  /** A row of the list of members, once it is in that state. */
  async member(id: string, state: string): Promise<void> {
    await this.page.waitForSelector(`[data-key="${id}"][data-state="${state}"]`);
  }

  async picture(name: string, fullPage = false): Promise<void> {
    // The message has to have come everywhere on the page, too.
    await this.page.waitForTimeout(1_800);
    await this.page.screenshot({ path: join(pictures, `${name}.png`), fullPage });
  }

  /** Panels and tables that have more in them than their width shows. */
  clipped(): Promise<string[]> {
    return this.page
      .locator('main section, main .scroll, main .message-name')
      .evaluateAll((all) =>
        all
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
          .map((each) => `${each.className} ${each.firstElementChild?.id ?? ''}`.trim()),
      );
  }

  async totals(): Promise<Record<string, number>> {
    const entries = await this.page
      .locator('#totals dd')
      .evaluateAll((all) =>
        all.map((each) => [each.dataset['total'] ?? '', Number(each.dataset['value'])] as const),
      );
    return Object.fromEntries(entries);
  }
}

/** The sums of metrics over all nodes of a process. */
async function metricsAt(url: string): Promise<(name: string) => number> {
  const text = await (await fetch(url)).text();
  return (name) =>
    text
      .split('\n')
      .filter(
        (line) =>
          line.startsWith('hearsay_') && line.replace(/node="[^"]*",?/, '').startsWith(name),
      )
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('npm start -- --watch', () => {
  it('shows a network that publishes, loses a peer, is cut in two and heals', async () => {
    const { child, exited, says } = start('examples/run-local.ts', ['--watch', '--messages', '1']);
    const url = await says(/observatory +(http:\S+)/);
    const metrics = await says(/metrics +(http:\S+)/);
    await says(/(All is running)/);
    const visit = await Visit.to(url, { width: 1440, height: 1000 });
    const { page } = visit;
    await visit.sees('#summary', /12 peers · 3 seeds · \d+ links/);

    // A message reaches everybody.
    await visit.publish('to all of you');
    await visit.sees('#coverage', /^100 %$/);
    expect(await visit.text('#reached')).toBe('12 of 12 peers');
    expect(await page.locator('#hops-chart rect').count()).toBeGreaterThan(1);
    await visit.picture('light', true);

    // A peer is killed: suspected, then confirmed dead.
    const row = page.locator('#member-list [data-state=alive] button').nth(3);
    const victim = (await row.locator('.id').textContent()) ?? '';
    await row.click();
    await visit.sees('#actions button', new RegExp(`^Kill ${victim.split(':')[1]}$`));
    await page.keyboard.press('k');
    await visit.member(victim, 'dead');
    const story = await page.locator(`[data-key="${victim}"] .entry span`).allTextContents();
    const suspected = story.findIndex((line) => line.startsWith('suspected by 127.0.0.1:'));
    const confirmed = story.findIndex((line) => line.startsWith('death confirmed by the seeds'));
    expect(story[0]).toBe('started');
    expect(suspected).toBeGreaterThan(0);
    expect(confirmed).toBeGreaterThan(suspected);
    await visit.sees('#rounds tr', new RegExp(`${victim.split(':')[1]} is dead.*committed`));
    await visit.sees('#summary', /11 peers/);
    await page.keyboard.press('p');
    await visit.sees('#reached', /^11 of 11 peers$/);

    // Cut in two, a message reaches one side; healed, the other gets it, too.
    await page.click('button[data-action=partition]');
    await visit.sees('#overlay-note', /cut in two/);
    await visit.publish('is anybody there');
    await visit.sees('#reached', /^[56] of 11 peers$/);
    expect(await visit.text('#coverage')).toMatch(/^(45|55) %$/);
    await visit.sees('#member-list [data-state=suspected]', /suspected by/);
    await visit.picture('cut');
    await page.click('button[data-action=heal]');
    await visit.sees('#reached', /^11 of 11 peers$/);
    expect(await visit.text('#coverage')).toBe('100 %');
    await visit.sees('#members-note', /^14 alive · 1 dead$/);

    // Another peer comes.
    await page.click('button[data-action=add]');
    await visit.sees('#summary', /12 peers/);

    // What the page counts is what the nodes count.
    const same: Record<string, string> = {
      published: 'hearsay_messages_published_total',
      received: 'hearsay_messages_received_total{result="first"}',
      duplicates: 'hearsay_messages_received_total{result="duplicate"}',
      recovered: 'hearsay_messages_recovered_total',
      suspicions: 'hearsay_suspicions_total',
    };
    const counted = async () => {
      const sumOf = await metricsAt(metrics);
      return Object.fromEntries(Object.entries(same).map(([total, name]) => [total, sumOf(name)]));
    };
    await expect
      .poll(
        async () => {
          const totals = await visit.totals();
          const shown = Object.fromEntries(Object.keys(same).map((name) => [name, totals[name]]));
          return { shown, isSame: JSON.stringify(shown) === JSON.stringify(await counted()) };
        },
        { timeout, interval: 200 },
      )
      .toMatchObject({ isSame: true });
    expect((await counted())['published']).toBeGreaterThanOrEqual(15);
    expect((await counted())['suspicions']).toBeGreaterThanOrEqual(1);

    expect(visit.complaints).toEqual([]);
    expect([...visit.hosts]).toEqual([new URL(url).host]);
    await page.close();

    for (const [name, options] of [
      ['dark', { width: 1440, height: 1000, dark: true }],
      ['phone', { width: 390, height: 844 }],
      ['phone-dark', { width: 390, height: 844, dark: true }],
    ] as const) {
      const other = await Visit.to(url, options);
      await other.publish(`seen in ${name}`);
      await other.sees('#coverage', /^100 %$/);
      await other.picture(name, true);
      const width = await other.page.evaluate<number>('document.documentElement.scrollWidth');
      expect(width).toBe(options.width);
      await other.sees('#rounds tr', /joins.*committed/);
      expect(await other.clipped()).toEqual([]);
      expect(other.complaints).toEqual([]);
      await other.page.close();
    }
    child.kill('SIGINT');
    expect(await exited).toBe(0);
  });

  it('can be used with a keyboard alone', async () => {
    const { says } = start('examples/run-local.ts', ['--watch', '--peers', '4', '--messages', '1']);
    const url = await says(/observatory +(http:\S+)/);
    await says(/(All is running)/);
    const visit = await Visit.to(url, { width: 1200, height: 900 });
    const { page } = visit;
    await visit.sees('#summary', /4 peers/);
    const focused: string[] = [];
    for (let n = 0; n < 9; n += 1) {
      await page.keyboard.press('Tab');
      focused.push(
        await page.evaluate<string>(`(() => {
          const element = document.activeElement;
          const hasRing = getComputedStyle(element).outlineStyle === 'solid';
          return (element.id || element.textContent) + (hasRing ? '' : ' without a ring');
        })()`),
      );
    }
    // Heal does nothing yet, so it is passed over.
    const buttons = ['Publish', 'Kill a peer', 'Add a peer', 'Cut in two'];
    expect(focused).toEqual(['Skip the picture', 'text', ...buttons, 'graph', '+', '−']);

    await page.keyboard.press('?');
    await visit.sees('#help', /publish a message/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('ArrowRight');
    await visit.sees('#node-card', /127\.0\.0\.1:\d+/);
    await page.keyboard.press('p');
    await visit.sees('#coverage', /^100 %$/);
    await visit.sees('#log', /Own message "hello, number 1"/);
    // What is read out is the newest line: which one depends on the moment.
    await visit.sees('#live', /^127\.0\.0\.1:\d+: \S/);
    expect(visit.complaints).toEqual([]);
  });
});

describe('hearsay observe', () => {
  /** Four peers in a row: a message goes from one end to the other in 90 ms, then a peer dies. */
  async function recorded(): Promise<string> {
    const story = new Story([seed(1), seed(2)]).network(4, [
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    story.atMs = 1_000;
    story.publish(1);
    for (const n of [2, 3, 4]) {
      story.atMs += 30;
      story.receive(n, n - 1, 1, n - 1);
    }
    story.atMs = 3_000;
    story.stop(4);
    story.atMs = 4_000;
    story.suspect(3, 4);
    story.atMs = 5_000;
    story.confirm(3, 4);
    story.atMs = 6_000;
    story.stop(3, 'stopped');
    const path = join(folder, `${crypto.randomUUID()}.ndjson`);
    const header = formatEventFileHeader({
      startedAtMs: 0,
      seeds: [seed(1), seed(2)],
      title: 'a row of four',
    });
    await writeFile(path, header + story.records.map(formatEventRecord).join(''));
    return path;
  }

  it('plays a run, stops, goes back and forth, and changes the speed', async () => {
    const { child, exited, says } = start('src/cli/main.ts', ['observe', await recorded()]);
    const url = await says(/is replayed at (http:\S+)/);
    const visit = await Visit.to(url, { width: 1440, height: 1000 });
    const { page } = visit;
    await visit.sees('#summary', /a row of four/);
    expect(await page.locator('#actions').isVisible()).toBe(false);
    await visit.sees('#play', /Play/);
    await visit.sees('#summary', /2 peers/);
    await visit.member(peer(4), 'dead');
    expect(await visit.text('#coverage')).toBe('100 %');
    expect(await visit.text('#times')).toContain('t10090 ms');

    const seek = (ms: number) =>
      page.evaluate(`{
        const scrub = document.getElementById('scrub');
        scrub.value = '${ms / 6}';
        scrub.dispatchEvent(new Event('input'));
        scrub.dispatchEvent(new Event('change'));
      }`);
    await seek(1_070);
    await visit.sees('#coverage', /^75 %$/);
    await visit.member(peer(4), 'alive');
    await seek(3_500);
    await visit.member(peer(4), 'stopped');
    for (let n = 0; n < 5; n += 1) await page.keyboard.press('ArrowRight');
    await visit.member(peer(4), 'suspected');
    await page.keyboard.press('.');
    await expect.poll(() => page.locator('#speed').inputValue(), { timeout }).toBe('2');
    await page.keyboard.press(' ');
    await visit.member(peer(4), 'dead');
    await visit.picture('replay');
    expect(visit.complaints).toEqual([]);
    child.kill('SIGINT');
    expect(await exited).toBe(0);
  });

  it('says what is wrong with the file or the address', async () => {
    const path = await recorded();
    const bad = join(folder, 'bad.ndjson');
    await writeFile(bad, `${formatEventFileHeader({ startedAtMs: 0, seeds: [] })}{"atMs":1}\n`);
    const running = start('src/cli/main.ts', ['observe', path]);
    const taken = (await running.says(/is replayed at http:\/\/(\S+)/)) || '';
    for (const [args, code, text] of [
      [[], 2, 'hearsay simulate --scenario classroom --events run.ndjson'],
      [['none.ndjson'], 2, 'none.ndjson cannot be read: there is no such file'],
      [[bad], 2, `${bad} line 2: node must be an address`],
      [[path, '--listen', taken], 3, `${taken} is taken: serve the observatory on another port`],
      [[path, '--listen', '0.0.0.0:0'], 2, 'listens on 127.0.0.1 or [::1] only'],
      [['--help'], 0, 'hearsay observe run.ndjson'],
    ] as const) {
      const process = start('src/cli/main.ts', ['observe', ...args]);
      expect([args, await process.exited]).toEqual([args, code]);
      expect(process.text()).toContain(text);
    }
  });
});
