import type { Place } from './layout.ts';

/** How far in people may go, as a multiple of what shows everything. */
const zoomMax = 12;
/** A few peers are not blown up to fill the picture. */
const scaleMax = 6;
/** How much of the way to a new view is gone with each frame. */
const easing = 0.18;

/** Which part of the plane a canvas shows: all of it, until people zoom or drag. */
export class Camera {
  /** Pixels for one unit of the plane. */
  scale = 1;
  #x = 0;
  #y = 0;
  #zoom = 1;
  #panX = 0;
  #panY = 0;
  #hasView = false;
  width = 0;
  height = 0;

  /** How much closer than what shows everything. */
  get zoom(): number {
    return this.#zoom;
  }

  get isFitting(): boolean {
    return this.#zoom === 1 && this.#panX === 0 && this.#panY === 0;
  }

  zoomBy(factor: number): void {
    const zoom = Math.min(zoomMax, Math.max(1, this.#zoom * factor));
    const ratio = zoom / this.#zoom;
    this.#panX *= ratio;
    this.#panY *= ratio;
    this.#zoom = zoom;
    if (zoom === 1) this.fit();
  }

  pan(byX: number, byY: number): void {
    this.#panX += byX;
    this.#panY += byY;
  }

  fit(): void {
    this.#zoom = 1;
    this.#panX = 0;
    this.#panY = 0;
  }

  /** Goes towards a view of all these places, with `margin` pixels around; true while there is some way to go. */
  approach(places: readonly Place[], margin: number): boolean {
    if (places.length === 0 || this.width === 0) return false;
    let [left, right, top, bottom] = [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    for (const { x, y } of places) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    const fitting = Math.min(
      (this.width - 2 * margin) / Math.max(right - left, 60),
      (this.height - 2 * margin) / Math.max(bottom - top, 60),
      scaleMax,
    );
    const scale = fitting * this.#zoom;
    const x = this.width / 2 - scale * ((left + right) / 2) + this.#panX;
    const y = this.height / 2 - scale * ((top + bottom) / 2) + this.#panY;
    const share = this.#hasView ? easing : 1;
    this.#hasView = true;
    const way = Math.abs(x - this.#x) + Math.abs(y - this.#y) + 400 * Math.abs(scale - this.scale);
    this.scale += share * (scale - this.scale);
    this.#x += share * (x - this.#x);
    this.#y += share * (y - this.#y);
    return way > 0.4;
  }

  toScreen({ x, y }: Place): Place {
    return { x: this.#x + this.scale * x, y: this.#y + this.scale * y };
  }

  /** The same, but never outside of the picture. */
  toScreenWithin(place: Place, margin: number): Place {
    const { x, y } = this.toScreen(place);
    return {
      x: Math.min(this.width - margin, Math.max(margin, x)),
      y: Math.min(this.height - margin, Math.max(margin, y)),
    };
  }
}
