import { type FewLinks, linkIn } from '../core/link/few-links.ts';
import type { Link } from '../core/link/link.ts';
import type { LinkId, Message } from '../core/messages.ts';
import { eventKinds } from './engine/event-kinds.ts';
import type { TimeWheel, Upcoming } from './engine/time-wheel.ts';
import type { Ends } from './network/ends.ts';
import type { PeerProcess } from './nodes/peer-process.ts';
import type { SettledOverlay } from './settled-overlay.ts';

/** Events that are looked at together: what they touch still fits into a core's own cache. */
const eventsMax = 64;
/** For fewer frames among them it is not worth it. */
const framesMin = 16;
/** What fewer peers than these need is in the processor's caches, and their frames are too few to be asked for together. */
export const lookaheadPeersMin = 4_000;
/** Fewer than the words in a line of the processor's cache, and even: every other one is an id. */
const idsALine = 6;

export interface LookaheadDependencies {
  readonly wheel: TimeWheel;
  readonly ends: Ends;
  readonly seeds: number;
  /** The processes of all nodes, seeds first; undefined where none runs, or a peer has not been touched yet. */
  readonly processes: readonly unknown[];
  readonly settled: SettledOverlay | undefined;
}

/**
 * Reaches for the memory of those who get the next frames, before they get them.
 *
 * Of a hundred thousand peers none is in the processor's cache, and an input follows a chain of a dozen
 * objects there, each of which has to come before the next can be asked for: that, not what is done
 * with them, is the time of a large run. So the receivers of the next frames are gone through side by
 * side, one step of the chain at a time: these reads do not wait for each other, and the processor
 * makes ten of them at once. It only reads: a run is the same without it (measured side by side: a
 * flood over 100,000 peers takes three fifths of the time, one over a million three quarters).
 */
export class Lookahead {
  /** What was read, for nobody: without it a compiler might leave the reading out. */
  read = 0;
  readonly #with: LookaheadDependencies;
  readonly #upcoming: Upcoming = {
    kinds: new Uint8Array(eventsMax),
    a: new Int32Array(eventsMax),
    payloads: new Array<unknown>(eventsMax).fill(undefined),
  };
  readonly #receivers: PeerProcess[] = [];
  readonly #links = new Int32Array(eventsMax);
  readonly #messages: Message[] = [];
  readonly #few: FewLinks<Link>[] = [];
  /** Peers of a settled overlay whose machines will be made. */
  readonly #untouched = new Int32Array(eventsMax);
  #eventsLeft = 0;

  constructor(dependencies: LookaheadDependencies) {
    this.#with = dependencies;
  }

  /** Before each event. */
  beforeEvent(): void {
    this.#eventsLeft -= 1;
    if (this.#eventsLeft > 0) return;
    const found = this.#with.wheel.upcoming(this.#upcoming);
    this.#eventsLeft = Math.max(framesMin, found);
    const frames = this.#frames(found);
    if (frames >= framesMin) this.#look(frames);
  }

  /** Of so many events that were looked up, moves the frames to the front; returns how many they are. */
  #frames(found: number): number {
    const { kinds, a, payloads } = this.#upcoming;
    let frames = 0;
    for (let at = 0; at < found; at += 1) {
      if (kinds[at] !== eventKinds.frame) continue;
      a[frames] = a[at] as number;
      payloads[frames] = payloads[at];
      frames += 1;
    }
    return frames;
  }

  #look(frames: number): void {
    const receivers = this.#sort(frames);
    this.#reachMachines(receivers);
    this.#reachLinks(receivers);
  }

  /** Sorts out who gets these frames; returns how many are peers with a machine. */
  #sort(frames: number): number {
    const { ends, seeds, processes, settled } = this.#with;
    let receivers = 0;
    let untouched = 0;
    for (let at = 0; at < frames; at += 1) {
      const end = this.#upcoming.a[at] as number;
      const node = ends.nodeOf(end);
      const process = processes[node];
      if (node < seeds) continue;
      if (process === undefined) {
        this.#untouched[untouched] = node - seeds;
        untouched += 1;
        continue;
      }
      this.#receivers[receivers] = process as PeerProcess;
      this.#links[receivers] = ends.linkOf(end);
      this.#messages[receivers] = this.#upcoming.payloads[at] as Message;
      receivers += 1;
    }
    if (settled !== undefined) this.read += settled.reach(this.#untouched, untouched);
    return receivers;
  }

  #reachMachines(receivers: number): void {
    let sum = 0;
    for (let at = 0; at < receivers; at += 1) sum += (this.#messages[at] as Message).type.length;
    for (let at = 0; at < receivers; at += 1) sum += (this.#receivers[at] as PeerProcess).life;
    for (let at = 0; at < receivers; at += 1) {
      sum += (this.#receivers[at] as PeerProcess).peer.links === undefined ? 1 : 0;
    }
    for (let at = 0; at < receivers; at += 1) {
      const { links, dissemination } = (this.#receivers[at] as PeerProcess).peer;
      this.#few[at] = links.few;
      sum += dissemination.newest === undefined ? 1 : 0;
    }
    this.read += sum;
  }

  /** The link that each frame comes over, and who is at its other end. */
  #reachLinks(receivers: number): void {
    const few = this.#few;
    let sum = 0;
    for (let at = 0; at < receivers; at += 1) {
      sum += (few[at] as FewLinks<Link>).length;
      sum += (this.#receivers[at] as PeerProcess).peer.dissemination.newest?.order ?? 0;
    }
    for (let at = 0; at < receivers; at += 1) sum += touched(few[at] as FewLinks<Link>);
    for (let at = 0; at < receivers; at += 1) {
      sum += linkIn(few[at] as FewLinks<Link>, this.#links[at] as LinkId)?.lastHeardMs ?? 0;
    }
    for (let at = 0; at < receivers; at += 1) {
      const link = linkIn(few[at] as FewLinks<Link>, this.#links[at] as LinkId);
      sum += link?.remote.incarnation ?? 0;
    }
    this.read += sum;
  }
}

/** Reads something of each line of memory that these ids and links lie in; every other one is an id. */
function touched(few: FewLinks<Link>): number {
  let sum = 0;
  for (let at = 0; at < few.length; at += idsALine) sum += few[at] as number;
  return sum;
}
