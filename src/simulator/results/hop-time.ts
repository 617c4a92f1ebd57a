import type { RunReport } from './report.ts';

/** How long a hop took, on the mean over all first receipts; null when there were none. */
export function meanHopMs({ messages }: RunReport): number | null {
  let ms = 0;
  let hops = 0;
  for (const { points, message } of messages.curves) {
    const { meanHops } = messages.each[message - 1] ?? { meanHops: null };
    if (meanHops === null || meanHops === 0) continue;
    let before = points[0]?.[1] ?? 1;
    for (const [atMs, reached] of points.slice(1)) {
      ms += (reached - before) * atMs;
      before = reached;
    }
    hops += meanHops * (before - 1);
  }
  return hops === 0 ? null : ms / hops;
}
