import type { NodeId } from '../core/messages.ts';
import type { Ms } from '../core/time.ts';

/** What a page has to know besides the events. */
export interface Status {
  readonly mode: 'live' | 'replay';
  /** What is watched, in a few words. */
  readonly title: string;
  /** Wall clock of `atMs` 0. */
  readonly startedAtMs: Ms;
  /** The buttons that do something here. */
  readonly actions: readonly string[];
  /** While the network is cut: who can still reach whom. */
  readonly groups: readonly (readonly NodeId[])[] | null;
  readonly replay: ReplayStatus | null;
}

export interface ReplayStatus {
  readonly isPlaying: boolean;
  readonly speed: number;
  readonly atMs: Ms;
  readonly durationMs: Ms;
  /** What there is to see, and when. */
  readonly marks: readonly { readonly atMs: Ms; readonly kind: 'message' | 'death' }[];
}
