/**
 * A service that tells its sisters which cache entries are stale, with no broker to run.
 * Start the seeds (`npm run seed -- 127.0.0.1 5000 config.txt`, …), then this, twice or more:
 * `node --conditions=hearsay-source examples/embed.ts`
 */
import { loadSeeds, PeerNode, payloadOf } from 'hearsay';

const cache = new Map<string, string>([['greeting', 'hello']]);
const seeds = await loadSeeds('config.txt');

await using peer = new PeerNode({ listen: '127.0.0.1:0', seeds });
peer.on('peer:joined', ({ peer: id }) => console.log(`${id} is there`));
peer.on('peer:confirmed-dead', ({ peer: id }) => console.log(`${id} is dead`));
await peer.start();

await peer.publish({ stale: 'greeting' }, { topic: 'cache' });
for await (const message of peer.messages({
  topic: 'cache',
  signal: AbortSignal.timeout(60_000),
})) {
  const { stale } = payloadOf(message) as { stale: string };
  console.log(`${message.origin} says that ${stale} is stale: ${cache.delete(stale)}`);
}
