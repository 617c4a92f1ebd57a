import { describe, expect, it } from 'vitest';
import { startExample as start } from './support/examples.ts';
import { ProcessNetwork } from './support/network.ts';

describe('examples/run-local.ts', () => {
  it('tells the whole story and ends well', async () => {
    const { exited, text } = start('run-local.ts', ['--peers', '8', '--messages', '1']);
    expect(await exited).toBe(0);
    expect(text()).toMatch(/removed at all 7 living peers and from all 3 Peer Lists/);
    expect(text()).toMatch(/message +origin +coverage +t50 +t99 +t100 +max hops +RMR/);
    expect(text()).toContain('9 messages, coverage 100 %; death confirmed; newcomer registered');
    for (const line of [
      'Suspecting',
      'Peer-level consensus',
      'Consensus: removal',
      'DEAD_CONFIRMED',
    ]) {
      expect(text()).toContain(line);
    }
  });

  it('says which flag is wrong', async () => {
    const { exited, text } = start('run-local.ts', ['--peers', '3']);
    expect(await exited).toBe(2);
    expect(text()).toContain('--peers 3: it must be a number, 4 or more');
  });

  it('stops cleanly when it is interrupted', async () => {
    const { exited, text, child } = start('run-local.ts', ['--time-scale', '1']);
    while (!text().includes('gossip:')) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await exited).toBe(130);
    expect(text()).toContain('interrupted: stopping');
  });
});

describe('examples/embed.ts', () => {
  it('hears from its sister which cache entry is stale', async () => {
    await using network = await ProcessNetwork.create(3);
    for (const index of [0, 1, 2]) network.seed(index);
    await network.logWith(
      'three linked seeds',
      (lines) => lines.filter(({ text }) => text.includes('3 reachable')).length >= 3,
    );
    const first = start('embed.ts', [], network.folder);
    await network.logWith('the first peer', (lines) =>
      lines.some((line) => line.event === 'registration:committed'),
    );
    const second = start('embed.ts', [], network.folder);
    const heard = /127\.0\.0\.1:\d+ says that greeting is stale: true/;
    while (!heard.test(first.text())) {
      if (second.child.exitCode !== null) throw new Error(second.text());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(first.text()).toMatch(/127\.0\.0\.1:\d+ is there/);
  });
});
