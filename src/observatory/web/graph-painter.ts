import type { Link } from '../model/links.ts';
import { type Member, type MemberState, stateOf } from '../model/members.ts';
import type { Place } from './layout.ts';
import { hopColour, type Theme } from './theme.ts';
import type { View } from './view.ts';

/** A peer as it is drawn. */
export interface Dot extends Place {
  readonly member: Member;
  readonly state: MemberState;
  readonly radius: number;
  /** The group of a cut network that it is in; −1 for none. */
  readonly group: number;
}

export interface Scene {
  readonly view: View;
  readonly theme: Theme;
  readonly dots: ReadonlyMap<number, Dot>;
  readonly now: number;
  readonly hopsMax: number;
  readonly width: number;
  readonly height: number;
}

/** With more peers than this, they are drawn without names and numbers. */
const labelledMax = 48;
/** With more peers than this, they are drawn plainly, all of a colour at once. */
const plainMin = 300;
/** How long a peer glows after a message has reached it. */
const glowMs = 700;

/** Draws the overlay: links below, then what travels over them, then the peers. */
export function paint(context: CanvasRenderingContext2D, scene: Scene): void {
  context.clearRect(0, 0, scene.width, scene.height);
  paintGroups(context, scene);
  paintLinks(context, scene);
  paintPulses(context, scene);
  if (scene.dots.size > plainMin) paintMany(context, scene);
  else for (const dot of scene.dots.values()) paintDot(context, scene, dot);
}

/** Many peers: one path for all of a colour; only the few that need looking at are drawn one by one. */
function paintMany(context: CanvasRenderingContext2D, scene: Scene): void {
  const { view, theme, dots, now, hopsMax } = scene;
  const paths = new Map<string, Path2D>();
  const special: Dot[] = [];
  for (const dot of dots.values()) {
    if (dot.state !== 'alive' || view.picked === dot.member.index) {
      special.push(dot);
      continue;
    }
    const hops = hopsAt(view, dot.member.index, now);
    const path = pathOf(paths, hops === undefined ? theme.muted : hopColour(theme, hops, hopsMax));
    path.moveTo(dot.x + dot.radius, dot.y);
    path.arc(dot.x, dot.y, dot.radius, 0, 2 * Math.PI);
  }
  for (const [colour, path] of paths) {
    context.fillStyle = colour === theme.muted ? theme.paper : colour;
    context.fill(path);
    if (colour !== theme.muted) continue;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.stroke(path);
  }
  for (const dot of special) paintDot(context, scene, dot);
}

/** One path for all quiet links: a thousand peers are drawn as fast as a dozen. */
function paintLinks(context: CanvasRenderingContext2D, scene: Scene): void {
  const { view, theme, dots } = scene;
  const cut: Link[] = [];
  context.beginPath();
  for (const link of view.model.links.all()) {
    const a = dots.get(link.a);
    const b = dots.get(link.b);
    if (a === undefined || b === undefined) continue;
    if (a.group !== b.group && a.group >= 0 && b.group >= 0) {
      cut.push(link);
      continue;
    }
    context.moveTo(a.x, a.y);
    context.lineTo(b.x, b.y);
  }
  context.strokeStyle = theme.link;
  context.lineWidth = dots.size > plainMin ? 0.6 : 1.2;
  context.stroke();
  paintCut(context, scene, cut);
}

/** Links that carry nothing because the network is cut. */
function paintCut(
  context: CanvasRenderingContext2D,
  { theme, dots }: Scene,
  links: readonly Link[],
): void {
  if (links.length === 0) return;
  context.beginPath();
  for (const { a, b } of links) {
    const from = dots.get(a);
    const to = dots.get(b);
    if (from === undefined || to === undefined) continue;
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
  }
  context.setLineDash([2, 6]);
  context.strokeStyle = theme.warning;
  context.stroke();
  context.setLineDash([]);
}

