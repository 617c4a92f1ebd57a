import { expect, test } from 'vitest';
import { SeedNetwork } from '../../support/seed-network.ts';
test('long refusal', async () => {
  const net = await SeedNetwork.create({ seeds: 3, random: 1 });
  const c = await net.client('x');
  c.refusal = 'r'.repeat(4096);
  c.register('s0:1');
  net.time.run(5000);
  console.log(net.events.filter(({event})=>['link:violated','seed:down','registration:rejected','seed:up'].includes(event.type)).map(e=>JSON.stringify(e).slice(0,250)).join('\n'));
  console.log(JSON.stringify(c.lastResult)?.slice(0,200), c.unanswered.length);
  expect(1).toBe(1);
});
