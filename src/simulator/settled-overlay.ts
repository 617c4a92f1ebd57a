import type { OverlayOptions } from '../core/config.ts';
import type { StandingLink } from '../core/link/link.ts';
import type { NodeIdentity, PeerEntry } from '../core/messages.ts';
import { attachmentExponent, drawByRank, drawOutDegree } from '../core/peer/attachment.ts';
import { randomStream } from './engine/random.ts';
import { type Ends, endStates } from './network/ends.ts';
import type { Addresses } from './nodes/addresses.ts';
import type { PeerProcess } from './nodes/peer-process.ts';

/** The incarnation of every peer of a settled overlay, as of GossipNodes in their first life. */
const incarnation = 1;

/**
 * An overlay that is there when the run begins. It is laid as peers that come one after the other would
 * have laid it, by core's own draws (peer/attachment.ts): how many links, and to whom by rank, passing
 * over peers that are full. Until something touches a peer it is a row of numbers; then its machine is
 * made and resumes with these links.
 */
export class SettledOverlay {
  readonly #ends: Ends;
  readonly #addresses: Addresses;
  /** The ends of peer p are `#list[#offsets[p]]` up to `#list[#offsets[p + 1]]`: first those it dialled. */
  readonly #offsets: Int32Array;
  readonly #list: Int32Array;
  readonly #identities: (Identity | undefined)[];

  constructor(
    options: OverlayOptions,
    dependencies: {
      readonly peers: number;
      readonly seed: number;
      readonly ends: Ends;
      readonly addresses: Addresses;
    },
  ) {
    const { peers, ends, addresses } = dependencies;
    this.#ends = ends;
    this.#addresses = addresses;
    this.#identities = new Array<Identity | undefined>(peers).fill(undefined);
    const degrees = lay(options, dependencies);
    this.#offsets = new Int32Array(peers + 1);
    for (let peer = 0; peer < peers; peer += 1) {
      this.#offsets[peer + 1] = (this.#offsets[peer] as number) + (degrees[peer] as number);
    }
    const links = (this.#offsets[peers] as number) / 2;
    this.#list = new Int32Array(links * 2);
    const next = this.#offsets.slice();
    for (const side of [0, 1]) {
      for (let link = 0; link < links; link += 1) {
        const end = link * 2 + side;
        const peer = ends.nodeOf(end);
        this.#list[next[peer] as number] = end;
        next[peer] = (next[peer] as number) + 1;
      }
    }
  }

  get links(): number {
    return this.#list.length / 2;
  }

  degreeOf(peer: number): number {
    return (this.#offsets[peer + 1] as number) - (this.#offsets[peer] as number);
  }

  /** The neighbours of a peer, by number. */
  neighboursOf(peer: number): number[] {
    const [from, to] = [this.#offsets[peer], this.#offsets[peer + 1]];
    return Array.from(this.#list.subarray(from, to), (end) => this.#ends.nodeOf(end ^ 1));
  }

  /** Reads what `wake` will read for the first so many of these peers, side by side; see Lookahead. */
  reach(peers: Int32Array, count: number): number {
    let sum = 0;
    for (let at = 0; at < count; at += 1) sum += this.degreeOf(peers[at] as number);
    for (let at = 0; at < count; at += 1) {
      sum += this.#list[this.#offsets[peers[at] as number] as number] as number;
    }
    for (let at = 0; at < count; at += 1) {
      const peer = peers[at] as number;
      const to = this.#offsets[peer + 1] as number;
      for (let place = this.#offsets[peer] as number; place < to; place += 1) {
        sum += this.#ends.nodeOf((this.#list[place] as number) ^ 1);
      }
    }
    for (let at = 0; at < count; at += 1) {
      const peer = peers[at] as number;
      const to = this.#offsets[peer + 1] as number;
      for (let place = this.#offsets[peer] as number; place < to; place += 1) {
        const other = this.#ends.nodeOf((this.#list[place] as number) ^ 1);
        sum += this.#identities[other]?.rank ?? 0;
      }
    }
    return sum;
  }

  /** Gives a peer's machine, which is new, its settled links. */
  wake(process: PeerProcess): void {
    const links: StandingLink[] = [];
    const pairs: number[] = [];
    const to = this.#offsets[process.index + 1] as number;
    let dialled = 0;
    for (let at = this.#offsets[process.index] as number; at < to; at += 1) {
      const end = this.#list[at] as number;
      const isDialled = end % 2 === 0;
      if (isDialled) dialled += 1;
      const id = isDialled ? dialled : process.nextAccepted();
      const remote = this.#identityOf(this.#ends.nodeOf(end ^ 1));
      links.push({ id, direction: isDialled ? 'dialled' : 'accepted', remote });
      pairs.push(id, end);
      this.#ends.setLink(end, id);
    }
    process.ends.assign(pairs);
    process.standWith(links);
  }

  /** One object for all who know of this peer, as where they have it from its own greeting. */
  #identityOf(peer: number): Identity {
    let identity = this.#identities[peer];
    if (identity === undefined) {
      identity = { role: 'peer', id: this.#addresses.of(peer), incarnation, rank: peer + 1 };
      this.#identities[peer] = identity;
    }
    return identity;
  }
}

/** What a neighbour's greeting says, and its place in the order of the peers. */
type Identity = NodeIdentity & PeerEntry;

/** Lays the links as connections 0, 1, … in the order in which they were dialled; returns the degrees. */
function lay(
  options: OverlayOptions,
  { peers, seed, ends }: { readonly peers: number; readonly seed: number; readonly ends: Ends },
): Int32Array {
  const alpha = attachmentExponent(options.degreeExponent);
  const degrees = new Int32Array(peers);
  const ranked: PeerEntry[] = [];
  const link = ({ peer, linked }: Joiner, other: number) => {
    linked.add(other);
    degrees[peer] = (degrees[peer] as number) + 1;
    degrees[other] = (degrees[other] as number) + 1;
    const end = ends.allocate(peer, other);
    ends.setState(end, endStates.open);
    ends.setState(end + 1, endStates.open);
  };
  /** The first peers, who found too few others when they came, and dial some of those who come later. */
  let waiting: Joiner[] = [];
  for (let peer = 0; peer < peers; peer += 1) {
    // The machine, once it is made, draws the same number first.
    const wanted = drawOutDegree(options, randomStream(seed, 'protocol', 'peer', peer));
    const random = randomStream(seed, 'topology', 'peer', peer);
    const joiner: Joiner = { peer, linked: new Set([peer]), missing: wanted };
    waiting.push(joiner);
    for (const dialler of waiting) {
      while (dialler.missing > 0) {
        const entry = drawByRank(ranked, alpha, random, ({ rank }) => {
          const other = rank - 1;
          return !dialler.linked.has(other) && (degrees[other] as number) < options.maxDegree;
        });
        if (entry === undefined) break;
        dialler.missing -= 1;
        link(dialler, entry.rank - 1);
        waiting.find((one) => one.peer === entry.rank - 1)?.linked.add(dialler.peer);
      }
    }
    waiting = waiting.filter(({ missing }) => missing > 0);
    ranked.push({ id: '', incarnation, rank: peer + 1 });
  }
  return degrees;
}

interface Joiner {
  readonly peer: number;
  /** Its neighbours, and itself. */
  readonly linked: Set<number>;
  missing: number;
}
