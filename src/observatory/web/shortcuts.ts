import type { Actions } from './actions.ts';
import { byId, html } from './dom.ts';
import type { ReplayBar } from './replay-bar.ts';

interface Shortcut {
  readonly key: string;
  /** As the list shows it. */
  readonly name: string;
  readonly what: string;
  readonly isThere: () => boolean;
  readonly run: () => unknown;
}

/** Keys that do something anywhere on the page, and the list of them. */
export class Shortcuts {
  readonly #help = byId<HTMLDialogElement>('help');
  readonly #list: readonly Shortcut[];

  constructor(actions: Actions, replay: ReplayBar, toggleFollowing: () => void) {
    const always = () => true;
    const action = (
      key: string,
      name: 'publish' | 'kill' | 'add' | 'partition' | 'heal',
      what: string,
    ) => ({
      key,
      name: key,
      what,
      isThere: () => actions.has(name),
      run: () => actions[name](),
    });
    const replayed = (key: string, name: string, what: string, run: () => unknown) => ({
      key,
      name,
      what,
      isThere: () => replay.isThere,
      run,
    });
    this.#list = [
      action('p', 'publish', 'publish a message, at the picked peer or any'),
      action('k', 'kill', 'kill the picked peer, or any'),
      action('a', 'add', 'add a peer'),
      action('c', 'partition', 'cut the network in two'),
      action('h', 'heal', 'heal the cut'),
      replayed(' ', 'space', 'play or pause', () => replay.toggle()),
      replayed('ArrowRight', '→', 'forth', () => replay.step(1)),
      replayed('ArrowLeft', '←', 'back', () => replay.step(-1)),
      replayed('.', '.', 'faster', () => replay.faster(1)),
      replayed(',', ',', 'slower', () => replay.faster(-1)),
      {
        key: 'f',
        name: 'f',
        what: 'follow the newest message, or not',
        isThere: always,
        run: toggleFollowing,
      },
      {
        key: 'g',
        name: 'g',
        what: 'go to the picture: arrows pick, + − 0 zoom',
        isThere: always,
        run: () => byId('graph').focus(),
      },
      {
        key: 'm',
        name: 'm',
        what: 'go to the members',
        isThere: always,
        run: () => byId('members').focus(),
      },
      { key: '?', name: '?', what: 'this list', isThere: always, run: () => this.#show() },
    ];
    byId('show-help').addEventListener('click', () => this.#show());
    document.addEventListener('keydown', (event) => this.#onKey(event));
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || this.#help.open)
      return;
    const { target } = event;
    const isTyped = target instanceof HTMLElement && target.matches('input, select, textarea');
    const isPressed =
      target instanceof HTMLElement && target.matches('button, a') && event.key === ' ';
    if (isTyped || isPressed) return;
    const shortcut = this.#list.find(({ key, isThere }) => key === event.key && isThere());
    if (shortcut === undefined) return;
    event.preventDefault();
    void shortcut.run();
  }

  #show(): void {
    byId('shortcuts').replaceChildren(
      ...this.#list
        .filter(({ isThere }) => isThere())
        .flatMap(({ name, what }) => [html('dt', {}, html('kbd', {}, name)), html('dd', {}, what)]),
    );
    this.#help.showModal();
  }
}
