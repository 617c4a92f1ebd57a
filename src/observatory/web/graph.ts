import { stateOf } from '../model/members.ts';
import { Camera } from './camera.ts';
import { byId } from './dom.ts';
import { type Dot, paint, shownMembers } from './graph-painter.ts';
import { Layout, type Place } from './layout.ts';
import type { Theme } from './theme.ts';
import type { View } from './view.ts';

/** Pixels around a dot that still count as pointing at it. */
const reachPx = 10;
const marginPx = 58;

/** The picture of the overlay, and what people do with it: pick a peer, zoom, drag. */
export class Graph {
  readonly #view: View;
  readonly #canvas = byId<HTMLCanvasElement>('graph');
  readonly #context: CanvasRenderingContext2D;
  readonly #camera = new Camera();
  readonly #layout: Layout;
  readonly #onPick: (index: number | undefined) => void;
  #dots: ReadonlyMap<number, Dot> = new Map();
  #members: readonly number[] = [];
  #gone: readonly number[] = [];
  #linksVersion = -1;
  #groupOf: ReadonlyMap<string, number> = new Map();
  #groups: unknown = null;
  /** Something other than the model has changed. */
  #isStale = true;
  #drawn = '';
  #dragFrom: { readonly x: number; readonly y: number } | undefined;

