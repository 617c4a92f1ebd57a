import type { NodeId, PeerId } from '../core/messages.ts';

/** What the page's buttons do. A button is there for each that is given; what it answers is told to the page. */
export interface ObservatoryControl {
  /** Publishes a text at a peer. */
  readonly publish?: (peer: PeerId, text: string) => Promise<unknown>;
  /** Ends a peer without a goodbye. */
  readonly kill?: (peer: PeerId) => Promise<unknown>;
  /** Starts another peer. */
  readonly add?: () => Promise<unknown>;
  /** Cuts the network: nodes of different groups no longer reach each other. */
  readonly partition?: (groups: readonly (readonly NodeId[])[]) => Promise<unknown>;
  /** Ends the cut. */
  readonly heal?: () => Promise<unknown>;
}

/** The body of a request, not looked at yet. */
type Body = Readonly<Record<string, unknown>>;

/** A request that makes no sense: the text says what would. */
export class BadRequest extends Error {}

/** Characters of a text to publish. */
const textCharsMax = 10_000;
const speedWanted = 'speed must be a number above 0';

export interface ReplayControl {
  play(): void;
  pause(): void;
  setSpeed(speed: number): void;
  seek(atMs: number): void;
}

export type Action = (body: Body) => Promise<unknown>;

/** The actions of a network by name. `cut` hears who is apart from whom. */
export function networkActions(
  control: ObservatoryControl,
  cut: (groups: readonly (readonly NodeId[])[] | null) => void,
): Map<string, Action> {
  const { publish, kill, add, partition, heal } = control;
  const actions = new Map<string, Action>();
  if (publish) {
    actions.set('publish', async (body) => publish(text(body, 'peer', 300), text(body, 'text')));
  }
  if (kill) actions.set('kill', async (body) => kill(text(body, 'peer', 300)));
  if (add) actions.set('add', () => add());
  if (partition && heal) {
    actions.set('partition', async (body) => {
      const groups = groupsOf(body);
      await partition(groups);
      cut(groups);
    });
    actions.set('heal', async () => {
      await heal();
      cut(null);
    });
  }
  return actions;
}

/** The actions of a replay by name. */
export function replayActions(replay: ReplayControl): Map<string, Action> {
  return new Map<string, Action>([
    ['play', async () => replay.play()],
    ['pause', async () => replay.pause()],
    ['speed', async ({ speed }) => replay.setSpeed(number(speed, speedWanted, Number.MIN_VALUE))],
    ['seek', async ({ atMs }) => replay.seek(number(atMs, 'atMs must be a number, 0 or more', 0))],
  ]);
}

function text(body: Body, field: string, charsMax = textCharsMax): string {
  const value = body[field];
  if (typeof value === 'string' && value !== '' && value.length <= charsMax) return value;
  throw new BadRequest(`${field} must be a text of 1 to ${charsMax} characters`);
}

function number(value: unknown, wanted: string, least: number): number {
  if (typeof value === 'number' && value >= least) return value;
  throw new BadRequest(wanted);
}

function groupsOf({ groups }: Body): readonly (readonly NodeId[])[] {
  const isGroup = (group: unknown) =>
    Array.isArray(group) && group.every((node) => typeof node === 'string');
  if (Array.isArray(groups) && groups.length >= 2 && groups.every(isGroup)) {
    const nodes = groups.flat() as NodeId[];
    if (new Set(nodes).size === nodes.length) return groups as NodeId[][];
  }
  throw new BadRequest(
    'groups must be two or more lists of addresses, each address in one of them',
  );
}
