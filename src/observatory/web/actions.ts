import { byId, setText } from './dom.ts';
import type { Graph } from './graph.ts';
import type { View } from './view.ts';

/** How long an answer stays in view. */
const toastMs = 5_000;

/** Asks the server to do something; says what went wrong, if anything did. */
export async function act(action: string, body: object = {}): Promise<boolean> {
  try {
    const response = await fetch(`/actions/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // Read in any case: a body that nobody reads keeps its connection from the next request.
    const answer = await response.text();
    if (!response.ok) toast(answer.trim());
    return response.ok;
  } catch {
    toast('The server does not answer.');
    return false;
  }
}

let toastTimer: ReturnType<typeof setTimeout> | undefined;

function toast(text: string): void {
  const element = byId('toast');
  setText(element, text);
  element.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    element.hidden = true;
  }, toastMs);
}

/** The buttons that act on the network. What is aimed at is the picked peer, or any. */
export class Actions {
  readonly #view: View;
  readonly #graph: Graph;
  readonly #form = byId<HTMLFormElement>('actions');
  readonly #text = byId<HTMLInputElement>('text');
  #published = 0;

  constructor(view: View, graph: Graph) {
    this.#view = view;
    this.#graph = graph;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.publish();
    });
    for (const name of ['kill', 'add', 'partition', 'heal'] as const) {
      this.#button(name)?.addEventListener('click', () => void this[name]());
    }
  }

  /** Shows the buttons that do something here, and says what they are aimed at. */
  draw(): void {
    const { status } = this.#view;
    const actions = new Set(status?.actions ?? []);
    this.#form.hidden = status?.mode !== 'live' || actions.size === 0;
    for (const element of this.#form.querySelectorAll<HTMLElement>('[data-action]')) {
      element.hidden = !actions.has(element.dataset['action'] ?? '');
    }
    const isCut = (status?.groups ?? null) !== null;
    const living = this.#view.living().length;
    const heal = this.#button('heal');
    if (heal) heal.disabled = !isCut;
    const cut = this.#button('partition');
    if (cut) cut.disabled = isCut || living < 2;
    const kill = this.#button('kill');
    if (kill === null) return;
    kill.disabled = living === 0;
    const target = this.#target();
    setText(kill, target === undefined ? 'Kill a peer' : `Kill ${this.#view.names.short(target)}`);
  }

  async publish(): Promise<void> {
    const peer = this.#target() ?? this.#any();
    if (peer === undefined) return toast('There is no peer to publish at.');
    this.#published += 1;
    const text = this.#text.value.trim() || `hello, number ${this.#published}`;
    this.#view.awaitNext();
    if (await act('publish', { peer, text })) this.#text.value = '';
  }

  async kill(): Promise<void> {
    const peer = this.#target() ?? this.#any();
    if (peer === undefined) return toast('There is no peer to kill.');
    await act('kill', { peer });
  }

  async add(): Promise<void> {
    await act('add');
  }

  /** The left half of the picture with most of the seeds, the right half with the rest of them. */
  async partition(): Promise<void> {
    const [left, right] = this.#graph.halves();
    const seeds = this.#view.model.members.list
      .filter(({ role }) => role === 'seed')
      .map(({ id }) => id);
    const most = Math.floor(seeds.length / 2) + 1;
    await act('partition', {
      groups: [
        [...left, ...seeds.slice(0, most)],
        [...right, ...seeds.slice(most)],
      ],
    });
  }

  async heal(): Promise<void> {
    await act('heal');
  }

  /** Whether the button of that action is there and does something now. */
  has(action: string): boolean {
    const button = action === 'publish' ? this.#text : this.#button(action);
    return (
      !(this.#form.hidden || button === null || button.disabled) &&
      button.closest('[hidden]') === null
    );
  }

  #target(): string | undefined {
    const picked = this.#view.pickedMember;
    return picked !== undefined && this.#view.living().includes(picked) ? picked.id : undefined;
  }

  #any(): string | undefined {
    const living = this.#view.living();
    return living[Math.floor(Math.random() * living.length)]?.id;
  }

  #button(action: string): HTMLButtonElement | null {
    return this.#form.querySelector(`button[data-action="${action}"]`);
  }
}