  constructor(view: View, onPick: (index: number | undefined) => void) {
    this.#view = view;
    this.#onPick = onPick;
    const context = this.#canvas.getContext('2d');
    if (context === null) throw new Error('this browser has no canvas');
    this.#context = context;
    this.#layout = new Layout(() => this.stale());
    new ResizeObserver(() => this.#resize()).observe(this.#canvas);
    this.#listen();
  }

  /** Has to be drawn anew, whatever the model says. */
  stale(): void {
    this.#isStale = true;
  }

  /** Another network, or another moment. */
  began(): void {
    this.#members = [];
    this.#linksVersion = -1;
    this.stale();
  }

  /** Peers of the left and of the right half of the picture. */
  halves(): readonly [string[], string[]] {
    const living = this.#view
      .living()
      .map((member) => ({ id: member.id, x: this.#layout.at(member.index)?.x ?? 0 }))
      .sort((a, b) => a.x - b.x)
      .map(({ id }) => id);
    const middle = Math.ceil(living.length / 2);
    return [living.slice(0, middle), living.slice(middle)];
  }

  /** Draws a frame, if there is anything new to see. */
  draw(now: number, theme: Theme): void {
    const { model, message } = this.#view;
    const isMoving = this.#view.isSpreading(now - 1_000);
    // Duplicates, by far the most events, change nothing in the picture.
    const drawn = `${model.members.version} ${model.links.version} ${message?.id} ${message?.receivers.length}`;
    if (!(this.#isStale || isMoving || this.#drawn !== drawn)) return;
    this.#isStale = false;
    this.#drawn = drawn;
    this.#order();
    this.#place();
    paint(this.#context, {
      view: this.#view,
      theme,
      dots: this.#dots,
      now,
      hopsMax: this.#view.message?.hops.reduce((most, hops) => Math.max(most, hops), 1) ?? 1,
      width: this.#camera.width,
      height: this.#camera.height,
    });
  }

  /** Has the peers laid out that are there now. */
  #order(): void {
    const { there: members, gone } = shownMembers(this.#view);
    this.#gone = gone;
    const { links } = this.#view.model;
    const isSame =
      links.version === this.#linksVersion &&
      members.length === this.#members.length &&
      members.every((index, n) => index === this.#members[n]);
    if (isSame || this.#camera.width === 0) return;
    this.#members = members;
    this.#linksVersion = links.version;
    this.#layout.order(members, links.all(), this.#camera.width / this.#camera.height);
  }

  /** Where everything is on the canvas in this frame. */
  #place(): void {
    const placesOf = (indexes: readonly number[]) =>
      indexes.flatMap((index) => this.#layout.at(index) ?? []);
    const margin = Math.min(marginPx, this.#camera.width / 8);
    if (this.#camera.approach(placesOf(this.#members), margin)) this.stale();
    this.#noteGroups();
    const dots = new Map<number, Dot>();
    // Who is gone stays where it was last, at the edge if need be, and has no part in the layout any more.
    for (const index of this.#gone) {
      this.#addDot(dots, index, (place) => this.#camera.toScreenWithin(place, margin / 2));
    }
    for (const index of this.#members) {
      this.#addDot(dots, index, (place) => this.#camera.toScreen(place));
    }
    this.#dots = dots;
  }

  #addDot(dots: Map<number, Dot>, index: number, toScreen: (place: Place) => Place): void {
    const { members, links } = this.#view.model;
    const member = members.list[index];
    const place = this.#layout.at(index);
    if (member === undefined || place === undefined) return;
    dots.set(index, {
      ...toScreen(place),
      member,
      state: stateOf(member),
      radius: this.#radius(links.degreeOf(index), this.#members.length),
      group: this.#groups === null ? -1 : (this.#groupOf.get(member.id) ?? 0),
    });
  }

  /** The more links, the larger; and so that they do not cover each other. */
  #radius(degree: number, size: number): number {
    const base = size > 300 ? 2.2 : 26 / Math.sqrt(Math.max(4, Math.sqrt(size) * 2));
    const closer =
      size > 300 ? Math.max(1, Math.sqrt(this.#camera.scale)) : this.#camera.zoom ** 0.5;
    return (base + Math.sqrt(degree) * (size > 300 ? 0.5 : 1.3)) * closer;
  }

  #noteGroups(): void {
    const groups = this.#view.status?.groups ?? null;
    if (groups === this.#groups) return;
    this.#groups = groups;
    this.#groupOf = new Map((groups ?? []).flatMap((group, n) => group.map((id) => [id, n])));
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const ratio = Math.min(devicePixelRatio, 2);
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#camera.width = width;
    this.#camera.height = height;
    this.stale();
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener('pointerdown', (event) => {
      this.#dragFrom = { x: event.clientX, y: event.clientY };
    });
    canvas.addEventListener('pointermove', (event) => this.#onMove(event));
    canvas.addEventListener('pointerup', (event) => this.#onUp(event));
    canvas.addEventListener('pointercancel', () => {
      this.#dragFrom = undefined;
    });
    canvas.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    canvas.addEventListener('keydown', (event) => this.#onKey(event));
    for (const button of document.querySelectorAll<HTMLElement>('[data-zoom]')) {
      button.addEventListener('click', () => this.#zoom(button.dataset['zoom'] ?? ''));
    }
  }

  #onMove(event: PointerEvent): void {
    this.#canvas.style.cursor = this.#at(event) === undefined ? 'grab' : 'pointer';
    if (this.#dragFrom === undefined || event.buttons === 0) return;
    const [byX, byY] = [event.movementX, event.movementY];
    if (
      this.#camera.isFitting &&
      Math.hypot(event.clientX - this.#dragFrom.x, event.clientY - this.#dragFrom.y) < 6
    )
      return;
    this.#camera.pan(byX, byY);
    this.stale();
  }

  #onUp(event: PointerEvent): void {
    const from = this.#dragFrom;
    this.#dragFrom = undefined;
    if (from === undefined || Math.hypot(event.clientX - from.x, event.clientY - from.y) > 6)
      return;
    this.#onPick(this.#at(event)?.member.index);
  }

  /** With the usual key a wheel zooms; without it, it scrolls the page, as everywhere. */
  #onWheel(event: WheelEvent): void {
    if (!(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.#camera.zoomBy(1.0015 ** -event.deltaY);
    this.stale();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowDown: 1,
      ArrowLeft: -1,
      ArrowUp: -1,
    };
    const zooms: Readonly<Record<string, string>> = {
      '+': 'in',
      '=': 'in',
      '-': 'out',
      '0': 'fit',
    };
    const step = steps[event.key];
    const zoom = zooms[event.key];
    if (step === undefined && zoom === undefined) return;
    event.preventDefault();
    if (zoom !== undefined) this.#zoom(zoom);
    if (step !== undefined) this.#pickNext(step);
  }

  #pickNext(step: number): void {
    const at = this.#members.indexOf(this.#view.picked ?? -1);
    const next = at < 0 ? 0 : (at + step + this.#members.length) % this.#members.length;
    this.#onPick(this.#members[next]);
  }

  #zoom(how: string): void {
    if (how === 'fit') this.#camera.fit();
    else this.#camera.zoomBy(how === 'in' ? 1.4 : 1 / 1.4);
    this.stale();
  }

  #at({ offsetX, offsetY }: PointerEvent): Dot | undefined {
    let found: Dot | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const dot of this.#dots.values()) {
      const distance = Math.hypot(dot.x - offsetX, dot.y - offsetY);
      if (distance > dot.radius + reachPx || distance >= least) continue;
      found = dot;
      least = distance;
    }
    return found;
  }
}
