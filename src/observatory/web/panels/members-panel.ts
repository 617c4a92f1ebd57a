import {
  type Member,
  type MemberState,
  stateOf,
  type TimelineEntry,
  type TimelineKind,
} from '../../model/members.ts';
import { byId, html, setText, showList, svg } from '../dom.ts';
import { clock, duration, plural } from '../format.ts';
import type { View } from '../view.ts';

/** Members that are listed: those with news first. */
const listedMax = 60;
/** Entries of an open timeline. */
const entriesMax = 24;
/** What ends one incident and begins another. */
const turningPoints: ReadonlySet<TimelineKind> = new Set([
  'started',
  'registered',
  'stopped',
  'left',
  'cleared',
  'confirmed-dead',
  'declared-dead',
]);

const words: Readonly<Record<MemberState, string>> = {
  starting: 'starting',
  alive: 'alive',
  stopped: 'stopped',
  suspected: 'suspected',
  dead: 'dead',
  left: 'left',
};

/** What needs looking at comes first; the rest keeps its order, so that rows stay where they are. */
const order: readonly MemberState[] = ['suspected', 'stopped', 'starting', 'alive', 'dead', 'left'];

/** Every member with its life on a line, and in words once it is picked. */
export class MembersPanel {
  readonly #view: View;
  readonly #list = byId('member-list');
  readonly #note = byId('members-note');
  readonly #axis = byId('member-axis');
  readonly #onPick: (index: number | undefined) => void;

  constructor(view: View, onPick: (index: number | undefined) => void) {
    this.#view = view;
    this.#onPick = onPick;
  }

  draw(): void {
    const { model } = this.#view;
    const members = model.members.list;
    const counts = new Map<MemberState, number>();
    for (const member of members) {
      const state = stateOf(member);
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    setText(this.#note, noteOf(counts, members.length - listedMax));
    const listed = [...members].sort(byNews).slice(0, listedMax);
    const picked = this.#view.pickedMember;
    if (picked !== undefined && !listed.includes(picked)) listed.push(picked);
    this.#drawAxis();
    showList(this.#list, listed, {
      key: ({ id }) => id,
      make: (member) => this.#make(member),
      fill: (row, member) => this.#fill(row, member),
    });
  }

  #drawAxis(): void {
    const end = Math.max(1_000, this.#view.model.atMs);
    const shares = [0, 0.25, 0.5, 0.75, 1];
    showList(this.#axis, shares, {
      key: String,
      make: () => html('span', {}),
      fill: (element, share) => setText(element, clock(share * end)),
    });
  }

  #make(member: Member): HTMLElement {
    const button = html(
      'button',
      { type: 'button', class: 'member', 'aria-expanded': 'false' },
      html('span', { class: 'state' }),
      html('span', { class: 'id' }),
      html('span', { class: 'word' }),
      html('span', { class: 'life' }),
    );
    button.addEventListener('click', () => {
      this.#onPick(this.#view.picked === member.index ? undefined : member.index);
    });
    return html(
      'li',
      { class: 'member-row' },
      button,
      html('ol', { class: 'timeline', hidden: true }),
    );
  }

  #fill(row: HTMLElement, member: Member): void {
    const [button, timeline] = row.children as unknown as [HTMLElement, HTMLElement];
    const [icon, id, word, life] = button.children as unknown as HTMLElement[];
    const state = stateOf(member);
    const isPicked = this.#view.picked === member.index;
    button.setAttribute('aria-expanded', String(isPicked));
    row.classList.toggle('is-picked', isPicked);
    timeline.hidden = !isPicked;
    if (row.dataset['state'] !== state) {
      row.dataset['state'] = state;
      icon?.replaceChildren(stateIcon(state, member.role === 'seed'));
    }
    if (id) setText(id, member.id);
    if (word) setText(word, wordsOf(member, state));
    if (life) this.#fillLife(life, member);
    if (isPicked) this.#fillTimeline(timeline, member);
  }

  /** The life as a line with a mark for each thing that happened, on the time axis of the run. */
  #fillLife(life: HTMLElement, member: Member): void {
    const { atMs } = this.#view.model;
    const end = Math.max(1_000, atMs);
    const marks = member.timeline.filter(({ kind }) => kind !== 'started');
    const drawn = `${member.timeline.length} ${Math.round(end / 500)} ${stateOf(member)}`;
    if (life.dataset['drawn'] === drawn) return;
    life.dataset['drawn'] = drawn;
    const share = (time: number) => (1_000 * time) / end;
    const begin = member.timeline[0]?.atMs ?? member.changedAtMs;
    const isOver = ['dead', 'left', 'stopped'].includes(stateOf(member));
    const over = member.timeline.findLast(({ kind }) => kind === 'stopped' || kind === 'left');
    const until = isOver ? (over?.atMs ?? member.changedAtMs) : end;
    life.replaceChildren(
      svg(
        'svg',
        { viewBox: '0 0 1000 16', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        svg('line', { x1: share(begin), x2: share(until), y1: 8, y2: 8, class: 'span' }),
        ...marks.map(({ kind, atMs: time }) =>
          svg('line', {
            x1: share(time),
            x2: share(time),
            y1: 1,
            y2: 15,
            class: `mark mark-${kind}`,
          }),
        ),
      ),
    );
  }

  #fillTimeline(timeline: HTMLElement, member: Member): void {
    showList(timeline, incidentsOf(member.timeline).slice(-entriesMax), {
      key: ({ first }) => `${first.atMs} ${first.kind} ${first.by}`,
      make: ({ first }) =>
        html(
          'li',
          { class: `entry entry-${first.kind}` },
          html('time', {}, `${(first.atMs / 1_000).toFixed(2)} s`),
          html('span'),
        ),
      fill: (row, { first, more }) => {
        const [, text] = row.children;
        const others = more === 0 ? '' : `, and ${plural(more, 'other', 'others')} did the same`;
        if (text) setText(text, `${this.#sentence(first)}${others}`);
      },
    });
  }

  #sentence({ kind, by, note }: TimelineEntry): string {
    const who = this.#view.model.members.list[by]?.id ?? '';
    switch (kind) {
      case 'started':
        return 'started';
      case 'registered':
        return `registered with a quorum of the seeds, ${note}`;
      case 'suspected':
        return `suspected by ${who}`;
      case 'cleared':
        return `no longer suspected by ${who}: ${note}`;
      case 'corroborated':
        return `${who} and others agree that it is dead`;
      case 'reported':
        return `${who} reported its death ${note}`;
      case 'confirmed-dead':
        return `death confirmed by the seeds, ${note}`;
      case 'declared-dead':
        return 'learned that it was declared dead';
      case 'refuted':
        return `said that it lives, because ${note} suspected it`;
      case 'left':
        return 'left on purpose';
      case 'stopped':
        return `process ended (${note})`;
    }
  }
}

