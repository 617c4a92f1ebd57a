import { isLiving, type Member } from '../../model/members.ts';
import type { Round, Vote } from '../../model/rounds.ts';
import { byId, html, setText, showList } from '../dom.ts';
import { duration } from '../format.ts';
import type { View } from '../view.ts';

const rowsMax = 14;

const domains = { registration: 'joins', leave: 'leaves', death: 'is dead' } as const;

/** The last rounds of the seeds with each seed's vote. */
export class RoundsPanel {
  readonly #view: View;
  readonly #head = byId('rounds').querySelector('thead') as HTMLElement;
  readonly #rows = byId('rounds').querySelector('tbody') as HTMLElement;

  constructor(view: View) {
    this.#view = view;
  }

  draw(): void {
    const { model } = this.#view;
    const seeds = model.members.list.filter(({ role }) => role === 'seed');
    this.#drawHead(seeds);
    const rounds = model.rounds.list.slice(-rowsMax).reverse();
    showList(this.#rows, rounds, {
      key: ({ domain, peer, ballot }) => `${domain} ${peer} ${ballot.round}@${ballot.seed}`,
      make: () => html('tr'),
      fill: (row, round) => this.#fill(row, round, seeds),
    });
  }

  #drawHead(seeds: readonly Member[]): void {
    const drawn = seeds.map((seed) => `${seed.id} ${isLiving(seed)}`).join();
    if (this.#head.dataset['drawn'] === drawn) return;
    this.#head.dataset['drawn'] = drawn;
    const column = (text: string, name = '') => html('th', { scope: 'col', class: name }, text);
    this.#head.replaceChildren(
      html(
        'tr',
        {},
        column('at', 'n'),
        column('peer'),
        ...seeds.map((seed) => {
          const head = column(
            this.#view.names.short(seed.id),
            isLiving(seed) ? 'vote' : 'vote gone',
          );
          head.title = isLiving(seed) ? `seed ${seed.id}` : `seed ${seed.id}, not there`;
          return head;
        }),
        column('outcome'),
        column('took', 'n'),
      ),
    );
  }

  #fill(row: HTMLElement, round: Round, seeds: readonly Member[]): void {
    const drawn = `${round.votes.length} ${round.outcome} ${seeds.length}`;
    if (row.dataset['drawn'] === drawn) return;
    row.dataset['drawn'] = drawn;
    const took = round.endedAtMs === null ? null : round.endedAtMs - round.atMs;
    const outcome = html('td', { class: `outcome ${round.outcome}` }, round.outcome);
    outcome.title = round.reason;
    row.replaceChildren(
      html('td', { class: 'n' }, `${(round.atMs / 1_000).toFixed(1)} s`),
      html(
        'td',
        {},
        html('span', { class: 'id' }, this.#view.names.short(round.peer)),
        ` ${domains[round.domain]}`,
      ),
      ...seeds.map((seed) => {
        const vote = round.votes.find((one) => one.seed === seed.id);
        return voteCell(vote, seed.id, seed.id === round.proposer);
      }),
      outcome,
      html('td', { class: 'n' }, duration(took)),
    );
  }
}

function voteCell(vote: Vote | undefined, seed: string, isProposer: boolean): HTMLElement {
  const { kind, sign, word } = readVote(vote);
  const text = html(
    'span',
    { class: 'visually-hidden' },
    `${word}${isProposer ? ', proposed it' : ''}`,
  );
  const mark = html('span', { class: `vote ${kind}`, 'aria-hidden': 'true' }, sign);
  const cell = html('td', { class: isProposer ? 'vote-cell proposer' : 'vote-cell' }, mark, text);
  const why = vote === undefined || vote.reason === '' ? '' : `: ${vote.reason}`;
  cell.title = `${seed}${isProposer ? ' proposed it' : ''}: ${word}${why}`;
  return cell;
}

function readVote(vote: Vote | undefined): { kind: string; sign: string; word: string } {
  if (vote === undefined) return { kind: 'none', sign: '·', word: 'no vote' };
  if (vote.answer === 'conflict') return { kind: 'conflict', sign: '↯', word: 'conflict' };
  if (vote.verdict === 'ok' && vote.answer === 'promise')
    return { kind: 'yes', sign: '✓', word: 'yes' };
  return { kind: 'no', sign: '✕', word: `no, ${vote.verdict}` };
}

/** The lines of the log, newest first. */
export class LogPanel {
  readonly #view: View;
  readonly #list = byId('log');
  readonly #live = byId('live');
  #saidAtMs = 0;

  constructor(view: View) {
    this.#view = view;
    this.#saidAtMs = view.model.atMs;
  }

  draw(): void {
    const { log } = this.#view.model;
    const lines = log
      .map((line, n) => ({ ...line, n }))
      .slice(-linesMax)
      .reverse();
    showList(this.#list, lines, {
      key: ({ atMs, node, type, text }) => `${atMs} ${node} ${type} ${text}`,
      make: ({ atMs, node, level, text }) =>
        html(
          'li',
          { class: `line ${level}` },
          html('time', {}, `${(atMs / 1_000).toFixed(2)} s`),
          html('span', { class: 'id' }, this.#view.names.short(node)),
          html('span', { class: 'text' }, text),
        ),
      fill: () => undefined,
    });
    this.#say();
  }

  /** Reads out the last thing that people should know, at most one each time that the page is drawn. */
  #say(): void {
    const news = this.#view.model.log.findLast(
      ({ atMs, level, type }) =>
        atMs > this.#saidAtMs && (level !== 'debug' || type === 'message:published'),
    );
    if (news === undefined) return;
    this.#saidAtMs = news.atMs;
    setText(this.#live, `${news.node}: ${news.text}`);
  }
}

const linesMax = 40;
