import type { PeerEntry, PeerId, PeerListChanges, PeerOver } from '../messages.ts';

type Change = { readonly joined: PeerEntry } | { readonly gone: PeerOver };

interface Step {
  /** Digest of the list before the change. */
  readonly before: string;
  readonly change: Change;
}

/**
 * The newest changes of the Peer List, found by the digest of the list that somebody saw before
 * them: whoever renews a lease is told what has happened since, not everything once more. A list
 * that is the same again, as when a peer came and went, has the same digest; either place is right.
 */
export class ListHistory {
  readonly #changesMax: number;
  /** At least the newest `changesMax`, the oldest first. */
  #steps: Step[] = [];
  /** Number of the first of them since the beginning. */
  #first = 0;
  readonly #places = new Map<string, number>();
  /** What was told since the last change: nearly all who ask have seen one of a few lists. */
  readonly #told = new Map<string, PeerListChanges>();

  constructor(options: { readonly listChangesMax: number }) {
    this.#changesMax = options.listChangesMax;
  }

  note(before: string, change: Change): void {
    this.#told.clear();
    this.#places.set(before, this.#end);
    this.#steps.push({ before, change });
    if (this.#steps.length >= 2 * this.#changesMax) this.#forgetOlder();
  }

  /**
   * What has changed since the list had this digest; undefined when that is too long ago, or never was. Lives
   * that began and ended in between are told as over alone: whoever hears of them may have no room to remember that.
   */
  since(digest: string): PeerListChanges | undefined {
    const told = this.#told.get(digest);
    if (told !== undefined) return told;
    const place = this.#places.get(digest);
    if (place === undefined || this.#end - place > this.#changesMax) return undefined;
    const changes = this.#from(place);
    this.#told.set(digest, changes);
    return changes;
  }

  #from(place: number): PeerListChanges {
    const joined = new Map<PeerId, PeerEntry>();
    const gone: PeerOver[] = [];
    for (let at = place - this.#first; at < this.#steps.length; at += 1) {
      const { change } = this.#steps[at] as Step;
      if ('gone' in change) {
        joined.delete(change.gone.id);
        gone.push(change.gone);
      } else joined.set(change.joined.id, change.joined);
    }
    return { joined: [...joined.values()], gone };
  }

  get #end(): number {
    return this.#first + this.#steps.length;
  }

  #forgetOlder(): void {
    const older = this.#steps.length - this.#changesMax;
    for (let at = 0; at < older; at += 1) {
      const { before } = this.#steps[at] as Step;
      if (this.#places.get(before) === this.#first + at) this.#places.delete(before);
    }
    this.#steps = this.#steps.slice(older);
    this.#first += older;
  }
}
