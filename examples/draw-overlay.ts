/**
 * Draws a network as an SVG: every peer, every link, and the tree that one message really took.
 * `npm run draw` writes docs/overlay.svg; `-- <peers> <file>` draws another one.
 */
import { writeFile } from 'node:fs/promises';
import { type MessageReceived, PeerNode, SeedNode } from 'hearsay';
import { freePorts } from './support/ports.ts';
import { until } from './support/waiting.ts';

const [count = '12', file = 'docs/overlay.svg'] = process.argv.slice(2);
const { signal } = new AbortController();
const addresses = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
const seeds = addresses.map((listen) => new SeedNode({ listen, seeds: addresses }));
await Promise.all(seeds.map((seed) => seed.start()));
await until('the seeds', () => seeds.every((seed) => seed.voting), { signal });

const peers: PeerNode[] = [];
const receipts = new Map<string, MessageReceived>();
for (let n = 0; n < Number(count); n += 1) {
  const peer = new PeerNode({ listen: '127.0.0.1:0', seeds: addresses });
  peer.on('message:received', (event) => receipts.set(peer.id, event));
  await peer.start();
  peers.push(peer);
}
await peers[peers.length - 1]?.publish('who has heard?');
await until('everybody to hear', () => receipts.size === peers.length - 1, { signal });
await writeFile(file, drawing());
await Promise.all(peers.map((peer) => peer.stop()));
await Promise.all(seeds.map((seed) => seed.stop()));
console.log(`${file}: ${peers.length} peers, farthest ${Math.max(...hops())} hops`);

function hops(): number[] {
  return Array.from(receipts.values(), (receipt) => receipt.hops);
}

function drawing(): string {
  const links = peers.flatMap((peer) =>
    peer.neighbours().map((neighbour) => [peer.id, neighbour.peer].sort().join(' ')),
  );
  const lines = [...new Set(links)].map((pair) => line(pair.split(' ')));
  const dots = peers.map(({ id }) => dot(id));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 400" width="720" height="400" font-family="system-ui, sans-serif" font-size="13">
<title>${peers.length} peers, their links, and the way that one message took</title>
<rect width="720" height="400" rx="12" fill="#0f172a"/>
${lines.join('\n')}
${dots.join('\n')}
${legend()}
</svg>
`;
}

function place(id: string): { x: number; y: number } {
  const index = peers.findIndex((peer) => peer.id === id);
  const angle = (2 * Math.PI * index) / peers.length - Math.PI / 2;
  return { x: Math.round(290 + 230 * Math.cos(angle)), y: Math.round(200 + 155 * Math.sin(angle)) };
}

function line([a = '', b = '']: string[]): string {
  const from = place(a);
  const to = place(b);
  const took = receipts.get(a)?.from === b || receipts.get(b)?.from === a;
  const style = took ? 'stroke="#e2e8f0" stroke-width="3"' : 'stroke="#475569" stroke-width="1"';
  return `<line x1="${from.x}" y1="${from.y}" x2="${to.x}" y2="${to.y}" ${style}/>`;
}

function dot(id: string): string {
  const { x, y } = place(id);
  const far = receipts.get(id)?.hops ?? 0;
  return `<circle cx="${x}" cy="${y}" r="16" fill="${colour(far)}"/><text x="${x}" y="${y + 5}" text-anchor="middle" fill="#0f172a" font-weight="600">${far}</text>`;
}

function legend(): string {
  const far = Math.max(...hops());
  const rows = Array.from({ length: far + 1 }, (_, n) => {
    const y = 120 + 30 * n;
    const peersAt = n === 0 ? 1 : hops().filter((value) => value === n).length;
    const text = n === 0 ? 'published here' : `${n} ${n === 1 ? 'hop' : 'hops'}: ${peersAt} peers`;
    return `<circle cx="590" cy="${y}" r="9" fill="${colour(n)}"/><text x="608" y="${y + 5}" fill="#e2e8f0">${text}</text>`;
  });
  return rows.join('\n');
}

function colour(far: number): string {
  return ['#facc15', '#4ade80', '#38bdf8', '#a78bfa', '#f472b6', '#fb7185'][far] ?? '#fb7185';
}
