/**
 * Colours for what is drawn on canvases; page.css has them all. The scale of hops is sequential in lightness
 * and follows viridis, which people with any colour vision can order: on dark ground the origin is the
 * lightest, on light ground the darkest.
 */
export interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly faint: string;
  readonly link: string;
  readonly accent: string;
  readonly warning: string;
  readonly groups: readonly string[];
  readonly hops: readonly string[];
}

const hopStops = 6;

/** The colours that the page has now. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: colour('paper'),
    ink: colour('ink'),
    muted: colour('muted'),
    faint: colour('faint'),
    link: colour('link'),
    accent: colour('accent'),
    warning: colour('warning'),
    groups: [colour('group-a'), colour('group-b'), colour('group-c')],
    hops: Array.from({ length: hopStops + 1 }, (_, stop) => colour(`hop-${stop}`)),
  };
}

/** Which stop of the scale a hop has: each its own as long as there are stops, then spread over all. */
export function hopStop(hops: number, hopsMax: number): number {
  return hopsMax <= hopStops ? hops : Math.round((hops / hopsMax) * hopStops);
}

export function hopColour(theme: Theme, hops: number, hopsMax: number): string {
  return theme.hops[Math.min(hopStop(hops, hopsMax), hopStops)] ?? theme.ink;
}

/** Whether people asked their system for less motion. */
export function wantsLessMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
