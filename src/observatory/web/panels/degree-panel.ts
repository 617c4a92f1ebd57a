import { isLiving } from '../../model/members.ts';
import { byId, setText } from '../dom.ts';
import { plural } from '../format.ts';
import type { View } from '../view.ts';
import { type Bar, bars } from './bars.ts';

/** With more different degrees than this, neighbouring ones share a bar. */
const barsMax = 26;

/** How many peers have how many links. */
export class DegreePanel {
  readonly #view: View;
  readonly #chart = byId('degree-chart');
  readonly #note = byId('degrees-note');
  #drawn = '';

  constructor(view: View) {
    this.#view = view;
  }

  draw(): void {
    const { members, links } = this.#view.model;
    const degrees = members.list
      .filter((member) => member.role === 'peer' && isLiving(member))
      .map(({ index }) => links.degreeOf(index))
      .sort((a, b) => a - b);
    const drawn = degrees.join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#chart.replaceChildren();
    const most = degrees.at(-1);
    if (most === undefined) {
      setText(this.#note, '');
      return;
    }
    const median = degrees[Math.floor(degrees.length / 2)] ?? 0;
    setText(this.#note, `${plural(links.size, 'link')} · median ${median}, most ${most}`);
    this.#chart.append(
      bars(barsOf(degrees, most), {
        height: 170,
        label: 'Peers by degree',
        showValues: most <= barsMax,
      }),
    );
  }
}

function barsOf(degrees: readonly number[], most: number): Bar[] {
  const least = degrees[0] ?? 0;
  const width = Math.max(1, Math.ceil((most - least + 1) / barsMax));
  const counts: Bar[] = [];
  for (let from = least; from <= most; from += width) {
    const to = from + width - 1;
    const value = degrees.filter((degree) => degree >= from && degree <= to).length;
    const label = width === 1 ? String(from) : `${from}–${to}`;
    const isShown = width === 1 || counts.length % 4 === 0;
    counts.push({
      label: isShown ? label : '',
      value,
      kind: 'plain',
      title: `${label} links: ${plural(value, 'peer')}`,
    });
  }
  return counts;
}
