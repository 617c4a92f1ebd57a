import type { Dashboard, Panel } from '../../grafana/src/dashboard.ts';
import { catalogue } from '../../src/telemetry/metrics/catalogue.ts';

/** The panels of a dashboard, without its rows. */
export function panelsOf(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row');
}

/** What a panel asks Prometheus, as it is written. */
export function exprsOf({ targets = [] }: Panel): string[] {
  return targets.map((target) => (target as unknown as { readonly expr: string }).expr);
}

/** Everything that a dashboard asks Prometheus: panels, annotations, and the values of its variables. */
export function queriesOf(dashboard: Dashboard): string[] {
  const annotations = (dashboard.annotations?.list ?? []).flatMap(({ expr = '' }) => expr);
  return [...panelsOf(dashboard).flatMap(exprsOf), ...annotations, ...selectorsOf(dashboard)];
}

/** The series whose labels fill the dashboard's variables. */
export function selectorsOf(dashboard: Dashboard): string[] {
  return (dashboard.templating?.list ?? []).map(({ definition = '' }) => {
    const selector = /^label_values\((.*), \w+\)$/.exec(definition)?.[1];
    if (selector === undefined) throw new Error(`no label_values(…): ${definition}`);
    return selector;
  });
}

const histograms = new Set<string>(
  Object.values(catalogue)
    .filter(({ type }) => type === 'histogram')
    .map(({ name }) => name),
);

/** The metrics that an expression names, histograms by their base name. */
export function metricsIn(expr: string): string[] {
  const names = expr.match(/\b(?:hearsay|nodejs|process)_[a-z0-9_]+|\bup\b/g) ?? [];
  return names.map((name) => {
    const base = name.replace(/_(?:bucket|sum|count)$/, '');
    return histograms.has(base) || base === 'nodejs_gc_duration_seconds' ? base : name;
  });
}

export interface Alert {
  readonly name: string;
  readonly expr: string;
}

/** The alerts of a rules file of Prometheus, as ours is laid out. */
export function alertsIn(rules: string): Alert[] {
  const alerts = rules.split(/^ {6}- alert: /m).slice(1);
  return alerts.map((text) => {
    const name = text.slice(0, text.indexOf('\n'));
    const expr = /^ {8}expr: (?:\|\n)?([\s\S]*?)(?=^ {8}(?:for|labels):)/m.exec(text)?.[1];
    if (expr === undefined) throw new Error(`the alert ${name} has no expr`);
    return { name, expr: expr.trim() };
  });
}
