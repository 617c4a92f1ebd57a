/**
 * Push gossip on a complete graph, as a yardstick for what really happened: in each round everybody who
 * knows tells one peer drawn at random. B. Pittel: On Spreading a Rumor, SIAM Journal on Applied
 * Mathematics 47(1), 213–223 (1987): all of n know after log2 n + ln n + O(1) rounds.
 */
export function pushGossipRounds(peers: number): number {
  return Math.log2(peers) + Math.log(peers);
}

/**
 * The share that knows after each round, from round 0 on, until less than one peer is left: each of
 * those who do not know is missed by all k who do with probability (1 − 1/n)^k.
 */
export function pushGossipShares(peers: number): number[] {
  const shares = [1 / peers];
  if (peers <= 1) return shares;
  for (let known = 1, round = 0; peers - known >= 0.5 && round < 1_000; round += 1) {
    known += (peers - known) * (1 - (1 - 1 / peers) ** known);
    shares.push(Math.min(1, known / peers));
  }
  return shares;
}
