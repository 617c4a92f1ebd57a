import type { NodeId, SeedId } from '../core/messages.ts';
import { readEventFile } from '../telemetry/event-file.ts';
import { networkActions, type ObservatoryControl, replayActions } from './control.ts';
import { Feed } from './feed.ts';
import { NetworkModel } from './model/network-model.ts';
import { Replay } from './replay.ts';
import { servePage } from './server.ts';
import type { Status } from './status.ts';
import { type ObservedNode, watchNode } from './watch.ts';

export interface ObservatoryOptions {
  /** Where to serve the page: `host:port` of this machine; port 0 takes a free one. Default `127.0.0.1:0`. */
  readonly listen?: string;
  /** What is watched, in a few words. */
  readonly title?: string;
  /** The nodes to watch; `watch` adds more. */
  readonly nodes?: readonly ObservedNode[];
  /** The configured seeds, so that they are shown before they start. */
  readonly seeds?: readonly SeedId[];
  /** What the buttons do. Default: there are none. */
  readonly control?: ObservatoryControl;
}

export interface Observatory {
  /** Where the page is. */
  readonly url: string;
  /** Watches a node from now on, one that has not started, too; the answer ends it. */
  watch(node: ObservedNode): () => void;
  /** Ends the server and stops watching; the nodes go on. */
  close(): Promise<void>;
}

/**
 * Serves a page on which the nodes of this process can be watched: the overlay, how each message
 * spreads, who suspects whom, and what the seeds decide.
 *
 * Rejects with `option-invalid` (an address of another machine), `port-in-use` or `listen-failed`.
 *
 * @example
 * const observatory = await serveObservatory({ nodes: [peer], listen: '127.0.0.1:8080' });
 * console.log(`look at ${observatory.url}`);
 */
export async function serveObservatory(options: ObservatoryOptions = {}): Promise<Observatory> {
  const { listen = '127.0.0.1:0', title = 'live', nodes = [], seeds = [], control = {} } = options;
  const startedAtMs = Date.now();
  const begun = performance.now();
  let groups: readonly (readonly NodeId[])[] | null = null;
  const actions = networkActions(control, (cut) => {
    groups = cut;
    feed.statusChanged();
  });
  const status = (): Status => ({
    mode: 'live',
    title,
    startedAtMs,
    actions: [...actions.keys()],
    groups,
    replay: null,
  });
  const feed = new Feed(new NetworkModel(seeds), status);
  const { url, close } = await servePage(listen, feed, actions);
  const ends = new Set<() => void>();
  const watch = (node: ObservedNode) => {
    const end = watchNode(node, feed, () => performance.now() - begun);
    ends.add(end);
    return end;
  };
  for (const node of nodes) watch(node);
  return {
    url,
    watch,
    close: async () => {
      for (const end of ends) end();
      await close();
    },
  };
}

/**
 * Serves a page that replays an event file (docs/OBSERVATORY.md), with play, pause, speed and a scrubber.
 *
 * Rejects as `readEventFile` and `serveObservatory` do.
 */
export async function serveReplay(
  path: string,
  { listen = '127.0.0.1:0' }: Pick<ObservatoryOptions, 'listen'> = {},
): Promise<Omit<Observatory, 'watch'>> {
  const file = await readEventFile(path);
  const replay = await Replay.open(file);
  const { startedAtMs, seeds, title = path } = file.header;
  const actions = replayActions(replay);
  const feed = new Feed(new NetworkModel(seeds), () => ({
    mode: 'replay',
    title,
    startedAtMs,
    actions: [...actions.keys()],
    groups: null,
    replay: replay.status,
  }));
  const { url, close } = await servePage(listen, feed, actions);
  replay.start(feed);
  return {
    url,
    close: async () => {
      await replay.close();
      await close();
    },
  };
}
