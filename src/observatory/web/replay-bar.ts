import type { ReplayStatus } from '../status.ts';
import { act } from './actions.ts';
import { byId, html, setText, svg } from './dom.ts';
import { clock } from './format.ts';
import type { View } from './view.ts';

const speeds: readonly number[] = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 50, 100];
/** A press of an arrow key goes this far. */
const stepShare = 0.02;
/** How long the server is given to go where it was asked to. */
const askedMs = 600;

/** Play, pause, speed, and the way through a recorded run. */
export class ReplayBar {
  readonly #view: View;
  readonly #bar = byId('replay');
  readonly #play = byId<HTMLButtonElement>('play');
  readonly #scrub = byId<HTMLInputElement>('scrub');
  readonly #clock = byId('clock');
  readonly #speed = byId<HTMLSelectElement>('speed');
  readonly #marks = byId<SVGSVGElement>('marks');
  #isDragging = false;
  /** Where a step just asked to go: the next one begins there, not where the server still is. */
  #asked: { readonly share: number; readonly at: number } | undefined;
  #marked: number | undefined;

  constructor(view: View) {
    this.#view = view;
    this.#speed.append(...speeds.map((speed) => html('option', { value: speed }, `${speed}×`)));
    this.#speed.addEventListener(
      'change',
      () => void act('speed', { speed: Number(this.#speed.value) }),
    );
    this.#play.addEventListener('click', () => void this.toggle());
    this.#scrub.addEventListener('pointerdown', () => {
      this.#isDragging = true;
    });
    this.#scrub.addEventListener('input', () => this.#seek(Number(this.#scrub.value) / 1_000));
    this.#scrub.addEventListener('change', () => {
      this.#isDragging = false;
    });
  }

  draw(): void {
    const replay = this.#view.status?.replay ?? null;
    this.#bar.hidden = replay === null;
    if (replay === null) return;
    const { isPlaying, speed, atMs, durationMs } = replay;
    setText(this.#play, isPlaying ? 'Pause' : 'Play');
    if (!this.#isDragging)
      this.#scrub.value = String(durationMs === 0 ? 0 : (1_000 * atMs) / durationMs);
    this.#scrub.setAttribute('aria-valuetext', `${(atMs / 1_000).toFixed(1)} seconds`);
    setText(this.#clock, `${tenths(atMs)} / ${tenths(durationMs)}`);
    if (document.activeElement !== this.#speed) this.#speed.value = String(speed);
    this.#drawMarks(replay);
  }

  get isThere(): boolean {
    return !this.#bar.hidden;
  }

  async toggle(): Promise<void> {
    await act(this.#view.status?.replay?.isPlaying === true ? 'pause' : 'play');
  }

  /** A step forth (1) or back (−1). */
  step(direction: number): void {
    const replay = this.#view.status?.replay;
    if (!replay) return;
    const isFresh = this.#asked !== undefined && performance.now() - this.#asked.at < askedMs;
    const here = isFresh ? (this.#asked?.share ?? 0) : replay.atMs / Math.max(1, replay.durationMs);
    const share = Math.min(1, Math.max(0, here + direction * stepShare));
    this.#asked = { share, at: performance.now() };
    this.#seek(share);
  }

  /** One speed up (1) or down (−1). */
  faster(direction: number): void {
    const now = speeds.indexOf(this.#view.status?.replay?.speed ?? 1);
    const speed = speeds[Math.min(speeds.length - 1, Math.max(0, now + direction))];
    void act('speed', { speed });
  }

  #seek(share: number): void {
    const durationMs = this.#view.status?.replay?.durationMs ?? 0;
    void act('seek', { atMs: Math.min(1, Math.max(0, share)) * durationMs });
  }

  #drawMarks({ marks, durationMs }: ReplayStatus): void {
    if (this.#marked === marks.length) return;
    this.#marked = marks.length;
    this.#marks.replaceChildren(
      ...marks.map(({ atMs, kind }) => {
        const x = (1_000 * atMs) / Math.max(1, durationMs);
        return svg('line', {
          x1: x,
          x2: x,
          y1: kind === 'death' ? 0 : 4,
          y2: 10,
          class: `mark-${kind}`,
        });
      }),
    );
  }
}

function tenths(ms: number): string {
  return `${clock(ms)}.${Math.floor((ms % 1_000) / 100)}`;
}
