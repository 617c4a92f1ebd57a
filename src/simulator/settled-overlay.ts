import type { OverlayOptions } from '../core/config.ts';
import type { OpenLink } from '../core/effects.ts';
import { type Hello, type LinkId, type PeerEntry, protocolVersion } from '../core/messages.ts';
import { attachmentExponent, drawByRank, drawOutDegree } from '../core/peer/attachment.ts';
import { randomStream } from './engine/random.ts';
import { type Ends, endStates } from './network/ends.ts';
import type { Addresses } from './nodes/addresses.ts';
import type { PeerProcess } from './nodes/peer-process.ts';
import type { Doors } from './nodes/process.ts';

/** The incarnation of every peer of a settled overlay, as of GossipNodes in their first life. */
const incarnation = 1;

/**
 * An overlay that is there when the run begins. It is laid as peers that come one after the other would
 * have laid it, by core's own draws (peer/attachment.ts): how many links, and to whom by rank, passing
 * over peers that are full. Until something touches a peer it is a row of numbers; then its machine is
 * made and given what its handshakes would have brought, and what it says to that is not sent.
 */
export class SettledOverlay {
  readonly #ends: Ends;
  readonly #addresses: Addresses;
  readonly #clusterId: string;
  /** The ends of peer p are `#list[#offsets[p]]` up to `#list[#offsets[p + 1]]`: first those it dialled. */
  readonly #offsets: Int32Array;
  readonly #list: Int32Array;

  constructor(
    options: OverlayOptions,
    dependencies: {
      readonly peers: number;
      readonly seed: number;
      readonly ends: Ends;
      readonly addresses: Addresses;
      readonly clusterId: string;
    },
  ) {
    const { peers, ends, addresses, clusterId } = dependencies;
    this.#ends = ends;
    this.#addresses = addresses;
    this.#clusterId = clusterId;
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
    const { dialled, accepted } = this.#endsOf(peer);
    return [...dialled, ...accepted].map((end) => this.#ends.nodeOf(end ^ 1));
  }

  /** Gives a peer's machine, which is new, its settled links. */
  wake(process: PeerProcess): void {
    const { dialled, accepted } = this.#endsOf(process.index);
    process.behind(new SettledDoors(), (doors) => {
      const ids = dialled.map((end) => this.#idAt(end ^ 1));
      process.settle({ type: 'start' });
      if (ids.length > 0) process.settle({ type: 'peers-found', peers: ids });
      for (const [link, address] of doors.dials) {
        const end = dialled[ids.indexOf(address)];
        if (end === undefined) throw new Error(`a dial to ${address}, which was not laid`);
        this.#open(process, end, link);
        const from = this.#identityAt(end ^ 1);
        const message = { type: 'WELCOME', from, capabilities: [] } as const;
        process.settle({ type: 'message', link, message });
      }
      for (const end of accepted) {
        const link = process.nextAccepted();
        this.#open(process, end, link);
        process.settle({ type: 'message', link, message: this.#helloFrom(end ^ 1) });
      }
    });
    const { degree } = process.peer.overlay;
    const laid = dialled.length + accepted.length;
    if (degree === laid) return;
    throw new Error(`peer ${process.index} has ${degree} links, but ${laid} were laid`);
  }

  #open(process: PeerProcess, end: number, link: LinkId): void {
    this.#ends.setLink(end, link);
    process.ends.set(link, end);
    process.settle({ type: 'link-opened', link });
  }

  #endsOf(peer: number): { readonly dialled: number[]; readonly accepted: number[] } {
    const dialled: number[] = [];
    const accepted: number[] = [];
    const to = this.#offsets[peer + 1] as number;
    for (let at = this.#offsets[peer] as number; at < to; at += 1) {
      const end = this.#list[at] as number;
      (end % 2 === 0 ? dialled : accepted).push(end);
    }
    return { dialled, accepted };
  }

  #idAt(end: number): string {
    return this.#addresses.of(this.#ends.nodeOf(end));
  }

  #identityAt(end: number) {
    return { role: 'peer', id: this.#idAt(end), incarnation } as const;
  }

  #helloFrom(end: number): Hello {
    return {
      type: 'HELLO',
      version: protocolVersion,
      clusterId: this.#clusterId,
      purpose: 'neighbour',
      from: this.#identityAt(end),
      capabilities: [],
    };
  }
}

/** What a settling machine says has long been said; whom it dials is answered from what was laid. */
class SettledDoors implements Doors {
  /** Grows while the machine dials on. */
  readonly dials: [link: LinkId, address: string][] = [];

  dial(_from: unknown, link: LinkId, { address }: OpenLink): void {
    this.dials.push([link, address]);
  }

  send(): void {
    // Its neighbours have heard it.
  }

  close(_from: unknown, link: LinkId): void {
    throw new Error(`a settling peer closed link ${link}`);
  }
}

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
