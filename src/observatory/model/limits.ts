/**
 * What the model remembers at most. Beyond a bound the oldest is forgotten (of nodes and links: the newest is not
 * taken up), so that a page can stay open for days. All are guesses at what a person still looks at.
 */
export interface ModelLimits {
  /** Nodes. */
  readonly nodesMax: number;
  /** Links between peers. */
  readonly linksMax: number;
  /** Messages. */
  readonly messagesMax: number;
  /** First receipts, over all messages. */
  readonly receiptsMax: number;
  /** Rounds of the seeds. */
  readonly roundsMax: number;
  /** Entries of one node's timeline. */
  readonly timelineMax: number;
  /** Lines of the log. */
  readonly logMax: number;
  /** In a network with more peers, no expected hops are computed. */
  readonly expectationNodesMax: number;
}

export const modelLimits: ModelLimits = {
  nodesMax: 20_000,
  linksMax: 200_000,
  messagesMax: 200,
  receiptsMax: 400_000,
  roundsMax: 200,
  timelineMax: 100,
  logMax: 200,
  expectationNodesMax: 5_000,
};

/** Adds an entry to a list and forgets the oldest beyond `max`. */
export function pushBounded<Entry>(list: Entry[], entry: Entry, max: number): void {
  list.push(entry);
  if (list.length > max) list.shift();
}
