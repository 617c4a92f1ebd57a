import {
  type Convergence,
  floodingRmr,
  hopsOf,
  pushRounds,
  type Spread,
} from '../../model/spread.ts';
import { byId, html, setText, showList } from '../dom.ts';
import { duration, percent, plural } from '../format.ts';
import { hopStop, type Theme } from '../theme.ts';
import type { View } from '../view.ts';
import { type Bar, bars } from './bars.ts';
import { CoverageChart } from './coverage-chart.ts';

/** Rows of the list of messages. */
const rowsMax = 12;

/** The message that is looked at: its coverage, its hops beside what theory expects, and the ones before it. */
export class MessagePanel {
  readonly #view: View;
  readonly #chart = new CoverageChart();
  readonly #name = byId('message-name');
  readonly #coverage = byId('coverage');
  readonly #reached = byId('reached');
  readonly #times = byId('times');
  readonly #hops = byId('hops-chart');
  readonly #theory = byId('theory');
  readonly #rows = byId('messages').querySelector('tbody') as HTMLElement;
  readonly #follow = byId<HTMLInputElement>('follow');
  readonly #onShow: () => void;
  #drawn = '';
  #theme: Theme | undefined;

  constructor(view: View, onShow: () => void) {
    this.#view = view;
    this.#onShow = onShow;
    this.#follow.addEventListener('change', () => {
      view.isFollowing = this.#follow.checked;
    });
  }

  draw(theme: Theme): void {
    this.#follow.checked = this.#view.isFollowing;
    const { message, model } = this.#view;
    this.#drawRows();
    if (message === undefined) {
      this.#drawNone();
      return;
    }
    const figures = model.convergenceOf(message);
    const { id, receivers, duplicates } = message;
    const drawn = [
      id,
      receivers.length,
      duplicates,
      figures.population,
      model.messages.size,
    ].join();
    if (drawn === this.#drawn && theme === this.#theme) return;
    this.#drawn = drawn;
    this.#theme = theme;
    this.#drawFigures(message, figures);
    const all = [...model.messages.all()];
    this.#chart.show(message, figures, all.slice(0, all.indexOf(message)), theme);
    this.#hops.replaceChildren(hopBars(message, figures));
  }

  #drawNone(): void {
    if (this.#drawn === 'none') return;
    this.#drawn = 'none';
    setText(this.#name, 'No message yet. Publish one, and watch it travel.');
    setText(this.#coverage, '–');
    setText(this.#reached, '');
    this.#times.replaceChildren();
    this.#hops.replaceChildren();
    setText(this.#theory, '');
    this.#chart.clear();
  }

  #drawFigures(message: Spread, figures: Convergence): void {
    const { names } = this.#view;
    const origin = this.#nameOf(message.origin);
    const said =
      message.excerpt === '' ? plural(message.payloadBytes, 'byte') : `“${message.excerpt}”`;
    this.#name.replaceChildren(
      html('span', { class: 'said' }, said),
      html('span', { class: 'from' }, ` from ${names.short(origin)} · `),
      html('code', { title: message.id }, message.id.slice(0, 8)),
    );
    setText(this.#coverage, percent(figures.coverage));
    const have = Math.round(figures.coverage * figures.population);
    setText(this.#reached, `${have} of ${plural(figures.population, 'peer')}`);
    const { t50Ms, t99Ms, t100Ms, hopsMax, rmr } = figures;
    const numbers = [
      ['t50', duration(t50Ms)],
      ['t99', duration(t99Ms)],
      ['t100', duration(t100Ms)],
      ['hops', String(hopsMax)],
      ['RMR', rmr.toFixed(2)],
    ];
    this.#times.replaceChildren(
      ...numbers.map(([name = '', value = '']) =>
        html('div', {}, html('dt', {}, name), html('dd', { 'data-figure': name }, value)),
      ),
    );
    setText(this.#theory, theoryOf(message, figures));
  }

  #drawRows(): void {
    const { model } = this.#view;
    const latest = [...model.messages.all()].slice(-rowsMax).reverse();
    showList(this.#rows, latest, {
      key: ({ id }) => id,
      make: ({ id }) => this.#makeRow(id),
      fill: (row, spread) => this.#fillRow(row, spread),
    });
  }

  #makeRow(id: string): HTMLElement {
    const button = html('button', { type: 'button', class: 'link' }, id.slice(0, 8));
    button.addEventListener('click', () => {
      this.#view.isFollowing = false;
      this.#view.show(id);
      this.#onShow();
    });
    const bar = html('span', { class: 'meter' }, html('span', {}));
    return html(
      'tr',
      {},
      html('td', {}, button),
      html('td', {}),
      html('td', { class: 'n' }, bar, html('span', { class: 'meter-text' })),
      html('td', { class: 'n' }),
      html('td', { class: 'n' }),
      html('td', { class: 'n' }),
    );
  }

  #fillRow(row: HTMLElement, spread: Spread): void {
    const { coverage, t100Ms, hopsMax, rmr } = this.#view.model.convergenceOf(spread);
    row.classList.toggle('is-shown', spread === this.#view.message);
    const [, from, covered, time, hops, redundancy] = row.children;
    const meter = covered?.querySelector<HTMLElement>('.meter > span');
    meter?.style.setProperty('inline-size', `${100 * coverage}%`);
    const text = covered?.querySelector('.meter-text');
    if (text) setText(text, percent(coverage));
    if (from) setText(from, this.#view.names.short(this.#nameOf(spread.origin)));
    if (time) setText(time, duration(t100Ms));
    if (hops) setText(hops, String(hopsMax));
    if (redundancy) setText(redundancy, rmr.toFixed(2));
  }

  #nameOf(index: number): string {
    return this.#view.model.members.list[index]?.id ?? '?';
  }
}

function hopBars(message: Spread, { hopsMax }: Convergence): SVGSVGElement {
  const counts = hopsOf(message);
  const expected = message.expected ?? [];
  const length = Math.max(counts.length, expected.length);
  const list = Array.from({ length }, (_, hop): Bar => {
    const value = counts[hop] ?? 0;
    const theory = message.expected === null ? undefined : (expected[hop] ?? 0);
    const beside = theory === undefined ? '' : `, expected ${theory}`;
    return {
      label: hop === 0 ? 'origin' : String(hop),
      value,
      expected: theory,
      kind: `hop-${hopStop(hop, hopsMax)}`,
      title: `${hop} hops: ${plural(value, 'peer')}${beside}`,
    };
  });
  return bars(list, { height: 132, label: 'Peers by hops', showValues: true });
}

/** What theory says of this message. */
function theoryOf(message: Spread, { population, hopsMax }: Convergence): string {
  const push = `push gossip among ${population} would need about ${pushRounds(population).toFixed(1)} rounds (log₂ n + ln n)`;
  if (message.expected === null) return `For comparison: ${push}.`;
  const eccentricity = message.expected.length - 1;
  const flooding = `flooding reaches everyone in ${plural(eccentricity, 'hop')}, the origin’s eccentricity (seen: ${hopsMax})`;
  return `Marks: shortest paths. ${flooding[0]?.toUpperCase()}${flooding.slice(1)}, with RMR up to ${floodingRmr(message).toFixed(2)}; ${push}.`;
}
