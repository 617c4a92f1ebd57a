import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { dashboards, textOf } from '../../grafana/src/dashboards.ts';
import { catalogue } from '../../src/telemetry/metrics/catalogue.ts';
import { alertsIn, metricsIn, panelsOf, queriesOf } from '../support/grafana.ts';

const root = join(import.meta.dirname, '../..');
const own = new Set<string>(Object.values(catalogue).map(({ name }) => name));

describe('the dashboards in grafana/dashboards', () => {
  test('are what grafana/src makes: `npm run dashboards` writes them anew', async () => {
    expect(readdirSync(join(root, 'grafana/dashboards')).sort()).toEqual(
      Object.keys(dashboards).sort(),
    );
    for (const [file, dashboard] of Object.entries(dashboards)) {
      const written = await readFile(join(root, 'grafana/dashboards', file), 'utf8');
      expect(written, file).toBe(textOf(dashboard));
    }
  });

  test('have the uids that links and alerts name', () => {
    expect(Object.values(dashboards).map(({ uid }) => uid)).toEqual([
      'hearsay-convergence',
      'hearsay-registration',
      'hearsay-failure-detection',
      'hearsay-node',
    ]);
  });

  test.each(Object.entries(dashboards))(
    '%s explains each panel, and what bad looks like',
    (_, dashboard) => {
      const panels = panelsOf(dashboard);
      expect(panels.length).toBeGreaterThan(10);
      for (const { title = '', description = '', type } of panels) {
        expect(title).not.toBe('');
        expect(description, title).toMatch(/^[A-Z0-9].{20,}\.\n\n\*\*Bad:\*\* .{4,}\.$/s);
        expect(['stat', 'timeseries', 'heatmap', 'state-timeline']).toContain(type);
      }
      expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    },
  );

  test.each(Object.entries(dashboards))(
    '%s fills its grid: nothing overlaps, no row is ragged',
    (_, dashboard) => {
      const taken = new Set<string>();
      const widths = new Map<number, number>();
      for (const { gridPos } of dashboard.panels ?? []) {
        expect(gridPos).toBeDefined();
        const { x = 0, y = 0, w = 0, h = 0 } = gridPos ?? {};
        expect(x + w).toBeLessThanOrEqual(24);
        widths.set(y, (widths.get(y) ?? 0) + w);
        for (let column = x; column < x + w; column += 1) {
          for (let row = y; row < y + h; row += 1) {
            expect(taken).not.toContain(`${column},${row}`);
            taken.add(`${column},${row}`);
          }
        }
      }
      expect(new Set(widths.values())).toEqual(new Set([24]));
    },
  );

  test('have ids of their own for panels, and selectors for role and node that begin with all', () => {
    for (const dashboard of Object.values(dashboards)) {
      const ids = (dashboard.panels ?? []).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const variables = dashboard.templating?.list ?? [];
      expect(variables.map(({ name }) => name)).toEqual(['role', 'node']);
      for (const { current } of variables) expect(current).toMatchObject({ value: ['$__all'] });
    }
  });

  test('ask only the data source that grafana/provisioning makes', async () => {
    const provisioned = await readFile(
      join(root, 'grafana/provisioning/datasources/hearsay.yaml'),
      'utf8',
    );
    const text = Object.values(dashboards).map(textOf).join('');
    const uids = new Set([...text.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid));
    for (const { uid = '' } of Object.values(dashboards)) uids.delete(uid);
    // Grafana's own annotations.
    uids.delete('-- Grafana --');
    expect([...uids]).toEqual(['hearsay-prometheus']);
    for (const uid of ['hearsay-prometheus', 'hearsay-tempo']) {
      expect(provisioned).toContain(`uid: ${uid}`);
    }
  });
});

describe('metrics and dashboards', () => {
  const shown = new Set(
    Object.values(dashboards).flatMap((dashboard) => queriesOf(dashboard).flatMap(metricsIn)),
  );

  test('every metric is on some dashboard', () => {
    expect([...own].filter((name) => !shown.has(name))).toEqual([]);
  });

  test('every name on a dashboard is a metric', () => {
    expect([...shown].filter((name) => !(own.has(name) || defaultMetrics().has(name)))).toEqual([]);
  });

  test('every name in an alert is a metric, and every dashboard that one names exists', async () => {
    const uids = Object.values(dashboards).map(({ uid }) => uid);
    const text = await readFile(join(root, 'observability/rules.yml'), 'utf8');
    for (const { name, expr } of alertsIn(text)) {
      for (const metric of metricsIn(expr).filter((metric) => metric !== 'up')) {
        expect(own.has(metric) || defaultMetrics().has(metric), `${name}: ${metric}`).toBe(true);
      }
    }
    for (const [, uid] of text.matchAll(/dashboard: (\S+)/g)) expect(uids).toContain(uid);
  });

  test('every alert is tested to fire, and to be quiet in a healthy network', async () => {
    const names = alertsIn(await readFile(join(root, 'observability/rules.yml'), 'utf8')).map(
      ({ name }) => name,
    );
    const text = await readFile(join(root, 'observability/rules.test.yml'), 'utf8');
    const quiet = [...text.matchAll(/\{ eval_time: 12m, alertname: (\w+) \}/g)];
    const firing = [...text.matchAll(/alertname: (\w+)\n\s+exp_alerts:\n\s+- exp_labels/g)];
    expect(names.length).toBeGreaterThan(10);
    expect(quiet.map(([, name]) => name)).toEqual(names);
    expect(firing.map(([, name]) => name).sort()).toEqual([...names].sort());
  });
});

/** What prom-client measures of the process. */
function defaultMetrics(): Set<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return new Set(registry.getMetricsAsArray().map(({ name }) => name));
}