/** The tree that the message took, as far as it has come on the page, and where it is right now. */
function paintPulses(context: CanvasRenderingContext2D, scene: Scene): void {
  const { view, theme, dots, now, hopsMax } = scene;
  const { message } = view;
  if (message === undefined) return;
  const pace = view.hopMs;
  const isLarge = dots.size > plainMin;
  // One path for each colour: a stroke costs more than the lines in it.
  const settled = new Map<string, Path2D>();
  const moving = new Map<string, Path2D>();
  const heads = new Path2D();
  for (const [n, receiver] of message.receivers.entries()) {
    const to = dots.get(receiver);
    const from = dots.get(message.senders[n] ?? -1);
    const lightAt = view.lightOf(receiver);
    if (to === undefined || from === undefined || lightAt === undefined) continue;
    const way = pace === 0 ? 1 : 1 - (lightAt - now) / pace;
    if (way <= 0) continue;
    const reached = ease(Math.min(1, way));
    const x = from.x + reached * (to.x - from.x);
    const y = from.y + reached * (to.y - from.y);
    const path = pathOf(
      way < 1 ? moving : settled,
      hopColour(theme, message.hops[n] ?? 1, hopsMax),
    );
    path.moveTo(from.x, from.y);
    path.lineTo(x, y);
    if (way >= 1) continue;
    const radius = isLarge ? 2 : 4.5;
    heads.moveTo(x + radius, y);
    heads.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.lineCap = isLarge ? 'butt' : 'round';
  context.lineWidth = isLarge ? 1 : 3;
  context.globalAlpha = 0.75;
  strokeAll(context, settled);
  context.globalAlpha = 1;
  strokeAll(context, moving);
  context.fillStyle = theme.ink;
  context.fill(heads);
}

function pathOf(paths: Map<string, Path2D>, colour: string): Path2D {
  let path = paths.get(colour);
  if (path === undefined) {
    path = new Path2D();
    paths.set(colour, path);
  }
  return path;
}

function strokeAll(context: CanvasRenderingContext2D, paths: ReadonlyMap<string, Path2D>): void {
  for (const [colour, path] of paths) {
    context.strokeStyle = colour;
    context.stroke(path);
  }
}

function paintDot(context: CanvasRenderingContext2D, scene: Scene, dot: Dot): void {
  const { view, theme, dots, now } = scene;
  const { x, y, radius, state, member } = dot;
  if (isGone(member)) paintGone(context, theme, dot);
  else if (state === 'stopped' || state === 'starting') {
    disc(context, x, y, radius, theme.paper);
    ring(context, x, y, radius, { colour: theme.muted, width: 1.5, dash: [1.5, 3] });
  } else paintLiving(context, scene, dot);
  // Removed by mistake, as behind a cut: it is declared dead, and gossips on.
  if (state === 'dead' && !isGone(member)) paintGone(context, theme, dot);
  if (state === 'suspected') paintSuspicion(context, theme, dot, dots.size);
  if (view.picked === member.index) {
    ring(context, x, y, radius + 6, { colour: theme.accent, width: 2.5 });
  }
  const lightAt = lightTime(view, member.index);
  const glow = lightAt === undefined ? 1 : (now - lightAt) / glowMs;
  if (glow >= 0 && glow < 1) {
    context.globalAlpha = 1 - glow;
    ring(context, x, y, radius + 18 * ease(glow), { colour: theme.ink, width: 1.5 });
    context.globalAlpha = 1;
  }
  if (dots.size <= labelledMax) paintName(context, scene, dot);
}

function paintLiving(context: CanvasRenderingContext2D, scene: Scene, dot: Dot): void {
  const { view, theme, now, hopsMax, dots } = scene;
  const { x, y, radius, member } = dot;
  const hops = hopsAt(view, member.index, now);
  if (hops === undefined) {
    disc(context, x, y, radius, theme.paper);
    ring(context, x, y, radius, { colour: theme.muted, width: dots.size > plainMin ? 1 : 1.75 });
    return;
  }
  disc(context, x, y, radius, hopColour(theme, hops, hopsMax));
  if (dots.size > plainMin) return;
  ring(context, x, y, radius, { colour: theme.paper, width: 1.5 });
  if (dots.size > labelledMax) return;
  context.fillStyle = inkOn(hopColour(theme, hops, hopsMax));
  context.font = `600 ${Math.round(radius * 0.95)}px "Inter Variable", system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(String(hops), x, y + 0.5);
}

/** A peer that is no more: a cross, which is no circle for whoever sees no colours. */
function paintGone(
  context: CanvasRenderingContext2D,
  theme: Theme,
  { x, y, radius, state }: Dot,
): void {
  const arm = Math.max(3, radius * 0.55);
  context.beginPath();
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  if (state === 'dead') {
    context.moveTo(x + arm, y - arm);
    context.lineTo(x - arm, y + arm);
  }
  context.strokeStyle = state === 'dead' ? theme.warning : theme.muted;
  context.lineWidth = 2.5;
  context.lineCap = 'round';
  context.stroke();
}

function paintSuspicion(
  context: CanvasRenderingContext2D,
  theme: Theme,
  dot: Dot,
  size: number,
): void {
  const { x, y, radius } = dot;
  ring(context, x, y, radius + 4.5, { colour: theme.warning, width: 2.5, dash: [4, 4] });
  if (size > labelledMax) return;
  disc(context, x + radius, y - radius, 8, theme.warning);
  context.fillStyle = theme.paper;
  context.font = '700 11px "Inter Variable", system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText('?', x + radius, y - radius + 0.5);
}

function paintName(context: CanvasRenderingContext2D, { view, theme }: Scene, dot: Dot): void {
  const { x, y, radius, state, member } = dot;
  context.font = '500 11.5px "Inter Variable", system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'top';
  const name = view.names.short(member.id);
  context.strokeStyle = theme.paper;
  context.lineWidth = 4;
  context.lineJoin = 'round';
  context.strokeText(name, x, y + radius + 6);
  context.fillStyle = state === 'dead' || state === 'left' ? theme.muted : theme.ink;
  context.fillText(name, x, y + radius + 6);
}

/** A cut network: each side on ground of its own. */
function paintGroups(context: CanvasRenderingContext2D, { view, theme, dots }: Scene): void {
  const groups = view.status?.groups ?? [];
  for (const number of groups.keys()) {
    const isIn = ({ group, member }: Dot) => group === number && !isGone(member);
    const corners = hull([...dots.values()].filter(isIn));
    if (corners.length === 0) continue;
    context.beginPath();
    for (const { x, y } of corners) context.lineTo(x, y);
    context.closePath();
    const colour = theme.groups[number % theme.groups.length] ?? theme.faint;
    context.fillStyle = colour;
    context.strokeStyle = colour;
    context.lineJoin = 'round';
    context.lineWidth = 76;
    context.stroke();
    context.fill();
  }
}

/** The corners of the convex hull (Andrew's monotone chain). */
function hull(points: readonly Place[]): Place[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const half = (order: readonly Place[]) => {
    const corners: Place[] = [];
    for (const point of order) {
      while (corners.length >= 2 && !turnsLeft(corners.at(-2), corners.at(-1), point))
        corners.pop();
      corners.push(point);
    }
    return corners.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.reverse())];
}

function turnsLeft(a: Place | undefined, b: Place | undefined, c: Place): boolean {
  if (a === undefined || b === undefined) return true;
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0;
}

/** After how many hops the shown message has reached a peer, as far as the page has come. */
function hopsAt(view: View, index: number, now: number): number | undefined {
  const { message } = view;
  if (message === undefined) return undefined;
  if (message.origin === index) return 0;
  const lightAt = view.lightOf(index);
  return lightAt !== undefined && lightAt <= now ? view.hopsOf(index) : undefined;
}

function lightTime(view: View, index: number): number | undefined {
  return view.message?.origin === index ? view.shownSince : view.lightOf(index);
}

function disc(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  colour: string,
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}

function ring(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  { colour, width, dash = [] }: { colour: string; width: number; dash?: number[] },
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}

/** Black or white, whichever is read better on `#rrggbb` (relative luminance, WCAG 2). */
function inkOn(colour: string): string {
  const channel = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return luminance > 0.3 ? '#10131a' : '#ffffff';
}

function ease(share: number): number {
  return share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
}

/** The peers that are drawn: all that are there, and the last few that are no more. */
export function shownMembers(view: View): { readonly there: number[]; readonly gone: number[] } {
  const peers = view.model.members.list.filter(({ role }) => role === 'peer');
  const gone = peers.filter(isGone).sort((a, b) => b.changedAtMs - a.changedAtMs);
  return {
    there: peers.filter((member) => !isGone(member)).map(({ index }) => index),
    gone: gone.slice(0, goneMax).map(({ index }) => index),
  };
}

/** Whether a peer is no more: one that was declared dead and runs is still there. */
function isGone(member: Member): boolean {
  const state = stateOf(member);
  return state === 'left' || (state === 'dead' && (member.stopped || !member.observed));
}

/** Peers that are no more and still drawn. */
const goneMax = 6;
