import { stateOf } from '../model/members.ts';
import { NetworkModel } from '../model/network-model.ts';
import { Actions } from './actions.ts';
import { byId, html, setText } from './dom.ts';
import { FeedClient } from './feed-client.ts';
import { count, plural } from './format.ts';
import { Graph } from './graph.ts';
import { DegreePanel } from './panels/degree-panel.ts';
import { cardOf, MembersPanel } from './panels/members-panel.ts';
import { MessagePanel } from './panels/message-panel.ts';
import { LogPanel, RoundsPanel } from './panels/rounds-panel.ts';
import { ReplayBar } from './replay-bar.ts';
import { Shortcuts } from './shortcuts.ts';
import { readTheme } from './theme.ts';
import { View } from './view.ts';

/** Panels of text are drawn this often at most; the picture with every frame. */
const panelMs = 120;

const view = new View(new NetworkModel());
let theme = readTheme();
let isStale = true;
let drawnAt = 0;

const graph = new Graph(view, pick);
const actions = new Actions(view, graph);
const replay = new ReplayBar(view);
const message = new MessagePanel(view, stale);
const members = new MembersPanel(view, pick);
const rounds = new RoundsPanel(view);
const degrees = new DegreePanel(view);
let log = new LogPanel(view);
new Shortcuts(actions, replay, () => {
  view.isFollowing = !view.isFollowing;
  stale();
});

new FeedClient({
  began: (model) => {
    const isOther = view.model.members.list[0]?.id !== model.members.list[0]?.id;
    view.use(model);
    if (isOther) log = new LogPanel(view);
    graph.began();
    stale();
  },
  changed: stale,
  status: (status) => {
    const isCut = status.groups !== view.status?.groups;
    view.status = status;
    if (isCut) graph.stale();
    stale();
  },
  connection: (state) => {
    document.body.dataset['connection'] = state;
    setText(byId('connection'), state === 'lost' ? 'no connection, trying again…' : '');
  },
});

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  theme = readTheme();
  graph.stale();
  stale();
});
document.fonts.addEventListener('loadingdone', () => graph.stale());
requestAnimationFrame(frame);

function frame(now: number): void {
  if (view.advance(now)) stale();
  graph.draw(now, theme);
  if (isStale && now - drawnAt >= panelMs) {
    isStale = false;
    drawnAt = now;
    drawPanels();
  }
  requestAnimationFrame(frame);
}

function drawPanels(): void {
  actions.draw();
  replay.draw();
  message.draw(theme);
  members.draw();
  rounds.draw();
  degrees.draw();
  log.draw();
  drawSummary();
  drawTotals();
  const card = byId('node-card');
  card.hidden = view.pickedMember === undefined;
  card.replaceChildren(...cardOf(view));
}

function drawSummary(): void {
  const { model, status } = view;
  const seeds = model.members.list.filter(({ role }) => role === 'seed');
  const seedsThere = seeds.filter((seed) => stateOf(seed) === 'alive').length;
  const peers = view.living().length;
  const seedsText =
    seedsThere === seeds.length
      ? plural(seeds.length, 'seed')
      : `${seedsThere} of ${seeds.length} seeds`;
  const parts = [
    status?.title ?? '',
    plural(peers, 'peer'),
    seedsText,
    plural(model.links.size, 'link'),
  ];
  setText(byId('summary'), parts.filter((part) => part !== '').join(' · '));
  setText(byId('overlay-note'), overlayNote());
  byId('graph').setAttribute(
    'aria-label',
    `The overlay: ${plural(peers, 'peer')} and ${plural(model.links.size, 'link')}`,
  );
}

function overlayNote(): string {
  if ((view.status?.groups ?? null) !== null)
    return 'cut in two: nothing gets from one side to the other';
  if (view.message === undefined) return 'peers and the links between them';
  return 'colour and number: hops that the message needed; thick links: the way it took, slowed down';
}

function drawTotals(): void {
  const { totals } = view.model;
  const list = [
    ['published', totals.published],
    ['received', totals.received],
    ['duplicates', totals.duplicates],
    ['recovered', totals.recovered],
    ['registrations', totals.registrations],
    ['suspicions', totals.suspicions],
    ['deaths', totals.deaths],
    ['events', totals.events],
  ] as const;
  byId('totals').replaceChildren(
    ...list.map(([name, value]) =>
      html(
        'div',
        {},
        html('dt', {}, name),
        html('dd', { 'data-total': name, 'data-value': value }, count(value)),
      ),
    ),
  );
}

function pick(index: number | undefined): void {
  view.picked = index;
  graph.stale();
  stale();
}

function stale(): void {
  isStale = true;
}
