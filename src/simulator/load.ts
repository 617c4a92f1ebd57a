import { parseAddress } from '../core/address.ts';
import type { Random } from '../core/effects.ts';
import type { Content } from '../core/peer/dissemination.ts';
import { randomStream } from './engine/random.ts';
import { PeerProcess } from './nodes/peer-process.ts';
import type { Load } from './scenario/scenario.ts';
import type { World } from './world.ts';

const intervalMsDefault = 1_000;
/** Draws of a peer that can publish, before a message is given up. */
const drawsMax = 1_000;

/** Plans all messages of the world's scenario. */
export function planLoad(world: World): void {
  for (const [index, load] of (world.scenario.load ?? []).entries()) {
    const random = randomStream(world.seed, 'load', 'run', index);
    const { count = 1, intervalMs = intervalMsDefault } = load;
    const publish = (number: number) => {
      if (load.from === 'each') publishByEach(world, load, number);
      else publishByOne(world, load, number, random);
      if (number < count) world.after(intervalMs, () => publish(number + 1));
    };
    world.at(load.atMs, () => publish(1));
  }
}

function publishByEach(world: World, load: Load, number: number): void {
  for (let peer = 0; peer < world.peers; peer += 1) {
    const process = publisher(world, peer);
    process?.publish(contentOf(load, number, process));
  }
}

function publishByOne(world: World, load: Load, number: number, random: Random): void {
  if (typeof load.from === 'number') {
    const process = publisher(world, load.from);
    process?.publish(contentOf(load, number, process));
    return;
  }
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const process = publisher(world, Math.floor(random() * world.peers));
    if (process === undefined) continue;
    process.publish(contentOf(load, number, process));
    return;
  }
}

/** A peer that is in the network. */
function publisher(world: World, peer: number): PeerProcess | undefined {
  const process = world.process(world.peerNode(peer));
  return process instanceof PeerProcess && process.peer.incarnation > 0 ? process : undefined;
}

/** The seed document's text, unless a size is asked for. */
function contentOf({ bytes, topic = '' }: Load, number: number, process: PeerProcess): Content {
  if (bytes !== undefined) return { topic, contentType: 'bytes', payload: new Uint8Array(bytes) };
  const { host = '' } = parseAddress(process.peer.id) ?? {};
  const text = `${Math.floor(process.now.wallMs)}:${host}:${number}`;
  return { topic, contentType: 'text', payload: new TextEncoder().encode(text) };
}