/** What several peers said one after the other is one entry. */
function incidentsOf(timeline: readonly TimelineEntry[]): { first: TimelineEntry; more: number }[] {
  const incidents: { first: TimelineEntry; more: number }[] = [];
  const current = new Map<TimelineKind, { first: TimelineEntry; more: number }>();
  for (const entry of timeline) {
    if (turningPoints.has(entry.kind)) current.clear();
    const known = current.get(entry.kind);
    if (known !== undefined) {
      known.more += 1;
      continue;
    }
    const incident = { first: entry, more: 0 };
    current.set(entry.kind, incident);
    incidents.push(incident);
  }
  return incidents;
}

function noteOf(counts: ReadonlyMap<MemberState, number>, unlisted: number): string {
  const parts = order.flatMap((state) => {
    const value = counts.get(state);
    return value === undefined ? [] : [`${value} ${words[state]}`];
  });
  if (unlisted > 0) parts.push(`the ${listedMax} with the latest news are listed`);
  return parts.join(' · ');
}

function wordsOf(member: Member, state: MemberState): string {
  if (member.role === 'seed') return state === 'alive' ? 'seed' : `seed, ${words[state]}`;
  if (state === 'suspected') return `suspected by ${member.suspectedBy.length}`;
  return words[state];
}

function byNews(one: Member, other: Member): number {
  const rank = (member: Member) => order.indexOf(stateOf(member));
  const isGone = (member: Member) => rank(member) >= order.indexOf('dead');
  const role = (member: Member) => (member.role === 'seed' ? 1 : 0);
  return (
    rank(one) - rank(other) ||
    role(one) - role(other) ||
    (isGone(one) ? other.changedAtMs - one.changedAtMs : 0) ||
    one.index - other.index
  );
}

/** The state as a shape; seeds are square. */
function stateIcon(state: MemberState, isSeed: boolean): SVGSVGElement {
  const root = svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true', class: `icon-${state}` });
  if (state === 'dead') root.append(svg('path', { d: 'M4 4l8 8M12 4l-8 8' }));
  else if (state === 'left') root.append(svg('path', { d: 'M4 12l8-8' }));
  else if (isSeed) root.append(svg('rect', { x: 3.5, y: 3.5, width: 9, height: 9, rx: 2 }));
  else root.append(svg('circle', { cx: 8, cy: 8, r: 4.5 }));
  if (state === 'suspected') root.append(svg('circle', { cx: 8, cy: 8, r: 7, class: 'halo' }));
  return root;
}

/** Facts about the picked peer, beside the picture. */
export function cardOf(view: View): HTMLElement[] {
  const member = view.pickedMember;
  if (member === undefined) return [];
  const { links, atMs } = view.model;
  const facts: [string, string][] = [
    ['state', wordsOf(member, stateOf(member))],
    ['incarnation', String(member.incarnation)],
    ['links', String(links.degreeOf(member.index))],
    ['published', plural(member.published, 'message')],
    ['received', `${member.received} first, ${member.duplicates} again`],
  ];
  if (member.aliveSinceMs !== null && !member.stopped) {
    facts.push(['in the network', duration(atMs - member.aliveSinceMs)]);
  }
  return [
    html('strong', {}, member.id),
    html(
      'dl',
      {},
      ...facts.flatMap(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]),
    ),
  ];
}
