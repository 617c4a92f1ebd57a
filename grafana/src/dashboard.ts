// biome-ignore-all lint/suspicious/noDeprecatedImports: The classic dashboard model is read from files by every Grafana in use; the model that the SDK prefers is not.
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { color } from './palette.ts';
import { type PanelBuilder, prometheus } from './panels.ts';

export type { Dashboard, Panel };

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  /** The question that it answers. */
  readonly description: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly PanelBuilder[];
}

const tag = 'hearsay';

export function dashboard({ uid, title, description, rows }: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(`Hearsay: ${title}`)
    .uid(uid)
    .description(description)
    .tags([tag])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-15m', to: 'now' })
    .refresh('5s')
    .link(
      new DashboardLinkBuilder('Hearsay')
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(false)
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(choice('role', 'Role', 'label_values(hearsay_build_info, role)'))
    .withVariable(choice('node', 'Node', 'label_values(hearsay_build_info{role=~"$role"}, node)'))
    .annotation(confirmedDeaths);
  let id = 0;
  for (const row of rows) {
    id += 1;
    builder.withRow(new RowBuilder(row.title).id(id));
    for (const panel of row.panels) {
      id += 1;
      panel.id(id);
      builder.withPanel(panel);
    }
  }
  return inSight(builder.build());
}

/** The SDK puts links and annotations into a menu where nobody finds them; without a place they are at the top. */
function inSight(built: Dashboard): Dashboard {
  for (const item of [...(built.links ?? []), ...(built.annotations?.list ?? [])]) {
    delete (item as { placement?: unknown }).placement;
  }
  return built;
}

/** Any of the values, all of them at first. */
function choice(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(prometheus)
    .query({ query, refId: `variable-${name}` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

const confirmedDeaths = new AnnotationQueryBuilder()
  .name('Confirmed deaths')
  .datasource(prometheus)
  .enable(true)
  .iconColor(color.bad)
  .expr(
    'sum by (node) (increase(hearsay_decisions_total{domain="death", via="own-proposal"}[1m])) > 0',
  )
  .step('5s')
  .titleFormat('A death was confirmed')
  .textFormat('proposed by seed {{node}}');
