import type { Intent, PeerId } from '../messages.ts';
import { type Ask, isSameIntent, Proposal } from './proposal.ts';

export interface ProposalQueueOptions {
  /** Most proposals under way at once. */
  readonly proposalsMax: number;
  /** Most requests and proposals waiting, those under way included. */
  readonly waitingMax: number;
}

/**
 * All proposals of this seed: at most one under way about each peer, and a bounded number in all.
 * The others wait in the order in which they came.
 */
export class ProposalQueue {
  readonly #options: ProposalQueueOptions;
  readonly #byId = new Map<number, Proposal>();
  /** For each peer its proposals in order; only the first may be under way. */
  readonly #byPeer = new Map<PeerId, Proposal[]>();
  /** First proposals of their peers that have not begun. */
  readonly #ready = new Set<Proposal>();
  #underWayCount = 0;
  #askCount = 0;
  #lastId = 0;

  constructor(options: ProposalQueueOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.waitingCount >= this.#options.waitingMax;
  }

  /** Proposals, or the requests for them, whichever are more; those under way included. */
  get waitingCount(): number {
    return Math.max(this.#byId.size, this.#askCount);
  }

  get underWayCount(): number {
    return this.#underWayCount;
  }

  /** Adds a request to a proposal of the same intent, or makes a new proposal for it. */
  add(peer: PeerId, intent: Intent, ask: Ask | undefined): void {
    const proposals = this.#byPeer.get(peer) ?? [];
    const same = proposals.find((proposal) => isSameIntent(proposal.intent, intent));
    const proposal = same ?? this.#create(peer, intent, proposals);
    if (ask === undefined) return;
    proposal.asks.push(ask);
    this.#askCount += 1;
  }

  /** Takes the next proposal that may begin, while there is room for another one under way. */
  next(): Proposal | undefined {
    if (this.#underWayCount >= this.#options.proposalsMax) return undefined;
    for (const proposal of this.#ready) {
      this.#ready.delete(proposal);
      this.#underWayCount += 1;
      return proposal;
    }
    return undefined;
  }

  /** The proposal about this peer that is, or will first be, under way. */
  current(peer: PeerId): Proposal | undefined {
    return this.#byPeer.get(peer)?.[0];
  }

  byId(id: number): Proposal | undefined {
    return this.#byId.get(id);
  }

  /** Proposals that wait for answers of seeds. */
  underWay(): Proposal[] {
    const phases = ['preparing', 'accepting'];
    return [...this.#byId.values()].filter((proposal) => phases.includes(proposal.phase));
  }

  /** Takes out one that is under way; the next one about its peer becomes ready. */
  remove(proposal: Proposal): void {
    const proposals = this.#byPeer.get(proposal.peer);
    if (proposals?.[0] !== proposal) return;
    proposals.shift();
    this.#byId.delete(proposal.id);
    this.#underWayCount -= 1;
    this.#askCount -= proposal.asks.length;
    const [next] = proposals;
    if (next === undefined) this.#byPeer.delete(proposal.peer);
    else this.#ready.add(next);
  }

  /** Empties it and returns what was in it. */
  clear(): Proposal[] {
    const proposals = [...this.#byId.values()];
    this.#byId.clear();
    this.#byPeer.clear();
    this.#ready.clear();
    this.#underWayCount = 0;
    this.#askCount = 0;
    return proposals;
  }

  #create(peer: PeerId, intent: Intent, proposals: Proposal[]): Proposal {
    this.#lastId += 1;
    const proposal = new Proposal(this.#lastId, peer, intent);
    proposals.push(proposal);
    this.#byPeer.set(peer, proposals);
    this.#byId.set(proposal.id, proposal);
    if (proposals.length === 1) this.#ready.add(proposal);
    return proposal;
  }
}
