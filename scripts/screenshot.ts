/**
 * Makes the pictures at the top of README.md: a real network on the observatory's page, in a real browser, after
 * a peer has died and while a message is on its way. `npm run screenshot`; needs Chromium.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { openBrowser } from '../examples/support/browser.ts';
import { LocalNetwork } from '../examples/support/local-network.ts';
import { until } from '../examples/support/waiting.ts';
import { Watch } from '../examples/support/watching.ts';

const peers = 18;
/** When most of the message's way is behind it, and some still to be seen. */
const onItsWayMs = 820;

const interrupt = new AbortController();
const { signal } = interrupt;
const watch = new Watch();
await using network = await LocalNetwork.create({
  seedCount: 3,
  messageCount: 1,
  timeScale: 10,
  signal,
  onNode: (node) => watch.add(node),
});
await watch.open(network, {
  port: 0,
  signal,
  begin: async () => {
    await network.startSeeds(() => undefined);
    for (let n = 0; n < peers; n += 1) await network.startPeer();
    const everybody = () => network.peers.every((peer) => peer.statistics().messageIds >= peers);
    await until('every message at every peer', everybody, { signal });
    await takePictures(watch.url);
    interrupt.abort();
  },
});

async function takePictures(url: string): Promise<void> {
  const browser = await openBrowser();
  for (const [colorScheme, file] of [
    ['light', 'docs/observatory.png'],
    ['dark', 'docs/observatory-dark.png'],
  ] as const) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme });
    await page.goto(url);
    await page.waitForSelector('body[data-connection=open]');
    // The layout settles, and what is on its way has come.
    await wait(2_500);
    await oneDies();
    await wait(2_500);
    await page.fill('#text', 'have you heard?');
    await page.keyboard.press('Enter');
    await page.locator('#message-name', { hasText: 'have you heard?' }).waitFor();
    await page.mouse.click(400, 40);
    await wait(onItsWayMs);
    await page.screenshot({ path: file });
    console.log(`  ${file}`);
    await page.close();
  }
  await browser.close();
}

async function oneDies(): Promise<void> {
  const victim = network.peers[4];
  if (victim === undefined) return;
  const { id } = victim;
  await network.killPeer(victim);
  const isForgotten = () =>
    network.seeds.every((seed) => !seed.peerList().some((peer) => peer.id === id));
  await until('the seeds to confirm a death', isForgotten, { signal });
}
